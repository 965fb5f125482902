/* Ways in which patterns fit: a walk over the steps of a plan, back where one fails. */
#include "nf.h"

#include <stdlib.h>

#define MOLECULE_BIT 0x80000000u

int nf_push(NfList *list, uint32_t item)
{
    if (list->n == list->room) {
        const uint32_t room = list->room < 8 ? 8 : 2 * list->room;
        uint32_t *grown = room > list->room ? realloc(list->item, (size_t)room * sizeof *grown) : NULL;
        if (grown == NULL)
            return 0;
        list->item = grown;
        list->room = room;
    }
    list->item[list->n++] = item;
    return 1;
}

static inline int has_pins(const NfMatcher *m)
{
    return m->pinned_site != NULL;
}

static inline int is_taken(const NfMatcher *m, uint32_t var, uint32_t molecule)
{
    for (uint32_t v = 0; v < var; v++)
        if (m->molecule[v] == molecule)
            return 1;
    return 0;
}

static inline int let_molecule(NfMatcher *m, uint32_t var, uint32_t molecule)
{
    if (is_taken(m, var, molecule))
        return 0;
    if (has_pins(m) && m->pinned_molecule[var] != NF_NONE && m->pinned_molecule[var] != molecule)
        return 0;
    m->molecule[var] = molecule;
    return 1;
}

/* Whether site s can be that of a step; its molecule is known. */
static inline int fits(NfMatcher *m, const NfStep *step, uint32_t s)
{
    const NfSite *sites = m->mixture->sites, *site = &sites[s];
    if (step->state != NF_NONE && site->state != step->state)
        return 0;
    if (has_pins(m) && m->pinned_site[step->site] != NF_NONE && m->pinned_site[step->site] != s)
        return 0;
    m->site[step->site] = s;
    const uint32_t partner = site->partner;
    switch (step->bond) {
    case NF_ANY: return 1;
    case NF_FREE: return partner == NF_NONE;
    case NF_BOUND: return partner != NF_NONE;
    case NF_CLOSE: return partner == m->site[step->to_site];
    default: break;
    }
    if (partner == NF_NONE)
        return 0;
    const NfSite *other = &sites[partner];
    if (m->mixture->molecules[other->owner].type != step->to_type || other->local < step->to_lo ||
        other->local >= step->to_hi || (step->to_state != NF_NONE && other->state != step->to_state))
        return 0;
    if (has_pins(m) && m->pinned_site[step->to_site] != NF_NONE && m->pinned_site[step->to_site] != partner)
        return 0;
    m->site[step->to_site] = partner;
    return let_molecule(m, step->to_var, other->owner);
}

static int has_rival(const NfMatcher *m, const NfStep *step, uint32_t s)
{
    const uint32_t *rivals = m->mixture->model->rivals + step->rival;
    for (uint32_t k = 0; k < step->n_rivals; k++)
        if (m->site[rivals[k]] == s)
            return 1;
    return 0;
}

static int was_seen(NfMatcher *m)
{
    const NfPlan *plan = m->plan;
    const uint32_t *center = m->mixture->model->centers + plan->center, n = plan->n_center;
    for (uint32_t from = 0; from + n <= m->seen.n; from += n) {
        uint32_t same = 0;
        while (same < n) {
            const uint32_t c = center[same];
            const uint32_t at = c & MOLECULE_BIT ? m->molecule[c & ~MOLECULE_BIT] : m->site[c];
            if (m->seen.item[from + same] != at)
                break;
            same++;
        }
        if (same == n)
            return 1;
    }
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t c = center[k];
        if (!nf_push(&m->seen, c & MOLECULE_BIT ? m->molecule[c & ~MOLECULE_BIT] : m->site[c]))
            m->mixture->no_memory = 1;
    }
    return 0;
}

/* A way is known: whether to stop at it. */
static int found(NfMatcher *m)
{
    if (m->plan->repeats && was_seen(m))
        return 0;
    return m->ways++ == m->wanted;
}

static int walk(NfMatcher *m, uint32_t i, int context);

static int jump(NfMatcher *m, const NfStep *step, uint32_t i, int context)
{
    const NfMixture *x = m->mixture;
    uint32_t molecule = x->complexes[x->molecules[m->molecule[0]].complex].head;
    for (; molecule != NF_NONE; molecule = x->molecules[molecule].next)
        if (x->molecules[molecule].type == step->to_type && let_molecule(m, step->to_var, molecule) &&
            walk(m, i + 1, context))
            return 1;
    return 0;
}

/* Goes on at step i; 1 where there is no more to be looked for.  In the `context` that is the first success. */
static int walk(NfMatcher *m, uint32_t i, int context)
{
    const NfPlan *plan = m->plan;
    const NfStep *steps = m->mixture->model->steps + plan->first;
    for (;; i++) {
        if (!context && i == plan->center_end)
            return walk(m, i, 1) && found(m);
        if (i == plan->n_steps)
            return 1;
        const NfStep *step = &steps[i];
        if (step->kind == NF_JUMP)
            return jump(m, step, i, context);
        const uint32_t base = m->mixture->molecules[m->molecule[step->var]].site;
        if (step->lo + 1 == step->hi) { /* the only site of its name */
            if (!fits(m, step, base + step->lo))
                return 0;
            continue;
        }
        uint32_t s = base + step->lo;
        if (step->after != NF_NONE && m->site[step->after] >= s)
            s = m->site[step->after] + 1;
        for (; s < base + step->hi; s++)
            if (!has_rival(m, step, s) && fits(m, step, s) && walk(m, i + 1, context))
                return 1;
        return 0;
    }
}

static int start(NfMatcher *m, uint32_t plan, uint32_t root, uint64_t wanted)
{
    m->plan = &m->mixture->model->plans[plan];
    m->ways = 0;
    m->wanted = wanted;
    m->seen.n = 0;
    if (m->mixture->molecules[root].type != m->plan->root_type || !let_molecule(m, 0, root))
        return 0;
    return walk(m, 0, 0);
}

uint64_t nf_ways(NfMatcher *m, uint32_t plan, uint32_t root)
{
    start(m, plan, root, UINT64_MAX);
    return m->ways;
}

int nf_way(NfMatcher *m, uint32_t plan, uint32_t root, uint64_t wanted)
{
    return start(m, plan, root, wanted);
}

int nf_found(NfMatcher *m, uint32_t plan, uint32_t complex)
{
    const NfMixture *x = m->mixture;
    for (uint32_t one = x->complexes[complex].head; one != NF_NONE; one = x->molecules[one].next)
        if (start(m, plan, one, 0))
            return 1;
    return 0;
}

uint64_t nf_count(NfMatcher *m, uint32_t plan, uint32_t complex)
{
    const NfMixture *x = m->mixture;
    uint64_t ways = 0;
    for (uint32_t one = x->complexes[complex].head; one != NF_NONE; one = x->molecules[one].next)
        ways += nf_ways(m, plan, one);
    return ways;
}

int nf_related(uint32_t relation, uint64_t number, uint32_t bound)
{
    switch (relation) {
    case NF_EQUAL: return number == bound;
    case NF_UNEQUAL: return number != bound;
    case NF_LESS: return number < bound;
    case NF_LESS_EQUAL: return number <= bound;
    case NF_MORE: return number > bound;
    default: return number >= bound;
    }
}

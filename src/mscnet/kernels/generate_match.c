/* Matches of patterns in species: a search that follows bonds. */
#include "generate_match.h"

#include <stdlib.h>
#include <string.h>

/* Steps of a search between two looks at whether to give up. */
#define LOOK_STEPS 0x4000u

void match_free(Match *match)
{
    free(match->image);
    free(match->used);
    match->image = NULL;
    match->used = NULL;
    match->room_image = match->room_used = 0;
}

static int extend(Match *m, uint32_t k);

/* Goes on with a part sent to `target`; `used` is the mark of that. */
static int try_part(Match *m, uint32_t k, uint32_t part, uint32_t target, unsigned char *used)
{
    *used = 1;
    m->image[part] = target;
    const int found = extend(m, k + 1);
    *used = 0;
    return found;
}

static int fits_molecule(const Match *m, uint32_t mol, uint32_t target)
{
    const Patterns *p = m->patterns;
    return !m->used[target] && m->view.type[target] == p->mol_type[mol] &&
           (p->mol_place[mol] == NOTHING || p->mol_place[mol] == m->view.place[target]);
}

static int try_molecule(Match *m, uint32_t k, const Step *step)
{
    const uint32_t part = step->mol - m->plan->first_mol;
    if (step->via != NOTHING) {
        const uint32_t from = m->image[m->plan->n_mols + step->via - m->plan->first_site];
        const uint32_t target = m->view.owner[m->view.bond[from]];
        if (!fits_molecule(m, step->mol, target) || (part == 0 && m->rooted != NOTHING && m->rooted != target))
            return 0;
        return try_part(m, k, part, target, &m->used[target]);
    }
    int any = 0;
    const int fixed = part == 0 && m->rooted != NOTHING;
    uint32_t first = fixed ? m->rooted : 0;
    if (step->after != NOTHING)
        first = m->image[step->after - m->plan->first_mol] + 1;
    const uint32_t end = fixed ? m->rooted + 1 : m->view.n_mols;
    for (uint32_t target = first; target < end && !m->stopped; target++) {
        if (!fits_molecule(m, step->mol, target))
            continue;
        any |= try_part(m, k, part, target, &m->used[target]);
        if (any && k >= m->cut)
            break;
    }
    return any;
}

static int fits_site(const Match *m, const Step *step, uint32_t target)
{
    const Patterns *p = m->patterns;
    const uint32_t s = step->site, bond = m->view.bond[target];
    if (m->used[m->view.n_mols + target] || (p->site_state[s] != NOTHING && p->site_state[s] != m->view.state[target]))
        return 0;
    switch (p->site_bond[s]) {
    case BOND_FREE:
        return bond == NOTHING;
    case BOND_ANY:
        return 1;
    case BOND_BOUND:
        return bond != NOTHING;
    default:
        return bond != NOTHING;
    }
}

static int try_site(Match *m, uint32_t k, const Step *step)
{
    const Patterns *p = m->patterns;
    const Plan *plan = m->plan;
    const uint32_t part = plan->n_mols + step->site - plan->first_site;
    const uint32_t mol = m->image[step->mol - plan->first_mol], type = p->mol_type[step->mol];
    const uint32_t first = m->view.first[mol], base = m->kinds->site_start[type], class = p->site_class[step->site];
    unsigned char *used = m->used + m->view.n_mols;
    if (step->known) { /* the bond says which site it is */
        const uint32_t from = m->image[plan->n_mols + p->site_partner[step->site] - plan->first_site];
        const uint32_t target = m->view.bond[from];
        if (step->after != NOTHING && target <= m->image[plan->n_mols + step->after - plan->first_site])
            return 0;
        if (m->view.owner[target] != mol || m->kinds->site_class[base + target - first] != class ||
            !fits_site(m, step, target))
            return 0;
        return try_part(m, k, part, target, &used[target]);
    }
    if (m->kinds->alone[base + class])
        return fits_site(m, step, first + class) && try_part(m, k, part, first + class, &used[first + class]);
    int any = 0;
    uint32_t target = first + class;
    if (step->after != NOTHING)
        target = m->image[plan->n_mols + step->after - plan->first_site] + 1;
    for (; target < m->view.first[mol + 1] && !m->stopped; target++) {
        if (m->kinds->site_class[base + target - first] != class || !fits_site(m, step, target))
            continue;
        any |= try_part(m, k, part, target, &used[target]);
        if (any && k >= m->cut)
            break;
    }
    return any;
}

static int extend(Match *m, uint32_t k)
{
    if (++m->steps % LOOK_STEPS == 0 && m->look != NULL && m->look(m->look_context))
        m->stopped = m->given_up = 1;
    if (k == m->plan->n_steps) {
        m->number += m->plan->exchanges;
        if (m->mode == MATCH_CENTRES && !m->found(m))
            m->stopped = 1;
        return 1;
    }
    const Step *step = &m->plan->steps[k];
    return step->site == NOTHING ? try_molecule(m, k, step) : try_site(m, k, step);
}

int match_run(Match *m, uint32_t pattern, const View *view, int mode)
{
    m->plan = &m->plans->plans[pattern];
    m->view = *view;
    m->stopped = 0;
    m->number = 0.0;
    m->mode = mode;
    m->cut = mode == MATCH_COUNT ? NOTHING : mode == MATCH_EXISTS ? 0 : m->plan->cut;
    const size_t targets = (size_t)view->n_mols + view->n_sites, old = m->room_used;
    if (!make_room(&m->image, &m->room_image, (size_t)m->plan->n_mols + m->plan->n_sites + 1, sizeof *m->image) ||
        !make_room(&m->used, &m->room_used, targets + 1, 1))
        return 0;
    if (m->room_used > old)
        memset(m->used + old, 0, m->room_used - old);
    m->given_up = 0;
    extend(m, 0);
    return !m->given_up;
}

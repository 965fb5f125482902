/* Rules applied to species: copies of the reactants side by side are changed, and come apart into products. */
#include "generate_rules.h"

#include <stdlib.h>
#include <string.h>

void apply_free(Apply *a)
{
    void *const arrays[] = {a->made,  a->begin,   a->seen, a->belongs, a->stack,
                            a->where, a->of_type, a->gone, a->products};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    graph_free(&a->work);
    graph_free(&a->part);
    canon_free(&a->canon);
    memset(a, 0, sizeof *a);
}

int apply_begin(Apply *a)
{
    a->of_type = calloc((size_t)a->kinds->n_types + 1, sizeof *a->of_type);
    return a->of_type != NULL;
}

int is_found(Match *match, uint32_t pattern, const View *species, uint32_t place)
{
    const uint32_t asked = match->patterns->place[pattern];
    if (asked != NOTHING && asked != place)
        return 0;
    match->rooted = NOTHING;
    if (!match_run(match, pattern, species, MATCH_EXISTS))
        return -1;
    return match->number > 0.0;
}

int is_allowed(Match *match, const Rules *rules, uint32_t rule, uint32_t side, uint32_t number, const View *species,
               uint32_t place)
{
    int asked = 0, met = 0;
    for (uint32_t i = rules->limit_start[rule]; i < rules->limit_start[rule + 1]; i++) {
        const uint32_t *row = rules->limit + 4 * (size_t)i;
        if (row[0] != side || row[1] != number)
            continue;
        const int found = is_found(match, row[3], species, place);
        if (found < 0)
            return -1;
        if (!row[2] && found)
            return 0;
        asked |= row[2] != 0;
        met |= row[2] && found;
    }
    return !asked || met;
}

/* What a site or molecule of a reactant's pattern has become in `work`. */
static uint32_t site_at(const Apply *a, const uint32_t *const *images, uint32_t pattern, uint32_t reactant,
                        uint32_t site)
{
    const uint32_t n_mols = a->patterns->mol_start[pattern + 1] - a->patterns->mol_start[pattern];
    return a->site_shift[reactant] + images[reactant][n_mols + site];
}

/* Molecules of one place that bonds join to a molecule, but for those that the pattern names, come to another. */
static int move_connected(Apply *a, const View *v, const uint32_t *image, uint32_t n_named, uint32_t named,
                          uint32_t shift, uint32_t target)
{
    if (!make_room(&a->seen, &a->room_seen, (size_t)v->n_mols + 1, sizeof *a->seen) ||
        !make_room(&a->stack, &a->room_stack, (size_t)v->n_mols + 1, sizeof *a->stack))
        return 0;
    memset(a->seen, 0, v->n_mols * sizeof *a->seen);
    uint32_t n = 0;
    a->stack[n++] = image[named];
    a->seen[image[named]] = 1;
    while (n > 0) {
        const uint32_t m = a->stack[--n];
        for (uint32_t s = v->first[m]; s < v->first[m + 1]; s++) {
            const uint32_t other = v->bond[s] == NOTHING ? m : v->owner[v->bond[s]];
            if (!a->seen[other] && v->place[other] == v->place[m]) {
                a->seen[other] = 1;
                a->stack[n++] = other;
            }
        }
    }
    for (uint32_t i = 0; i < n_named; i++)
        a->seen[image[i]] = i == named;
    for (uint32_t m = 0; m < v->n_mols; m++)
        if (a->seen[m])
            a->work.place[shift + m] = target;
    return 1;
}

static int move(Apply *a, uint32_t rule, const uint32_t *op, const View *species, const uint32_t *const *images)
{
    const uint32_t reactant = op[1], shift = a->mol_shift[reactant];
    const View *v = &species[reactant];
    if (op[2] == NOTHING) {
        for (uint32_t m = shift; m < shift + v->n_mols; m++)
            if ((a->work.place[m] = places_carry(a->places, a->work.place[m], op[3], op[4])) == NOTHING)
                return REFUSED;
        return APPLIED;
    }
    if (!a->rules->connected[rule]) {
        a->work.place[shift + images[reactant][op[2]]] = op[4];
        return APPLIED;
    }
    const uint32_t pattern = a->rules->reactant[a->rules->reactant_start[rule] + reactant];
    const uint32_t n_named = a->patterns->mol_start[pattern + 1] - a->patterns->mol_start[pattern];
    return move_connected(a, v, images[reactant], n_named, op[2], shift, op[4]) ? APPLIED : NO_MEMORY;
}

static int make(Apply *a, const uint32_t *op, uint32_t *n_made)
{
    Graph *g = &a->work;
    if (!make_room(&a->made, &a->room_made, (size_t)*n_made + 1, sizeof *a->made) ||
        !graph_add_molecule(g, a->kinds, op[1], op[2]))
        return NO_MEMORY;
    a->made[(*n_made)++] = g->n_mols - 1;
    for (uint32_t s = g->first[g->n_mols - 1]; s < g->n_sites; s++)
        g->state[s] = a->rules->made_state[op[4] + s - g->first[g->n_mols - 1]];
    return APPLIED;
}

static void cut(Graph *g, uint32_t site)
{
    const uint32_t other = g->bond[site];
    if (other == NOTHING)
        return;
    g->bond[site] = g->bond[other] = NOTHING;
}

/* A site as an operation names it: of a reactant, or of a molecule that was made. */
static uint32_t end_of(const Apply *a, uint32_t rule, const uint32_t *op, const uint32_t *const *images)
{
    if (op[0] == NOTHING)
        return a->work.first[a->made[op[1]]] + op[2];
    return site_at(a, images, a->rules->reactant[a->rules->reactant_start[rule] + op[0]], op[0], op[1]);
}

static int operate(Apply *a, uint32_t rule, const View *species, const uint32_t *const *images)
{
    const Rules *r = a->rules;
    Graph *g = &a->work;
    uint32_t n_made = 0;
    for (uint32_t i = r->op_start[rule]; i < r->op_start[rule + 1]; i++) {
        const uint32_t *op = r->op + (size_t)OP_WORDS * i;
        int status = APPLIED;
        switch (op[0]) {
        case OP_MAKE:
            status = make(a, op, &n_made);
            break;
        case OP_STATE:
            g->state[end_of(a, rule, op + 1, images)] = op[3];
            break;
        case OP_MOVE:
            status = move(a, rule, op, species, images);
            break;
        case OP_CUT:
            cut(g, end_of(a, rule, op + 1, images));
            break;
        case OP_TAKE:
            g->state[end_of(a, rule, op + 1, images)] = g->state[end_of(a, rule, op + 4, images)];
            break;
        default: {
            const uint32_t one = end_of(a, rule, op + 1, images), other = end_of(a, rule, op + 4, images);
            if (one == other || g->bond[one] != NOTHING || g->bond[other] != NOTHING)
                return REFUSED;
            g->bond[one] = other;
            g->bond[other] = one;
        }
        }
        if (status != APPLIED)
            return status;
    }
    return APPLIED;
}

/* Which product each molecule of `work` comes out in, and which are deleted. */
static int sort_out(Apply *a, uint32_t rule, const View *species, const uint32_t *const *images)
{
    const Rules *r = a->rules;
    const Patterns *p = a->patterns;
    Graph *g = &a->work;
    if (!make_room(&a->belongs, &a->room_belongs, (size_t)g->n_mols + 1, sizeof *a->belongs) ||
        !make_room(&a->gone, &a->room_gone, (size_t)g->n_mols + 1, 1))
        return 0;
    memset(a->belongs, 0xff, g->n_mols * sizeof *a->belongs);
    memset(a->gone, 0, g->n_mols);
    const uint32_t first = r->reactant_start[rule], n = r->reactant_start[rule + 1] - first;
    for (uint32_t i = 0; i < n; i++) {
        if (r->whole[first + i]) {
            memset(a->gone + a->mol_shift[i], 1, species[i].n_mols);
            continue;
        }
        const uint32_t start = p->mol_start[r->reactant[first + i]], end = p->mol_start[r->reactant[first + i] + 1];
        for (uint32_t m = start; m < end; m++) {
            const uint32_t at = a->mol_shift[i] + images[i][m - start];
            a->belongs[at] = r->belongs[m];
            a->gone[at] |= r->belongs[m] == NOTHING;
        }
    }
    uint32_t n_made = 0;
    for (uint32_t i = r->op_start[rule]; i < r->op_start[rule + 1]; i++)
        if (r->op[(size_t)OP_WORDS * i] == OP_MAKE)
            a->belongs[a->made[n_made++]] = r->op[(size_t)OP_WORDS * i + 3];
    for (uint32_t m = 0; m < g->n_mols; m++)
        for (uint32_t s = g->first[m]; a->gone[m] && s < g->first[m + 1]; s++)
            cut(g, s);
    return 1;
}

int apply_rule(Apply *a, uint32_t rule, const View *species, const uint32_t *const *images, const uint32_t *places)
{
    const uint32_t n = a->rules->reactant_start[rule + 1] - a->rules->reactant_start[rule];
    a->n_products = 0;
    if (n > 1 && a->places->n > 0 && !places_meet(a->places, places, n))
        return REFUSED;
    graph_clear(&a->work);
    for (uint32_t i = 0; i < n; i++) {
        a->mol_shift[i] = a->work.n_mols;
        a->site_shift[i] = a->work.n_sites;
        if (!graph_add_view(&a->work, &species[i]))
            return NO_MEMORY;
    }
    const int status = operate(a, rule, species, images);
    if (status != APPLIED)
        return status;
    return sort_out(a, rule, species, images) ? split_products(a, rule, places, n) : NO_MEMORY;
}

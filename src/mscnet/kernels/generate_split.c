/* What is left after a rule has been applied, as products: connected parts, in the order of the rule. */
#include "generate_rules.h"

#include <string.h>

/* Instead of its first molecule: a product that is in pieces. */
#define PIECES (NOTHING - 1)

/* The molecules of the part that `from` is in, listed in `stack`; where all are numbered anew in `seen`. */
static uint32_t gather(Apply *a, uint32_t from)
{
    const Graph *g = &a->work;
    uint32_t n = 0;
    a->stack[n++] = from;
    a->seen[from] = 1;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t m = a->stack[i];
        for (uint32_t s = g->first[m]; s < g->first[m + 1]; s++) {
            const uint32_t other = g->bond[s] == NOTHING ? m : g->owner[g->bond[s]];
            if (!a->seen[other]) {
                a->seen[other] = 1;
                a->stack[n++] = other;
            }
        }
    }
    return n;
}

/* The `n` molecules in `stack` as a complex of their own. */
static int cut_out(Apply *a, uint32_t n)
{
    const Graph *g = &a->work;
    Graph *part = &a->part;
    graph_clear(part);
    if (!make_room(&a->where, &a->room_where, (size_t)g->n_sites + 1, sizeof *a->where))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t m = a->stack[i];
        for (uint32_t s = g->first[m]; s < g->first[m + 1]; s++)
            a->where[s] = part->n_sites + s - g->first[m];
        if (!graph_add_molecule(part, a->kinds, g->type[m], g->place[m]))
            return 0;
    }
    for (uint32_t i = 0, at = 0; i < n; i++)
        for (uint32_t s = g->first[a->stack[i]]; s < g->first[a->stack[i] + 1]; s++, at++) {
            part->state[at] = g->state[s];
            part->bond[at] = g->bond[s] == NOTHING ? NOTHING : a->where[g->bond[s]];
        }
    return 1;
}

static int is_too_large(Apply *a, uint32_t n)
{
    const Bounds *b = &a->bounds;
    if (b->molecules != NOTHING && n > b->molecules)
        return 1;
    int large = 0;
    for (uint32_t i = 0; b->of_type != NULL && i < n; i++) {
        const uint32_t type = a->work.type[a->stack[i]];
        large |= ++a->of_type[type] > b->of_type[type];
    }
    for (uint32_t i = 0; b->of_type != NULL && i < n; i++)
        a->of_type[a->work.type[a->stack[i]]] = 0;
    return large;
}

/* Parts in order: those that the rule names by product, then fragments; `begin` holds the first molecule of each. */
static int find_parts(Apply *a, uint32_t rule, uint32_t *n_parts)
{
    const Graph *g = &a->work;
    const uint32_t named = a->rules->product_start[rule + 1] - a->rules->product_start[rule];
    if (!make_room(&a->seen, &a->room_seen, (size_t)g->n_mols + 1, sizeof *a->seen) ||
        !make_room(&a->stack, &a->room_stack, (size_t)g->n_mols + 1, sizeof *a->stack) ||
        !make_room(&a->begin, &a->room_begin, (size_t)g->n_mols + named + 1, sizeof *a->begin))
        return NO_MEMORY;
    uint32_t n = named;
    memset(a->begin, 0xff, ((size_t)named + 1) * sizeof *a->begin);
    for (uint32_t m = 0; m < g->n_mols; m++)
        a->seen[m] = a->gone[m];
    for (uint32_t m = 0; m < g->n_mols; m++) {
        if (a->seen[m])
            continue;
        const uint32_t size = gather(a, m);
        uint32_t product = NOTHING;
        for (uint32_t i = 0; i < size; i++) {
            const uint32_t one = a->belongs[a->stack[i]];
            if (one != NOTHING && product != NOTHING && one != product)
                return REFUSED;
            product = one == NOTHING ? product : one;
        }
        if (product == NOTHING && !a->rules->deletes[rule])
            return REFUSED;
        if (product == NOTHING)
            a->begin[n++] = m;
        else
            a->begin[product] = a->begin[product] == NOTHING ? m : PIECES;
    }
    *n_parts = n;
    return APPLIED;
}

int take_in(Apply *a, const View *view, uint32_t place, size_t most_species, uint32_t *species)
{
    if (!canon_run(&a->canon, a->kinds, view))
        return NO_MEMORY;
    const Graph *form = &a->canon.form.graph;
    *species = store_find(a->store, form, store_hash(form));
    if (*species != NOTHING)
        return APPLIED;
    if (a->store->n >= most_species)
        return TOO_MANY;
    return store_add(a->store, &a->canon, place, species) ? APPLIED : NO_MEMORY;
}

/* The product `number`, which begins with molecule `from`. */
static int make_product(Apply *a, uint32_t rule, uint32_t number, uint32_t from, const uint32_t *places, uint32_t n)
{
    const uint32_t named = a->rules->product_start[rule + 1] - a->rules->product_start[rule];
    const uint32_t size = gather(a, from);
    uint32_t place;
    if (is_too_large(a, size))
        return TOO_LARGE;
    if (!cut_out(a, size) ||
        !make_room(&a->products, &a->room_products, (size_t)a->n_products + 1, sizeof *a->products))
        return NO_MEMORY;
    const uint32_t asked = number < named ? a->rules->product_place[a->rules->product_start[rule] + number] : NOTHING;
    if (!places_locate(a->places, &a->part, asked, places, n, &place))
        return REFUSED;
    const View view = graph_view(&a->part);
    const int allowed =
        number < named ? is_allowed(a->match, a->rules, rule, RESTRICT_PRODUCT, number, &view, place) : 1;
    if (allowed != 1)
        return allowed == 0 ? REFUSED : NO_MEMORY;
    return take_in(a, &view, place, a->most_species, &a->products[a->n_products++]);
}

int split_products(Apply *a, uint32_t rule, const uint32_t *places, uint32_t n)
{
    uint32_t n_parts;
    int status = find_parts(a, rule, &n_parts);
    if (status != APPLIED)
        return status;
    for (uint32_t m = 0; m < a->work.n_mols; m++)
        a->seen[m] = a->gone[m];
    for (uint32_t i = 0; i < n_parts && status == APPLIED; i++)
        status = a->begin[i] >= PIECES ? REFUSED : make_product(a, rule, i, a->begin[i], places, n);
    return status;
}

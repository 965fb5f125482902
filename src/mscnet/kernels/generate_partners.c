/* Which reactants can meet at all: where a rule only joins two, a limit on molecules leaves out most partners unseen. */
#include "generate_engine.h"

#include <stdlib.h>

/* Items of one block are passed over together where none of them is small enough. */
enum { BLOCK = 64 };

/* Whether all molecules of one reactant of a rule go into its first product. */
static int is_kept(const Engine *e, uint32_t reactant)
{
    const Patterns *p = &e->patterns;
    const uint32_t pattern = e->rules.reactant[reactant];
    int kept = !e->rules.whole[reactant];
    for (uint32_t m = p->mol_start[pattern]; m < p->mol_start[pattern + 1]; m++)
        kept &= e->rules.belongs[m] == 0;
    return kept;
}

/* Whether an end of a bond to be is a site that is free for certain. */
static int is_free(const Engine *e, uint32_t rule, const uint32_t *end)
{
    if (end[0] == NOTHING)
        return 0;
    const Patterns *p = &e->patterns;
    const uint32_t pattern = e->rules.reactant[e->rules.reactant_start[rule] + end[0]];
    return p->site_bond[p->site_start[p->mol_start[pattern]] + end[1]] == BOND_FREE;
}

/* Whether a rule makes one complex of two, whatever they are: of as many molecules as both have. */
static int joins_two(const Engine *e, uint32_t rule)
{
    const Rules *r = &e->rules;
    const uint32_t first = r->reactant_start[rule];
    if (r->reactant_start[rule + 1] - first != 2 || r->product_start[rule + 1] - r->product_start[rule] != 1 ||
        !is_kept(e, first) || !is_kept(e, first + 1))
        return 0;
    int joined = 0;
    for (uint32_t i = r->op_start[rule]; i < r->op_start[rule + 1]; i++) {
        const uint32_t *op = r->op + (size_t)OP_WORDS * i;
        if (op[0] == OP_STATE)
            continue;
        if (op[0] != OP_JOIN || !is_free(e, rule, op + 1) || !is_free(e, rule, op + 4))
            return 0;
        joined |= op[1] != op[4];
    }
    return joined;
}

/* Lists what is limited: all molecules, and those of some types. */
static void list_bounds(Engine *e)
{
    const Bounds *b = &e->apply.bounds;
    if (b->molecules != NOTHING)
        e->bounds[e->n_bounds++] = (Bound){NOTHING, b->molecules, 0};
    for (uint32_t type = 0; b->of_type != NULL && type < e->kinds.n_types; type++)
        if (b->of_type[type] != NOTHING)
            e->bounds[e->n_bounds++] = (Bound){type, b->of_type[type], 0};
}

int partners_begin(Engine *e)
{
    e->bounds = calloc((size_t)e->kinds.n_types + 1, sizeof *e->bounds);
    e->joins_two = calloc((size_t)e->rules.n_rules + 1, 1);
    if (e->bounds == NULL || e->joins_two == NULL)
        return 0;
    list_bounds(e);
    for (uint32_t rule = 0; e->n_bounds > 0 && rule < e->rules.n_rules; rule++)
        e->joins_two[rule] = joins_two(e, rule) != 0;
    return 1;
}

/* How many molecules of a species a bound counts. */
static uint32_t counted(const View *view, const Bound *bound)
{
    uint32_t n = 0;
    for (uint32_t m = 0; m < view->n_mols; m++)
        n += bound->type == NOTHING || view->type[m] == bound->type;
    return n;
}

int groups_add(Engine *e, uint32_t rule, Groups *groups, Group group)
{
    const size_t n = groups->n, block = n / BLOCK, width = e->joins_two[rule] ? e->n_bounds : 0;
    if (!make_room(&groups->items, &groups->room, n + 1, sizeof *groups->items) ||
        !make_room(&groups->noted, &groups->room_noted, block + 1, 1) ||
        !make_room(&groups->sizes, &groups->room_sizes, (n + 1) * width, sizeof *groups->sizes) ||
        !make_room(&groups->smallest, &groups->room_smallest, (block + 1) * width, sizeof *groups->smallest))
        return 0;
    const View view = store_view(&e->store, group.species);
    for (size_t i = 0; i < width; i++) {
        const uint32_t size = counted(&view, &e->bounds[i]);
        uint32_t *smallest = &groups->smallest[block * width + i];
        groups->sizes[n * width + i] = size;
        *smallest = n % BLOCK == 0 || size < *smallest ? size : *smallest;
    }
    groups->noted[block] = 0;
    groups->items[groups->n++] = group;
    return 1;
}

void groups_free(Groups *groups)
{
    free(groups->items);
    free(groups->sizes);
    free(groups->smallest);
    free(groups->noted);
}

void partners_leave_room(Engine *e, uint32_t rule, const Group *met)
{
    const Groups *groups = &e->groups[e->rules.reactant[e->rules.reactant_start[rule]]];
    const uint32_t *sizes = groups->sizes + (size_t)(met - groups->items) * e->n_bounds;
    for (uint32_t i = 0; i < e->n_bounds; i++)
        e->bounds[i].left = sizes[i] < e->bounds[i].most ? e->bounds[i].most - sizes[i] : 0;
}

/* Whether there is room for a partner of these sizes. */
static int fits(const Engine *e, const uint32_t *sizes)
{
    int room = 1;
    for (uint32_t i = 0; i < e->n_bounds; i++)
        room &= sizes[i] <= e->bounds[i].left;
    return room;
}

/* Notes two that would be too large together, if they can meet. */
static void note_pair(Engine *e, const Group *one, const Group *other)
{
    const Group *const pair[] = {one, other};
    const uint32_t places[] = {e->store.species[one->species].place, e->store.species[other->species].place};
    if (e->places.n == 0 || places_meet(&e->places, places, 2))
        note_growing(e, pair, 2);
}

size_t partners_next(Engine *e, Groups *groups, size_t from, const Group *met)
{
    size_t g = from;
    while (g < groups->n) {
        const size_t block = g / BLOCK, begin = block * BLOCK;
        const size_t end = begin + BLOCK < groups->n ? begin + BLOCK : groups->n;
        const int whole = g == begin && !fits(e, groups->smallest + block * e->n_bounds);
        if (whole && groups->noted[block]) {
            note_growing(e, &met, 1);
            g = end;
            continue;
        }
        for (; g < end; g++) {
            if (fits(e, groups->sizes + g * e->n_bounds))
                return g;
            note_pair(e, met, &groups->items[g]);
        }
        /* in compartments the next may meet others of them */
        groups->noted[block] |= whole && e->places.n == 0;
    }
    return g;
}

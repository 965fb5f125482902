/* The least form of a complex with rings: individualisation and refinement, pruned by automorphisms.
 *
 * B. McKay, A. Piperno, J. Symb. Comput. 2014, 60, 94.  Nodes of the first cell of more than one are tried one after the
 * other, down to partitions with a cell for each node, whose forms are compared.  Two equal forms show an automorphism:
 * what it makes of branches that have been tried need not be tried.  Only nodes on rings, and between rings, are tried;
 * trees that hang from them follow. */
#include "generate_canon.h"

#include <stdlib.h>
#include <string.h>

/* Automorphisms that are kept; those beyond prune nothing later. */
static const size_t MOST_GENERATORS = 200;

void search_free(Search *s)
{
    void *const arrays[] = {s->saved, s->path, s->first_path, s->best_path, s->explored, s->leaf,
                            s->first_leaf, s->best_leaf, s->generators, s->orbit};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    form_free(&s->first);
    form_free(&s->best);
    form_free(&s->found);
    memset(s, 0, sizeof *s);
}

static int room_for(Search *s, size_t nodes)
{
    if (nodes <= s->room_nodes)
        return 1;
    search_free(s);
    const size_t room = nodes + nodes / 2 + 16;
    uint32_t **const arrays[] = {&s->path,       &s->first_path, &s->best_path, &s->explored, &s->leaf,
                                 &s->first_leaf, &s->best_leaf,  &s->orbit};
    int enough = 1;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        enough &= (*arrays[i] = malloc(room * sizeof **arrays[i])) != NULL;
    if (enough)
        s->room_nodes = room;
    else
        search_free(s);
    return enough;
}

static int compare_arrays(const uint32_t *a, const uint32_t *b, size_t n)
{
    return n == 0 ? 0 : memcmp(a, b, n * sizeof *a);
}

/* Forms of one complex have equal sizes. */
static int compare_forms(const Form *a, const Form *b)
{
    const Graph *x = &a->graph, *y = &b->graph;
    int order = compare_arrays(x->type, y->type, x->n_mols);
    if (order == 0)
        order = compare_arrays(x->place, y->place, x->n_mols);
    if (order == 0)
        order = compare_arrays(x->state, y->state, x->n_sites);
    return order == 0 ? compare_arrays(x->bond, y->bond, x->n_sites) : order;
}

/* Each level has its partition (four arrays and the number of cells) in `saved`. */
static size_t saved_size(const Canon *c)
{
    return 4 * (size_t)c->n_nodes + 1;
}

static int save(Canon *c, uint32_t level)
{
    const size_t n = c->n_nodes, size = saved_size(c);
    Search *s = &c->search;
    const Partition *p = &c->partition;
    if (!make_room(&s->saved, &s->room_saved, (level + (size_t)1) * size, sizeof *s->saved))
        return 0;
    uint32_t *at = s->saved + level * size;
    memcpy(at, p->element, n * sizeof *at);
    memcpy(at + n, p->position, n * sizeof *at);
    memcpy(at + 2 * n, p->cell, n * sizeof *at);
    memcpy(at + 3 * n, p->length, n * sizeof *at);
    at[4 * n] = p->n_cells;
    return 1;
}

static void restore(Canon *c, uint32_t level)
{
    const size_t n = c->n_nodes;
    Partition *p = &c->partition;
    const uint32_t *at = c->search.saved + level * saved_size(c);
    memcpy(p->element, at, n * sizeof *at);
    memcpy(p->position, at + n, n * sizeof *at);
    memcpy(p->cell, at + 2 * n, n * sizeof *at);
    memcpy(p->length, at + 3 * n, n * sizeof *at);
    p->n_cells = at[4 * n];
}

/* Keeps the automorphism that takes the nodes of one leaf to those of another. */
static int add_generator(Canon *c, const uint32_t *from)
{
    Search *s = &c->search;
    const size_t n = c->n_nodes;
    if (s->n_generators >= MOST_GENERATORS)
        return 1;
    if (!make_room(&s->generators, &s->room_generators, (s->n_generators + (size_t)1) * n, sizeof *s->generators))
        return 0;
    uint32_t *image = s->generators + s->n_generators++ * n;
    for (size_t i = 0; i < n; i++)
        image[from[i]] = c->partition.element[i];
    return 1;
}

/* The level at which a path leaves that of the present leaf, as what `descend` returns. */
static int64_t divergence(const Search *s, const uint32_t *path, uint32_t length)
{
    uint32_t level = 0;
    while (level < length && path[level] == s->path[level])
        level++;
    return level;
}

static int keep_leaf(Canon *c, Form *form, uint32_t *nodes, uint32_t *path, uint32_t *length, uint32_t level)
{
    memcpy(nodes, c->partition.element, c->n_nodes * sizeof *nodes);
    memcpy(path, c->search.path, level * sizeof *path);
    *length = level;
    return canon_form(c, form);
}

/* A partition with all ring nodes apart: compared with the first and the best.  The level to go back to; -2: no memory. */
static int64_t reach_leaf(Canon *c, uint32_t level)
{
    Search *s = &c->search;
    canon_finish(c);
    if (!canon_form(c, &s->found))
        return -2;
    if (!s->any) {
        s->any = 1;
        if (!keep_leaf(c, &s->first, s->first_leaf, s->first_path, &s->first_length, level) ||
            !keep_leaf(c, &s->best, s->best_leaf, s->best_path, &s->best_length, level))
            return -2;
        return (int64_t)level - 1;
    }
    if (compare_forms(&s->found, &s->first) == 0)
        return add_generator(c, s->first_leaf) ? divergence(s, s->first_path, s->first_length) : -2;
    const int order = compare_forms(&s->found, &s->best);
    if (order == 0)
        return add_generator(c, s->best_leaf) ? divergence(s, s->best_path, s->best_length) : -2;
    if (order < 0 && !keep_leaf(c, &s->best, s->best_leaf, s->best_path, &s->best_length, level))
        return -2;
    return (int64_t)level - 1;
}

static uint32_t root(uint32_t *orbit, uint32_t node)
{
    while (orbit[node] != node)
        node = orbit[node] = orbit[orbit[node]];
    return node;
}

/* Joins, in `orbit`, what automorphisms make of each other that leave the path to a level as it is. */
static void join_orbits(Canon *c, uint32_t level)
{
    Search *s = &c->search;
    for (uint32_t i = 0; i < c->n_nodes; i++)
        s->orbit[i] = i;
    for (uint32_t g = 0; g < s->n_generators; g++) {
        const uint32_t *image = s->generators + g * (size_t)c->n_nodes;
        uint32_t fixed = 0;
        while (fixed < level && image[s->path[fixed]] == s->path[fixed])
            fixed++;
        for (uint32_t i = 0; fixed == level && i < c->n_nodes; i++)
            s->orbit[root(s->orbit, i)] = root(s->orbit, image[i]);
    }
}

const uint32_t *search_orbits(Canon *c)
{
    join_orbits(c, 0);
    for (uint32_t i = 0; i < c->n_nodes; i++)
        c->search.orbit[i] = root(c->search.orbit, i);
    return c->search.orbit;
}

/* Whether an automorphism that leaves the path to this level as it is makes `node` of one of the `n` tried ones. */
static int is_covered(Canon *c, uint32_t level, uint32_t node, const uint32_t *tried, uint32_t n)
{
    Search *s = &c->search;
    if (s->stale)
        join_orbits(c, level);
    s->stale = 0;
    for (uint32_t i = 0; i < n; i++)
        if (root(s->orbit, tried[i]) == root(s->orbit, node))
            return 1;
    return 0;
}

/* The first cell of several ring nodes, or NOTHING. */
static uint32_t target(const Canon *c)
{
    const Partition *p = &c->partition;
    for (uint32_t i = 0; i < p->n; i += p->length[i])
        if (p->length[i] > 1 && c->core[p->element[i]])
            return i;
    return NOTHING;
}

/* Tries all below a partition; the level to go on at. */
static int64_t descend(Canon *c, uint32_t level)
{
    Search *s = &c->search;
    const uint32_t cell = target(c);
    if (cell == NOTHING)
        return reach_leaf(c, level);
    const uint32_t length = c->partition.length[cell];
    if (!save(c, level))
        return -2;
    uint32_t *tried = malloc(length * sizeof *tried);
    if (tried == NULL)
        return -2;
    int64_t back = (int64_t)level - 1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < length; i++) {
        const uint32_t node = s->saved[level * saved_size(c) + cell + i];
        if (n > 0 && is_covered(c, level, node, tried, n))
            continue;
        if (n > 0)
            restore(c, level);
        tried[n++] = s->path[level] = node;
        partition_single(&c->partition, node);
        partition_refine(&c->partition);
        back = descend(c, level + 1);
        s->stale = 1;
        if (back < (int64_t)level)
            break;
        back = (int64_t)level - 1;
    }
    free(tried);
    return back;
}

int canon_search(Canon *c)
{
    Search *s = &c->search;
    if (!room_for(s, (size_t)c->n_nodes + 1))
        return 0;
    s->n_generators = 0;
    s->any = 0;
    if (descend(c, 0) == -2)
        return 0;
    const Form form = c->form;
    c->form = s->best;
    s->best = form;
    return 1;
}

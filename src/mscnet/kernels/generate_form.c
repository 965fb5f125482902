/* A complex written anew in the order of an ordered partition of its nodes, and which of its parts are alike. */
#include "generate_canon.h"

#include <stdlib.h>
#include <string.h>

static Rank rank_of(const Canon *c, const Form *form, uint32_t site)
{
    const View *v = &c->view;
    const uint32_t other = v->bond[site];
    Rank rank = {2 * (uint64_t)(v->state[site] + 1) + (other == NOTHING), 0, site};
    if (other == NOTHING)
        return rank;
    const uint32_t label = c->label[c->node_of[site] - v->n_mols];
    if (label != 0) {
        rank.bond = label;
        return rank;
    }
    const uint32_t owner = v->owner[other], type = v->type[owner];
    const uint64_t class = c->kinds->site_class[c->kinds->site_start[type] + other - v->first[owner]];
    rank.bond = 1ULL << 63 | (uint64_t)form->mol_to[owner] << 36 | (class < 0xfff ? class : 0xfff) << 24 |
                c->partition.position[c->node_of[other]];
    return rank;
}

static int is_before(const Rank *a, const Rank *b)
{
    return a->state != b->state ? a->state < b->state : a->bond < b->bond;
}

static void see(Canon *c, uint32_t site, uint32_t *n_bonds)
{
    const View *v = &c->view;
    if (v->bond[site] == NOTHING || c->label[c->node_of[site] - v->n_mols] != 0)
        return;
    c->label[c->node_of[site] - v->n_mols] = c->label[c->node_of[v->bond[site]] - v->n_mols] = ++*n_bonds;
}

static int by_rank(const void *a, const void *b)
{
    const Rank *x = a, *y = b;
    return is_before(x, y) ? -1 : is_before(y, x);
}

/* Equal sites from the `i`th of a molecule on, sorted all at once: none of them is bound to another of it. */
static void order_many(Canon *c, Form *form, uint32_t m, uint32_t i, uint32_t first_new, uint32_t *n_bonds)
{
    const View *v = &c->view;
    const uint32_t first = v->first[m], n = v->first[m + 1] - first;
    const uint32_t *class = c->kinds->site_class + c->kinds->site_start[v->type[m]];
    uint32_t count = 0;
    for (uint32_t j = i; j < n; j++)
        if (class[j] == i)
            c->ranks[count++] = rank_of(c, form, first + j);
    qsort(c->ranks, count, sizeof *c->ranks, by_rank);
    for (uint32_t j = i, k = 0; j < n; j++) {
        if (class[j] != i)
            continue;
        c->taken[j] = 1;
        form->site_to[c->ranks[k].site] = first_new + j;
        see(c, c->ranks[k++].site, n_bonds);
    }
}

/* Whether equal sites are so many that they are better sorted, and may be: bonds to the molecule itself come one by one,
 * and bonds to others are numbered as they come, so that other sites must not stand between. */
static int are_many(const Canon *c, uint32_t m, uint32_t i)
{
    const View *v = &c->view;
    const uint32_t first = v->first[m], n = v->first[m + 1] - first;
    const uint32_t *class = c->kinds->site_class + c->kinds->site_start[v->type[m]];
    uint32_t count = 0;
    for (uint32_t j = i; j < n; j++) {
        if (class[j] != i)
            continue;
        if (j != i + count++ || (v->bond[first + j] != NOTHING && v->owner[v->bond[first + j]] == m))
            return 0;
    }
    return count > 8;
}

/* The best of the equal sites from the `i`th on that are left. */
static uint32_t pick_one(const Canon *c, const Form *form, uint32_t m, uint32_t i)
{
    const View *v = &c->view;
    const uint32_t first = v->first[m], n = v->first[m + 1] - first;
    const uint32_t *class = c->kinds->site_class + c->kinds->site_start[v->type[m]];
    Rank best = {UINT64_MAX, UINT64_MAX, NOTHING};
    for (uint32_t j = class[i]; j < n; j++) {
        if (class[j] != class[i] || c->taken[j])
            continue;
        const Rank rank = rank_of(c, form, first + j);
        if (best.site == NOTHING || is_before(&rank, &best))
            best = rank;
    }
    return best.site;
}

/* The sites of a molecule by their new order, in which equal ones are sorted. */
static void order_sites(Canon *c, Form *form, uint32_t m, uint32_t first_new, uint32_t *n_bonds)
{
    const View *v = &c->view;
    const uint32_t first = v->first[m], n = v->first[m + 1] - first;
    const uint32_t *class = c->kinds->site_class + c->kinds->site_start[v->type[m]];
    const unsigned char *alone = c->kinds->alone + c->kinds->site_start[v->type[m]];
    uint32_t sorted = 0; /* the end of equal sites that have been sorted at once */
    memset(c->taken, 0, n);
    for (uint32_t i = 0; i < n; i++) {
        if (i < sorted)
            continue;
        if (!alone[i] && class[i] == i && are_many(c, m, i)) {
            order_many(c, form, m, i, first_new, n_bonds);
            for (sorted = i; sorted < n && class[sorted] == i;)
                sorted++;
            continue;
        }
        const uint32_t pick = alone[i] ? first + i : pick_one(c, form, m, i);
        c->taken[pick - first] = 1;
        form->site_to[pick] = first_new + i;
        see(c, pick, n_bonds);
    }
}

int canon_form(Canon *c, Form *form)
{
    const View *v = &c->view;
    Graph *g = &form->graph;
    if (!make_room(&form->mol_to, &form->room_mols, (size_t)v->n_mols + 1, sizeof *form->mol_to) ||
        !make_room(&form->site_to, &form->room_sites, (size_t)v->n_sites + 1, sizeof *form->site_to))
        return 0;
    graph_clear(g);
    memset(c->label, 0, ((size_t)c->n_nodes - v->n_mols) * sizeof *c->label);
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        const uint32_t m = c->partition.element[i];
        if (m >= v->n_mols)
            continue;
        form->mol_to[m] = g->n_mols;
        if (!graph_add_molecule(g, c->kinds, v->type[m], v->place[m]))
            return 0;
    }
    uint32_t n_bonds = 0;
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        const uint32_t m = c->partition.element[i];
        if (m < v->n_mols)
            order_sites(c, form, m, g->first[form->mol_to[m]], &n_bonds);
    }
    for (uint32_t s = 0; s < v->n_sites; s++) {
        g->state[form->site_to[s]] = v->state[s];
        if (v->bond[s] != NOTHING)
            g->bond[form->site_to[s]] = form->site_to[v->bond[s]];
    }
    return 1;
}

/* Free equal sites in one state are alike in any complex. */
static void free_orbits(Canon *c)
{
    const Graph *g = &c->form.graph;
    for (uint32_t m = 0; m < g->n_mols; m++) {
        const uint32_t *class = c->kinds->site_class + c->kinds->site_start[g->type[m]];
        const uint32_t first = g->first[m], n = g->first[m + 1] - first;
        for (uint32_t i = 0; i < n; i++) {
            c->site_orbit[first + i] = first + i;
            for (uint32_t j = class[i]; g->bond[first + i] == NOTHING && j < i; j++)
                if (class[j] == class[i] && g->bond[first + j] == NOTHING &&
                    g->state[first + j] == g->state[first + i]) {
                    c->site_orbit[first + i] = first + j;
                    break;
                }
        }
    }
}

/* Molecules and bound sites are alike that have one class; so are free sites of such molecules. */
static void class_orbits(Canon *c, const uint32_t *class)
{
    const View *v = &c->view;
    const Graph *g = &c->form.graph;
    uint32_t *least = c->stack;
    memset(least, 0xff, c->n_nodes * sizeof *least);
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        uint32_t *const held = &least[class[i]];
        const uint32_t number = i < v->n_mols ? c->form.mol_to[i] : c->form.site_to[c->site_of[i - v->n_mols]];
        *held = number < *held ? number : *held;
    }
    for (uint32_t i = 0; i < v->n_mols; i++)
        c->mol_orbit[c->form.mol_to[i]] = least[class[i]];
    for (uint32_t i = v->n_mols; i < c->n_nodes; i++)
        c->site_orbit[c->form.site_to[c->site_of[i - v->n_mols]]] = least[class[i]];
    for (uint32_t m = 0; m < g->n_mols; m++) {
        const uint32_t like = c->mol_orbit[m];
        for (uint32_t s = g->first[m]; like != m && s < g->first[m + 1]; s++)
            if (g->bond[s] == NOTHING)
                c->site_orbit[s] = c->site_orbit[s - g->first[m] + g->first[like]];
    }
}

int canon_orbits(Canon *c)
{
    const Graph *g = &c->form.graph;
    if (!make_room(&c->mol_orbit, &c->room_mol_orbit, (size_t)g->n_mols + 1, sizeof *c->mol_orbit) ||
        !make_room(&c->site_orbit, &c->room_site_orbit, (size_t)g->n_sites + 1, sizeof *c->site_orbit))
        return 0;
    for (uint32_t m = 0; m < g->n_mols; m++)
        c->mol_orbit[m] = m;
    free_orbits(c);
    /* what colour refinement leaves together in a tree; else what automorphisms that were found make of each other */
    class_orbits(c, c->searched ? search_orbits(c) : c->initial);
    return 1;
}

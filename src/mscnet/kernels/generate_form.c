/* A complex written anew in the order of an ordered partition of its nodes, and which of its parts are alike. */
#include "generate_canon.h"

#include <string.h>

/* Equal sites of a molecule in order: by state, the free ones first, the bound ones as their nodes stand. */
static void order_equal(const Canon *c, uint32_t m, uint32_t first_new, uint32_t *site_to)
{
    const View *v = &c->view;
    const uint32_t type = v->type[m], first = v->first[m], n = v->first[m + 1] - first;
    const uint32_t *class = c->kinds->site_class + c->kinds->site_start[type];
    const unsigned char *alone = c->kinds->alone + c->kinds->site_start[type];
    uint64_t *key = c->partition.keys; /* free again by now */
    uint32_t *slot = c->stack;
    for (uint32_t i = 0; i < n; i++) {
        if (alone[i])
            site_to[first + i] = first_new + i;
        if (alone[i] || class[i] != i)
            continue;
        uint32_t k = 0;
        for (uint32_t j = i; j < n; j++) {
            if (class[j] != i)
                continue;
            const uint32_t s = first + j;
            const uint64_t bound = v->bond[s] == NOTHING ? 0 : c->partition.position[c->node_of[s]] + 1;
            const uint64_t rank = (uint64_t)(v->state[s] + 1) << 32 | bound;
            slot[k] = j;
            uint32_t at = k++;
            for (; at > 0 && key[2 * at - 2] > rank; at--) {
                key[2 * at] = key[2 * at - 2];
                key[2 * at + 1] = key[2 * at - 1];
            }
            key[2 * at] = rank;
            key[2 * at + 1] = s;
        }
        for (uint32_t r = 0; r < k; r++)
            site_to[(uint32_t)key[2 * r + 1]] = first_new + slot[r];
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
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        const uint32_t m = c->partition.element[i];
        if (m >= v->n_mols)
            continue;
        form->mol_to[m] = g->n_mols;
        order_equal(c, m, g->n_sites, form->site_to);
        if (!graph_add_molecule(g, c->kinds, v->type[m], v->place[m]))
            return 0;
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

/* In a tree, what colour refinement leaves together is alike. */
static void tree_orbits(Canon *c)
{
    const View *v = &c->view;
    const Graph *g = &c->form.graph;
    uint32_t *least = c->stack;
    memset(least, 0xff, c->n_nodes * sizeof *least);
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        uint32_t *const held = &least[c->initial[i]];
        const uint32_t number = i < v->n_mols ? c->form.mol_to[i] : c->form.site_to[c->site_of[i - v->n_mols]];
        *held = number < *held ? number : *held;
    }
    for (uint32_t i = 0; i < v->n_mols; i++)
        c->mol_orbit[c->form.mol_to[i]] = least[c->initial[i]];
    for (uint32_t i = v->n_mols; i < c->n_nodes; i++)
        c->site_orbit[c->form.site_to[c->site_of[i - v->n_mols]]] = least[c->initial[i]];
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
    if (c->n_core == 0)
        tree_orbits(c);
    return 1;
}

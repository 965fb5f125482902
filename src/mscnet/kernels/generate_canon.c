/* The canonical form of a complex, by colour refinement.
 *
 * The nodes are molecules and bound sites.  Where no bond closes a ring, nodes that refinement cannot tell apart are alike,
 * and any one of them may come first; where some do, generate_search.c looks for the least form. */
#include "generate_canon.h"

#include <stdlib.h>
#include <string.h>

void form_free(Form *form)
{
    graph_free(&form->graph);
    free(form->mol_to);
    free(form->site_to);
    memset(form, 0, sizeof *form);
}

void canon_free(Canon *c)
{
    void *const arrays[] = {c->node_of, c->site_of, c->start, c->to, c->initial, c->degree, c->stack, c->mol_key,
                            c->site_key, c->key, c->core, c->mol_orbit, c->site_orbit, c->label, c->ranks, c->taken};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    partition_free(&c->partition);
    form_free(&c->form);
    search_free(&c->search);
    memset(c, 0, sizeof *c);
}

static int room_for(Canon *c, size_t mols, size_t sites)
{
    const size_t nodes = mols + sites;
    if (nodes + 1 > c->room_nodes) {
        const size_t room = nodes + nodes / 2 + 32;
        uint32_t **const arrays[] = {&c->start, &c->initial, &c->degree, &c->stack,
                                     &c->node_of, &c->site_of, &c->label};
        int enough = 1;
        for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
            free(*arrays[i]);
            enough &= (*arrays[i] = malloc(room * sizeof **arrays[i])) != NULL;
        }
        uint64_t **const keys[] = {&c->mol_key, &c->site_key, &c->key};
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            free(*keys[i]);
            enough &= (*keys[i] = malloc(room * sizeof **keys[i])) != NULL;
        }
        free(c->to);
        free(c->core);
        free(c->taken);
        free(c->ranks);
        enough &= (c->to = malloc(3 * room * sizeof *c->to)) != NULL;
        enough &= (c->core = malloc(room)) != NULL;
        enough &= (c->taken = malloc(room)) != NULL;
        enough &= (c->ranks = malloc(room * sizeof *c->ranks)) != NULL;
        c->room_nodes = enough ? room : 0;
        if (!enough)
            return 0;
    }
    return partition_room(&c->partition, nodes);
}

/* Molecules and bound sites as nodes: a site's neighbours are its molecule and the site that it is bound to. */
static void make_nodes(Canon *c)
{
    const View *v = &c->view;
    uint32_t n = v->n_mols, at = 0;
    for (uint32_t s = 0; s < v->n_sites; s++)
        if (v->bond[s] != NOTHING) {
            c->site_of[n - v->n_mols] = s;
            c->node_of[s] = n++;
        }
    for (uint32_t m = 0; m < v->n_mols; m++) {
        c->start[m] = at;
        for (uint32_t s = v->first[m]; s < v->first[m + 1]; s++)
            if (v->bond[s] != NOTHING)
                c->to[at++] = c->node_of[s];
    }
    for (uint32_t i = v->n_mols; i < n; i++) {
        const uint32_t s = c->site_of[i - v->n_mols];
        c->start[i] = at;
        c->to[at++] = v->owner[s];
        c->to[at++] = c->node_of[v->bond[s]];
    }
    c->start[n] = at;
    c->n_nodes = n;
}

/* Takes off ends until only rings, and what lies between rings, are left. */
static void find_core(Canon *c)
{
    const View *v = &c->view;
    const uint32_t n = c->n_nodes;
    memset(c->core, 0, n);
    c->n_core = 0;
    if (n - v->n_mols < 2 * v->n_mols)
        return; /* a tree: bonds are one less than molecules */
    uint32_t ends = 0;
    for (uint32_t i = 0; i < n; i++) {
        c->core[i] = 1;
        c->degree[i] = c->start[i + 1] - c->start[i];
        if (c->degree[i] < 2)
            c->stack[ends++] = i;
    }
    c->n_core = n;
    while (ends > 0) {
        const uint32_t i = c->stack[--ends];
        c->core[i] = 0;
        c->n_core--;
        for (uint32_t e = c->start[i]; e < c->start[i + 1]; e++)
            if (c->core[c->to[e]] && c->degree[c->to[e]]-- == 2)
                c->stack[ends++] = c->to[e];
    }
}

/* Keys that tell most nodes apart from the start: what a molecule is, and what it is bound to two bonds away. */
static void make_keys(Canon *c)
{
    const View *v = &c->view;
    for (uint32_t m = 0; m < v->n_mols; m++) {
        const uint32_t *class = c->kinds->site_class + c->kinds->site_start[v->type[m]];
        uint64_t sum = 0;
        for (uint32_t s = v->first[m]; s < v->first[m + 1]; s++) {
            c->site_key[s] = mix_pair(class[s - v->first[m]], 2 * (uint64_t)v->state[s] + (v->bond[s] != NOTHING));
            sum += c->site_key[s];
        }
        c->mol_key[m] = mix_pair(mix_pair(v->type[m], v->place[m]), sum);
    }
    uint64_t *key = c->key;
    for (uint32_t i = v->n_mols; i < c->n_nodes; i++) {
        const uint32_t s = c->site_of[i - v->n_mols];
        key[i] = mix_pair(c->mol_key[v->owner[s]], c->site_key[s]);
    }
    for (int round = 0; round < 2; round++) {
        for (uint32_t m = 0; m < v->n_mols; m++) {
            uint64_t sum = 0;
            for (uint32_t e = c->start[m]; e < c->start[m + 1]; e++)
                sum += mix_pair(key[c->to[e]], key[c->to[c->start[c->to[e]] + 1]]);
            key[m] = mix_pair(c->mol_key[m], sum);
        }
        for (uint32_t i = v->n_mols; i < c->n_nodes; i++) {
            const uint32_t s = c->site_of[i - v->n_mols], other = v->bond[s];
            c->site_key[s] = mix_pair(mix_pair(c->site_key[s], key[v->owner[s]]), key[v->owner[other]]);
        }
        for (uint32_t i = v->n_mols; i < c->n_nodes; i++)
            key[i] = c->site_key[c->site_of[i - v->n_mols]];
    }
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        const uint64_t kind = i < v->n_mols ? v->type[i] < 0x3fff ? v->type[i] : 0x3fff : 0x4000;
        key[i] = kind << 49 | (uint64_t)(c->core[i] != 0) << 48 | key[i] >> 16;
    }
}

/* What is left alike is alike by symmetry: any order will do. */
void canon_finish(Canon *c)
{
    Partition *p = &c->partition;
    for (uint32_t i = 0; i < p->n && p->n_cells < p->n; i++)
        while (p->length[p->cell[p->element[i]]] > 1) {
            partition_single(p, p->element[i]);
            partition_refine(p);
        }
}

int canon_run(Canon *c, const Kinds *kinds, const View *view)
{
    c->kinds = kinds;
    c->view = *view;
    if (!room_for(c, view->n_mols, view->n_sites))
        return 0;
    make_nodes(c);
    find_core(c);
    make_keys(c);
    Partition *p = &c->partition;
    partition_begin(p, c->n_nodes, c->start, c->to, c->key);
    partition_refine(p);
    memcpy(c->initial, p->cell, c->n_nodes * sizeof *c->initial);
    c->searched = c->n_core > 0 && p->n_cells < p->n;
    if (c->searched)
        return canon_search(c);
    canon_finish(c);
    return canon_form(c, &c->form);
}

/* Complexes of molecules as flat arrays. */
#include "generate_graph.h"

#include <stdlib.h>
#include <string.h>

int make_room(void *array, size_t *room, size_t needed, size_t size)
{
    if (needed <= *room)
        return 1;
    size_t wanted = *room + *room / 2 + 16;
    if (wanted < needed)
        wanted = needed;
    if (wanted > SIZE_MAX / size)
        return 0;
    void *old;
    memcpy(&old, array, sizeof old);
    void *larger = realloc(old, wanted * size);
    if (larger == NULL)
        return 0;
    memcpy(array, &larger, sizeof larger);
    *room = wanted;
    return 1;
}

void graph_free(Graph *graph)
{
    free(graph->type);
    free(graph->place);
    free(graph->first);
    free(graph->owner);
    free(graph->state);
    free(graph->bond);
    memset(graph, 0, sizeof *graph);
}

void graph_clear(Graph *graph)
{
    graph->n_mols = graph->n_sites = 0;
}

View graph_view(const Graph *g)
{
    return (View){g->n_mols, g->n_sites, g->type, g->place, g->first, g->owner, g->state, g->bond};
}

/* Makes room in several arrays that grow together. */
static int room_for(Graph *g, size_t mols, size_t sites)
{
    if (mols >= NOTHING || sites >= NOTHING)
        return 0;
    if (mols + 1 > g->room_mols) {
        size_t type = g->room_mols, place = g->room_mols, first = g->room_mols;
        if (!make_room(&g->type, &type, mols + 1, sizeof *g->type) ||
            !make_room(&g->place, &place, mols + 1, sizeof *g->place) ||
            !make_room(&g->first, &first, mols + 1, sizeof *g->first))
            return 0;
        g->room_mols = first;
    }
    if (sites + 1 > g->room_sites) {
        size_t owner = g->room_sites, state = g->room_sites, bond = g->room_sites;
        if (!make_room(&g->owner, &owner, sites + 1, sizeof *g->owner) ||
            !make_room(&g->state, &state, sites + 1, sizeof *g->state) ||
            !make_room(&g->bond, &bond, sites + 1, sizeof *g->bond))
            return 0;
        g->room_sites = bond;
    }
    return 1;
}

int graph_add_molecule(Graph *g, const Kinds *kinds, uint32_t type, uint32_t place)
{
    const uint32_t n = kinds->site_start[type + 1] - kinds->site_start[type];
    if (!room_for(g, (size_t)g->n_mols + 1, (size_t)g->n_sites + n))
        return 0;
    g->type[g->n_mols] = type;
    g->place[g->n_mols] = place;
    g->first[g->n_mols] = g->n_sites;
    for (uint32_t s = g->n_sites; s < g->n_sites + n; s++) {
        g->owner[s] = g->n_mols;
        g->state[s] = g->bond[s] = NOTHING;
    }
    g->n_mols++;
    g->n_sites += n;
    g->first[g->n_mols] = g->n_sites;
    return 1;
}

int graph_add_view(Graph *g, const View *v)
{
    if (!room_for(g, (size_t)g->n_mols + v->n_mols, (size_t)g->n_sites + v->n_sites))
        return 0;
    memcpy(g->type + g->n_mols, v->type, v->n_mols * sizeof *v->type);
    memcpy(g->place + g->n_mols, v->place, v->n_mols * sizeof *v->place);
    memcpy(g->state + g->n_sites, v->state, v->n_sites * sizeof *v->state);
    for (uint32_t m = 0; m <= v->n_mols; m++)
        g->first[g->n_mols + m] = g->n_sites + v->first[m];
    for (uint32_t s = 0; s < v->n_sites; s++) {
        g->owner[g->n_sites + s] = g->n_mols + v->owner[s];
        g->bond[g->n_sites + s] = v->bond[s] == NOTHING ? NOTHING : g->n_sites + v->bond[s];
    }
    g->n_mols += v->n_mols;
    g->n_sites += v->n_sites;
    return 1;
}

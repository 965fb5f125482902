/* Places that lie in each other: the meaning of compartmental BNGL (Harris, Hogg, Faeder, Winter Simul. Conf. 2009, 908). */
#include "generate_places.h"

int places_touch(const Places *p, uint32_t one, uint32_t other)
{
    return p->parent[one] == other || p->parent[other] == one;
}

/* Takes up one more place; 0 where there are two surfaces or two volumes. */
static int take(const Places *p, uint32_t place, uint32_t *surface, uint32_t *volume)
{
    if (place == NOTHING)
        return 1;
    uint32_t *held = p->dimension[place] == 2 ? surface : volume;
    if (*held != NOTHING && *held != place)
        return 0;
    *held = place;
    return 1;
}

int places_meet(const Places *p, const uint32_t *at, uint32_t n)
{
    uint32_t surface = NOTHING, volume = NOTHING;
    int nowhere = 0;
    for (uint32_t i = 0; i < n; i++) {
        nowhere |= at[i] == NOTHING;
        if (!take(p, at[i], &surface, &volume))
            return 0;
    }
    if (surface == NOTHING && volume == NOTHING)
        return 1;
    return !nowhere && (surface == NOTHING || volume == NOTHING || places_touch(p, surface, volume));
}

/* The surface that a molecule is on, else the volume of them all; 0 where they contradict each other. */
static int whole(const Places *p, const Graph *g, uint32_t asked, uint32_t *place)
{
    uint32_t surface = NOTHING, volume = NOTHING;
    int volumes = 0;
    for (uint32_t m = 0; m < g->n_mols; m++) {
        const uint32_t at = g->place[m] == NOTHING ? asked : g->place[m];
        if (at == NOTHING)
            continue;
        uint32_t *held = p->dimension[at] == 2 ? &surface : &volume;
        if (*held != NOTHING && *held != at) {
            if (held == &surface)
                return 0;
            volumes = 1;
        }
        *held = at;
    }
    *place = surface != NOTHING ? surface : volume;
    if (surface == NOTHING)
        return !volumes;
    for (uint32_t m = 0; m < g->n_mols; m++) {
        const uint32_t at = g->place[m] == NOTHING ? asked : g->place[m];
        if (at != NOTHING && at != surface && !places_touch(p, surface, at))
            return 0;
    }
    return 1;
}

int places_locate(const Places *p, Graph *g, uint32_t asked, const uint32_t *reactants, uint32_t n, uint32_t *place)
{
    *place = NOTHING;
    if (p->n == 0)
        return 1;
    if (!whole(p, g, asked, place) || (*place != NOTHING && asked != NOTHING && asked != *place))
        return 0;
    if (*place == NOTHING)
        *place = asked;
    for (uint32_t i = 0; *place == NOTHING && i < n; i++)
        if (reactants[i] != NOTHING && p->dimension[reactants[i]] == 2)
            *place = reactants[i];
    for (uint32_t i = 0; *place == NOTHING && i < n; i++)
        *place = reactants[i];
    if (*place == NOTHING)
        return 0;
    for (uint32_t m = 0; m < g->n_mols; m++)
        if (g->place[m] == NOTHING)
            g->place[m] = *place;
    for (uint32_t s = 0; s < g->n_sites; s++) {
        if (g->bond[s] == NOTHING)
            continue;
        const uint32_t here = g->place[g->owner[s]], there = g->place[g->owner[g->bond[s]]];
        if (here != there && !places_touch(p, here, there))
            return 0;
    }
    return 1;
}

/* The place that lies in another. */
static uint32_t inner_of(const Places *p, uint32_t place)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->parent[i] == place)
            return i;
    return NOTHING;
}

/* Whether the one surface lies in the volume that is inside the other: then inside and outside change. */
static int is_within(const Places *p, uint32_t inner, uint32_t outer)
{
    const uint32_t between = p->parent[inner];
    return between != NOTHING && p->parent[between] == outer && inner_of(p, inner) != NOTHING;
}

uint32_t places_carry(const Places *p, uint32_t at, uint32_t source, uint32_t target)
{
    if (p->dimension[source] == 3)
        return target;
    uint32_t outer = p->parent[target], inner = inner_of(p, target);
    if (p->parent[source] != p->parent[target] && (is_within(p, source, target) || is_within(p, target, source))) {
        const uint32_t held = outer;
        outer = inner;
        inner = held;
    }
    if (at == source)
        return target;
    if (at == NOTHING)
        return NOTHING;
    if (at == p->parent[source])
        return outer;
    return at == inner_of(p, source) ? inner : NOTHING;
}

/* Complexes of molecules as flat arrays: what generation of networks works on.
 *
 * A molecule has a type, a place and a run of sites; a site has a state and the number of the site that it is bound to.
 * Sites are counted through the whole complex.  `NOTHING` stands for no state, no bond, no place. */
#ifndef MSCNET_GENERATE_GRAPH_H
#define MSCNET_GENERATE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#define NOTHING UINT32_MAX

/* Kinds of molecules: the sites of type t are site_start[t] … site_start[t + 1].  `site_class` is, for each site, the
 * first site of its type that has the same name, counted within the type; `alone` says that no other has it. */
typedef struct {
    uint32_t n_types, n_sites;
    const uint32_t *site_start, *site_class;
    unsigned char *alone;
} Kinds;

/* A complex that is only read. */
typedef struct {
    uint32_t n_mols, n_sites;
    const uint32_t *type, *place; /* of each molecule */
    const uint32_t *first;        /* the first site of each molecule, and the number of all sites */
    const uint32_t *owner;        /* the molecule of each site */
    const uint32_t *state, *bond; /* of each site */
} View;

/* One that is being built, with room to grow. */
typedef struct {
    uint32_t n_mols, n_sites;
    size_t room_mols, room_sites;
    uint32_t *type, *place, *first, *owner, *state, *bond;
} Graph;

/* Makes room for `needed` items of `size` bytes in *array, which has `*room`; 0 where there is no memory. */
int make_room(void *array, size_t *room, size_t needed, size_t size);

void graph_free(Graph *graph);
void graph_clear(Graph *graph);
View graph_view(const Graph *graph);
/* Appends a molecule with free sites without states; 0 where there is no memory. */
int graph_add_molecule(Graph *graph, const Kinds *kinds, uint32_t type, uint32_t place);
/* Appends a whole complex; its molecules and sites come after those that are there. */
int graph_add_view(Graph *graph, const View *view);

static inline uint64_t mix_bits(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xe9846af9b1a615dULL;
    x ^= x >> 32;
    x *= 0xe9846af9b1a615dULL;
    x ^= x >> 28;
    return x;
}

/* A number that depends on both and on their order. */
static inline uint64_t mix_pair(uint64_t a, uint64_t b)
{
    return mix_bits(a * 0x9e3779b97f4a7c15ULL + mix_bits(b + 0x632be59bd9b4e019ULL));
}

#endif

/* All species that have been found, each once, by its canonical form. */
#ifndef MSCNET_GENERATE_STORE_H
#define MSCNET_GENERATE_STORE_H

#include "generate_canon.h"

typedef struct Chunk Chunk;

/* Memory that is handed out piece by piece and freed all at once; pieces stay where they are. */
typedef struct {
    Chunk *last;
    size_t used, size;
} Arena;

/* `n` words; NULL where there is no memory. */
uint32_t *arena_take(Arena *arena, size_t n);
void arena_free(Arena *arena);

typedef struct {
    uint64_t hash;
    uint32_t n_mols, n_sites, place;
    const uint32_t *words; /* type, place, orbit and first of molecules, then owner, state, bond and orbit of sites */
} Species;

typedef struct {
    Arena arena;
    Species *species;
    size_t n, room;
    uint32_t *table; /* numbers from 1 by hash; 0 where there is none */
    size_t table_size;
} Store;

void store_free(Store *store);
View store_view(const Store *store, uint32_t species);
const uint32_t *store_mol_orbit(const Store *store, uint32_t species);
const uint32_t *store_site_orbit(const Store *store, uint32_t species);
/* The number of the species of `canon->form`, or NOTHING where it is not there. */
uint32_t store_find(const Store *store, const Graph *form, uint64_t hash);
uint64_t store_hash(const Graph *form);
/* The same; it is added, in a place, where it is not there.  0 where there is no memory. */
int store_add(Store *store, Canon *canon, uint32_t place, uint32_t *species);

#endif

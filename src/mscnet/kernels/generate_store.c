/* All species that have been found, each once. */
#include "generate_store.h"

#include <stdlib.h>
#include <string.h>

static const size_t CHUNK_WORDS = (size_t)1 << 18;

struct Chunk {
    Chunk *before;
    uint32_t words[];
};

uint32_t *arena_take(Arena *a, size_t n)
{
    if (n > a->size - a->used) {
        const size_t size = n > CHUNK_WORDS ? n : CHUNK_WORDS;
        if (size > SIZE_MAX / 8)
            return NULL;
        Chunk *chunk = malloc(sizeof *chunk + size * sizeof *chunk->words);
        if (chunk == NULL)
            return NULL;
        chunk->before = a->last;
        a->last = chunk;
        a->used = 0;
        a->size = size;
    }
    if (a->last == NULL)
        return NULL;
    uint32_t *found = a->last->words + a->used;
    a->used += n;
    return found;
}

void arena_free(Arena *a)
{
    while (a->last != NULL) {
        Chunk *before = a->last->before;
        free(a->last);
        a->last = before;
    }
    a->used = a->size = 0;
}

void store_free(Store *s)
{
    arena_free(&s->arena);
    free(s->species);
    free(s->table);
    memset(s, 0, sizeof *s);
}

View store_view(const Store *s, uint32_t i)
{
    const Species *one = &s->species[i];
    const uint32_t n = one->n_mols, m = one->n_sites, *first = one->words + 3 * (size_t)n, *owner = first + n + 1;
    return (View){n, m, one->words, one->words + n, first, owner, owner + m, owner + 2 * (size_t)m};
}

const uint32_t *store_mol_orbit(const Store *s, uint32_t i)
{
    return s->species[i].words + 2 * (size_t)s->species[i].n_mols;
}

const uint32_t *store_site_orbit(const Store *s, uint32_t i)
{
    const Species *one = &s->species[i];
    return one->words + 4 * (size_t)one->n_mols + 1 + 3 * (size_t)one->n_sites;
}

uint64_t store_hash(const Graph *g)
{
    uint64_t hash = mix_pair(g->n_mols, g->n_sites);
    for (uint32_t m = 0; m < g->n_mols; m++)
        hash = mix_pair(hash, (uint64_t)g->type[m] << 32 | g->place[m]);
    for (uint32_t s = 0; s < g->n_sites; s++)
        hash = mix_pair(hash, (uint64_t)g->state[s] << 32 | g->bond[s]);
    return hash;
}

static int is_same(const uint32_t *a, const uint32_t *b, size_t n)
{
    return n == 0 || memcmp(a, b, n * sizeof *a) == 0;
}

uint32_t store_find(const Store *s, const Graph *g, uint64_t hash)
{
    if (s->table_size == 0)
        return NOTHING;
    for (size_t at = hash & (s->table_size - 1); s->table[at] != 0; at = (at + 1) & (s->table_size - 1)) {
        const uint32_t i = s->table[at] - 1;
        const Species *one = &s->species[i];
        if (one->hash != hash || one->n_mols != g->n_mols || one->n_sites != g->n_sites)
            continue;
        const View v = store_view(s, i);
        if (is_same(v.type, g->type, g->n_mols) && is_same(v.place, g->place, g->n_mols) &&
            is_same(v.state, g->state, g->n_sites) && is_same(v.bond, g->bond, g->n_sites))
            return i;
    }
    return NOTHING;
}

static void enter(Store *s, uint32_t i)
{
    size_t at = s->species[i].hash & (s->table_size - 1);
    while (s->table[at] != 0)
        at = (at + 1) & (s->table_size - 1);
    s->table[at] = i + 1;
}

/* A table at most half full. */
static int widen(Store *s)
{
    if (2 * (s->n + 1) <= s->table_size)
        return 1;
    const size_t size = s->table_size == 0 ? 1024 : 2 * s->table_size;
    uint32_t *table = calloc(size, sizeof *table);
    if (table == NULL)
        return 0;
    free(s->table);
    s->table = table;
    s->table_size = size;
    for (size_t i = 0; i < s->n; i++)
        enter(s, (uint32_t)i);
    return 1;
}

static uint32_t *put(uint32_t *at, const uint32_t *from, size_t n)
{
    if (n > 0)
        memcpy(at, from, n * sizeof *at);
    return at + n;
}

int store_add(Store *s, Canon *canon, uint32_t place, uint32_t *species)
{
    const Graph *g = &canon->form.graph;
    const uint64_t hash = store_hash(g);
    *species = store_find(s, g, hash);
    if (*species != NOTHING)
        return 1;
    if (s->n + 2 >= NOTHING || !widen(s) || !make_room(&s->species, &s->room, s->n + 1, sizeof *s->species) ||
        !canon_orbits(canon))
        return 0;
    uint32_t *at = arena_take(&s->arena, 4 * (size_t)g->n_mols + 1 + 4 * (size_t)g->n_sites);
    if (at == NULL)
        return 0;
    s->species[s->n] = (Species){hash, g->n_mols, g->n_sites, place, at};
    at = put(at, g->type, g->n_mols);
    at = put(at, g->place, g->n_mols);
    at = put(at, canon->mol_orbit, g->n_mols);
    at = put(at, g->first, (size_t)g->n_mols + 1);
    at = put(at, g->owner, g->n_sites);
    at = put(at, g->state, g->n_sites);
    at = put(at, g->bond, g->n_sites);
    put(at, canon->site_orbit, g->n_sites);
    *species = (uint32_t)s->n++;
    enter(s, *species);
    return 1;
}

/* Matches of a pattern in a species, those that a symmetry of the species makes of each other taken together. */
#include "generate_engine.h"

#include <stdlib.h>
#include <string.h>

void collector_free(Collector *c)
{
    free(c->matches);
    free(c->centres);
    free(c->table);
    free(c->alike);
    memset(c, 0, sizeof *c);
}

static uint64_t hash_words(const uint32_t *words, uint32_t n)
{
    uint64_t hash = n;
    for (uint32_t i = 0; i < n; i++)
        hash = mix_pair(hash, words[i]);
    return hash;
}

/* Centres by hash; from the ninth on. */
static int widen(Collector *c, uint32_t n)
{
    size_t size = 64;
    while (size < 4 * ((size_t)c->n_centres + 1))
        size *= 2;
    if (!make_room(&c->table, &c->room_table, size, sizeof *c->table))
        return 0;
    c->table_size = size;
    memset(c->table, 0, size * sizeof *c->table);
    for (uint32_t i = 0; i < c->n_centres; i++) {
        size_t at = hash_words(c->centres + (size_t)i * n, n) & (size - 1);
        while (c->table[at] != 0)
            at = (at + 1) & (size - 1);
        c->table[at] = i + 1;
    }
    return 1;
}

/* Whether the centre that was written last is new; then it stays. */
static int is_new(Collector *c, uint32_t n)
{
    const uint32_t *last = c->centres + (size_t)c->n_centres * n;
    if (c->n_centres < 8) {
        for (uint32_t i = 0; i < c->n_centres; i++)
            if (memcmp(c->centres + (size_t)i * n, last, n * sizeof *last) == 0)
                return 0;
        c->n_centres++;
        return 1;
    }
    if (2 * ((size_t)c->n_centres + 1) > c->table_size && !widen(c, n)) {
        c->enough = 0;
        return 0;
    }
    size_t at = hash_words(last, n) & (c->table_size - 1);
    for (; c->table[at] != 0; at = (at + 1) & (c->table_size - 1))
        if (memcmp(c->centres + (size_t)(c->table[at] - 1) * n, last, n * sizeof *last) == 0)
            return 0;
    c->table[at] = ++c->n_centres;
    return 1;
}

static int found(Match *m)
{
    Engine *e = m->context;
    Collector *c = &e->collector;
    const Plan *plan = m->plan;
    const uint32_t n = plan->n_centre, width = plan->n_mols + plan->n_sites;
    if (n > 0) {
        if (!make_room(&c->centres, &c->room_centres, ((size_t)c->n_centres + 1) * n, sizeof *c->centres)) {
            c->enough = 0;
            return 0;
        }
        for (uint32_t i = 0; i < n; i++)
            c->centres[(size_t)c->n_centres * n + i] = m->image[plan->centre[i]];
        if (!is_new(c, n))
            return c->enough;
    }
    if (plan->root != NOTHING) {
        const uint32_t at = m->image[plan->root];
        const uint32_t orbit = plan->root < plan->n_mols ? c->mol_orbit[at] : c->site_orbit[at];
        for (uint32_t i = 0; i < c->n; i++)
            if (c->alike[i] == orbit) {
                c->matches[(size_t)i * c->width] += plan->ways;
                return 1;
            }
        if (!make_room(&c->alike, &c->room_alike, (size_t)c->n + 1, sizeof *c->alike)) {
            c->enough = 0;
            return 0;
        }
        c->alike[c->n] = orbit;
    }
    if (!make_room(&c->matches, &c->room_matches, ((size_t)c->n + 1) * c->width, sizeof *c->matches)) {
        c->enough = 0;
        return 0;
    }
    uint32_t *at = c->matches + (size_t)c->n++ * c->width;
    *at++ = plan->ways;
    memcpy(at, m->image, width * sizeof *at);
    return n > 0 && !m->patterns->once[plan - m->plans->plans];
}

int collect(Engine *e, uint32_t pattern, uint32_t species)
{
    Collector *c = &e->collector;
    const Plan *plan = &e->plans.plans[pattern];
    const View view = store_view(&e->store, species);
    c->width = 1 + plan->n_mols + plan->n_sites;
    c->n = c->n_centres = 0;
    c->table_size = 0;
    c->enough = 1;
    c->mol_orbit = store_mol_orbit(&e->store, species);
    c->site_orbit = store_site_orbit(&e->store, species);
    e->match.found = found;
    e->match.context = e;
    e->match.rooted = NOTHING;
    return match_run(&e->match, pattern, &view, MATCH_CENTRES) && c->enough;
}

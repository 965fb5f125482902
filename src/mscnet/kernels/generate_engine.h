/* The network of a set of rules. */
#ifndef MSCNET_GENERATE_ENGINE_H
#define MSCNET_GENERATE_ENGINE_H

#include "generate_events.h"
#include "generate_rules.h"

/* Matches of one pattern in one species: of each, in how many ways it comes about by symmetry, then its image. */
typedef struct {
    uint32_t species, n;
    const uint32_t *matches;
} Group;

typedef struct {
    Group *items;
    size_t n, room;
} Groups;

/* Matches of a pattern in a species while they are found: those whose centres are alike come together. */
typedef struct {
    uint32_t width; /* words of a match */
    uint32_t n, n_centres;
    uint32_t *matches, *centres, *table, *alike;
    size_t room_matches, room_centres, room_table, room_alike, table_size;
    const uint32_t *mol_orbit, *site_orbit; /* of the species */
    int enough;
} Collector;

enum { ENDED_COMPLETE, ENDED_ROUNDS, ENDED_SPECIES, ENDED_EVENTS, ENDED_INTERRUPTED, ENDED_MEMORY };

#define GROWING 3

typedef struct {
    Kinds kinds;
    Patterns patterns;
    Rules rules;
    Places places;
    const uint32_t *functional; /* rules whose rates are more than a constant: they may leave species as they are */
    uint32_t n_states, n_leading; /* patterns that rules begin with: the first so many */
    size_t most_rounds, most_species, most_events;
    /* Whether to stop; called often, with `tell` once a round. */
    int (*poll)(void *context, int tell, size_t round, size_t species, size_t events);
    void *context;

    Plans plans;
    Match match;
    Collector collector;
    Apply apply;
    Store store;
    Events events;
    Arena arena;
    Groups *groups;                    /* by pattern */
    uint32_t *candidate_start, *candidates; /* by pattern: new species that may match */
    uint32_t *pairs, *mark, *features;
    size_t room_candidates, room_pairs;
    uint32_t stamp;
    size_t round, steps;
    int ending, too_large;
    uint32_t growing[GROWING], n_growing; /* the largest species that a limit kept from growing */
} Engine;

/* Lays out plans; 0 where there is no memory.  All tables must stay as long as the engine. */
int engine_begin(Engine *engine);
void engine_free(Engine *engine);
/* Frees all but what has been found. */
void engine_trim(Engine *engine);
/* Goes on until the end; `ending` says why. */
void engine_run(Engine *engine);
/* Sorts the species from `first` on by the patterns that they may match. */
int engine_candidates(Engine *engine, size_t first, size_t last);
/* Finds the matches of a pattern in a species in `collector`; 0 where there is no memory, or the work has ended. */
int collect(Engine *engine, uint32_t pattern, uint32_t species);
void collector_free(Collector *collector);

#endif

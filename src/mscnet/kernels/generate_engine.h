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

/* Of rules that join two, `sizes` are what the bounds count of each, `smallest` the least of a block of them; a block is
 * `noted` whose species have all been noted as growing. */
typedef struct {
    Group *items;
    size_t n, room;
    uint32_t *sizes, *smallest;
    size_t room_sizes, room_smallest;
    unsigned char *noted;
    size_t room_noted;
} Groups;

/* The most molecules of a type (NOTHING: of all) in a species, and for how many a partner has room. */
typedef struct {
    uint32_t type, most, left;
} Bound;

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
    Bound *bounds;
    uint32_t n_bounds;
    unsigned char *joins_two;          /* rules that make one species of two, where there are bounds */
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
/* Keeps the largest species of those that were to become too large, largest first. */
void note_growing(Engine *engine, const Group *const *met, uint32_t n);

/* Finds out what is limited and which rules join two; 0 where there is no memory. */
int partners_begin(Engine *engine);
/* Adds the matches in a species for a reactant of a rule; 0 where there is no memory. */
int groups_add(Engine *engine, uint32_t rule, Groups *groups, Group group);
void groups_free(Groups *groups);
/* Sets what a partner may have beside the first reactant of a rule that joins two. */
void partners_leave_room(Engine *engine, uint32_t rule, const Group *met);
/* The first item from `from` on that is small enough, or the number of all; what is passed over is noted as growing. */
size_t partners_next(Engine *engine, Groups *groups, size_t from, const Group *met);

/* Finds the matches of a pattern in a species in `collector`; 0 where there is no memory, or the work has ended. */
int collect(Engine *engine, uint32_t pattern, uint32_t species);
void collector_free(Collector *collector);

#endif

/* The tables of a structure as Python hands them over. */
#ifndef MSCNET_GENERATE_TABLES_H
#define MSCNET_GENERATE_TABLES_H

#include "args.h"
#include "generate_engine.h"

/* Patterns `prefix`mol_start, …; all checked against the kinds. */
void read_patterns(Args *args, const Kinds *kinds, uint32_t n_states, uint32_t n_places, Patterns *patterns);
/* Kinds (whose `alone` the caller frees), patterns, rules, places and limits. */
void read_engine(Args *args, Engine *engine);
/* Raise ValueError unless an array grows from 0 to `limit`, in n + 1 steps. */
void expect_starts(Args *args, const char *name, const uint32_t *start, size_t n_start, size_t n, size_t limit);
/* Raise ValueError unless all of an array is below `limit` (or, with `or_nothing`, NOTHING). */
void expect_below(Args *args, const char *name, const uint32_t *array, size_t n, size_t limit, int or_nothing);

#endif

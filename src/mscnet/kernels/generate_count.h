/* How often patterns are found in species. */
#ifndef MSCNET_GENERATE_COUNT_H
#define MSCNET_GENERATE_COUNT_H

#include "generate_engine.h"

/* Fills out[p * n + i] with the number of matches of pattern p in species i of n, those that are not found with 0; with
 * `exists` with 1 where there is any.  1; 0 where there is no memory, -1 where `poll` said to stop. */
int count_patterns(const Engine *engine, const Patterns *patterns, int exists, double *out,
                   int (*poll)(void *context, int tell, size_t round, size_t species, size_t events), void *context);

#endif

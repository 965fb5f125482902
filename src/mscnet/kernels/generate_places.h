/* Places that lie in each other: where species are, and which meet. */
#ifndef MSCNET_GENERATE_PLACES_H
#define MSCNET_GENERATE_PLACES_H

#include "generate_graph.h"

/* `dimension` is 3 (a volume) or 2 (a surface); `parent` is what a place lies in, or NOTHING. */
typedef struct {
    uint32_t n;
    const uint32_t *dimension, *parent;
} Places;

int places_touch(const Places *places, uint32_t one, uint32_t other);
/* Whether species in these places can react: one surface and one volume at most, which touch. */
int places_meet(const Places *places, const uint32_t *at, uint32_t n);
/* Puts a complex, and its molecules that have no place, where the rule (`asked`), its molecules, or else the reactants
 * say.  0 where that cannot be. */
int places_locate(const Places *places, Graph *graph, uint32_t asked, const uint32_t *reactants, uint32_t n,
                  uint32_t *place);
/* Where a molecule comes to when its whole complex goes from `source` to `target`; NOTHING where it cannot. */
uint32_t places_carry(const Places *places, uint32_t at, uint32_t source, uint32_t target);

#endif

/* Species as text, such as A(b!1).B(a~u!1). */
#ifndef MSCNET_GENERATE_TEXT_H
#define MSCNET_GENERATE_TEXT_H

#include "generate_graph.h"

/* Names in UTF-8, one after the other: name i is letters[start[i]] … letters[start[i + 1]]. */
typedef struct {
    const char *letters;
    const uint32_t *start;
    uint32_t n;
} Names;

typedef struct {
    char *letters;
    size_t n, room;
    uint32_t *label; /* of the bond at each site, 0 before it has one */
    size_t room_label;
} Text;

void text_free(Text *text);
/* Appends a species, whose place is `place`; 0 where there is no memory. */
int text_species(Text *text, const View *view, uint32_t place, const Kinds *kinds, const Names *types,
                 const Names *sites, const Names *states, const Names *places);

#endif

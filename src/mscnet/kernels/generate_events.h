/* What rules do to species: each kind of reaction once, with the number of ways in which it comes about. */
#ifndef MSCNET_GENERATE_EVENTS_H
#define MSCNET_GENERATE_EVENTS_H

#include "generate_graph.h"

typedef struct {
    uint32_t rule, n_reactants, n_products, n_tags;
    const uint32_t *reactants, *products, *tags; /* `tags`: two numbers each */
} Event;

typedef struct {
    uint32_t *words; /* of each: rule, numbers of reactants, products and tags, then these */
    size_t n_words, room_words;
    size_t *start;
    uint64_t *ways, *hash;
    size_t n, room_start, room_ways, room_hash;
    uint32_t *table; /* numbers from 1; 0 where there is none */
    size_t table_size;
    uint32_t *scratch;
    size_t room_scratch;
} Events;

void events_free(Events *events);
Event events_view(const Events *events, size_t i);
/* Whether both sides hold the same species. */
int event_is_idle(Events *events, const Event *event, int *enough);
/* The number of an event like this (with reactants and products in any order unless `ordered`), or its `n`. */
size_t events_find(Events *events, const Event *event, int ordered, uint64_t *hash, int *enough);
/* A new one, in one way; 0 where there is no memory. */
int events_add(Events *events, const Event *event, uint64_t hash, uint64_t ways);

#endif

/* What rules do to species: each kind of reaction once. */
#include "generate_events.h"

#include <stdlib.h>
#include <string.h>

void events_free(Events *e)
{
    void *const arrays[] = {e->words, e->start, e->ways, e->hash, e->table, e->scratch};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    memset(e, 0, sizeof *e);
}

Event events_view(const Events *e, size_t i)
{
    const uint32_t *at = e->words + e->start[i];
    return (Event){at[0], at[1], at[2], at[3], at + 4, at + 4 + at[1], at + 4 + at[1] + at[2]};
}

static int same_order(const uint32_t *a, const uint32_t *b, uint32_t n)
{
    return n == 0 || memcmp(a, b, n * sizeof *a) == 0;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Whether two lists hold the same numbers in any order. */
static int same_numbers(Events *e, const uint32_t *a, const uint32_t *b, uint32_t n, int *enough)
{
    if (same_order(a, b, n))
        return 1;
    if (n == 2)
        return a[0] == b[1] && a[1] == b[0];
    if (n < 2)
        return 0;
    if (!make_room(&e->scratch, &e->room_scratch, 2 * (size_t)n, sizeof *e->scratch)) {
        *enough = 0;
        return 0;
    }
    memcpy(e->scratch, a, n * sizeof *a);
    memcpy(e->scratch + n, b, n * sizeof *b);
    qsort(e->scratch, n, sizeof *a, by_number);
    qsort(e->scratch + n, n, sizeof *b, by_number);
    return same_order(e->scratch, e->scratch + n, n);
}

int event_is_idle(Events *e, const Event *event, int *enough)
{
    return event->n_reactants == event->n_products &&
           same_numbers(e, event->reactants, event->products, event->n_products, enough);
}

static uint64_t hash_of(const Event *event, int ordered)
{
    uint64_t hash = mix_pair(event->rule, event->n_reactants), left = 0, right = 0;
    for (uint32_t i = 0; i < event->n_reactants; i++)
        left += mix_pair(event->reactants[i], ordered ? i : 0);
    for (uint32_t i = 0; i < event->n_products; i++)
        right += mix_pair(event->products[i], ordered ? i : 0);
    for (uint32_t i = 0; i < 2 * event->n_tags; i++)
        hash = mix_pair(hash, event->tags[i]);
    return mix_pair(mix_pair(hash, left), right);
}

static int is_like(Events *e, const Event *one, const Event *other, int ordered, int *enough)
{
    if (one->rule != other->rule || one->n_reactants != other->n_reactants || one->n_products != other->n_products ||
        !same_order(one->tags, other->tags, 2 * one->n_tags))
        return 0;
    if (ordered)
        return same_order(one->reactants, other->reactants, one->n_reactants) &&
               same_order(one->products, other->products, one->n_products);
    return same_numbers(e, one->reactants, other->reactants, one->n_reactants, enough) &&
           same_numbers(e, one->products, other->products, one->n_products, enough);
}

size_t events_find(Events *e, const Event *event, int ordered, uint64_t *hash, int *enough)
{
    *hash = hash_of(event, ordered);
    if (e->table_size == 0)
        return e->n;
    for (size_t at = *hash & (e->table_size - 1); e->table[at] != 0; at = (at + 1) & (e->table_size - 1)) {
        const size_t i = e->table[at] - 1;
        if (e->hash[i] != *hash)
            continue;
        const Event known = events_view(e, i);
        if (is_like(e, event, &known, ordered, enough))
            return i;
    }
    return e->n;
}

static void enter(Events *e, size_t i)
{
    size_t at = e->hash[i] & (e->table_size - 1);
    while (e->table[at] != 0)
        at = (at + 1) & (e->table_size - 1);
    e->table[at] = (uint32_t)(i + 1);
}

static int widen(Events *e)
{
    if (2 * (e->n + 1) <= e->table_size)
        return 1;
    const size_t size = e->table_size == 0 ? 4096 : 2 * e->table_size;
    uint32_t *table = calloc(size, sizeof *table);
    if (table == NULL)
        return 0;
    free(e->table);
    e->table = table;
    e->table_size = size;
    for (size_t i = 0; i < e->n; i++)
        enter(e, i);
    return 1;
}

int events_add(Events *e, const Event *event, uint64_t hash, uint64_t ways)
{
    const size_t size = 4 + (size_t)event->n_reactants + event->n_products + 2 * (size_t)event->n_tags;
    if (e->n + 2 >= NOTHING || !widen(e) || !make_room(&e->words, &e->room_words, e->n_words + size, sizeof *e->words) ||
        !make_room(&e->start, &e->room_start, e->n + 1, sizeof *e->start) ||
        !make_room(&e->ways, &e->room_ways, e->n + 1, sizeof *e->ways) ||
        !make_room(&e->hash, &e->room_hash, e->n + 1, sizeof *e->hash))
        return 0;
    uint32_t *at = e->words + e->n_words;
    *at++ = event->rule;
    *at++ = event->n_reactants;
    *at++ = event->n_products;
    *at++ = event->n_tags;
    for (uint32_t i = 0; i < event->n_reactants; i++)
        *at++ = event->reactants[i];
    for (uint32_t i = 0; i < event->n_products; i++)
        *at++ = event->products[i];
    for (uint32_t i = 0; i < 2 * event->n_tags; i++)
        *at++ = event->tags[i];
    e->start[e->n] = e->n_words;
    e->n_words += size;
    e->ways[e->n] = ways;
    e->hash[e->n] = hash;
    enter(e, e->n++);
    return 1;
}

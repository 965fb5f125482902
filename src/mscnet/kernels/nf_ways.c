/* In how many ways parts of patterns fit at each root, and the drawing of one of them: roots with equally many ways stand
 * in one array, so that a change is a move from one array to another. */
#include "nf.h"

#include <stdlib.h>

static NfBucket *bucket_of(NfWays *list, uint32_t ways)
{
    for (uint32_t b = 0; b < list->n; b++)
        if (list->bucket[b].ways == ways)
            return &list->bucket[b];
    return NULL;
}

static NfBucket *bucket_made(NfWays *list, uint32_t ways)
{
    NfBucket *known = bucket_of(list, ways);
    if (known != NULL)
        return known;
    NfBucket *grown = realloc(list->bucket, ((size_t)list->n + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    list->bucket = grown;
    grown[list->n] = (NfBucket){ways, {NULL, 0, 0}};
    return &grown[list->n++];
}

void nf_set_ways(NfMixture *x, uint32_t part, uint32_t molecule, uint32_t ways)
{
    const NfPart *p = &x->model->parts[part];
    const uint32_t slot = x->molecules[molecule].slot + p->slot, before = x->slots[slot].ways;
    if (ways == before)
        return;
    NfWays *list = &x->ways[part];
    if (before > 0) {
        NfList *roots = &bucket_of(list, before)->roots;
        const uint32_t last = roots->item[--roots->n];
        roots->item[x->slots[slot].place] = last;
        x->slots[x->molecules[last].slot + p->slot].place = x->slots[slot].place;
    }
    if (ways > 0) {
        NfBucket *bucket = bucket_made(list, ways);
        if (bucket == NULL || !nf_push(&bucket->roots, molecule)) {
            x->no_memory = 1;
            return;
        }
        x->slots[slot].place = bucket->roots.n - 1;
    }
    x->slots[slot].ways = ways;
    list->total += (uint64_t)ways;
    list->total -= before;
    if (p->rated && !nf_push(&x->dirty_molecules, molecule))
        x->no_memory = 1;
    if (p->tracked != NF_NONE) {
        const uint32_t complex = x->molecules[molecule].complex;
        uint32_t *number = &x->tracked[(size_t)complex * x->model->n_tracked + p->tracked];
        *number += ways;
        *number -= before;
        nf_touch_complex(x, complex);
    }
}

uint64_t nf_total(const NfMixture *x, uint32_t part)
{
    const NfPart *p = &x->model->parts[part];
    return p->population != NF_NONE ? x->population[p->population] : x->ways[part].total;
}

void nf_pick(const NfMixture *x, uint32_t part, uint64_t r, uint32_t *root, uint32_t *way)
{
    const NfWays *list = &x->ways[part];
    for (uint32_t b = 0; b < list->n; b++) {
        const NfBucket *bucket = &list->bucket[b];
        const uint64_t here = (uint64_t)bucket->ways * bucket->roots.n;
        if (r < here) {
            *root = bucket->roots.item[r / bucket->ways];
            *way = (uint32_t)(r % bucket->ways);
            return;
        }
        r -= here;
    }
    *root = NF_NONE;
    *way = 0;
}

/* Ordered partitions of the nodes of a graph, made equitable.
 *
 * D. Aho, J. Hopcroft, J. Ullman, The Design and Analysis of Computer Algorithms, 1974, 4.13; with the order of cells
 * as in B. McKay, Congressus Numerantium 1981, 30, 45: it depends on the graph alone, not on the numbers of its nodes. */
#include "generate_partition.h"
#include "generate_graph.h"

#include <stdlib.h>
#include <string.h>

void partition_free(Partition *p)
{
    free(p->element);
    free(p->position);
    free(p->cell);
    free(p->length);
    free(p->queue);
    free(p->waiting);
    free(p->count);
    free(p->marked);
    free(p->cells);
    free(p->members);
    free(p->keys);
    memset(p, 0, sizeof *p);
}

int partition_room(Partition *p, size_t n)
{
    if (n <= p->room)
        return 1;
    if (n > SIZE_MAX / 32)
        return 0;
    partition_free(p);
    const size_t room = n + n / 2 + 32;
    uint32_t **const arrays[] = {&p->element, &p->position, &p->cell,  &p->length, &p->queue,
                                 &p->count,   &p->marked,   &p->cells, &p->members};
    int enough = 1;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        enough &= (*arrays[i] = calloc(room, sizeof **arrays[i])) != NULL;
    enough &= (p->waiting = calloc(room, 1)) != NULL;
    enough &= (p->keys = calloc(room, 2 * sizeof *p->keys)) != NULL;
    if (!enough) {
        partition_free(p);
        return 0;
    }
    p->room = room;
    return 1;
}

static int by_first(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts n pairs of a key and a value by the key. */
static void sort_pairs(uint64_t *pairs, size_t n)
{
    if (n > 24) {
        qsort(pairs, n, 2 * sizeof *pairs, by_first);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const uint64_t key = pairs[2 * i], value = pairs[2 * i + 1];
        size_t j = i;
        for (; j > 0 && pairs[2 * j - 2] > key; j--) {
            pairs[2 * j] = pairs[2 * j - 2];
            pairs[2 * j + 1] = pairs[2 * j - 1];
        }
        pairs[2 * j] = key;
        pairs[2 * j + 1] = value;
    }
}

static void push(Partition *p, uint32_t cell)
{
    uint32_t at = p->head + p->queued++;
    if (at >= p->n)
        at -= p->n;
    p->queue[at] = cell;
    p->waiting[cell] = 1;
}

static uint32_t pop(Partition *p)
{
    const uint32_t cell = p->queue[p->head++];
    if (p->head == p->n)
        p->head = 0;
    p->queued--;
    p->waiting[cell] = 0;
    return cell;
}

void partition_begin(Partition *p, uint32_t n, const uint32_t *start, const uint32_t *to, const uint64_t *keys)
{
    p->n = n;
    p->start = start;
    p->to = to;
    p->n_cells = p->head = p->queued = 0;
    for (uint32_t i = 0; i < n; i++) {
        p->keys[2 * i] = keys[i];
        p->keys[2 * i + 1] = i;
        p->count[i] = p->marked[i] = 0;
        p->waiting[i] = 0;
    }
    sort_pairs(p->keys, n);
    for (uint32_t i = 0, first = 0; i < n; i++) {
        if (i > 0 && p->keys[2 * i] != p->keys[2 * i - 2])
            first = i;
        const uint32_t node = (uint32_t)p->keys[2 * i + 1];
        p->element[i] = node;
        p->position[node] = i;
        p->cell[node] = first;
        p->length[first] = i - first + 1;
        p->n_cells += i == first;
    }
    if (p->n_cells < n)
        for (uint32_t i = 0; i < n; i += p->length[i])
            push(p, i);
}

static void swap(Partition *p, uint32_t a, uint32_t b)
{
    const uint32_t x = p->element[a], y = p->element[b];
    p->element[a] = y;
    p->element[b] = x;
    p->position[y] = a;
    p->position[x] = b;
}

/* Counts the neighbours that each node has among `n` members; those with some move to the end of their cells. */
static uint32_t count_neighbours(Partition *p, uint32_t n)
{
    uint32_t n_cells = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t v = p->members[i];
        for (uint32_t e = p->start[v]; e < p->start[v + 1]; e++) {
            const uint32_t u = p->to[e], cell = p->cell[u];
            if (p->length[cell] == 1 || p->count[u]++ > 0)
                continue;
            if (p->marked[cell]++ == 0)
                p->cells[n_cells++] = cell;
            swap(p, p->position[u], cell + p->length[cell] - p->marked[cell]);
        }
    }
    return n_cells;
}

/* The part that begins at `first` and ends before `end` leaves its cell. */
static void new_cell(Partition *p, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        p->cell[p->element[i]] = first;
    p->length[first] = end - first;
    p->n_cells++;
}

/* Parts of a cell that have just come apart, the first at `cell`, the last ending before `end`: which are to split others. */
static void queue_parts(Partition *p, uint32_t cell, uint32_t end)
{
    uint32_t largest = cell;
    const int waits = p->waiting[cell];
    for (uint32_t i = cell; i < end; i += p->length[i])
        if (p->length[i] > p->length[largest])
            largest = i;
    for (uint32_t i = cell; i < end; i += p->length[i])
        if (!p->waiting[i] && (waits || i != largest))
            push(p, i);
}

/* Splits a cell by the counts of its nodes; those with none stand first. */
static void split(Partition *p, uint32_t cell)
{
    const uint32_t n = p->marked[cell], end = cell + p->length[cell], begin = end - n;
    uint32_t least = NOTHING, most = 0;
    p->marked[cell] = 0;
    for (uint32_t i = begin; i < end; i++) {
        const uint32_t count = p->count[p->element[i]];
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    if (least != most) {
        for (uint32_t i = 0; i < n; i++) {
            p->keys[2 * i] = p->count[p->element[begin + i]];
            p->keys[2 * i + 1] = p->element[begin + i];
        }
        sort_pairs(p->keys, n);
        for (uint32_t i = 0; i < n; i++) {
            p->element[begin + i] = (uint32_t)p->keys[2 * i + 1];
            p->position[p->element[begin + i]] = begin + i;
        }
    }
    if (least != most || begin > cell) {
        uint32_t first = begin, kept = begin;
        for (uint32_t i = begin + 1; i <= end; i++) {
            if (i < end && p->count[p->element[i]] == p->count[p->element[i - 1]])
                continue;
            if (first > cell)
                new_cell(p, first, i);
            else
                kept = i;
            first = i;
        }
        p->length[cell] = kept - cell;
        queue_parts(p, cell, end);
    }
    for (uint32_t i = begin; i < end; i++)
        p->count[p->element[i]] = 0;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void partition_refine(Partition *p)
{
    while (p->queued > 0) {
        const uint32_t cell = pop(p), length = p->length[cell];
        if (p->n_cells == p->n)
            continue;
        memcpy(p->members, p->element + cell, length * sizeof *p->members);
        const uint32_t n_cells = count_neighbours(p, length);
        if (n_cells > 1)
            qsort(p->cells, n_cells, sizeof *p->cells, by_number);
        for (uint32_t i = 0; i < n_cells; i++)
            split(p, p->cells[i]);
    }
}

void partition_single(Partition *p, uint32_t node)
{
    const uint32_t cell = p->cell[node], last = cell + p->length[cell] - 1;
    if (last == cell)
        return;
    swap(p, p->position[node], last);
    p->length[cell]--;
    new_cell(p, last, last + 1);
    push(p, last);
}

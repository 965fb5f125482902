/* Ordered partitions of the nodes of a graph, made equitable: colour refinement after Hopcroft, O(m log n). */
#ifndef MSCNET_GENERATE_PARTITION_H
#define MSCNET_GENERATE_PARTITION_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t n, n_cells;
    const uint32_t *start, *to; /* the neighbours of each node */
    /* Nodes in order, where each stands, the first position of its cell, and by first position the cell's length. */
    uint32_t *element, *position, *cell, *length;
    /* Cells that are still to split others, in a ring. */
    uint32_t *queue, head, queued;
    unsigned char *waiting;
    /* While one cell splits others. */
    uint32_t *count, *marked, *cells, *members;
    uint64_t *keys;
    size_t room;
} Partition;

void partition_free(Partition *p);
/* Makes room for n nodes; 0 where there is no memory. */
int partition_room(Partition *p, size_t n);
/* Begins with nodes in the order of `keys` (one a node, which are sorted too), those of one key in one cell. */
void partition_begin(Partition *p, uint32_t n, const uint32_t *start, const uint32_t *to, const uint64_t *keys);
/* Splits cells until all nodes of a cell have as many neighbours in each other cell. */
void partition_refine(Partition *p);
/* Gives a node a cell of its own, after what is left of its old one. */
void partition_single(Partition *p, uint32_t node);

#endif

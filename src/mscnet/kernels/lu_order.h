/* The pattern of LU factors: which species is eliminated when, and where the factors have entries. */
#ifndef MSCNET_LU_ORDER_H
#define MSCNET_LU_ORDER_H

#include "model.h"

/* Rows of L (below the diagonal) and U (above it) in the order of elimination, columns ascending.  From row
 * `dense_from` on the factors are full. */
typedef struct {
    uint32_t n, dense_from;
    uint32_t *order;             /* [n] which species is eliminated as the i-th */
    uint32_t *position;          /* [n] the inverse of `order` */
    uint32_t *l_start, *u_start; /* [n + 1] */
    uint32_t *l_column, *u_column;
    double cost;                 /* multiplications and divisions of one elimination */
} LuPattern;

/* Fills `pattern` with an order of little fill for I + J (Markowitz's rule on the diagonal; Duff, Erisman and Reid,
 * Direct Methods for Sparse Matrices, 2017, ch. 7); 0 where it is done, 1 without memory or where the factors would
 * be larger than `most` numbers (0: no limit).  It is then empty, as lu_pattern_free leaves it. */
int lu_pattern(const Model *model, size_t most, LuPattern *pattern);
void lu_pattern_free(LuPattern *pattern);

#endif

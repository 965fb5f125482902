/* What analysis, elimination and solves share. */
#ifndef MSCNET_LU_STRUCTURE_H
#define MSCNET_LU_STRUCTURE_H

#include "lu.h"
#include "lu_order.h"

/* All that the pattern alone decides: made once for a model, shared by its factors. */
struct LuPlan {
    LuPattern pattern;
    uint32_t n;
    size_t n_l, n_u, n_values;
    uint32_t *place;          /* [n_jacobian] where in the values each entry of J goes */
    uint32_t *l_run, *u_run;  /* [n] where in each row contiguous columns up to its end begin, or its end */
    uint32_t *list;           /* eliminations in order (see list_new in lu_analyse.c), or NULL */
};

struct Lu {
    const Model *model;
    const LuPlan *plan;
    LuPlan *own;              /* the plan where it is not the model's, else NULL */
    uint32_t n;
    double *values;           /* rows of L, rows of U, then the reciprocal pivots */
    double *l, *u, *pivot;    /* into values */
    double *work, *sizes;     /* [n] and [4 * n] */
    double *dense;            /* [n * n], NULL until needed, as is the next */
    uint32_t *dense_row;      /* [n] */
    int is_dense;
};

#endif

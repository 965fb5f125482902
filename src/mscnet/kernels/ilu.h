/* Incomplete LU factors of I - gamma J without fill, ILU(0), and J itself by rows: what an iterative solver works with.
 *
 * Meijerink and van der Vorst, Mathematics of Computation 31 (1977) 148; Saad, Iterative Methods for Sparse Linear
 * Systems, 2003, section 10.3.  Species are renumbered so that those with few neighbours come first and the hubs of
 * the network, which a plain order would make cause most of the neglected fill, come last; all vectors here are in that
 * order. */
#ifndef MSCNET_ILU_H
#define MSCNET_ILU_H

#include "model.h"

/* All that the pattern alone decides: made once for a model, shared by its factors. */
struct IluPlan {
    uint32_t n;
    size_t n_values;
    uint32_t *order;    /* [n] which species is the i-th */
    uint32_t *start;    /* [n + 1] rows of the pattern of J, columns ascending */
    uint32_t *column;   /* [n_values] */
    uint32_t *diagonal; /* [n] place of each diagonal entry */
    uint32_t *place;    /* [n_jacobian] where in the rows each entry of the model's J goes */
};

/* NULL without memory. */
IluPlan *ilu_plan_new(const Model *model);
void ilu_plan_free(IluPlan *plan);

/* Rows of a matrix without what is small. */
typedef struct {
    uint32_t *start;    /* [n + 1] columns ascending */
    uint32_t *diagonal; /* [n] place of each diagonal entry */
    uint32_t *column;   /* [n_values], of which start[n] are used, as of the next */
    double *value;
} IluRows;

typedef struct {
    const IluPlan *plan;
    IluPlan *own;     /* the plan where it is not the model's, else NULL */
    double *jacobian; /* [n_values] J on the plan's rows */
    IluRows factors;  /* rows of L below and U above the diagonal, reciprocal pivots on it */
    uint32_t *at;     /* [n] work */
} Ilu;

/* Room for factors by the model's own plan, or by one made for them where it has none; NULL without memory. */
Ilu *ilu_new(const Model *model);
void ilu_free(Ilu *ilu);
/* Takes values of J in the order of the model's pattern. */
void ilu_take(Ilu *ilu, const double *jacobian);
/* Factors I - gamma J of the J taken last; 0 where it is done, 1 where a pivot is zero or not finite.  Entries are left
 * out of the factors, not of J, that in units of `scale` (in the order of the plan) come to no more than a hundredth of
 * their row's diagonal all together: half of them are, and more. */
int ilu_factor(Ilu *ilu, double gamma, const double *scale);
/* out = (L U)^-1 (v - gamma J v); out and v differ. */
void ilu_apply(const Ilu *ilu, double gamma, const double *v, double *out);
/* Solves L U x = v in place. */
void ilu_solve(const Ilu *ilu, double *v);
/* The same for `count` right-hand sides at once, v[n_species][count], rows in the order of the model's species. */
void ilu_solve_many(const Ilu *ilu, double *v, size_t count);
/* Solves (L U)^T x = v in place. */
void ilu_solve_transposed(const Ilu *ilu, double *v);

#endif

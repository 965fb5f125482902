/* LU factors of M = a I - b J on a fixed sparse pattern: ordered and analysed once, factored many times.
 *
 * Pivots are taken on the diagonal in an order of least fill (Markowitz, Management Science 3 (1957) 255, as kinetic
 * preprocessors do); where that is not stable (a pivot is zero, or the factors are much larger than the matrix), the
 * same call falls back to dense elimination with partial pivoting, up to LU_MOST_DENSE species.
 *
 * A matrix counts as singular where no pivot but zero, or none that is finite, is left.  As in LAPACK, one that is
 * singular but for rounding (a = 0 in a network with conserved amounts) may be factored nevertheless.  A constant
 * species has an empty row in J, so that a = 0 is singular with one. */
#ifndef MSCNET_LU_H
#define MSCNET_LU_H

#include "model.h"

#define LU_MOST_DENSE 2000

/* One thread's: solves use a work vector inside it. */
typedef struct Lu Lu;

/* Analyses the pattern of the model's Jacobian; NULL without memory or where factors would be larger than `most`
 * numbers (0: no limit). */
LuPlan *lu_plan_new(const Model *model, size_t most);
void lu_plan_free(LuPlan *plan);
/* Numbers in the factors, and multiplications of one factorisation. */
size_t lu_plan_size(const LuPlan *plan);
double lu_plan_cost(const LuPlan *plan);

/* Factors by the model's own plan, or by one that is made for them where it has none; NULL as for lu_plan_new. */
Lu *lu_new(const Model *model, size_t most);
void lu_free(Lu *lu);
/* Numbers in the factors. */
size_t lu_size(const Lu *lu);
/* Multiplications of one factorisation. */
double lu_cost(const Lu *lu);
/* Factors a I - b J, `jacobian` in the order of the model's pattern; 0 where it is done, 1 where it is singular. */
int lu_factor(Lu *lu, const double *jacobian, double a, double b);
/* Solves M x = v in place, v[n_species]. */
void lu_solve(const Lu *lu, double *v);
/* Solves M^T x = v in place. */
void lu_solve_transposed(const Lu *lu, double *v);
/* Solves for `count` right-hand sides at once, v[n_species][count], rows of species. */
void lu_solve_many(const Lu *lu, double *v, size_t count);
/* Whether the last factorisation fell back to dense elimination. */
int lu_is_dense(const Lu *lu);

#endif

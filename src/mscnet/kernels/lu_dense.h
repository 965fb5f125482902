/* Dense LU factors with partial pivoting, P A = L U. */
#ifndef MSCNET_LU_DENSE_H
#define MSCNET_LU_DENSE_H

#include <stddef.h>
#include <stdint.h>

/* Factors a[n][n] (rows) in place, reciprocal pivots on the diagonal; row[i] is which row became the i-th.  1 where a
 * pivot is zero or not finite, else 0. */
int dense_factor(size_t n, double *a, uint32_t *row);
/* Solves A x = v or A^T x = v in place with them; `work` is [n]. */
void dense_solve(size_t n, const double *a, const uint32_t *row, double *work, double *v);
void dense_solve_transposed(size_t n, const double *a, const uint32_t *row, double *work, double *v);

/* sum x_i y_i in four partial sums. */
double dense_dot(size_t n, const double *x, const double *y);

#endif

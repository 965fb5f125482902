/* Solutions of (I - gamma J)^T w = v, one after the other with J and gamma that change little. */
#ifndef MSCNET_SENS_TRANSPOSED_H
#define MSCNET_SENS_TRANSPOSED_H

#include "model.h"

typedef struct Transposed Transposed;

/* NULL without memory. */
Transposed *transposed_new(const Model *model);
/* Says what size of each species counts, size[n_species], above 0: needed before the first system, not copied. */
void transposed_weigh(Transposed *transposed, const double *size);
void transposed_free(Transposed *transposed);
/* Solves in place, v[n_species], to rounding, or where GMRES does to 1e-9 of v, each entry times its size; not 0 where
 * the matrix is singular. */
int transposed_solve(Transposed *transposed, const double *jacobian, double gamma, double *v);
/* out = J^T v */
void transposed_product(const Model *model, const double *jacobian, const double *v, double *out);

#endif

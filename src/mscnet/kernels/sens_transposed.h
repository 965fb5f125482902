/* Solutions of (I - gamma J)^T w = v, one after the other with J and gamma that change little. */
#ifndef MSCNET_SENS_TRANSPOSED_H
#define MSCNET_SENS_TRANSPOSED_H

#include "model.h"

typedef struct Transposed Transposed;

/* NULL without memory. */
Transposed *transposed_new(const Model *model);
/* Says what size of each species counts, scale[n_species]: errors of w are measured against 1/scale.  Not copied. */
void transposed_weigh(Transposed *transposed, const double *scale);
void transposed_free(Transposed *transposed);
/* Solves in place, v[n_species], to rounding or nearly so; not 0 where the matrix is singular. */
int transposed_solve(Transposed *transposed, const double *jacobian, double gamma, double *v);
/* out = J^T v */
void transposed_product(const Model *model, const double *jacobian, const double *v, double *out);

#endif

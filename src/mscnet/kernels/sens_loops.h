/* The loops over all directions of forward sensitivities, in the widest vectors that the processor has.
 *
 * Vectors are [n][count], `size` numbers together; `wide` is what `has_wide` says. */
#ifndef MSCNET_SENS_LOOPS_H
#define MSCNET_SENS_LOOPS_H

#include "model.h"

#include <stddef.h>

/* p = Pascal's triangle times z, both [order + 1][size]. */
void loops_predict(int wide, const double *z, double *p, size_t size, int order);
/* z = p + c e, with one c for each row. */
void loops_accept(int wide, double *z, const double *p, const double *e, const double *c, size_t size, int order);
/* The sums [count] over the species of ((v - share w) weight)^8. */
void loops_sums(int wide, const double *v, const double *w, double share, const double *weight, size_t n, size_t count,
                double *sums);
/* weight = scale/(rtol |scale z| + atol), [n][count], with a scale for each direction and an atol for each species. */
void loops_weigh(int wide, const double *z, const double *scale, double rtol, const double *atol, size_t n, size_t count,
                 double *weight);
/* out = gamma (out + slope) - inverse p1 - e; without e where that is NULL. */
void loops_residual(int wide, double gamma, const double *slope, double inverse, const double *p1, const double *e,
                    size_t size, double *out);
/* The polynomial z [order + 1][size] at a share of the step. */
void loops_at(int wide, const double *z, size_t size, int order, double at, double *out);
/* out = jacobian v, both [n_species][count]. */
void loops_product(int wide, const Model *m, const double *jacobian, const double *v, size_t count, double *out);

#endif

/* Concentrations kept from falling below zero without a change of conserved totals. */
#ifndef MSCNET_POSITIVITY_H
#define MSCNET_POSITIVITY_H

#include "model.h"

/* Which species cannot fall below zero, and scratch. */
typedef struct Positivity Positivity;

/* NULL without memory. */
Positivity *positivity_new(const Model *model);
/* Looks at the laws with the constants that are set in `rates`, at times within [start, end]; before all else. */
void positivity_begin(Positivity *p, Rates *rates, double start, double end);
void positivity_free(Positivity *p);
/* Whether a species that cannot fall below zero lies below minus its share of `atol` (0: below zero). */
int positivity_is_left(const Positivity *p, const double *x, const double *atol);
/* Brings x[n_species] back: such species are at least zero, and totals change by rounding alone wherever reactions
 * allow it. */
void positivity_mend(Positivity *p, double *x);

#endif

/* How rates depend on constants and on constant species: what sensitivities need beyond the Jacobian. */
#ifndef MSCNET_SENS_TABLES_H
#define MSCNET_SENS_TABLES_H

#include "model.h"

typedef struct {
    const Model *model;
    uint32_t n_by_constant;
    uint32_t *c_start;    /* [n_reactions + 1] entries of `rates_all_derivatives` by reaction */
    uint32_t *c_constant; /* [n_by_constant] which constant each is the derivative by */
    uint32_t *d_species;  /* [n_derivatives] as the model's, but constant species keep theirs */
} SensTables;

/* 0 without memory. */
int sens_tables_make(SensTables *tables, const Model *model);
void sens_tables_free(SensTables *tables);

/* Tangents of the constants, out[n_constants], along a direction in the space of inputs [n_inputs]. */
void sens_constants_tangent(Rates *rates, const double *direction, double *dot, double *out);
/* Adds to gradient[n_inputs] what weights of the constants amount to; `adjoint` is scratch of statics.n_code. */
void sens_constants_gradient(const Rates *rates, const double *weights, double *adjoint, double *gradient);

#endif

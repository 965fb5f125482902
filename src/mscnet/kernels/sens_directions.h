/* Directions in the space of inputs, along which sensitivities are asked for. */
#ifndef MSCNET_SENS_DIRECTIONS_H
#define MSCNET_SENS_DIRECTIONS_H

#include "sens_tables.h"

/* One product of a derivative of a rate with the tangent of what it is the derivative by. */
typedef struct {
    uint32_t reaction, source, column;
    double factor;
} SensTerm;

typedef struct {
    SensTables tables;
    size_t count;        /* directions, P */
    double *initial;     /* [n_species][P] tangents of the initial state */
    size_t n_by_constant_terms, n_terms;
    SensTerm *terms;     /* sources are in by_constant[] first, then in d[] */
} Directions;

/* `directions` is [count][n_inputs], `initial` [n_species][count]; rates_set has been called; NULL without memory. */
Directions *directions_new(Rates *rates, const double *directions, const double *initial, size_t count);
void directions_free(Directions *directions);
/* out[n_species][P] = df/dp at a fixed state, from the values of `rates_all_derivatives`. */
void directions_slope(const Directions *directions, const double *d, const double *by_constant, double *out);

#endif

/* A walk: an integration that is followed for as long as its caller wants, with no end of its own. */
#ifndef MSCNET_STEADY_H
#define MSCNET_STEADY_H

#include "ode.h"

typedef struct {
    Ode ode;
    Stepper *stepper;
    double *block; /* owns the tolerances and the inputs */
} Walk;

/* Starts at state[n_species]; the arrays are copied.  NULL without memory. */
Walk *walk_new(const Model *model, int method, const double *inputs, const double *state, const double *atol, double rtol,
               double end);
void walk_free(Walk *walk);

/* Steps until the time is at least `until`, or `most` steps are made, whose number goes into *steps; ODE_DONE, or why
 * not.  `poll` is called every few steps; not 0 interrupts. */
int walk_on(Walk *walk, double until, uint64_t most, uint64_t *steps, int (*poll)(void *context), void *context);

#endif

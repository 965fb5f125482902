/* What `auto` asks of the explicit method. */
#ifndef MSCNET_EXPLICIT_H
#define MSCNET_EXPLICIT_H

#include "ode.h"

/* Steps are stable up to this product of step and rate, on the negative real axis, and are held down by it from a
 * little less on. */
#define EXPLICIT_STABLE 3.5

/* The fastest rate at the last state (the spectral radius of the Jacobian) by two steps of a power iteration;
 * infinite at the border of a law's domain.  To be called between steps, after the first. */
double explicit_radius(Stepper *stepper);
/* The step to be tried next. */
double explicit_next(const Stepper *stepper);

#endif

/* What `auto` asks of the explicit method. */
#ifndef MSCNET_EXPLICIT_H
#define MSCNET_EXPLICIT_H

#include "ode.h"

/* On the negative real axis steps are stable up to this product of step and rate. */
#define EXPLICIT_STABLE 3.5

/* An estimate of the step times the fastest rate of the last accepted step: beyond 3.3 or so it is held down by
 * stability, not by accuracy. */
double explicit_stiffness(const Stepper *stepper);
/* The step to be tried next. */
double explicit_next(const Stepper *stepper);

#endif

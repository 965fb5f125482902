/* Sizes of steps of the methods that need no past steps. */
#ifndef MSCNET_STEP_SIZE_H
#define MSCNET_STEP_SIZE_H

#include "ode.h"

/* The shortest step that is tried from t: it still moves time. */
double least_step(const Ode *ode, double t);

/* The first step from (ode->start, x) with rates `rate`, for a method whose error goes with this power of the step;
 * ode->first_step where that is given.  `y` and `f` are scratch of n. */
double first_step(const Ode *ode, const double *x, const double *rate, double power, double *y, double *f);

/* The step to be tried where one of size h is wanted at t: no longer than allowed, and so that no tiny one is left at
 * the end; *last says that it ends there. */
double fitted_step(const Ode *ode, double t, double h, int *last);

#endif

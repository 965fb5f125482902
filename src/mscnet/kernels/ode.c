/* What all integrators share. */
#include "ode.h"

#include <math.h>

static Stepper *start(int method, const Ode *ode, const double *x0)
{
    switch (method) {
    case METHOD_ROSENBROCK:
        return rosenbrock_new(ode, x0);
    case METHOD_BDF:
        return bdf_new(ode, x0);
    case METHOD_EXPLICIT:
        return explicit_new(ode, x0);
    case METHOD_AUTO:
        return auto_new(ode, x0);
    default:
        return NULL;
    }
}

Stepper *ode_start(int method, const Ode *ode, const double *x0)
{
    Stepper *stepper = start(method, ode, x0);
    if (stepper != NULL)
        stepper->method = method == METHOD_AUTO ? METHOD_EXPLICIT : method;
    return stepper;
}

double ode_norm(const Ode *ode, const double *v, const double *x, const double *y)
{
    double most = 0.0, sum = 0.0;
    for (uint32_t i = 0; i < ode->n; i++) {
        const double a = fabs(x[i]), b = fabs(y[i]);
        const double e = fabs(v[i]) / (ode->atol[i] + ode->rtol * (a > b ? a : b));
        most = e > most ? e : most;
        sum += e; /* not finite where one is not */
    }
    return isfinite(sum) ? most : INFINITY;
}

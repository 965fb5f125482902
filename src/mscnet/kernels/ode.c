/* What all integrators share. */
#include "ode.h"

#include <math.h>

Stepper *ode_start(int method, const Ode *ode, const double *x0)
{
    switch (method) {
    case METHOD_ROSENBROCK:
        return rosenbrock_new(ode, x0);
    case METHOD_BDF:
        return bdf_new(ode, x0);
    case METHOD_EXPLICIT:
        return explicit_new(ode, x0);
    default:
        return NULL;
    }
}

double ode_norm(const Ode *ode, const double *v, const double *x, const double *y)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < ode->n; i++) {
        const double a = fabs(x[i]), b = fabs(y[i]);
        const double e = v[i] / (ode->atol[i] + ode->rtol * (a > b ? a : b));
        sum += e * e;
    }
    return ode->n ? sqrt(sum / ode->n) : 0.0;
}

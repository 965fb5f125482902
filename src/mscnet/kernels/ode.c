/* What all integrators share. */
#include "ode.h"

#include <math.h>

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

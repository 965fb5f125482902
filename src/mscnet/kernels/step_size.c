/* Sizes of steps of the methods that need no past steps. */
#include "step_size.h"

#include <float.h>
#include <math.h>

/* The first step may change the state by this share of itself, and then by so much of the tolerance. */
#define FIRST_SHARE 0.01
#define FIRST_ERROR 0.01
#define FIRST_RAISE 100.0
#define FIRST_SHRINK 0.25
/* First step, as a part of the run, where the state says nothing of the scale of time. */
#define FIRST_PART 1e-6
/* No time scale of a model is so small a part of the run. */
#define LEAST_PART 1e-60

double least_step(const Ode *ode, double t)
{
    return fmax(16.0 * DBL_EPSILON * fabs(t), LEAST_PART * (ode->end - ode->start));
}

/* Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993), section II.4, with the derivative of
 * order p estimated as x'' (|x''| / |x'|)^(p - 2), so that the unit of time does not matter. */
double first_step(const Ode *ode, const double *x, const double *rate, double power, double *y, double *f)
{
    const size_t n = ode->n;
    const double run = ode->end - ode->start, least = least_step(ode, ode->start);
    if (ode->first_step > 0.0)
        return fmax(fmin(ode->first_step, run), least);
    const double size = ode_norm(ode, x, x, x), speed = ode_norm(ode, rate, x, x);
    double h = FIRST_SHARE * size / speed;
    if (!(size >= 1e-5 && speed * run >= 1e-5))
        h = FIRST_PART * run;
    h = fmax(fmin(h, fmin(run, ode->max_step)), least);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] + h * rate[i];
    rates_rhs(ode->rates, fmin(ode->start + h, ode->end), y, f);
    for (size_t i = 0; i < n; i++)
        f[i] = (f[i] - rate[i]) / h;
    const double bend = ode_norm(ode, f, x, x);
    if (!isfinite(bend))
        return FIRST_SHRINK * h;
    const double scale = speed / bend; /* of time */
    double next = FIRST_RAISE * h;
    if (bend > 0.0 && speed > 0.0)
        next = fmin(next, scale * pow(FIRST_ERROR / (speed * scale), 1.0 / power));
    return fmax(next, least);
}

double fitted_step(const Ode *ode, double t, double h, int *last)
{
    const double left = ode->end - t;
    h = fmin(h, ode->max_step);
    *last = h >= left * (1.0 - 1e-10);
    if (*last)
        return left;
    return 2.0 * h > left ? 0.5 * left : h; /* two equal steps, not a last one of any size */
}

/* An explicit Runge-Kutta pair of order 5(4) for systems that are not stiff: Tsit5.
 *
 * Tsitouras, Comput. Math. Appl. 62 (2011) 770.  Control of the step and detection of stiffness: Hairer, Norsett and
 * Wanner, Solving Ordinary Differential Equations I (1993), section II.4, and II (1996), section IV.2.
 *
 * A step is a sum of rates, so that conserved totals hold. */
#include "explicit.h"
#include "explicit_tables.h"
#include "step_size.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAFETY 0.9
#define LEAST_GROWTH 0.2
#define MOST_GROWTH 10.0
#define SHRINK_NOT_FINITE 0.25
/* The estimate goes with this power of the step. */
#define ERROR_POWER 5.0
/* How much the error of the step before counts. */
#define MEMORY 0.04
#define LEAST_REMEMBERED 1e-4
/* Of the power iteration for the fastest rate. */
#define RADIUS_ITERATIONS 2
/* So much of a new direction comes into it: a large part would hold it away from the fastest rate. */
#define SEED 0.01
/* Differences of rates are taken over so much of the state at least. */
#define LEAST_DIFFERENCE 1e-8

typedef struct {
    Stepper base; /* base.x is x */
    Ode ode;
    double *block;             /* owns all of the following */
    double *x, *x_old, *x_new; /* [n] at base.t, at base.t_old, at the end of the step that is tried */
    double *k, *k_old;         /* [STAGES][n] rates of the step that is tried; of the last accepted one */
    double *y;                 /* [n] argument of the last stage but one */
    double *fastest;           /* [n] where the power iteration for the fastest rate has come to; zeros before */
    double h;                  /* to be tried next */
    double error_before;
    int started, has_rate; /* whether k[0] is the rate at x */
} Explicit;

double explicit_next(const Stepper *stepper)
{
    return ((const Explicit *)stepper)->h;
}

/* --- one step ------------------------------------------------------------------------------- */

static inline void combine(size_t n, const double *restrict x, const double *restrict k, double h,
                           double *restrict y, int stage)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int j = 0; j < stage; j++)
            sum += A[stage][j] * k[(size_t)j * n + i];
        y[i] = x[i] + h * sum;
    }
}

static void argument(const Explicit *s, double h, int stage, double *y)
{
    const size_t n = s->ode.n;
    switch (stage) { /* a number that the compiler sees unrolls the sums */
    case 1:
        combine(n, s->x, s->k, h, y, 1);
        break;
    case 2:
        combine(n, s->x, s->k, h, y, 2);
        break;
    case 3:
        combine(n, s->x, s->k, h, y, 3);
        break;
    case 4:
        combine(n, s->x, s->k, h, y, 4);
        break;
    case 5:
        combine(n, s->x, s->k, h, y, 5);
        break;
    default:
        combine(n, s->x, s->k, h, y, 6);
    }
}

/* The largest error of a species in units of its tolerance, all stages being there. */
static double error_of(const Explicit *s, double h)
{
    const size_t n = s->ode.n;
    const double *restrict k = s->k, *restrict x = s->x, *restrict y = s->x_new, *restrict atol = s->ode.atol;
    double most = 0.0, sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double e = 0.0;
        for (int j = 0; j < STAGES; j++)
            e += ERROR[j] * k[(size_t)j * n + i];
        e = fabs(e) / (atol[i] + s->ode.rtol * fmax(fabs(x[i]), fabs(y[i])));
        most = e > most ? e : most;
        sum += e; /* not finite where one is not */
    }
    return isfinite(sum) ? h * most : INFINITY;
}

/* Tries a step of size h: x_new and, in units of the tolerance, its error; not finite where a stage is not. */
static double attempt(Explicit *s, double h)
{
    const size_t n = s->ode.n;
    for (int stage = 1; stage < STAGES; stage++) {
        double *y = stage == STAGES - 1 ? s->x_new : s->y;
        argument(s, h, stage, y);
        /* rounding must not look beyond the end, where other rates may hold */
        rates_rhs(s->ode.rates, fmin(s->base.t + NODE[stage] * h, s->ode.end), y, s->k + (size_t)stage * n);
    }
    return error_of(s, h);
}

static double growth(Explicit *s, double error)
{
    double factor = pow(fmax(error, DBL_MIN), 0.75 * MEMORY - 1.0 / ERROR_POWER);
    if (error <= 1.0) {
        factor *= pow(s->error_before, MEMORY);
        s->error_before = fmax(error, LEAST_REMEMBERED);
    }
    return fmin(fmax(SAFETY * factor, LEAST_GROWTH), MOST_GROWTH);
}

/* --- the stepper ---------------------------------------------------------------------------- */

static void accept(Explicit *s, double t)
{
    const size_t n = s->ode.n;
    double *oldest = s->x_old, *k = s->k_old;
    s->x_old = s->x;
    s->x = s->x_new;
    s->x_new = oldest;
    s->k_old = s->k;
    s->k = k;
    memcpy(s->k, s->k_old + (STAGES - 1) * n, n * sizeof *s->k); /* the last stage is the first of the next step */
    s->base.x = s->x;
    s->base.t_old = s->base.t;
    s->base.t = t;
}

static int start(Explicit *s)
{
    if (!s->has_rate || s->base.moved) {
        rates_rhs(s->ode.rates, s->base.t, s->x, s->k);
        if (!all_finite(s->k, s->ode.n))
            return ODE_NOT_FINITE;
        s->has_rate = 1;
        s->base.moved = 0;
    }
    if (!s->started)
        s->h = first_step(&s->ode, s->x, s->k, ERROR_POWER, s->x_new, s->y);
    s->started = 1;
    return ODE_DONE;
}

static int step(Stepper *base)
{
    Explicit *s = (Explicit *)base;
    if (start(s) != ODE_DONE)
        return ODE_NOT_FINITE;
    int finite = 1, rejected = 0;
    for (;;) {
        int last;
        const double h = fitted_step(&s->ode, base->t, s->h, &last);
        if (!last && h < least_step(&s->ode, base->t))
            return finite ? ODE_STEP_TOO_SMALL : ODE_NOT_FINITE;
        const double error = attempt(s, h);
        finite = isfinite(error);
        if (error <= 1.0) {
            const double factor = growth(s, error);
            s->h = h * (rejected ? fmin(factor, 1.0) : factor);
            accept(s, last ? s->ode.end : base->t + h);
            return ODE_DONE;
        }
        base->n_rejected++;
        rejected = 1;
        s->h = h * (finite ? growth(s, error) : SHRINK_NOT_FINITE);
    }
}

static void interpolate(const Stepper *base, double time, double *out)
{
    const Explicit *s = (const Explicit *)base;
    const size_t n = s->ode.n;
    const double h = base->t - base->t_old, at = (time - base->t_old) / h;
    double weight[STAGES];
    for (int j = 0; j < STAGES; j++)
        weight[j] = h * at * (H[j][0] + at * (H[j][1] + at * (H[j][2] + at * H[j][3])));
    for (size_t i = 0; i < n; i++) {
        double sum = s->x_old[i];
        for (int j = 0; j < STAGES; j++)
            sum += weight[j] * s->k_old[(size_t)j * n + i];
        out[i] = sum;
    }
}

/* --- stiffness ------------------------------------------------------------------------------ */

static double weighted(const Explicit *s, const double *restrict v)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->ode.n; i++) {
        const double e = v[i] / (s->ode.atol[i] + s->ode.rtol * fabs(s->x[i]));
        sum += e * e;
    }
    return sqrt(sum);
}

/* The difference of the last two stages, both at the end of the step, is along fast rates, though not always along the
 * fastest: steps that stability holds down may repeat exactly.  So the iteration goes on from where it was, too.  J times
 * a direction is taken as a difference of rates. */
double explicit_radius(Stepper *base)
{
    Explicit *s = (Explicit *)base;
    const size_t n = s->ode.n;
    const double *restrict last = s->k_old + (STAGES - 1) * n;
    const double share = fmax(1.0, LEAST_DIFFERENCE / s->ode.rtol);
    double *restrict v = s->k + n, *restrict f = s->k + 2 * n, radius = 0.0;
    for (size_t i = 0; i < n; i++)
        v[i] = last[i] - last[i - n];
    const double moved = weighted(s, v);
    if (!(moved > 0.0))
        return 0.0;
    for (size_t i = 0; i < n; i++)
        v[i] = v[i] * (SEED / moved) + s->fastest[i];
    for (int k = 0; k < RADIUS_ITERATIONS; k++) {
        const double size = weighted(s, v);
        if (!(size > 0.0))
            return 0.0;
        for (size_t i = 0; i < n; i++)
            s->y[i] = s->x[i] + v[i] * (share / size);
        rates_rhs(s->ode.rates, base->t, s->y, f);
        for (size_t i = 0; i < n; i++)
            v[i] = f[i] - last[i];
        radius = weighted(s, v) / share;
    }
    const double scale = radius > 0.0 && isfinite(radius) ? 1.0 / (radius * share) : 0.0;
    for (size_t i = 0; i < n; i++)
        s->fastest[i] = scale > 0.0 ? v[i] * scale : 0.0;
    return isfinite(radius) ? radius : INFINITY;
}

static void release(Stepper *base)
{
    Explicit *s = (Explicit *)base;
    free(s->block);
    free(s);
}

static void restart(Stepper *base, const Ode *ode, const double *x0)
{
    Explicit *s = (Explicit *)base;
    s->ode = *ode;
    memcpy(s->x, x0, ode->n * sizeof *x0);
    memcpy(s->x_old, x0, ode->n * sizeof *x0);
    memset(s->fastest, 0, ode->n * sizeof *s->fastest);
    s->error_before = LEAST_REMEMBERED;
    s->started = s->has_rate = s->base.moved = 0;
    s->base.t = s->base.t_old = ode->start;
    s->base.n_rejected = s->base.n_factorisations = s->base.n_solves = 0;
}

Stepper *explicit_new(const Ode *ode, const double *x0)
{
    const size_t n = ode->n;
    Explicit *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->block = calloc(n * (2 * STAGES + 5) + 1, sizeof *s->block);
    if (s->block == NULL) {
        release(&s->base);
        return NULL;
    }
    s->x = s->block;
    s->x_old = s->x + n;
    s->x_new = s->x_old + n;
    s->y = s->x_new + n;
    s->fastest = s->y + n;
    s->k = s->fastest + n;
    s->k_old = s->k + STAGES * n;
    s->base.x = s->x;
    s->base.step = step;
    s->base.interpolate = interpolate;
    s->base.restart = restart;
    s->base.free = release;
    restart(&s->base, ode, x0);
    return &s->base;
}

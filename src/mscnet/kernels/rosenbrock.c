/* A Rosenbrock method of order 5 with an embedded one of order 4 and dense output: Rodas5P.
 *
 * Steinebach, BIT Numer. Math. 63 (2023) 27; the form without products by the Jacobian and the control of the step are
 * those of Hairer and Wanner, Solving Ordinary Differential Equations II (1996), sections IV.7 and IV.8.
 *
 * A step takes one exact Jacobian, one factorisation of I - gamma h J and eight solves with it.  Each u is a sum of
 * rates and earlier u solved with a matrix that leaves conserved totals alone, so the totals hold. */
#include "rosenbrock.h"
#include "rosenbrock_tables.h"
#include "step_size.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAFETY 0.9
#define LEAST_GROWTH 0.2
#define MOST_GROWTH 6.0
#define SHRINK_NOT_FINITE 0.25
/* The estimate goes with this power of the step. */
#define ERROR_POWER 5.0

typedef struct {
    Stepper base; /* base.x is x */
    Ode ode;
    Lu *lu;
    double *block; /* owns all of the following */
    double *x, *x_old, *x_new; /* [n] at base.t, at base.t_old, at the end of the step that is tried */
    double *u, *u_old;         /* [STAGES][n] of the step that is tried; of the last accepted one */
    double *rate, *slope;      /* [n] f and df/dt at base.t */
    double *f;                 /* [n] */
    double *jacobian;          /* at base.t */
    double h;                  /* to be tried next */
    double h_before, reach_before; /* of the last accepted step: its size and error^(-1/ERROR_POWER); 0 before it */
    int started, differentiated;
} Rosenbrock;

enum { TRIED, SINGULAR, NOT_FINITE };

const Lu *rosenbrock_lu(const Stepper *stepper)
{
    return ((const Rosenbrock *)stepper)->lu;
}

/* --- one step ------------------------------------------------------------------------------- */

/* The argument of the stage into y, and the part of its right-hand side that earlier stages give into its u. */
static inline void combine(size_t n, const double *restrict x, double *restrict u, double *restrict y, int stage)
{
    for (size_t i = 0; i < n; i++) {
        double at = stage < CHAINED ? x[i] : y[i] + u[(size_t)(stage - 1) * n + i];
        double sum = 0.0;
        for (int j = 0; j < stage; j++) {
            const double before = u[(size_t)j * n + i];
            if (stage < CHAINED)
                at += A[stage][j] * before;
            sum += GAMMA * C[stage][j] * before;
        }
        y[i] = at;
        u[(size_t)stage * n + i] = sum;
    }
}

static void prepare(const Rosenbrock *s, int stage)
{
    const size_t n = s->ode.n;
    switch (stage) { /* a number that the compiler sees unrolls the sums */
    case 1:
        combine(n, s->x, s->u, s->x_new, 1);
        break;
    case 2:
        combine(n, s->x, s->u, s->x_new, 2);
        break;
    case 3:
        combine(n, s->x, s->u, s->x_new, 3);
        break;
    case 4:
        combine(n, s->x, s->u, s->x_new, 4);
        break;
    case 5:
        combine(n, s->x, s->u, s->x_new, 5);
        break;
    case 6:
        combine(n, s->x, s->u, s->x_new, 6);
        break;
    default:
        combine(n, s->x, s->u, s->x_new, 7);
    }
}

static void solve(Rosenbrock *s, int stage, const double *restrict f, double h)
{
    const size_t n = s->ode.n;
    const double scale = GAMMA * h;
    double *restrict u = s->u + (size_t)stage * n;
    if (stage == 0)
        memset(u, 0, n * sizeof *u);
    for (size_t i = 0; i < n; i++)
        u[i] += scale * f[i];
    if (s->ode.rates->model->timed && SLOPE[stage] != 0.0) {
        const double by_time = scale * SLOPE[stage] * h;
        for (size_t i = 0; i < n; i++)
            u[i] += by_time * s->slope[i];
    }
    lu_solve(s->lu, u);
    s->base.n_solves++;
}

/* Tries a step of size h: x_new and, in units of the tolerance, its *error. */
static int attempt(Rosenbrock *s, double h, double *error)
{
    const size_t n = s->ode.n;
    s->base.n_factorisations++;
    if (lu_factor(s->lu, s->jacobian, 1.0, GAMMA * h))
        return SINGULAR;
    solve(s, 0, s->rate, h);
    for (int stage = 1; stage < STAGES; stage++) {
        prepare(s, stage);
        /* rounding must not look beyond the end, where other rates may hold */
        rates_rhs(s->ode.rates, fmin(s->base.t + NODE[stage] * h, s->ode.end), s->x_new, s->f);
        solve(s, stage, s->f, h);
    }
    const double *last = s->u + (size_t)(STAGES - 1) * n;
    for (size_t i = 0; i < n; i++)
        s->x_new[i] += last[i];
    /* every stage adds to the last, so that one that is not finite shows here */
    *error = ode_norm(&s->ode, last, s->x, s->x_new);
    return isfinite(*error) ? TRIED : NOT_FINITE;
}

static void accept(Rosenbrock *s, double t)
{
    double *oldest = s->x_old, *u = s->u_old;
    s->x_old = s->x;
    s->x = s->x_new;
    s->x_new = oldest;
    s->u_old = s->u;
    s->u = u;
    s->base.x = s->x;
    s->base.t_old = s->base.t;
    s->base.t = t;
    s->differentiated = 0;
}

/* --- choice of step ------------------------------------------------------------------------- */

/* The factor for the step after one of size h and this error; Gustafsson, ACM Trans. Math. Softw. 20 (1994) 496. */
static double growth(Rosenbrock *s, double h, double error)
{
    const double reach = pow(fmax(error, DBL_MIN), -1.0 / ERROR_POWER);
    double factor = reach;
    if (error <= 1.0) {
        if (s->h_before > 0.0)
            factor = fmin(factor, h / s->h_before * reach * reach / s->reach_before);
        s->h_before = h;
        /* errors that say nothing must not hold the next step down */
        s->reach_before = fmin(reach, MOST_GROWTH);
    }
    return fmin(fmax(SAFETY * factor, LEAST_GROWTH), MOST_GROWTH);
}

/* --- the stepper ---------------------------------------------------------------------------- */

static int differentiate(Rosenbrock *s)
{
    Rates *rates = s->ode.rates;
    rates_rhs(rates, s->base.t, s->x, s->rate);
    if (!all_finite(s->rate, s->ode.n))
        return ODE_NOT_FINITE;
    rates_jacobian(rates, s->base.t, s->x, s->jacobian);
    if (rates->model->timed)
        rates_by_time(rates, s->base.t, s->x, s->slope);
    s->differentiated = 1;
    s->base.moved = 0;
    return ODE_DONE;
}

static int step(Stepper *base)
{
    Rosenbrock *s = (Rosenbrock *)base;
    if ((!s->differentiated || s->base.moved) && differentiate(s) != ODE_DONE)
        return ODE_NOT_FINITE;
    if (!s->started)
        s->h = first_step(&s->ode, s->x, s->rate, ERROR_POWER, s->x_new, s->f);
    s->started = 1;
    int status = TRIED, rejected = 0;
    double error;
    for (;;) {
        int last;
        const double h = fitted_step(&s->ode, s->base.t, s->h, &last);
        if (!last && h < least_step(&s->ode, s->base.t))
            return status == NOT_FINITE ? ODE_NOT_FINITE : ODE_STEP_TOO_SMALL;
        status = attempt(s, h, &error);
        if (status == TRIED && error <= 1.0) {
            const double factor = growth(s, h, error);
            s->h = h * (rejected ? fmin(factor, 1.0) : factor);
            accept(s, last ? s->ode.end : s->base.t + h);
            return ODE_DONE;
        }
        s->base.n_rejected++;
        rejected = 1;
        s->h = h * (status == TRIED ? growth(s, h, error) : SHRINK_NOT_FINITE);
    }
}

static void interpolate(const Stepper *base, double time, double *out)
{
    const Rosenbrock *s = (const Rosenbrock *)base;
    const size_t n = s->ode.n;
    const double at = (time - base->t_old) / (base->t - base->t_old), rest = 1.0 - at;
    double weight[STAGES];
    for (int j = 0; j < STAGES; j++)
        weight[j] = at * rest * (H[0][j] + at * (H[1][j] + at * H[2][j]));
    for (size_t i = 0; i < n; i++) {
        double sum = rest * s->x_old[i] + at * s->x[i];
        for (int j = 0; j < STAGES; j++)
            sum += weight[j] * s->u_old[(size_t)j * n + i];
        out[i] = sum;
    }
}

static void release(Stepper *base)
{
    Rosenbrock *s = (Rosenbrock *)base;
    lu_free(s->lu);
    free(s->block);
    free(s);
}

static void restart(Stepper *base, const Ode *ode, const double *x0)
{
    Rosenbrock *s = (Rosenbrock *)base;
    s->ode = *ode;
    memcpy(s->x, x0, ode->n * sizeof *x0);
    memcpy(s->x_old, x0, ode->n * sizeof *x0);
    s->h_before = s->reach_before = 0.0;
    s->started = s->differentiated = s->base.moved = 0;
    s->base.t = s->base.t_old = ode->start;
    s->base.n_rejected = s->base.n_factorisations = s->base.n_solves = 0;
}

Stepper *rosenbrock_new(const Ode *ode, const double *x0)
{
    const size_t n = ode->n;
    const Model *model = ode->rates->model;
    Rosenbrock *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->lu = lu_new(model, 0);
    s->block = calloc(n * (2 * STAGES + 6) + model->n_jacobian + 1, sizeof *s->block);
    if (s->lu == NULL || s->block == NULL) {
        release(&s->base);
        return NULL;
    }
    s->x = s->block;
    s->x_old = s->x + n;
    s->x_new = s->x_old + n;
    s->rate = s->x_new + n;
    s->slope = s->rate + n;
    s->f = s->slope + n;
    s->u = s->f + n;
    s->u_old = s->u + STAGES * n;
    s->jacobian = s->u_old + STAGES * n;
    s->base.x = s->x;
    s->base.step = step;
    s->base.interpolate = interpolate;
    s->base.restart = restart;
    s->base.free = release;
    restart(&s->base, ode, x0);
    return &s->base;
}

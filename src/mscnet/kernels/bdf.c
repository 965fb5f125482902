/* BDF of order 1 to 5 with variable step, in Nordsieck form with fixed leading coefficient.
 *
 * Byrne and Hindmarsh, ACM Trans. Math. Softw. 1 (1975) 71; Jackson and Sacks-Davis, ACM Trans. Math. Softw. 6 (1980)
 * 295; choice of step and order: Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363, section 2.1.
 *
 * A step is predicted into rows of its own, so that one that fails leaves the accepted state as it was.  Prediction
 * and correction are linear in the rows, and Newton's matrix leaves conserved totals alone, so the totals hold. */
#include "bdf.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The next step aims at one part in BIAS[order] of what the error test allows.  Low orders take few of a run's steps,
 * mostly at its start, where errors are carried through all of it: there it pays to aim low. */
static const double BIAS[BDF_MAX_ORDER + 1] = {0.0, 60.0, 40.0, 30.0, 20.0, 12.0};
/* The estimate for the order above is the least certain. */
#define DOUBT_ABOVE 1.7
/* After a step that failed the error is known and near: the same step again aims at this part of what is allowed. */
#define BIAS_FAILED 6.0
/* The first step is so much shorter than the one that would just pass the error test. */
#define FIRST_SHARE 0.2
#define ADDED 1e-6
#define LEAST_GROWTH 1.5 /* a smaller gain is not worth new factors */
#define MOST_GROWTH 10.0
#define MOST_GROWTH_FIRST 1e4
#define SHRINK_NEWTON 0.25
#define SHRINK_LEAST 0.1
#define SHRINK_REPEATED 0.2
#define FAILS_BEFORE_LOWER 3
#define WAIT_RESTARTED 10
/* No time scale of a model is so small a part of the run. */
#define LEAST_SHARE 1e-60
#define ROWS (BDF_MAX_ORDER + 1)

/* --- choice of step ---------------------------------------------------------------------- */

static double root(double value, int degree)
{
    switch (degree) {
    case 1:
        return value;
    case 2:
        return sqrt(value);
    case 3:
        return cbrt(value);
    case 4:
        return sqrt(sqrt(value));
    default:
        return pow(value, 1.0 / degree);
    }
}

/* The factor for the step that brings an error, biased and relative to the tolerance, to the tolerance. */
static double factor_for(double error, int order)
{
    return 1.0 / (root(error, order + 1) + ADDED);
}

/* The same, or 1 where it is too small to matter: most steps take no root. */
static double growth_for(double error, int order)
{
    /* LEAST_GROWTH^-(order + 1) */
    static const double worth[] = {1.0 / 1.5,    1.0 / 2.25,     1.0 / 3.375,    1.0 / 5.0625,
                                   1.0 / 7.59375, 1.0 / 11.390625, 1.0 / 17.0859375};
    return error < worth[order] ? factor_for(error, order) : 1.0;
}

/* The shortest step that is tried: it still moves time. */
static double least_step(const Bdf *s)
{
    return fmax(DBL_EPSILON * fabs(s->base.t), LEAST_SHARE * (s->ode.end - s->ode.start));
}

static double above_error(const Bdf *s)
{
    const uint32_t n = s->ode.n;
    double ratio = s->h / s->past[1], power = ratio;
    for (int j = 0; j < s->order; j++)
        power *= ratio;
    const double share = s->formula.rise / s->rise_before * power;
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const double v = (s->e[i] - share * s->e_before[i]) * s->weight[i];
        sum += eighth_power(v);
    }
    double size = norm_of_sum(sum, n);
    if (s->follower != NULL && s->follower->change != NULL)
        size = fmax(size, s->follower->change(s->follower, s, share));
    return size * s->formula.error_above;
}

static double below_error(const Bdf *s)
{
    double size = bdf_norm(s, s->z + (size_t)s->order * s->ode.n);
    if (s->follower != NULL && s->follower->last_row != NULL)
        size = fmax(size, s->follower->last_row(s->follower, s));
    return size * s->formula.error_below;
}

/* Chooses order and size of the next step after one whose error was `error` of the tolerance. */
static void choose(Bdf *s, double error)
{
    const int q = s->order;
    s->next_order = q;
    s->growth = 1.0;
    if (s->no_growth) {
        s->wait = s->wait > 2 ? s->wait : 2;
        return;
    }
    double best = growth_for(BIAS[q] * error, q);
    if (s->wait == 0) {
        s->wait = 2;
        double below = 1.0, above = 1.0;
        if (q > 1)
            below = growth_for(BIAS[q - 1] * below_error(s), q - 1);
        if (q < BDF_MAX_ORDER && s->rise_before != 0.0)
            above = growth_for(BIAS[q + 1] * DOUBT_ABOVE * above_error(s), q + 1);
        if (below > best && below >= above) {
            best = below;
            s->next_order = q - 1;
        } else if (above > best) {
            best = above;
            s->next_order = q + 1;
        }
    }
    if (best < LEAST_GROWTH) {
        s->next_order = q;
        return;
    }
    s->growth = fmin(best, s->limit);
}

/* --- rows ----------------------------------------------------------------------------------- */

static void rescale(Bdf *s, double ratio)
{
    const uint32_t n = s->ode.n;
    double power = 1.0;
    for (int j = 1; j <= s->order; j++) {
        double *restrict row = s->z + (size_t)j * n;
        power *= ratio;
        for (uint32_t i = 0; i < n; i++)
            row[i] *= power;
    }
    s->h *= ratio;
    if (s->follower != NULL)
        s->follower->rescaled(s->follower, s, ratio);
}

static void set_order(Bdf *s, int order)
{
    const uint32_t n = s->ode.n;
    double c[ROWS];
    if (order < s->order) {
        const double *last = s->z + (size_t)s->order * n;
        formula_lower(c, s->order, s->h, s->past);
        for (int j = 2; j < s->order; j++)
            for (uint32_t i = 0; i < n; i++)
                s->z[(size_t)j * n + i] -= c[j] * last[i];
    } else if (order > s->order) {
        double *last = s->z + (size_t)order * n;
        formula_raise(c, s->order, s->h, s->past);
        for (uint32_t i = 0; i < n; i++)
            last[i] = c[order] * s->e[i];
        for (int j = 2; j < order; j++)
            for (uint32_t i = 0; i < n; i++)
                s->z[(size_t)j * n + i] += c[j] * last[i];
    }
    if (s->follower != NULL && order != s->order)
        s->follower->reordered(s->follower, s, order, c);
    s->order = order;
    s->wait = order + 1;
    s->rise_before = 0.0;
}

/* p = Pascal's triangle times z: the polynomial, one step on. */
static inline void predict_rows(const double *restrict z, double *restrict p, size_t n, int order)
{
    for (size_t i = 0; i < n; i++) {
        double row[ROWS];
        for (int j = 0; j <= order; j++)
            row[j] = z[j * n + i];
        for (int k = 1; k <= order; k++)
            for (int j = order; j >= k; j--)
                row[j - 1] += row[j];
        for (int j = 0; j <= order; j++)
            p[j * n + i] = row[j];
    }
}

static void predict(const double *z, double *p, size_t n, int order)
{
    switch (order) { /* a number that the compiler sees unrolls the triangle */
    case 1:
        predict_rows(z, p, n, 1);
        break;
    case 2:
        predict_rows(z, p, n, 2);
        break;
    case 3:
        predict_rows(z, p, n, 3);
        break;
    case 4:
        predict_rows(z, p, n, 4);
        break;
    default:
        predict_rows(z, p, n, 5);
    }
}

static void weigh(Bdf *s)
{
    const double rtol = s->ode.rtol;
    const double *restrict x = s->z, *restrict atol = s->ode.atol;
    double *restrict w = s->weight;
    for (uint32_t i = 0; i < s->ode.n; i++)
        w[i] = 1.0 / (rtol * fabs(x[i]) + atol[i]);
}

/* --- first step ----------------------------------------------------------------------------- */

static double largest_slope(const Bdf *s)
{
    double most = 0.0;
    for (uint32_t i = 0; i < s->ode.n; i++) {
        const double x = fabs(s->z[i]), slope = fabs(s->f[i]);
        most = fmax(most, slope / (0.1 * x + s->ode.rtol * x + s->ode.atol[i]));
    }
    return most;
}

/* A step h with h^2 |x''| / 2 about the tolerance, at a part of that for safety; 0 where no finite rate is near. */
static double first_step(Bdf *s)
{
    const uint32_t n = s->ode.n;
    const double t = s->base.t, slope = largest_slope(s);
    double most = 0.1 * (s->ode.end - t);
    if (most * slope > 1.0)
        most = 1.0 / slope;
    const double least = fmax(100.0 * DBL_EPSILON * fabs(t), 1e-12 * most);
    double h = sqrt(least * most);
    if (most < least)
        return least;
    for (int trial = 0; trial < 4; trial++) {
        int finite = 0;
        for (int shorter = 0; shorter < 20 && !finite; shorter++) {
            for (uint32_t i = 0; i < n; i++)
                s->y[i] = s->z[i] + h * s->f[i];
            rates_rhs(s->ode.rates, t + h, s->y, s->delta);
            finite = all_finite(s->delta, n);
            if (!finite)
                h *= 0.2;
        }
        if (!finite)
            return fmax(h, least);
        for (uint32_t i = 0; i < n; i++)
            s->delta[i] = (s->delta[i] - s->f[i]) / h * (most * most);
        const double curvature = bdf_norm(s, s->delta); /* in units of the longest step, which keep it small */
        double next = curvature > 2.0 ? most * sqrt(2.0 / curvature) : sqrt(h * most);
        const double ratio = next / h;
        if (trial > 0 && ratio > 2.0) /* the estimate has become noise */
            next = h;
        h = fmax(next, least);
        if (ratio > 0.5 && ratio < 2.0)
            break;
    }
    return fmin(fmax(FIRST_SHARE * h, least), most);
}

/* z_1 = h f, at order 1. */
static void begin(Bdf *s)
{
    const uint32_t n = s->ode.n;
    for (uint32_t i = 0; i < n; i++)
        s->z[n + i] = s->h * s->f[i];
    if (s->follower != NULL)
        s->follower->begun(s->follower, s);
}

static int start(Bdf *s)
{
    const uint32_t n = s->ode.n;
    weigh(s);
    rates_rhs(s->ode.rates, s->base.t, s->z, s->f);
    if (!all_finite(s->f, n))
        return ODE_NOT_FINITE;
    s->h = fmin(first_step(s), s->ode.max_step);
    begin(s);
    s->started = 1;
    return ODE_DONE;
}

/* --- a step ----------------------------------------------------------------------------------- */

/* Applies what `choose` chose, and keeps within the end and the longest step; whether this step is the last. */
static int prepare(Bdf *s)
{
    const double left = s->ode.end - s->base.t;
    if (s->next_order != s->order)
        set_order(s, s->next_order);
    double ratio = s->growth;
    s->growth = 1.0;
    if (s->h * ratio > s->ode.max_step)
        ratio = s->ode.max_step / s->h;
    const int last = s->h * ratio >= left * (1.0 - 1e-10);
    if (last)
        ratio = left / s->h;
    if (ratio != 1.0)
        rescale(s, ratio);
    return last;
}

static void accept(Bdf *s, double t)
{
    const uint32_t n = s->ode.n;
    const double *restrict e = s->e;
    for (int j = 0; j <= s->order; j++) {
        const double c = s->formula.corrector[j];
        const double *restrict p = s->p + (size_t)j * n;
        double *restrict z = s->z + (size_t)j * n;
        for (uint32_t i = 0; i < n; i++)
            z[i] = p[i] + c * e[i];
    }
    s->base.t_old = s->base.t;
    s->base.t = t;
    s->n_steps++;
    for (int j = BDF_MAX_ORDER + 1; j > 0; j--)
        s->past[j] = s->past[j - 1];
    s->past[0] = s->h;
    const int kept = --s->wait == 1 && s->order < BDF_MAX_ORDER;
    if (kept) {
        memcpy(s->e_before, e, n * sizeof *e);
        s->rise_before = s->formula.rise;
    }
    if (s->follower != NULL)
        s->follower->accepted(s->follower, s, kept);
}

/* After the error test failed for the `fails`-th time in this step: shorter, and at last from order 1 anew. */
static int after_error(Bdf *s, int fails, double error)
{
    const uint32_t n = s->ode.n;
    if (fails <= FAILS_BEFORE_LOWER) {
        const double ratio = fmax(SHRINK_LEAST, factor_for(BIAS_FAILED * error, s->order));
        rescale(s, fails > 1 ? fmin(ratio, SHRINK_REPEATED) : ratio);
        return ODE_DONE;
    }
    if (s->order > 1) {
        set_order(s, s->order - 1);
        rescale(s, SHRINK_LEAST);
        return ODE_DONE;
    }
    s->h *= SHRINK_LEAST;
    s->wait = WAIT_RESTARTED;
    rates_rhs(s->ode.rates, s->base.t, s->z, s->f);
    if (!all_finite(s->f, n))
        return ODE_NOT_FINITE;
    begin(s);
    return ODE_DONE;
}

/* One attempt at a step to time t; 1 where it was accepted, else its *error (infinite where Newton's method failed). */
static int attempt(Bdf *s, double t, double *error, int *status)
{
    double size = 0.0;
    predict(s->z, s->p, s->ode.n, s->order);
    formula_set(&s->formula, s->order, s->h, s->past);
    s->gamma = s->h / s->formula.corrector[1];
    *status = bdf_newton(s, t, &size);
    *error = *status == NEWTON_CONVERGED ? size * s->formula.error : INFINITY;
    if (*error <= 1.0 && s->follower != NULL && s->follower->corrected(s->follower, s, t, error)) {
        *status = NEWTON_SLOW;
        *error = INFINITY;
    }
    if (!(*error <= 1.0))
        return 0;
    accept(s, t);
    weigh(s);
    choose(s, *error);
    s->limit = MOST_GROWTH;
    return 1;
}

/* Forgets the steps before, as after a change of the state. */
static void renew(Bdf *s)
{
    s->order = s->next_order = 1, s->wait = 2;
    s->started = s->no_growth = s->jacobian_is_new = s->base.moved = 0;
    s->growth = s->rate = s->gamma_factored = 1.0;
    s->limit = MOST_GROWTH_FIRST;
    s->rise_before = 0.0;
    memset(s->past, 0, sizeof s->past);
    s->n_steps = s->factored_at = s->jacobian_at = 0;
    s->must_factor = s->must_differentiate = 1;
}

static int step(Stepper *base)
{
    Bdf *s = (Bdf *)base;
    if (base->moved)
        renew(s);
    int outcome = s->started ? ODE_DONE : start(s);
    if (outcome != ODE_DONE)
        return outcome;
    int last = prepare(s), status = NEWTON_CONVERGED, fails = 0;
    double error;
    s->no_growth = 0;
    while (last || s->h >= least_step(s)) {
        s->next_order = s->order;
        if (attempt(s, last ? s->ode.end : s->base.t + s->h, &error, &status))
            return ODE_DONE;
        s->base.n_rejected++;
        s->must_factor = s->no_growth = 1;
        last = 0;
        if (status == NEWTON_CONVERGED) {
            outcome = after_error(s, ++fails, error);
            if (outcome != ODE_DONE)
                return outcome;
        } else {
            s->must_differentiate = 1;
            rescale(s, SHRINK_NEWTON);
        }
    }
    return status == NEWTON_NOT_FINITE ? ODE_NOT_FINITE : ODE_STEP_TOO_SMALL;
}

static void interpolate(const Stepper *base, double time, double *out)
{
    const Bdf *s = (const Bdf *)base;
    const uint32_t n = s->ode.n;
    const double at = (time - base->t) / s->h;
    memcpy(out, s->z + (size_t)s->order * n, n * sizeof *out);
    for (int j = s->order - 1; j >= 0; j--)
        for (uint32_t i = 0; i < n; i++)
            out[i] = out[i] * at + s->z[(size_t)j * n + i];
}

static void release(Stepper *base)
{
    Bdf *s = (Bdf *)base;
    lu_free(s->lu);
    gmres_free(s->gmres);
    conserver_free(s->conserver);
    free(s->block);
    free(s);
}

static void restart(Stepper *base, const Ode *ode, const double *x0)
{
    Bdf *s = (Bdf *)base;
    s->ode = *ode;
    memcpy(s->z, x0, ode->n * sizeof *x0);
    if (s->conserver != NULL)
        conserver_begin(s->conserver, x0);
    renew(s);
    s->trouble = 0.0;
    s->closeness = 1.0;
    s->base.t = s->base.t_old = ode->start;
    s->base.n_rejected = s->base.n_factorisations = s->base.n_solves = s->base.n_products = 0;
}

Stepper *bdf_new(const Ode *ode, const double *x0)
{
    const size_t n = ode->n;
    const Model *model = ode->rates->model;
    Bdf *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    if (model->lu_plan != NULL)
        s->lu = lu_new(model, 0);
    else
        s->gmres = gmres_new(model);
    const int conserves = s->gmres != NULL && model->laws->n_laws > 0;
    if (conserves)
        s->conserver = conserver_new(model->laws, model->n_species);
    s->block = calloc(n * (2 * ROWS + 6) + model->n_jacobian + 1, sizeof *s->block);
    if ((s->lu == NULL && s->gmres == NULL) || (conserves && s->conserver == NULL) || s->block == NULL) {
        release(&s->base);
        return NULL;
    }
    s->z = s->block;
    s->p = s->z + ROWS * n;
    s->weight = s->p + ROWS * n;
    s->e = s->weight + n;
    s->e_before = s->e + n;
    s->y = s->e_before + n;
    s->f = s->y + n;
    s->delta = s->f + n;
    s->jacobian = s->delta + n;
    s->base.x = s->z;
    s->base.step = step;
    s->base.interpolate = interpolate;
    s->base.restart = restart;
    s->base.free = release;
    restart(&s->base, ode, x0);
    return &s->base;
}

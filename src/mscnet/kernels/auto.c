/* Changes between the explicit pair and an implicit method as the system becomes stiff and ceases to be.
 *
 * Explicit steps come first, since most runs begin with a fast transient.  Where they stay as short as stability wants
 * them (the fastest rate is estimated by a power iteration), an implicit method is tried from the state reached; there,
 * the same estimate says when explicit steps would be cheaper again.  Which is cheaper follows from counts of
 * operations, so that a run is the same every time.  As the gain is only known after a trial, a trial waits for as many
 * stiff steps as it costs, and twice as many after each that did not pay: no more than a part of the work is lost.
 * Shampine, ACM Trans. Math. Softw. 3 (1977) 44, and Petzold, SIAM J. Sci. Stat. Comput. 4 (1983) 136, on the idea. */
#include "explicit.h"
#include "rosenbrock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps between two looks. */
#define LOOK_EVERY 4
/* A step that grew by this much since the last look is not held down. */
#define GROWS 1.3
/* So much of the stable step is held down by stability. */
#define HELD_DOWN 0.65
#define HELD_DOWN_REJECTED 0.25
/* Stiff explicit steps before an implicit method is tried, at least. */
#define LEAST_PATIENCE 8
/* A trial costs so many implicit steps: a one-step method finds its step at once, BDF has to raise its order. */
#define TRIAL_ROSENBROCK 6
#define TRIAL_BDF 40
/* Explicit steps have to be this much cheaper before they come back, at two looks in a row. */
#define WORTH_IT 0.7
#define LOOKS_TO_RETURN 2
/* Steps of BDF for one of the methods of order 5. */
#define STEPS_OF_BDF 1.5
/* A Rosenbrock step may cost so many BDF steps: it is longer and far more accurate. */
#define ROSENBROCK_WORTH 7.0
/* Whatever the size, a step costs so much. */
#define STEP_COST 60.0
/* More species than this are not for Rosenbrock steps. */
#define MOST_SPECIES 300

typedef struct {
    Stepper base;
    Ode ode;
    Stepper *explicit_one, *implicit_one, *current; /* implicit_one is made when first needed */
    int implicit_method;
    double explicit_cost, implicit_cost; /* of a step, about in nanoseconds */
    double radius;                       /* the fastest rate at the last look */
    double h_looked;                     /* the step at the last look */
    int since_look, stiff, patience, steps_here, cheaper;
    double *block, *v, *q, *product; /* of the power iteration: [n], [reactions], [n] */
    uint64_t jacobian_looked, rejected_looked;
    uint64_t rejected, factorisations, solves; /* of stretches that are over */
} Auto;

/* --- costs ---------------------------------------------------------------------------------- */

static double cost_of_rates(const Model *m)
{
    double cost = 12.0 + 3.0 * m->n_reactions + m->n_species;
    for (uint32_t k = 0; k < m->n_shapes; k++)
        cost += 4.0 * m->shapes[k].count * m->shapes[k].program.n_code;
    return cost;
}

/* Makes the implicit method that suits this model, and finds the cost of its step; 0 without memory. */
static int make_implicit(Auto *s)
{
    const Model *m = s->ode.rates->model;
    const double rates = cost_of_rates(m), n = m->n_species;
    s->implicit_method = METHOD_BDF;
    s->implicit_cost = 5.0 * rates + 16.0 * n; /* with an iterative solver */
    if (n <= MOST_SPECIES) {
        Stepper *rosenbrock = rosenbrock_new(&s->ode, s->base.x);
        if (rosenbrock == NULL)
            return 0;
        const Lu *lu = rosenbrock_lu(rosenbrock);
        const double factor = 0.7 * lu_cost(lu) + 3.0 * (double)lu_size(lu), solve = 10.0 + (double)lu_size(lu);
        const double long_step = 8.0 * (rates + solve) + 2.5 * rates + factor + 20.0 * n + STEP_COST;
        const double short_step = 1.15 * (rates + solve) + 0.2 * factor + 16.0 * n + STEP_COST;
        s->implicit_cost = short_step;
        if (long_step <= ROSENBROCK_WORTH * short_step) {
            s->implicit_method = METHOD_ROSENBROCK;
            s->implicit_cost = long_step;
            s->implicit_one = rosenbrock;
            return 1;
        }
        rosenbrock->free(rosenbrock);
    }
    s->implicit_one = bdf_new(&s->ode, s->base.x);
    return s->implicit_one != NULL;
}

/* About what make_implicit costs. */
static double cost_of_analysis(const Auto *s)
{
    const Model *m = s->ode.rates->model;
    return s->implicit_one != NULL ? 0.0 : 400.0 * m->n_jacobian + LEAST_PATIENCE * s->explicit_cost;
}

static int trial_steps(const Auto *s)
{
    return s->implicit_method == METHOD_BDF ? TRIAL_BDF : TRIAL_ROSENBROCK;
}

/* --- changes of method ---------------------------------------------------------------------- */

static void share(Auto *s)
{
    const Stepper *inner = s->current;
    s->base.t = inner->t;
    s->base.t_old = inner->t_old;
    s->base.x = inner->x;
    s->base.method = inner == s->explicit_one ? METHOD_EXPLICIT : s->implicit_method;
    s->base.n_rejected = s->rejected + inner->n_rejected;
    s->base.n_factorisations = s->factorisations + inner->n_factorisations;
    s->base.n_solves = s->solves + inner->n_solves;
}

/* Goes on from the last state with another method, whose first step is h (0: it chooses). */
static void change(Auto *s, Stepper *next, double h)
{
    Ode ode = s->ode;
    ode.start = s->base.t;
    ode.first_step = h;
    s->rejected = s->base.n_rejected;
    s->factorisations = s->base.n_factorisations;
    s->solves = s->base.n_solves;
    next->restart(next, &ode, s->base.x);
    s->current = next;
    s->stiff = s->since_look = s->cheaper = s->steps_here = 0;
    s->h_looked = 0.0;
}

static int to_implicit(Auto *s)
{
    if (s->implicit_one == NULL && !make_implicit(s))
        return ODE_NO_MEMORY;
    for (uint32_t i = 0; i < s->ode.n; i++)
        s->v[i] = 1.0;
    change(s, s->implicit_one, s->implicit_method == METHOD_BDF ? 0.0 : explicit_next(s->explicit_one));
    return ODE_DONE;
}

/* After an explicit step: whether an implicit method is to be tried. */
static int is_stiff(Auto *s)
{
    if (++s->since_look < LOOK_EVERY)
        return 0;
    s->since_look = 0;
    const double h = explicit_next(s->explicit_one), before = s->h_looked;
    const uint64_t rejected = s->base.n_rejected - s->rejected_looked;
    s->h_looked = h;
    s->rejected_looked = s->base.n_rejected;
    if (before == 0.0 || (h > GROWS * before && !rejected)) {
        s->stiff = 0;
        return 0;
    }
    s->radius = explicit_radius(s->explicit_one);
    /* rejections tell of steps beyond the border, and the accepted ones are then shorter than it allows */
    const double border = (rejected ? HELD_DOWN_REJECTED : HELD_DOWN) * EXPLICIT_STABLE;
    const int held = h * s->radius > border || rejected >= LOOK_EVERY;
    s->stiff = held ? s->stiff + LOOK_EVERY : s->stiff - LOOK_EVERY;
    s->stiff = s->stiff > 0 ? s->stiff : 0;
    if (s->stiff == 0 || s->stiff < s->patience)
        return 0;
    const double left = (s->ode.end - s->base.t) / h; /* explicit steps */
    if (left * s->explicit_cost < cost_of_analysis(s) || (s->implicit_one == NULL && !make_implicit(s)))
        return 0;
    const double trial = trial_steps(s) * s->implicit_cost / s->explicit_cost; /* in explicit steps */
    return s->stiff >= 0.5 * trial && left > 2.0 * trial;
}

/* One step of the power iteration with the Jacobian that the method evaluated last. */
static double implicit_radius(Auto *s)
{
    const uint32_t n = s->ode.n;
    double before = 0.0, after = 0.0;
    rates_times(s->ode.rates, s->v, s->q, s->product);
    for (uint32_t i = 0; i < n; i++) {
        const double weight = 1.0 / (s->ode.atol[i] + s->ode.rtol * fabs(s->base.x[i]));
        before += s->v[i] * weight * (s->v[i] * weight);
        after += s->product[i] * weight * (s->product[i] * weight);
    }
    if (!isfinite(after) || !isfinite(before))
        return INFINITY;
    if (after == 0.0)
        return 0.0;
    const double scale = 1.0 / sqrt(after);
    for (uint32_t i = 0; i < n; i++)
        s->v[i] = s->product[i] * scale;
    return sqrt(after / before);
}

/* After an implicit step: whether explicit ones would be cheaper by now. */
static int is_calm(Auto *s)
{
    s->steps_here++;
    if (s->ode.rates->n_jacobian != s->jacobian_looked) {
        s->jacobian_looked = s->ode.rates->n_jacobian;
        s->radius = implicit_radius(s);
    }
    if (++s->since_look < LOOK_EVERY || s->steps_here < trial_steps(s))
        return 0;
    s->since_look = 0;
    const double h = s->base.t - s->base.t_old, stable = EXPLICIT_STABLE / s->radius;
    const double accurate = s->implicit_method == METHOD_BDF ? STEPS_OF_BDF * h : h;
    const int cheaper = s->explicit_cost / fmin(stable, accurate) < WORTH_IT * s->implicit_cost / h;
    s->cheaper = cheaper ? s->cheaper + 1 : 0;
    return s->cheaper >= LOOKS_TO_RETURN;
}

/* --- the stepper ---------------------------------------------------------------------------- */

static int step(Stepper *base)
{
    Auto *s = (Auto *)base;
    s->current->moved |= base->moved;
    base->moved = 0;
    int status = s->current->step(s->current);
    share(s);
    if (status != ODE_DONE && s->current == s->explicit_one) {
        status = to_implicit(s);
        if (status == ODE_DONE)
            status = s->current->step(s->current);
        share(s);
        return status;
    }
    return status;
}

/* Changes the method where that pays; at the beginning of a step, so that the last one can still be interpolated. */
static int step_or_change(Stepper *base)
{
    Auto *s = (Auto *)base;
    if (s->current == s->explicit_one) {
        if (base->t > base->t_old && is_stiff(s) && to_implicit(s) != ODE_DONE)
            return ODE_NO_MEMORY;
    } else if (is_calm(s)) {
        const double h = base->t - base->t_old;
        if (s->steps_here < 3 * trial_steps(s))
            s->patience *= 2;
        change(s, s->explicit_one, fmin(h, 0.5 * EXPLICIT_STABLE / fmax(s->radius, 1e-300)));
    }
    return step(base);
}

static void interpolate(const Stepper *base, double time, double *out)
{
    const Stepper *inner = ((const Auto *)base)->current;
    inner->interpolate(inner, time, out);
}

static void release(Stepper *base)
{
    Auto *s = (Auto *)base;
    if (s->explicit_one != NULL)
        s->explicit_one->free(s->explicit_one);
    if (s->implicit_one != NULL)
        s->implicit_one->free(s->implicit_one);
    free(s->block);
    free(s);
}

static void restart(Stepper *base, const Ode *ode, const double *x0)
{
    Auto *s = (Auto *)base;
    s->ode = *ode;
    s->explicit_one->restart(s->explicit_one, ode, x0);
    s->current = s->explicit_one;
    s->radius = s->h_looked = 0.0;
    s->since_look = s->stiff = s->steps_here = s->cheaper = base->moved = 0;
    s->patience = LEAST_PATIENCE;
    s->jacobian_looked = s->rejected_looked = 0;
    s->rejected = s->factorisations = s->solves = 0;
    share(s);
}

Stepper *auto_new(const Ode *ode, const double *x0)
{
    const Model *m = ode->rates->model;
    const size_t n = ode->n;
    Auto *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->explicit_one = explicit_new(ode, x0);
    s->block = calloc(2 * n + m->n_reactions + 1, sizeof *s->block);
    if (s->explicit_one == NULL || s->block == NULL) {
        release(&s->base);
        return NULL;
    }
    s->v = s->block;
    s->product = s->v + n;
    s->q = s->product + n;
    s->explicit_cost = 6.0 * cost_of_rates(m) + 10.0 * (double)n + STEP_COST;
    s->base.step = step_or_change;
    s->base.interpolate = interpolate;
    s->base.restart = restart;
    s->base.free = release;
    restart(&s->base, ode, x0);
    return &s->base;
}

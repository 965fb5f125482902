/* Forward sensitivities ds/dt = J s + df/dp, corrected after each step of the state with the factors of its Newton
 * iteration.
 *
 * Staggered corrector: Feehery, Tolsma and Barton, Applied Numerical Mathematics 25 (1997) 41; as part of a BDF in
 * Nordsieck form: Serban and Hindmarsh, Proc. ASME IDETC (2005) 257.  Where it does not converge with them, they are
 * made anew at the end of the step; one solve is then enough.  In a run whose linear systems GMRES solves, incomplete
 * factors are made for each step; few iterations with them are as a rule enough, and where not, complete ones serve.
 *
 * All vectors are [n_species][count], the directions of one species side by side. */
#include "sens_forward.h"

#include "sens_loops.h"
#include "wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS (BDF_MAX_ORDER + 1)
#define SHARE_OF_ERROR 0.1
#define MOST_ITERATIONS 4
#define MOST_ITERATIONS_INCOMPLETE 8
#define DIVERGES 2.0
#define RATE_MEMORY 0.3

struct Forward {
    BdfFollower base;
    Bdf *bdf;
    const Directions *directions;
    const double *scale;
    size_t count, size; /* n * count */
    Ilu *ilu;           /* where the run has no complete factors; else NULL */
    Lu *lu;             /* with an Ilu, made when it is needed first */
    double *factor_scale; /* [n] what the run's errors are measured in, in the order of the Ilu */
    double *block; /* owns all of the following */
    double *z, *p; /* [ROWS][size] */
    double *e, *e_before, *weight, *slope, *v, *delta; /* [size] */
    double *jacobian, *by_constant;
    double *sums; /* [count] */
    int wide;
    double rate;   /* of convergence, with the factors seen last */
    uint64_t seen; /* factorisations so far */
};

/* The largest of the columns' weighted norms of v - share w; each as bdf_norm. */
static double norm(const Forward *s, const double *restrict v, const double *restrict w, double share)
{
    const double *sums = s->sums;
    const size_t n = s->bdf->ode.n, count = s->count;
    double most = 0.0;
    loops_sums(s->wide, v, w, share, s->weight, n, count, s->sums);
    for (size_t p = 0; p < count; p++) {
        if (!(sums[p] <= most)) /* also nan */
            most = sums[p];
        if (most != most)
            break;
    }
    return norm_of_sum(most, (uint32_t)n);
}

static double plain_norm(const Forward *s, const double *v)
{
    return norm(s, v, v, 0.0);
}

static void weigh(Forward *s)
{
    const Ode *ode = &s->bdf->ode;
    loops_weigh(s->wide, s->z, s->scale, ode->rtol, ode->atol, ode->n, s->count, s->weight);
}

/* Derivatives and df/dp at (t, x). */
static void differentiate(Forward *s, double t, const double *x)
{
    Rates *rates = s->bdf->ode.rates;
    rates_all_derivatives(rates, t, x, s->by_constant);
    model_jacobian(rates->model, rates->d, s->jacobian);
    directions_slope(s->directions, rates->d, s->by_constant, s->slope);
}

static void begun(BdfFollower *base, const Bdf *bdf)
{
    Forward *s = (Forward *)base;
    double *first = s->z + s->size;
    differentiate(s, bdf->base.t, bdf->z);
    loops_product(s->wide, bdf->ode.rates->model, s->jacobian, s->z, s->count, first);
    for (size_t i = 0; i < s->size; i++)
        first[i] = bdf->h * (first[i] + s->slope[i]);
    weigh(s);
}

static void rescaled(BdfFollower *base, const Bdf *bdf, double ratio)
{
    Forward *s = (Forward *)base;
    double power = 1.0;
    for (int j = 1; j <= bdf->order; j++) {
        double *restrict row = s->z + (size_t)j * s->size;
        power *= ratio;
        for (size_t i = 0; i < s->size; i++)
            row[i] *= power;
    }
}

static void add_rows(Forward *s, int from, int to, const double *c, double sign, const double *restrict row)
{
    for (int j = from; j < to; j++) {
        double *restrict z = s->z + (size_t)j * s->size;
        for (size_t i = 0; i < s->size; i++)
            z[i] += sign * c[j] * row[i];
    }
}

static void reordered(BdfFollower *base, const Bdf *bdf, int order, const double *c)
{
    Forward *s = (Forward *)base;
    if (order < bdf->order) {
        add_rows(s, 2, bdf->order, c, -1.0, s->z + (size_t)bdf->order * s->size);
        return;
    }
    double *last = s->z + (size_t)order * s->size;
    for (size_t i = 0; i < s->size; i++)
        last[i] = c[order] * s->e[i];
    add_rows(s, 2, order, c, 1.0, last);
}

/* gamma (J (p_0 + e) + df/dp) - p_1 / corrector[1] - e, into delta. */
static void residual(Forward *s, int first)
{
    const Bdf *bdf = s->bdf;
    const double inverse = 1.0 / bdf->formula.corrector[1];
    const double *restrict e = s->e;
    double *restrict v = s->v;
    if (!first)
        for (size_t i = 0; i < s->size; i++)
            v[i] = s->p[i] + e[i];
    loops_product(s->wide, bdf->ode.rates->model, s->jacobian, first ? s->p : v, s->count, s->delta);
    loops_residual(s->wide, bdf->gamma, s->slope, inverse, s->p + s->size, first ? NULL : e, s->size, s->delta);
}

/* Adds the solution of the present residual, by `lu` or else incomplete factors, times `scale` to e; the norm of what
 * was added. */
static double improve(Forward *s, const Lu *lu, int first, double scale)
{
    residual(s, first);
    if (lu != NULL)
        lu_solve_many(lu, s->delta, s->count);
    else
        ilu_solve_many(s->ilu, s->delta, s->count);
    for (size_t i = 0; i < s->size; i++) {
        s->delta[i] *= scale;
        s->e[i] = first ? s->delta[i] : s->e[i] + s->delta[i];
    }
    return plain_norm(s, s->delta);
}

static int iterate(Forward *s)
{
    const Bdf *bdf = s->bdf;
    const double ratio = bdf->gamma / bdf->gamma_factored;
    const double scale = ratio != 1.0 && bdf->lu != NULL ? 2.0 / (1.0 + ratio) : 1.0;
    const int most = bdf->lu != NULL ? MOST_ITERATIONS : MOST_ITERATIONS_INCOMPLETE;
    const double allowed = SHARE_OF_ERROR / bdf->formula.error;
    double before = 0.0;
    for (int i = 0; i < most; i++) {
        const double step = improve(s, bdf->lu, i == 0, scale);
        if (!isfinite(step))
            return 1;
        if (i > 0)
            s->rate = fmax(RATE_MEMORY * s->rate, step / before);
        if (step * fmin(1.0, s->rate) <= allowed)
            return 0;
        if (i > 0 && step > DIVERGES * before)
            return 1;
        before = step;
    }
    return 1;
}

/* Incomplete factors of the step's own matrix; not 0 where they are singular. */
static int factor_incompletely(Forward *s)
{
    const Bdf *bdf = s->bdf;
    const uint32_t *order = s->ilu->plan->order;
    for (uint32_t i = 0; i < bdf->ode.n; i++)
        s->factor_scale[i] = 1.0 / bdf->weight[order[i]];
    s->rate = 1.0;
    ilu_take(s->ilu, s->jacobian);
    return ilu_factor(s->ilu, bdf->gamma, s->factor_scale);
}

/* One solve with new complete factors of the step's own matrix; not 0 where that cannot be done. */
static int solve_completely(Forward *s, Bdf *bdf)
{
    if (bdf->lu != NULL)
        return bdf_refactor(bdf, s->jacobian) || !isfinite(improve(s, bdf->lu, 1, 1.0));
    if (s->lu == NULL)
        s->lu = lu_new(bdf->ode.rates->model, 0);
    return s->lu == NULL || lu_factor(s->lu, s->jacobian, 1.0, bdf->gamma) ||
           !isfinite(improve(s, s->lu, 1, 1.0));
}

static int corrected(BdfFollower *base, Bdf *bdf, double t, double *error)
{
    Forward *s = (Forward *)base;
    loops_predict(s->wide, s->z, s->p, s->size, bdf->order);
    differentiate(s, t, bdf->y);
    if (bdf->base.n_factorisations != s->seen)
        s->rate = 1.0;
    if ((bdf->lu == NULL && factor_incompletely(s)) || iterate(s)) {
        if (solve_completely(s, bdf))
            return 1;
    }
    s->seen = bdf->base.n_factorisations;
    if (s->base.last_row != NULL)
        *error = fmax(*error, plain_norm(s, s->e) * bdf->formula.error);
    return 0;
}

static void accepted(BdfFollower *base, const Bdf *bdf, int kept)
{
    Forward *s = (Forward *)base;
    loops_accept(s->wide, s->z, s->p, s->e, bdf->formula.corrector, s->size, bdf->order);
    if (kept)
        memcpy(s->e_before, s->e, s->size * sizeof *s->e);
    weigh(s);
}

static double last_row(BdfFollower *base, const Bdf *bdf)
{
    Forward *s = (Forward *)base;
    return plain_norm(s, s->z + (size_t)bdf->order * s->size);
}

static double change(BdfFollower *base, const Bdf *bdf, double share)
{
    (void)bdf;
    Forward *s = (Forward *)base;
    return norm(s, s->e, s->e_before, share);
}

void forward_at(const Forward *s, double time, double *out)
{
    const Bdf *bdf = s->bdf;
    loops_at(s->wide, s->z, s->size, bdf->order, (time - bdf->base.t) / bdf->h, out);
}

static int take(Forward *s, const Model *m)
{
    if (s->bdf->lu == NULL && (s->ilu = ilu_new(m)) == NULL)
        return 0;
    s->block = calloc(s->size * (2 * ROWS + 6) + m->n_species + m->n_jacobian + s->directions->tables.n_by_constant + s->count + 3,
                      sizeof *s->block);
    if (s->block == NULL)
        return 0;
    s->z = s->block;
    s->p = s->z + ROWS * s->size;
    s->e = s->p + ROWS * s->size;
    s->e_before = s->e + s->size;
    s->weight = s->e_before + s->size;
    s->slope = s->weight + s->size;
    s->v = s->slope + s->size;
    s->delta = s->v + s->size;
    s->sums = s->delta + s->size;
    s->jacobian = s->sums + s->count;
    s->by_constant = s->jacobian + m->n_jacobian + 1;
    s->factor_scale = s->by_constant + s->directions->tables.n_by_constant + 1;
    memcpy(s->z, s->directions->initial, s->size * sizeof *s->z);
    return 1;
}

Forward *forward_new(Stepper *stepper, const Directions *directions, const double *scale, int tested)
{
    Bdf *bdf = (Bdf *)stepper;
    const Model *m = bdf->ode.rates->model;
    Forward *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->bdf = bdf;
    s->directions = directions;
    s->scale = scale;
    s->count = directions->count;
    s->size = (size_t)m->n_species * s->count;
    s->wide = has_wide();
    s->rate = 1.0;
    if (!take(s, m)) {
        forward_free(s);
        return NULL;
    }
    s->base = (BdfFollower){begun, rescaled, reordered, corrected, accepted, tested ? last_row : NULL,
                            tested ? change : NULL};
    bdf_follow(stepper, &s->base);
    return s;
}

void forward_free(Forward *s)
{
    if (s == NULL)
        return;
    ilu_free(s->ilu);
    lu_free(s->lu);
    free(s->block);
    free(s);
}

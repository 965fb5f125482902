/* Newton's method for one BDF step, with factors of I - gamma J that are kept as long as they serve.
 *
 * The rules for keeping them and for convergence are those of Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363,
 * section 2.1. */
#include "bdf.h"

#include <math.h>
#include <string.h>

/* The iteration may leave a twentieth of what the error test allows: more of it makes the estimates of error rough, and
 * rough ones cost more steps than iterations are saved.  A linear solve may leave a twentieth of that. */
#define SHARE_OF_ERROR 0.05
#define SHARE_OF_NEWTON 0.02
/* Products with J that a solve by GMRES may take in the mean, and how many more it may have taken; the most numbers of
 * complete factors that then replace the incomplete ones, and multiplications of one factorisation. */
#define WORTH_PRODUCTS 4.0
#define MOST_TROUBLE 60.0
#define MOST_NUMBERS 1000000
#define MOST_COST 1e9
/* How much closer than the tolerance a solve that is to judge others is done, and at the most those others. */
#define CLOSER 0.01
#define LEAST_CLOSENESS 1e-6
#define MOST_ITERATIONS 3
#define DIVERGES 2.0
/* How much of an earlier rate of convergence still counts. */
#define RATE_MEMORY 0.3
#define MOST_GAMMA_CHANGE 0.3
#define STEPS_OF_FACTORS 20
#define STEPS_OF_JACOBIAN 50

double bdf_norm(const Bdf *s, const double *v)
{
    const uint32_t n = s->ode.n;
    const double *w = s->weight;
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++)
        sum += eighth_power(v[i] * w[i]);
    return norm_of_sum(sum, n);
}

/* Complete factors from now on, if they are not too large. */
static void turn_direct(Bdf *s)
{
    s->tried_direct = 1;
    s->lu = lu_new(s->ode.rates->model, MOST_NUMBERS);
    if (s->lu != NULL && lu_cost(s->lu) > MOST_COST) {
        lu_free(s->lu);
        s->lu = NULL;
    }
    if (s->lu == NULL)
        return;
    gmres_free(s->gmres);
    s->gmres = NULL;
}

static int factor(Bdf *s, double t, int differentiate)
{
    if (s->trouble >= MOST_TROUBLE && !s->tried_direct)
        turn_direct(s);
    if (differentiate || s->n_steps >= s->jacobian_at + STEPS_OF_JACOBIAN) {
        rates_jacobian(s->ode.rates, t, s->p, s->jacobian);
        s->jacobian_at = s->n_steps;
        s->jacobian_is_new = 1;
        if (s->gmres != NULL)
            gmres_take(s->gmres, s->jacobian);
    }
    s->must_factor = s->must_differentiate = 0;
    s->base.n_factorisations++;
    s->factored_at = s->n_steps;
    s->gamma_factored = s->gamma;
    s->rate = 1.0;
    if (s->conserver != NULL)
        conserver_weigh(s->conserver, s->weight);
    if (s->gmres != NULL)
        return gmres_factor(s->gmres, s->gamma, s->weight);
    return lu_factor(s->lu, s->jacobian, 1.0, s->gamma);
}

int bdf_refactor(Bdf *s, const double *jacobian)
{
    memcpy(s->jacobian, jacobian, s->ode.rates->model->n_jacobian * sizeof *jacobian);
    s->must_factor = s->must_differentiate = 0;
    s->base.n_factorisations++;
    s->factored_at = s->jacobian_at = s->n_steps;
    s->gamma_factored = s->gamma;
    s->rate = 1.0;
    return lu_factor(s->lu, s->jacobian, 1.0, s->gamma);
}

/* gamma f - z_1 / corrector[1] - e, which is zero at the solution. */
static void residual(const Bdf *s, int first, double *restrict out)
{
    const uint32_t n = s->ode.n;
    const double gamma = s->gamma, inverse = 1.0 / s->formula.corrector[1];
    const double *restrict f = s->f, *restrict slope = s->p + n, *restrict e = s->e;
    if (first)
        for (uint32_t i = 0; i < n; i++)
            out[i] = gamma * f[i] - inverse * slope[i];
    else
        for (uint32_t i = 0; i < n; i++)
            out[i] = gamma * f[i] - (inverse * slope[i] + e[i]);
}

/* Adds the correction times `scale` to e, makes the iterate; norms of the correction and of the new e. */
static void correct(Bdf *s, int first, double scale, double *of_delta, double *of_e)
{
    const uint32_t n = s->ode.n;
    const double *restrict delta = s->delta, *restrict p = s->p, *restrict w = s->weight;
    double *restrict e = s->e, *restrict y = s->y;
    double sum = 0.0, total = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const double d = scale * delta[i];
        const double now = first ? d : e[i] + d;
        e[i] = now;
        y[i] = p[i] + now;
        sum += eighth_power(d * w[i]);
        total += eighth_power(now * w[i]);
    }
    *of_delta = norm_of_sum(sum, n);
    *of_e = norm_of_sum(total, n);
}

/* Notes how many products with J a solve took.  Where that is many again and again, incomplete factors say little about
 * the error that is left, which then costs steps: the next factors are to be complete. */
static void note_products(Bdf *s, int products)
{
    s->base.n_products += (uint64_t)products;
    s->trouble = fmax(0.0, s->trouble + products - WORTH_PRODUCTS);
    if (s->trouble >= MOST_TROUBLE && !s->tried_direct)
        s->must_factor = 1;
}

/* Root of the sum of squares of the difference of x and y, weighted. */
static double distance(const Bdf *s, const double *x, const double *y)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < s->ode.n; i++) {
        const double d = (x[i] - y[i]) * s->weight[i];
        sum += d * d;
    }
    return sqrt(sum);
}

/* The residual that GMRES goes by is the error of the solution only as far as incomplete factors are the inverse.  With
 * each new Jacobian one solve is done twice, the second time much closer, and where the first is found to be further
 * off than it should be, those that follow are done closer. */
static int solve_twice(Bdf *s, double tolerance)
{
    double *right = s->y; /* which is yet to be made */
    memcpy(right, s->delta, s->ode.n * sizeof *right);
    int products = gmres_solve(s->gmres, s->gamma, s->weight, s->closeness * tolerance, s->delta);
    const int better = gmres_solve(s->gmres, s->gamma, s->weight, CLOSER * s->closeness * tolerance, right);
    note_products(s, products < 0 ? GMRES_MOST : products);
    if (better >= 0) {
        const double off = distance(s, right, s->delta) / tolerance;
        s->closeness = fmin(1.0, off > 0.0 ? s->closeness / off : 1.0);
        s->closeness = fmax(s->closeness, LEAST_CLOSENESS);
        memcpy(s->delta, right, s->ode.n * sizeof *right);
        s->base.n_products += (uint64_t)better;
        products = better;
    }
    return products < 0;
}

/* Solves for the correction in place; not 0 where the iterative solver does not reach the tolerance. */
static int solve_linear(Bdf *s, int first, double tolerance)
{
    if (s->gmres == NULL) {
        lu_solve(s->lu, s->delta);
        return 0;
    }
    if (first && s->jacobian_is_new)
        return solve_twice(s, tolerance);
    const int products = gmres_solve(s->gmres, s->gamma, s->weight, s->closeness * tolerance, s->delta);
    note_products(s, products < 0 ? GMRES_MOST : products);
    return products < 0;
}

static int iterate(Bdf *s, double t, double *size)
{
    const double ratio = s->gamma / s->gamma_factored;
    const double scale = ratio != 1.0 && s->gmres == NULL ? 2.0 / (1.0 + ratio) : 1.0; /* best for a matrix of another gamma */
    const double allowed = SHARE_OF_ERROR / s->formula.error;
    double before = 0.0;
    for (int i = 0; i < MOST_ITERATIONS; i++) {
        double step;
        rates_rhs(s->ode.rates, t, i == 0 ? s->p : s->y, s->f);
        residual(s, i == 0, s->delta);
        if (solve_linear(s, i == 0, SHARE_OF_NEWTON * allowed))
            return NEWTON_SLOW;
        s->base.n_solves++;
        correct(s, i == 0, scale, &step, size);
        if (!isfinite(step))
            return all_finite(s->f, s->ode.n) ? NEWTON_SLOW : NEWTON_NOT_FINITE;
        if (i > 0)
            s->rate = fmax(RATE_MEMORY * s->rate, step / before);
        if (step * fmin(1.0, s->rate) <= allowed)
            return NEWTON_CONVERGED;
        if (i > 0 && step > DIVERGES * before)
            break;
        before = step;
    }
    return NEWTON_SLOW;
}

/* Newton's method without a return to the conserved totals. */
static int solve(Bdf *s, double t, double *size)
{
    s->jacobian_is_new = 0;
    const int stale = s->must_factor || fabs(s->gamma / s->gamma_factored - 1.0) > MOST_GAMMA_CHANGE ||
                      s->n_steps >= s->factored_at + STEPS_OF_FACTORS;
    if (stale && factor(s, t, s->must_differentiate))
        return NEWTON_SINGULAR;
    int status = iterate(s, t, size);
    if (status == NEWTON_CONVERGED || s->jacobian_is_new)
        return status;
    /* an old Jacobian may be to blame: try once more from the prediction with a new one */
    if (factor(s, t, 1))
        return NEWTON_SINGULAR;
    return iterate(s, t, size);
}

int bdf_newton(Bdf *s, double t, double *size)
{
    const int status = solve(s, t, size);
    if (status == NEWTON_CONVERGED && s->conserver != NULL)
        conserver_return(s->conserver, s->y, s->e);
    return status;
}

void bdf_follow(Stepper *bdf, BdfFollower *follower)
{
    ((Bdf *)bdf)->follower = follower;
}

/* Transposed systems: direct where factors are cheap, else GMRES with factors of an earlier matrix on the right, which
 * are complete or, where the model's plan says so, incomplete.
 *
 * Saad, Iterative Methods for Sparse Linear Systems, 2003, section 9.3.  Factors are made anew once the average cost
 * of a system since they were made begins to rise. */
#include "sens_transposed.h"

#include "ilu.h"
#include "lu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Factors are made for each system where that takes so few times the multiplications of one iteration. */
#define CHEAP_FACTORS 3.0
/* What it costs to make incomplete factors, in iterations. */
#define COST_INCOMPLETE 5.0
#define MOST_DIRECTIONS 30
/* Of the residual, relative to the right-hand side. */
#define TOLERANCE 1e-9

struct Transposed {
    const Model *model;
    Ilu *ilu; /* or NULL where complete factors serve */
    Lu *lu;   /* NULL where incomplete ones do, until those fail */
    const double *size; /* [n] changes of the state that count alike; not owned */
    int factor_always, must_factor;
    double iteration, factoring, spent, average; /* multiplications */
    size_t systems;                              /* since the factors were made */
    double *block;                    /* owns all of the following */
    double *basis;                    /* [MOST_DIRECTIONS + 1][n] */
    double *v, *work;                 /* [n] */
    double h[MOST_DIRECTIONS + 1][MOST_DIRECTIONS], cosine[MOST_DIRECTIONS], sine[MOST_DIRECTIONS];
    double g[MOST_DIRECTIONS + 1];
};

Transposed *transposed_new(const Model *model)
{
    Transposed *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    const size_t n = model->n_species;
    s->model = model;
    s->must_factor = 1;
    s->iteration = model->n_jacobian;
    s->factoring = COST_INCOMPLETE * s->iteration;
    if (model->lu_plan == NULL)
        s->ilu = ilu_new(model);
    else
        s->lu = lu_new(model, 0);
    if (s->lu != NULL) {
        s->iteration += (double)lu_size(s->lu);
        s->factoring = lu_cost(s->lu);
        s->factor_always = s->factoring <= CHEAP_FACTORS * s->iteration;
    }
    s->block = malloc(((MOST_DIRECTIONS + 3) * n + 1) * sizeof *s->block);
    if ((s->lu == NULL && s->ilu == NULL) || s->block == NULL) {
        transposed_free(s);
        return NULL;
    }
    s->basis = s->block;
    s->v = s->basis + (MOST_DIRECTIONS + 1) * n;
    s->work = s->v + n;
    return s;
}

void transposed_weigh(Transposed *s, const double *size)
{
    s->size = size;
}

void transposed_free(Transposed *s)
{
    if (s == NULL)
        return;
    ilu_free(s->ilu);
    lu_free(s->lu);
    free(s->block);
    free(s);
}

void transposed_product(const Model *m, const double *restrict jacobian, const double *restrict v,
                        double *restrict out)
{
    for (uint32_t i = 0; i < m->n_species; i++) {
        double sum = 0.0;
        for (uint32_t e = m->j_start[i]; e < m->j_start[i + 1]; e++)
            sum += jacobian[e] * v[m->j_row[e]];
        out[i] = sum;
    }
}

static double dot(size_t n, const double *restrict a, const double *restrict b)
{
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* v := M^-T v, with M as factored. */
static void precondition(Transposed *s, double *v)
{
    if (s->ilu == NULL) {
        lu_solve_transposed(s->lu, v);
        return;
    }
    const uint32_t n = s->model->n_species, *order = s->ilu->plan->order;
    for (uint32_t i = 0; i < n; i++)
        s->work[i] = v[order[i]];
    ilu_solve_transposed(s->ilu, s->work);
    for (uint32_t i = 0; i < n; i++)
        v[order[i]] = s->work[i];
}

/* out = D (I - gamma J)^T M^-T D^-1 in, with D = diag(size). */
static void apply(Transposed *s, const double *jacobian, double gamma, const double *in, double *out)
{
    const double *restrict size = s->size;
    const size_t n = s->model->n_species;
    for (size_t i = 0; i < n; i++)
        s->v[i] = in[i] / size[i];
    precondition(s, s->v);
    transposed_product(s->model, jacobian, s->v, out);
    for (size_t i = 0; i < n; i++)
        out[i] = (s->v[i] - gamma * out[i]) * size[i];
}

/* Makes the next direction orthogonal to those before, and the column k of the triangle; its residual. */
static double extend(Transposed *s, int k)
{
    const size_t n = s->model->n_species;
    double *restrict next = s->basis + (size_t)(k + 1) * n;
    for (int i = 0; i <= k; i++) {
        const double *restrict row = s->basis + (size_t)i * n;
        const double share = s->h[i][k] = dot(n, next, row);
        for (size_t a = 0; a < n; a++)
            next[a] -= share * row[a];
    }
    const double size = sqrt(dot(n, next, next));
    for (size_t a = 0; size > 0.0 && a < n; a++)
        next[a] /= size;
    for (int i = 0; i < k; i++) {
        const double above = s->h[i][k], below = s->h[i + 1][k];
        s->h[i][k] = s->cosine[i] * above + s->sine[i] * below;
        s->h[i + 1][k] = s->cosine[i] * below - s->sine[i] * above;
    }
    const double both = hypot(s->h[k][k], size);
    s->cosine[k] = both > 0.0 ? s->h[k][k] / both : 1.0;
    s->sine[k] = both > 0.0 ? size / both : 0.0;
    s->h[k][k] = both;
    s->g[k + 1] = -s->sine[k] * s->g[k];
    s->g[k] *= s->cosine[k];
    return fabs(s->g[k + 1]);
}

/* v = M^-T D^-1 (sum of the directions that make the residual least). */
static void combine(Transposed *s, int count, double *v)
{
    const double *restrict size = s->size;
    const size_t n = s->model->n_species;
    memset(v, 0, n * sizeof *v);
    for (int k = count - 1; k >= 0; k--) {
        double sum = s->g[k];
        for (int i = k + 1; i < count; i++)
            sum -= s->h[k][i] * s->g[i];
        s->g[k] = sum / s->h[k][k];
        const double *row = s->basis + (size_t)k * n;
        for (size_t a = 0; a < n; a++)
            v[a] += s->g[k] * row[a];
    }
    for (size_t a = 0; a < n; a++)
        v[a] /= size[a];
    precondition(s, v);
}

/* Directions that were needed; -1 where they did not suffice, and v is as it was. */
static int gmres(Transposed *s, const double *jacobian, double gamma, double *v)
{
    const size_t n = s->model->n_species;
    for (size_t i = 0; i < n; i++)
        s->basis[i] = v[i] * s->size[i];
    const double length = sqrt(dot(n, s->basis, s->basis));
    if (length == 0.0)
        return 0;
    for (size_t i = 0; i < n; i++)
        s->basis[i] /= length;
    s->g[0] = length;
    for (int k = 0; k < MOST_DIRECTIONS; k++) {
        apply(s, jacobian, gamma, s->basis + (size_t)k * n, s->basis + (size_t)(k + 1) * n);
        const double residual = extend(s, k);
        if (!isfinite(residual))
            return -1;
        if (residual <= TOLERANCE * length) {
            combine(s, k + 1, v);
            return k + 1;
        }
    }
    return -1;
}

static int factor(Transposed *s, const double *jacobian, double gamma)
{
    s->must_factor = 0;
    s->spent = s->average = s->factoring;
    s->systems = 0;
    if (s->ilu == NULL)
        return lu_factor(s->lu, jacobian, 1.0, gamma);
    const uint32_t n = s->model->n_species, *order = s->ilu->plan->order;
    for (uint32_t i = 0; i < n; i++)
        s->work[i] = s->size[order[i]];
    ilu_take(s->ilu, jacobian);
    return ilu_factor(s->ilu, gamma, s->work);
}

/* Whether GMRES reached the solution. */
static int iterate(Transposed *s, const double *jacobian, double gamma, double *v)
{
    const int directions = gmres(s, jacobian, gamma, v);
    if (directions < 0)
        return 0;
    s->spent += directions * s->iteration;
    const double average = s->spent / (double)++s->systems;
    s->must_factor = s->systems > 1 && average > s->average;
    s->average = average;
    return 1;
}

int transposed_solve(Transposed *s, const double *jacobian, double gamma, double *v)
{
    if (!s->factor_always && !s->must_factor && iterate(s, jacobian, gamma, v))
        return 0;
    int singular = factor(s, jacobian, gamma);
    if (s->ilu != NULL) {
        if (!singular && iterate(s, jacobian, gamma, v))
            return 0;
        /* incomplete factors do not serve here: complete ones from now on */
        ilu_free(s->ilu);
        s->ilu = NULL;
        s->lu = lu_new(s->model, 0);
        if (s->lu == NULL)
            return 1;
        s->iteration = (double)lu_size(s->lu) + s->model->n_jacobian;
        s->factoring = lu_cost(s->lu);
        singular = factor(s, jacobian, gamma);
    }
    if (!singular) {
        lu_solve_transposed(s->lu, v);
        s->systems = 1;
    }
    return singular;
}

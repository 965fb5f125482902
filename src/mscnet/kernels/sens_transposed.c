/* Transposed systems: direct where factors are cheap, else GMRES with factors on the right.
 *
 * Saad, Iterative Methods for Sparse Linear Systems, 2003, section 9.3.  Where the integrators factor completely, the
 * factors are of an earlier matrix, and made anew once the average cost of a system since they were made begins to
 * rise; else they are incomplete ones of each matrix, and complete ones serve where those do not suffice. */
#include "sens_transposed.h"

#include "ilu.h"
#include "lu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Factors are made for each system where that takes so few times the multiplications of one iteration. */
#define CHEAP_FACTORS 3.0
#define MOST_DIRECTIONS 30
/* Of the residual, relative to the right-hand side. */
#define TOLERANCE 1e-11

struct Transposed {
    const Model *model;
    Lu *lu;   /* with an Ilu it is made when it is needed first */
    Ilu *ilu; /* or NULL */
    int factor_always, must_factor;
    double iteration, spent, average; /* multiplications */
    size_t systems;                   /* since the factors were made */
    double *block;                    /* owns all of the following */
    double *basis;                    /* [MOST_DIRECTIONS + 1][n] */
    double *v;                        /* [n] */
    double *work, *factor_scale;      /* [n] in the order of the Ilu */
    const double *scale;              /* [n] or NULL: all 1 */
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
    if (model->ilu_plan != NULL)
        s->ilu = ilu_new(model);
    else
        s->lu = lu_new(model, 0);
    if (s->lu != NULL) {
        s->iteration = (double)lu_size(s->lu) + model->n_jacobian;
        s->factor_always = lu_cost(s->lu) <= CHEAP_FACTORS * s->iteration;
    }
    s->must_factor = 1;
    s->block = malloc(((MOST_DIRECTIONS + 4) * n + 1) * sizeof *s->block);
    if ((s->lu == NULL && s->ilu == NULL) || s->block == NULL) {
        transposed_free(s);
        return NULL;
    }
    s->basis = s->block;
    s->v = s->basis + (MOST_DIRECTIONS + 1) * n;
    s->work = s->v + n;
    s->factor_scale = s->work + n;
    return s;
}

void transposed_free(Transposed *s)
{
    if (s == NULL)
        return;
    lu_free(s->lu);
    ilu_free(s->ilu);
    free(s->block);
    free(s);
}

void transposed_weigh(Transposed *s, const double *scale)
{
    s->scale = scale;
}

/* v = M^-T v with M as factored, v in units of 1/scale before. */
static void precondition(Transposed *s, double *v)
{
    const size_t n = s->model->n_species;
    for (size_t i = 0; s->scale != NULL && i < n; i++)
        v[i] /= s->scale[i];
    if (s->ilu == NULL) {
        lu_solve_transposed(s->lu, v);
        return;
    }
    const uint32_t *order = s->ilu->plan->order;
    for (size_t i = 0; i < n; i++)
        s->work[i] = v[order[i]];
    ilu_solve_transposed(s->ilu, s->work);
    for (size_t i = 0; i < n; i++)
        v[order[i]] = s->work[i];
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
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* out = (I - gamma J)^T M^-T in, both in units of 1/scale. */
static void apply(Transposed *s, const double *jacobian, double gamma, const double *in, double *out)
{
    const size_t n = s->model->n_species;
    memcpy(s->v, in, n * sizeof *in);
    precondition(s, s->v);
    transposed_product(s->model, jacobian, s->v, out);
    for (size_t i = 0; i < n; i++)
        out[i] = (s->v[i] - gamma * out[i]) * (s->scale != NULL ? s->scale[i] : 1.0);
}

/* Makes the next direction orthogonal to those before, twice, and the column k of the triangle; its residual. */
static double extend(Transposed *s, int k)
{
    const size_t n = s->model->n_species;
    double *next = s->basis + (size_t)(k + 1) * n;
    for (int i = 0; i <= k; i++)
        s->h[i][k] = 0.0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i <= k; i++) {
            const double *row = s->basis + (size_t)i * n, share = dot(n, next, row);
            s->h[i][k] += share;
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

/* v = M^-T (sum of the directions that make the residual least). */
static void combine(Transposed *s, int count, double *v)
{
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
    precondition(s, v);
}

/* Directions that were needed; -1 where they did not suffice, and v is as it was. */
static int gmres(Transposed *s, const double *jacobian, double gamma, double *v)
{
    const size_t n = s->model->n_species;
    for (size_t i = 0; i < n; i++)
        s->basis[i] = v[i] * (s->scale != NULL ? s->scale[i] : 1.0);
    const double size = sqrt(dot(n, s->basis, s->basis));
    if (size == 0.0)
        return 0;
    for (size_t i = 0; i < n; i++)
        s->basis[i] /= size;
    s->g[0] = size;
    for (int k = 0; k < MOST_DIRECTIONS; k++) {
        apply(s, jacobian, gamma, s->basis + (size_t)k * n, s->basis + (size_t)(k + 1) * n);
        const double residual = extend(s, k);
        if (!isfinite(residual))
            return -1;
        if (residual <= TOLERANCE * size) {
            combine(s, k + 1, v);
            return k + 1;
        }
    }
    return -1;
}

/* Complete factors of a model that has only a plan of incomplete ones. */
static int solve_completely(Transposed *s, const double *jacobian, double gamma, double *v)
{
    if (s->lu == NULL)
        s->lu = lu_new(s->model, 0);
    if (s->lu == NULL || lu_factor(s->lu, jacobian, 1.0, gamma))
        return 1;
    lu_solve_transposed(s->lu, v);
    return 0;
}

/* By incomplete factors of this very matrix. */
static int solve_iteratively(Transposed *s, const double *jacobian, double gamma, double *v)
{
    const uint32_t *order = s->ilu->plan->order;
    for (uint32_t i = 0; i < s->model->n_species; i++)
        s->factor_scale[i] = s->scale != NULL ? s->scale[order[i]] : 1.0;
    ilu_take(s->ilu, jacobian);
    if (ilu_factor(s->ilu, gamma, s->factor_scale) == 0 && gmres(s, jacobian, gamma, v) >= 0)
        return 0;
    return solve_completely(s, jacobian, gamma, v);
}

int transposed_solve(Transposed *s, const double *jacobian, double gamma, double *v)
{
    if (s->ilu != NULL)
        return solve_iteratively(s, jacobian, gamma, v);
    if (!s->factor_always && !s->must_factor) {
        const int directions = gmres(s, jacobian, gamma, v);
        if (directions >= 0) {
            s->spent += directions * s->iteration;
            const double average = s->spent / (double)++s->systems;
            s->must_factor = average > s->average;
            s->average = average;
            return 0;
        }
    }
    if (lu_factor(s->lu, jacobian, 1.0, gamma))
        return 1;
    lu_solve_transposed(s->lu, v);
    s->must_factor = 0;
    s->spent = s->average = lu_cost(s->lu);
    s->systems = 1;
    return 0;
}

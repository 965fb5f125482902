/* GMRES by the modified Gram-Schmidt process and Givens rotations. */
#include "gmres.h"

#include <math.h>
#include <stdlib.h>

struct Gmres {
    Ilu *ilu;
    double *block;  /* owns the next ones */
    double *basis;  /* [GMRES_MOST + 1][n] orthonormal directions, scaled by the weights */
    double *weight, *scale, *work; /* [n] weights in the order of the factors, their inverses */
    double h[GMRES_MOST][GMRES_MOST + 1]; /* columns of the triangle */
    double c[GMRES_MOST], s[GMRES_MOST], g[GMRES_MOST + 1];
};

Gmres *gmres_new(const Model *model)
{
    const size_t n = model->n_species;
    Gmres *solver = calloc(1, sizeof *solver);
    if (solver == NULL)
        return NULL;
    solver->ilu = ilu_new(model);
    solver->block = calloc(n * (GMRES_MOST + 4) + 1, sizeof *solver->block);
    if (solver->ilu == NULL || solver->block == NULL) {
        gmres_free(solver);
        return NULL;
    }
    solver->basis = solver->block;
    solver->weight = solver->basis + n * (GMRES_MOST + 1);
    solver->scale = solver->weight + n;
    solver->work = solver->scale + n;
    return solver;
}

void gmres_free(Gmres *solver)
{
    if (solver == NULL)
        return;
    ilu_free(solver->ilu);
    free(solver->block);
    free(solver);
}

void gmres_take(Gmres *solver, const double *jacobian)
{
    ilu_take(solver->ilu, jacobian);
}

/* Weights in the order of the plan, and their inverses. */
static void weigh(Gmres *solver, const double *restrict weight)
{
    const uint32_t *order = solver->ilu->plan->order;
    for (size_t i = 0; i < solver->ilu->plan->n; i++) {
        solver->weight[i] = weight[order[i]];
        solver->scale[i] = 1.0 / solver->weight[i];
    }
}

int gmres_factor(Gmres *solver, double gamma, const double *weight)
{
    weigh(solver, weight);
    return ilu_factor(solver->ilu, gamma, solver->scale);
}

static double dot(size_t n, const double *restrict x, const double *restrict y)
{
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += x[i + k] * y[i + k];
    for (; i < n; i++)
        sum[0] += x[i] * y[i];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* The next direction: the operator times the k-th, less what lies in the directions so far; column k of the triangle. */
static void extend(Gmres *solver, double gamma, int k)
{
    const size_t n = solver->ilu->plan->n;
    const double *restrict weight = solver->weight, *restrict scale = solver->scale;
    const double *restrict last = solver->basis + (size_t)k * n;
    double *restrict next = solver->basis + (size_t)(k + 1) * n, *restrict work = solver->work;
    double *h = solver->h[k];
    for (size_t i = 0; i < n; i++)
        work[i] = last[i] * scale[i];
    ilu_apply(solver->ilu, gamma, work, next);
    for (size_t i = 0; i < n; i++)
        next[i] *= weight[i];
    for (int j = 0; j <= k; j++) {
        const double *restrict v = solver->basis + (size_t)j * n;
        const double along = h[j] = dot(n, next, v);
        for (size_t i = 0; i < n; i++)
            next[i] -= along * v[i];
    }
    h[k + 1] = sqrt(dot(n, next, next));
    const double inverse = h[k + 1] > 0.0 ? 1.0 / h[k + 1] : 0.0;
    for (size_t i = 0; i < n; i++)
        next[i] *= inverse;
}

/* Rotates column k into the triangle, and the right-hand side with it; the residual that is left. */
static double rotate(Gmres *solver, int k)
{
    double *h = solver->h[k];
    for (int j = 0; j < k; j++) {
        const double upper = h[j];
        h[j] = solver->c[j] * upper + solver->s[j] * h[j + 1];
        h[j + 1] = solver->c[j] * h[j + 1] - solver->s[j] * upper;
    }
    const double length = hypot(h[k], h[k + 1]);
    solver->c[k] = length > 0.0 ? h[k] / length : 1.0;
    solver->s[k] = length > 0.0 ? h[k + 1] / length : 0.0;
    h[k] = length;
    solver->g[k + 1] = -solver->s[k] * solver->g[k];
    solver->g[k] *= solver->c[k];
    return fabs(solver->g[k + 1]);
}

/* v = the combination of the first `count` directions that leaves least. */
static void combine(Gmres *solver, int count, double *restrict v)
{
    const size_t n = solver->ilu->plan->n;
    const uint32_t *order = solver->ilu->plan->order;
    const double *restrict scale = solver->scale;
    double *y = solver->g, *restrict work = solver->work;
    for (int i = count - 1; i >= 0; i--) {
        for (int j = i + 1; j < count; j++)
            y[i] -= solver->h[j][i] * y[j];
        y[i] = solver->h[i][i] != 0.0 ? y[i] / solver->h[i][i] : 0.0;
    }
    for (size_t i = 0; i < n; i++)
        work[i] = y[0] * solver->basis[i];
    for (int j = 1; j < count; j++) {
        const double *restrict direction = solver->basis + (size_t)j * n;
        for (size_t i = 0; i < n; i++)
            work[i] += y[j] * direction[i];
    }
    for (size_t i = 0; i < n; i++)
        v[order[i]] = work[i] * scale[i];
}

/* The first direction, from the right-hand side; its length before it was made 1. */
static double begin(Gmres *solver, const double *restrict weight, const double *restrict v)
{
    const size_t n = solver->ilu->plan->n;
    const uint32_t *order = solver->ilu->plan->order;
    double *restrict first = solver->basis;
    weigh(solver, weight);
    for (size_t i = 0; i < n; i++)
        first[i] = v[order[i]];
    ilu_solve(solver->ilu, first);
    for (size_t i = 0; i < n; i++)
        first[i] *= solver->weight[i];
    const double length = sqrt(dot(n, first, first));
    for (size_t i = 0; i < n && length > 0.0; i++)
        first[i] /= length;
    return length;
}

int gmres_solve(Gmres *solver, double gamma, const double *weight, double tolerance, double *v)
{
    double left = begin(solver, weight, v);
    int count = 0;
    solver->g[0] = left;
    if (!isfinite(left)) {
        v[0] = left; /* which the caller finds */
        return 0;
    }
    if (left <= tolerance) { /* the incomplete factors alone are good enough */
        solver->h[0][0] = 1.0;
        combine(solver, 1, v);
        return 0;
    }
    while (count < GMRES_MOST && left > tolerance) {
        extend(solver, gamma, count);
        left = rotate(solver, count++);
    }
    combine(solver, count, v);
    return left <= tolerance ? count : -1;
}

/* Numeric elimination on a fixed pattern, and the judgement of its stability. */
#include "lu_dense.h"
#include "lu_structure.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No multiplier is larger where each pivot is the largest of its column; else the growth of the factors decides. */
static const double LARGE_MULTIPLIER = 1.0;
/* How many times larger than M the product |L||U| may be: little where dense factors are cheap, up to CHEAP_DENSE
 * species; beyond, what an iteration of Newton's method bears. */
static const double MOST_GROWTH = 1e4, MOST_GROWTH_OF_MANY = 1e7;
static const uint32_t CHEAP_DENSE = 200;

static void eliminate_listed(Lu *lu)
{
    const uint32_t *next = lu->plan->list, *u_start = lu->plan->pattern.u_start;
    double *values = lu->values;
    for (uint32_t k = 0; k < lu->n; k++) {
        const double reciprocal = 1.0 / lu->pivot[k];
        const double *u = lu->u + u_start[k];
        const uint32_t length = u_start[k + 1] - u_start[k];
        lu->pivot[k] = reciprocal;
        for (uint32_t rows = *next++; rows; rows--) {
            const double factor = values[*next] * reciprocal;
            values[*next++] = factor;
            for (uint32_t e = 0; e < length; e++)
                values[next[e]] -= factor * u[e];
            next += length;
        }
    }
}

/* Takes row k of U off the work row: w -= factor u. */
static void take_row(const Lu *lu, uint32_t k, double factor, double *restrict w)
{
    const uint32_t *column = lu->plan->pattern.u_column, run = lu->plan->u_run[k], end = lu->plan->pattern.u_start[k + 1];
    const double *restrict u = lu->u;
    for (uint32_t e = lu->plan->pattern.u_start[k]; e < run; e++)
        w[column[e]] -= factor * u[e];
    if (run == end)
        return;
    double *restrict to = w + column[run];
    const double *restrict from = u + run;
    for (uint32_t e = 0; e < end - run; e++)
        to[e] -= factor * from[e];
}

/* Takes rows first … last - 1 of the full part off the work row, four at a time so that it is read and written less;
 * leaves the multipliers in it. */
static void take_full_rows(const Lu *lu, uint32_t first, uint32_t last, double *restrict w)
{
    const uint32_t n = lu->n, *start = lu->plan->pattern.u_start;
    uint32_t k = first;
    for (; k + 4 <= last; k += 4) {
        const double *restrict u0 = lu->u + start[k], *restrict u1 = lu->u + start[k + 1];
        const double *restrict u2 = lu->u + start[k + 2], *restrict u3 = lu->u + start[k + 3];
        const double f0 = w[k] * lu->pivot[k];
        const double f1 = (w[k + 1] - f0 * u0[0]) * lu->pivot[k + 1];
        const double f2 = (w[k + 2] - f0 * u0[1] - f1 * u1[0]) * lu->pivot[k + 2];
        const double f3 = (w[k + 3] - f0 * u0[2] - f1 * u1[1] - f2 * u2[0]) * lu->pivot[k + 3];
        double *restrict to = w + k + 4;
        w[k] = f0;
        w[k + 1] = f1;
        w[k + 2] = f2;
        w[k + 3] = f3;
        for (uint32_t j = 0; j < n - k - 4; j++)
            to[j] -= (f0 * u0[j + 3] + f1 * u1[j + 2]) + (f2 * u2[j + 1] + f3 * u3[j]);
    }
    for (; k < last; k++) {
        w[k] *= lu->pivot[k];
        take_row(lu, k, w[k], w);
    }
}

static void eliminate_by_rows(Lu *lu)
{
    const LuPattern *p = &lu->plan->pattern;
    double *w = lu->work;
    for (uint32_t i = 0; i < lu->n; i++) {
        const uint32_t l_from = p->l_start[i], l_to = p->l_start[i + 1], u_from = p->u_start[i],
                       u_to = p->u_start[i + 1];
        /* the columns from here on are contiguous up to the diagonal */
        const uint32_t full = i > p->dense_from ? l_to - (i - p->dense_from) : l_to;
        for (uint32_t e = l_from; e < l_to; e++)
            w[p->l_column[e]] = lu->l[e];
        w[i] = lu->pivot[i];
        for (uint32_t e = u_from; e < u_to; e++)
            w[p->u_column[e]] = lu->u[e];
        for (uint32_t e = l_from; e < full; e++) {
            const uint32_t k = p->l_column[e];
            w[k] *= lu->pivot[k];
            take_row(lu, k, w[k], w);
        }
        if (i > p->dense_from)
            take_full_rows(lu, p->dense_from, i, w);
        for (uint32_t e = l_from; e < l_to; e++)
            lu->l[e] = w[p->l_column[e]];
        lu->pivot[i] = 1.0 / w[i];
        for (uint32_t e = u_from; e < u_to; e++)
            lu->u[e] = w[p->u_column[e]];
    }
}

/* How many of x[n] are larger than `most`, or nan. */
static size_t count_beyond(const double *x, size_t n, double most)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += !(fabs(x[i]) <= most);
    return count;
}

/* How many of the reciprocals of n pivots are of none: of zero, of infinity, or nan. */
static size_t count_no_pivots(const double *reciprocal, size_t n)
{
    size_t count = count_beyond(reciprocal, n, DBL_MAX);
    for (size_t i = 0; i < n; i++)
        count += reciprocal[i] == 0.0;
    return count;
}

/* The largest values of each column and of each row of M, by species. */
static void largest_values(const Model *m, const double *jacobian, double a, double b, double *column, double *row)
{
    memset(row, 0, m->n_species * sizeof *row);
    for (uint32_t j = 0; j < m->n_species; j++) {
        double diagonal = a, most = 0.0;
        for (uint32_t e = m->j_start[j]; e < m->j_start[j + 1]; e++) {
            const uint32_t i = m->j_row[e];
            const double value = fabs(b * jacobian[e]);
            if (i == j) {
                diagonal -= b * jacobian[e];
                continue;
            }
            most = fmax(most, value);
            row[i] = fmax(row[i], value);
        }
        column[j] = fmax(most, fabs(diagonal));
        row[j] = fmax(row[j], fabs(diagonal));
    }
}

/* Whether no value of |L||U| exceeds the largest of its column of M by more than `growth`. */
static int columns_grow_little(const Lu *lu, double growth, const double *column, double *l_most, double *bound)
{
    const LuPattern *p = &lu->plan->pattern;
    for (uint32_t k = 0; k < lu->n; k++) {
        l_most[k] = 1.0;
        bound[k] = 0.0;
    }
    for (size_t e = 0; e < lu->plan->n_l; e++)
        l_most[p->l_column[e]] = fmax(l_most[p->l_column[e]], fabs(lu->l[e]));
    for (uint32_t k = 0; k < lu->n; k++) {
        bound[k] += l_most[k] / fabs(lu->pivot[k]);
        if (!(bound[k] / growth <= column[p->order[k]]))
            return 0;
        for (uint32_t e = p->u_start[k]; e < p->u_start[k + 1]; e++)
            bound[p->u_column[e]] += l_most[k] * fabs(lu->u[e]);
    }
    return 1;
}

/* The same of rows. */
static int rows_grow_little(const Lu *lu, double growth, const double *row, double *u_most)
{
    const LuPattern *p = &lu->plan->pattern;
    for (uint32_t i = 0; i < lu->n; i++) {
        u_most[i] = 1.0 / fabs(lu->pivot[i]);
        for (uint32_t e = p->u_start[i]; e < p->u_start[i + 1]; e++)
            u_most[i] = fmax(u_most[i], fabs(lu->u[e]));
        double bound = u_most[i];
        for (uint32_t e = p->l_start[i]; e < p->l_start[i + 1]; e++)
            bound += fabs(lu->l[e]) * u_most[p->l_column[e]];
        if (!(bound / growth <= row[p->order[i]]))
            return 0;
    }
    return 1;
}

/* Whether solves are off by few roundings of M: no more than |L||U| is larger than M (Higham, Accuracy and Stability of
 * Numerical Algorithms, 2002, theorem 9.4).  Of columns and rows one is enough, as of pivots that are the largest of
 * theirs: in concentrations, small compartments make large rows. */
static int grows_little(const Lu *lu, const double *jacobian, double a, double b)
{
    const uint32_t n = lu->n;
    const double growth = n <= CHEAP_DENSE ? MOST_GROWTH : MOST_GROWTH_OF_MANY;
    double *column = lu->sizes, *row = column + n;
    largest_values(lu->model, jacobian, a, b, column, row);
    return columns_grow_little(lu, growth, column, row + n, row + 2 * n) || rows_grow_little(lu, growth, row, row + n);
}

static int factor_dense(Lu *lu, const double *jacobian, double a, double b)
{
    const Model *m = lu->model;
    const size_t n = lu->n;
    if (n > LU_MOST_DENSE || !all_finite(jacobian, m->n_jacobian))
        return 1;
    if (lu->dense == NULL)
        lu->dense = malloc((n * n + 1) * sizeof *lu->dense);
    if (lu->dense_row == NULL)
        lu->dense_row = malloc((n + 1) * sizeof *lu->dense_row);
    if (lu->dense == NULL || lu->dense_row == NULL)
        return 1;
    memset(lu->dense, 0, n * n * sizeof *lu->dense);
    for (size_t j = 0; j < n; j++) {
        for (uint32_t e = m->j_start[j]; e < m->j_start[j + 1]; e++)
            lu->dense[m->j_row[e] * n + j] = -b * jacobian[e];
        lu->dense[j * n + j] += a;
    }
    lu->is_dense = 1;
    return dense_factor(n, lu->dense, lu->dense_row);
}

int lu_factor(Lu *lu, const double *jacobian, double a, double b)
{
    const uint32_t n_jacobian = lu->model->n_jacobian, *place = lu->plan->place;
    double *values = lu->values;
    lu->is_dense = 0;
    if (lu->plan->n_values > n_jacobian)
        memset(values, 0, lu->plan->n_values * sizeof *values);
    for (uint32_t e = 0; e < n_jacobian; e++)
        values[place[e]] = -b * jacobian[e];
    for (uint32_t i = 0; i < lu->n; i++)
        lu->pivot[i] += a;
    if (lu->plan->list != NULL)
        eliminate_listed(lu);
    else
        eliminate_by_rows(lu);
    int bad = count_beyond(lu->u, lu->plan->n_u, DBL_MAX) || count_no_pivots(lu->pivot, lu->n);
    if (!bad && count_beyond(lu->l, lu->plan->n_l, LARGE_MULTIPLIER))
        bad = count_beyond(lu->l, lu->plan->n_l, DBL_MAX) || !grows_little(lu, jacobian, a, b);
    return bad ? factor_dense(lu, jacobian, a, b) : 0;
}

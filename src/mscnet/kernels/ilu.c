/* Incomplete factors: their making and their use. */
#include "ilu.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The part of a row's diagonal that all that is left out of the row may come to. */
static const double NEGLECTED = 0.01;

static int rows_new(IluRows *rows, size_t n, size_t n_values)
{
    rows->start = calloc(n + 2, sizeof *rows->start);
    rows->diagonal = calloc(n + 1, sizeof *rows->diagonal);
    rows->column = malloc((n_values + 1) * sizeof *rows->column);
    rows->value = malloc((n_values + 1) * sizeof *rows->value);
    return !rows->start || !rows->diagonal || !rows->column || !rows->value;
}

static void rows_free(IluRows *rows)
{
    free(rows->start);
    free(rows->diagonal);
    free(rows->column);
    free(rows->value);
}

static int make_room(Ilu *ilu)
{
    const size_t n = ilu->plan->n, n_values = ilu->plan->n_values;
    ilu->jacobian = calloc(n_values + 1, sizeof *ilu->jacobian);
    ilu->at = malloc((n + 1) * sizeof *ilu->at);
    return !ilu->jacobian || !ilu->at || rows_new(&ilu->factors, n, n_values);
}

Ilu *ilu_new(const Model *model)
{
    Ilu *ilu = calloc(1, sizeof *ilu);
    if (ilu == NULL)
        return NULL;
    ilu->plan = model->ilu_plan;
    if (ilu->plan == NULL)
        ilu->plan = ilu->own = ilu_plan_new(model);
    if (ilu->plan == NULL || make_room(ilu)) {
        ilu_free(ilu);
        return NULL;
    }
    return ilu;
}

void ilu_free(Ilu *ilu)
{
    if (ilu == NULL)
        return;
    ilu_plan_free(ilu->own);
    free(ilu->jacobian);
    free(ilu->at);
    rows_free(&ilu->factors);
    free(ilu);
}

void ilu_take(Ilu *ilu, const double *jacobian)
{
    const uint32_t *place = ilu->plan->place;
    for (size_t e = 0; e < ilu->plan->n_values; e++)
        ilu->jacobian[place[e]] = jacobian[e];
}

/* Row i of J without what is small in I - gamma J. */
static void keep_row(const Ilu *ilu, uint32_t i, double gamma, const double *scale, IluRows *rows)
{
    const IluPlan *plan = ilu->plan;
    const uint32_t first = plan->start[i], end = plan->start[i + 1], *column = plan->column;
    const double diagonal = fabs(1.0 - gamma * ilu->jacobian[plan->diagonal[i]]);
    const double least = NEGLECTED * diagonal * scale[i] / (fabs(gamma) * (end - first));
    uint32_t next = rows->start[i];
    for (uint32_t e = first; e < end; e++) {
        const uint32_t j = column[e];
        const int on_diagonal = j == i;
        rows->column[next] = j;
        rows->value[next] = ilu->jacobian[e];
        if (on_diagonal)
            rows->diagonal[i] = next;
        /* what is small is overwritten; what is not a number is kept */
        next += on_diagonal | !(fabs(ilu->jacobian[e]) * scale[j] < least);
    }
    rows->start[i + 1] = next;
}

/* Takes the rows of U off row i as far as it has places for them; `at` gives the place of each column in it. */
static void eliminate_row(IluRows *rows, uint32_t i, const uint32_t *at)
{
    const uint32_t *column = rows->column;
    double *value = rows->value;
    for (uint32_t e = rows->start[i]; e < rows->diagonal[i]; e++) {
        const uint32_t k = column[e], end = rows->start[k + 1];
        const double factor = value[e] *= value[rows->diagonal[k]];
        for (uint32_t u = rows->diagonal[k] + 1; u < end; u++)
            if (at[column[u]] != NONE)
                value[at[column[u]]] -= factor * value[u];
    }
}

int ilu_factor(Ilu *ilu, double gamma, const double *scale)
{
    const uint32_t n = ilu->plan->n;
    IluRows *rows = &ilu->factors;
    uint32_t *at = ilu->at;
    memset(at, 0xff, n * sizeof *at);
    for (uint32_t i = 0; i < n; i++) {
        keep_row(ilu, i, gamma, scale, rows);
        const uint32_t first = rows->start[i], end = rows->start[i + 1];
        for (uint32_t e = first; e < end; e++) {
            rows->value[e] *= -gamma;
            at[rows->column[e]] = e;
        }
        rows->value[rows->diagonal[i]] += 1.0;
        eliminate_row(rows, i, at);
        for (uint32_t e = first; e < end; e++)
            at[rows->column[e]] = NONE;
        const double reciprocal = 1.0 / rows->value[rows->diagonal[i]];
        if (!(fabs(reciprocal) <= DBL_MAX) || reciprocal == 0.0)
            return 1;
        rows->value[rows->diagonal[i]] = reciprocal;
    }
    return 0;
}

static inline double row_times(const double *restrict value, const uint32_t *restrict column, uint32_t from,
                               uint32_t to, const double *x)
{
    double even = 0.0, odd = 0.0;
    uint32_t e = from;
    for (; e + 2 <= to; e += 2) {
        even += value[e] * x[column[e]];
        odd += value[e + 1] * x[column[e + 1]];
    }
    if (e < to)
        even += value[e] * x[column[e]];
    return even + odd;
}

static void solve_upper(const IluRows *rows, uint32_t n, double *v)
{
    for (uint32_t i = n; i-- > 0;)
        v[i] = (v[i] - row_times(rows->value, rows->column, rows->diagonal[i] + 1, rows->start[i + 1], v)) * rows->value[rows->diagonal[i]];
}

void ilu_solve(const Ilu *ilu, double *v)
{
    const IluRows *rows = &ilu->factors;
    for (uint32_t i = 0; i < ilu->plan->n; i++)
        v[i] -= row_times(rows->value, rows->column, rows->start[i], rows->diagonal[i], v);
    solve_upper(rows, ilu->plan->n, v);
}

static void take_rows(const Ilu *ilu, uint32_t from, uint32_t to, double *v, size_t count, double *restrict row)
{
    const uint32_t *order = ilu->plan->order, *column = ilu->factors.column;
    for (uint32_t e = from; e < to; e++) {
        const double factor = ilu->factors.value[e], *restrict other = v + order[column[e]] * count;
        for (size_t c = 0; c < count; c++)
            row[c] -= factor * other[c];
    }
}

void ilu_solve_many(const Ilu *ilu, double *v, size_t count)
{
    const IluRows *rows = &ilu->factors;
    const uint32_t n = ilu->plan->n, *order = ilu->plan->order;
    for (uint32_t i = 0; i < n; i++)
        take_rows(ilu, rows->start[i], rows->diagonal[i], v, count, v + order[i] * count);
    for (uint32_t i = n; i-- > 0;) {
        double *row = v + order[i] * count;
        take_rows(ilu, rows->diagonal[i] + 1, rows->start[i + 1], v, count, row);
        for (size_t c = 0; c < count; c++)
            row[c] *= rows->value[rows->diagonal[i]];
    }
}

static void take_multiple(const IluRows *rows, uint32_t from, uint32_t to, double factor, double *v)
{
    for (uint32_t e = from; e < to; e++)
        v[rows->column[e]] -= factor * rows->value[e];
}

void ilu_solve_transposed(const Ilu *ilu, double *v)
{
    const IluRows *rows = &ilu->factors;
    const uint32_t n = ilu->plan->n;
    for (uint32_t i = 0; i < n; i++) {
        v[i] *= rows->value[rows->diagonal[i]];
        take_multiple(rows, rows->diagonal[i] + 1, rows->start[i + 1], v[i], v);
    }
    for (uint32_t i = n; i-- > 0;)
        take_multiple(rows, rows->start[i], rows->diagonal[i], v[i], v);
}

void ilu_apply(const Ilu *ilu, double gamma, const double *v, double *out)
{
    const IluPlan *plan = ilu->plan;
    const IluRows *rows = &ilu->factors;
    for (uint32_t i = 0; i < plan->n; i++)
        out[i] = v[i] - gamma * row_times(ilu->jacobian, plan->column, plan->start[i], plan->start[i + 1], v) -
                 row_times(rows->value, rows->column, rows->start[i], rows->diagonal[i], out);
    solve_upper(rows, plan->n, out);
}

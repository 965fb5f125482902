/* Incomplete factors: their making and their use. */
#include "ilu.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The part of a row's diagonal that all that is left out of the row may come to. */
static const double NEGLECTED = 0.1;

Ilu *ilu_new(const Model *model)
{
    Ilu *ilu = calloc(1, sizeof *ilu);
    if (ilu == NULL)
        return NULL;
    ilu->plan = model->ilu_plan;
    if (ilu->plan == NULL)
        ilu->plan = ilu->own = ilu_plan_new(model);
    if (ilu->plan != NULL) {
        const size_t n = ilu->plan->n, n_values = ilu->plan->n_values;
        ilu->start = calloc(n + 2, sizeof *ilu->start);
        ilu->diagonal = calloc(n + 1, sizeof *ilu->diagonal);
        ilu->at = malloc((n + 1) * sizeof *ilu->at);
        ilu->column = malloc((n_values + 1) * sizeof *ilu->column);
        ilu->jacobian = calloc(n_values + 1, sizeof *ilu->jacobian);
        ilu->factors = malloc((n_values + 1) * sizeof *ilu->factors);
    }
    if (!ilu->start || !ilu->diagonal || !ilu->at || !ilu->column || !ilu->jacobian || !ilu->factors) {
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
    free(ilu->start);
    free(ilu->diagonal);
    free(ilu->at);
    free(ilu->column);
    free(ilu->jacobian);
    free(ilu->factors);
    free(ilu);
}

void ilu_take(Ilu *ilu, const double *jacobian)
{
    const uint32_t *place = ilu->plan->place;
    for (size_t e = 0; e < ilu->plan->n_values; e++)
        ilu->jacobian[place[e]] = jacobian[e];
}

/* Row i of I - gamma J without what is small. */
static void keep_row(Ilu *ilu, uint32_t i, double gamma, const double *scale)
{
    const IluPlan *plan = ilu->plan;
    const uint32_t first = plan->start[i], end = plan->start[i + 1];
    const double diagonal = 1.0 - gamma * ilu->jacobian[plan->diagonal[i]];
    const double least = NEGLECTED * fabs(diagonal) * scale[i] / (end - first);
    uint32_t next = ilu->start[i];
    for (uint32_t e = first; e < end; e++) {
        const uint32_t j = plan->column[e];
        const double value = -gamma * ilu->jacobian[e];
        if (j == i)
            ilu->diagonal[i] = next;
        else if (fabs(value) * scale[j] < least)
            continue;
        ilu->column[next] = j;
        ilu->factors[next++] = j == i ? diagonal : value;
    }
    ilu->start[i + 1] = next;
}

/* Takes the rows of U off row i as far as it has places for them; `at` gives the place of each column in it. */
static void eliminate_row(Ilu *ilu, uint32_t i, const uint32_t *at)
{
    const uint32_t *column = ilu->column;
    double *factors = ilu->factors;
    for (uint32_t e = ilu->start[i]; e < ilu->diagonal[i]; e++) {
        const uint32_t k = column[e], end = ilu->start[k + 1];
        const double factor = factors[e] *= factors[ilu->diagonal[k]];
        for (uint32_t u = ilu->diagonal[k] + 1; u < end; u++)
            if (at[column[u]] != NONE)
                factors[at[column[u]]] -= factor * factors[u];
    }
}

int ilu_factor(Ilu *ilu, double gamma, const double *scale)
{
    const uint32_t n = ilu->plan->n;
    uint32_t *at = ilu->at;
    memset(at, 0xff, n * sizeof *at);
    for (uint32_t i = 0; i < n; i++) {
        keep_row(ilu, i, gamma, scale);
        const uint32_t first = ilu->start[i], end = ilu->start[i + 1];
        for (uint32_t e = first; e < end; e++)
            at[ilu->column[e]] = e;
        eliminate_row(ilu, i, at);
        for (uint32_t e = first; e < end; e++)
            at[ilu->column[e]] = NONE;
        const double reciprocal = 1.0 / ilu->factors[ilu->diagonal[i]];
        if (!(fabs(reciprocal) <= DBL_MAX) || reciprocal == 0.0)
            return 1;
        ilu->factors[ilu->diagonal[i]] = reciprocal;
    }
    return 0;
}

static double row_times(const double *restrict value, const uint32_t *restrict column, uint32_t from, uint32_t to,
                        const double *x)
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

static void solve_upper(const Ilu *ilu, double *v)
{
    for (uint32_t i = ilu->plan->n; i-- > 0;) {
        const uint32_t diagonal = ilu->diagonal[i];
        v[i] = (v[i] - row_times(ilu->factors, ilu->column, diagonal + 1, ilu->start[i + 1], v)) *
               ilu->factors[diagonal];
    }
}

void ilu_solve(const Ilu *ilu, double *v)
{
    for (uint32_t i = 0; i < ilu->plan->n; i++)
        v[i] -= row_times(ilu->factors, ilu->column, ilu->start[i], ilu->diagonal[i], v);
    solve_upper(ilu, v);
}

static void take_rows(const Ilu *ilu, uint32_t from, uint32_t to, double *v, size_t count, double *restrict row)
{
    const uint32_t *order = ilu->plan->order;
    for (uint32_t e = from; e < to; e++) {
        const double factor = ilu->factors[e], *restrict other = v + order[ilu->column[e]] * count;
        for (size_t c = 0; c < count; c++)
            row[c] -= factor * other[c];
    }
}

void ilu_solve_many(const Ilu *ilu, double *v, size_t count)
{
    const uint32_t n = ilu->plan->n, *order = ilu->plan->order;
    for (uint32_t i = 0; i < n; i++)
        take_rows(ilu, ilu->start[i], ilu->diagonal[i], v, count, v + order[i] * count);
    for (uint32_t i = n; i-- > 0;) {
        double *row = v + order[i] * count;
        take_rows(ilu, ilu->diagonal[i] + 1, ilu->start[i + 1], v, count, row);
        for (size_t c = 0; c < count; c++)
            row[c] *= ilu->factors[ilu->diagonal[i]];
    }
}

static void take_multiple(const double *restrict value, const uint32_t *restrict column, uint32_t from, uint32_t to,
                          double factor, double *v)
{
    for (uint32_t e = from; e < to; e++)
        v[column[e]] -= factor * value[e];
}

void ilu_solve_transposed(const Ilu *ilu, double *v)
{
    const uint32_t n = ilu->plan->n, *start = ilu->start, *diagonal = ilu->diagonal;
    for (uint32_t i = 0; i < n; i++) {
        v[i] *= ilu->factors[diagonal[i]];
        take_multiple(ilu->factors, ilu->column, diagonal[i] + 1, start[i + 1], v[i], v);
    }
    for (uint32_t i = n; i-- > 0;)
        take_multiple(ilu->factors, ilu->column, start[i], diagonal[i], v[i], v);
}

void ilu_apply(const Ilu *ilu, double gamma, const double *v, double *out)
{
    const IluPlan *plan = ilu->plan;
    for (uint32_t i = 0; i < plan->n; i++)
        out[i] = v[i] - gamma * row_times(ilu->jacobian, plan->column, plan->start[i], plan->start[i + 1], v) -
                 row_times(ilu->factors, ilu->column, ilu->start[i], ilu->diagonal[i], out);
    solve_upper(ilu, out);
}

/* Incomplete factors: their making and their use. */
#include "ilu.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Ilu *ilu_new(const Model *model)
{
    Ilu *ilu = calloc(1, sizeof *ilu);
    if (ilu == NULL)
        return NULL;
    ilu->plan = model->ilu_plan;
    if (ilu->plan == NULL)
        ilu->plan = ilu->own = ilu_plan_new(model);
    if (ilu->plan != NULL) {
        ilu->jacobian = calloc(ilu->plan->n_values + 1, sizeof *ilu->jacobian);
        ilu->factors = calloc(ilu->plan->n_values + 1, sizeof *ilu->factors);
        ilu->work = calloc((size_t)ilu->plan->n + 1, sizeof *ilu->work);
    }
    if (!ilu->jacobian || !ilu->factors || !ilu->work) {
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
    free(ilu->factors);
    free(ilu->work);
    free(ilu);
}

void ilu_take(Ilu *ilu, const double *jacobian)
{
    for (size_t e = 0; e < ilu->plan->n_values; e++)
        ilu->jacobian[ilu->plan->place[e]] = jacobian[e];
}

/* Takes the rows of U off row i as far as it has places for them; `at` gives the place of each column in it. */
static void eliminate_row(Ilu *ilu, uint32_t i, const uint32_t *at)
{
    const uint32_t *column = ilu->plan->column;
    double *factors = ilu->factors;
    for (uint32_t e = ilu->plan->start[i]; e < ilu->plan->diagonal[i]; e++) {
        const uint32_t k = column[e], end = ilu->plan->start[k + 1];
        const double factor = factors[e] *= factors[ilu->plan->diagonal[k]];
        if (factor == 0.0)
            continue;
        for (uint32_t u = ilu->plan->diagonal[k] + 1; u < end; u++)
            if (at[column[u]] != NONE)
                factors[at[column[u]]] -= factor * factors[u];
    }
}

int ilu_factor(Ilu *ilu, double gamma)
{
    const uint32_t n = ilu->plan->n;
    uint32_t *at = ilu->work;
    for (size_t e = 0; e < ilu->plan->n_values; e++)
        ilu->factors[e] = -gamma * ilu->jacobian[e];
    memset(at, 0xff, n * sizeof *at);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t first = ilu->plan->start[i], end = ilu->plan->start[i + 1];
        ilu->factors[ilu->plan->diagonal[i]] += 1.0;
        for (uint32_t e = first; e < end; e++)
            at[ilu->plan->column[e]] = e;
        eliminate_row(ilu, i, at);
        for (uint32_t e = first; e < end; e++)
            at[ilu->plan->column[e]] = NONE;
        const double reciprocal = 1.0 / ilu->factors[ilu->plan->diagonal[i]];
        if (!(fabs(reciprocal) <= DBL_MAX) || reciprocal == 0.0)
            return 1;
        ilu->factors[ilu->plan->diagonal[i]] = reciprocal;
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
        const uint32_t diagonal = ilu->plan->diagonal[i];
        v[i] = (v[i] - row_times(ilu->factors, ilu->plan->column, diagonal + 1, ilu->plan->start[i + 1], v)) *
               ilu->factors[diagonal];
    }
}

void ilu_solve(const Ilu *ilu, double *v)
{
    for (uint32_t i = 0; i < ilu->plan->n; i++)
        v[i] -= row_times(ilu->factors, ilu->plan->column, ilu->plan->start[i], ilu->plan->diagonal[i], v);
    solve_upper(ilu, v);
}

void ilu_apply(const Ilu *ilu, double gamma, const double *v, double *out)
{
    for (uint32_t i = 0; i < ilu->plan->n; i++) {
        const uint32_t first = ilu->plan->start[i];
        out[i] = v[i] - gamma * row_times(ilu->jacobian, ilu->plan->column, first, ilu->plan->start[i + 1], v) -
                 row_times(ilu->factors, ilu->plan->column, first, ilu->plan->diagonal[i], out);
    }
    solve_upper(ilu, out);
}

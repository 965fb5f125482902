/* Everything about LU factors that the pattern alone decides. */
#include "lu_structure.h"

#include <stdlib.h>

/* Eliminations of up to this many multiplications run from a list of places; making it takes n^2 steps. */
static const double MOST_LISTED = 20000.0;
enum { MOST_LISTED_SPECIES = 500 };
/* Contiguous columns that end a row are handled apart from this length on. */
enum { RUN = 8 };

static size_t find(const uint32_t *column, size_t from, size_t to, uint32_t wanted)
{
    while (to - from > 1) {
        const size_t middle = from + (to - from) / 2;
        if (column[middle] <= wanted)
            from = middle;
        else
            to = middle;
    }
    return from;
}

/* Where in `values` the entry in row i and column j (in the order of elimination) is. */
static size_t place_of(const LuPlan *plan, uint32_t i, uint32_t j)
{
    const LuPattern *p = &plan->pattern;
    if (i == j)
        return plan->n_l + plan->n_u + i;
    if (j < i)
        return find(p->l_column, p->l_start[i], p->l_start[i + 1], j);
    return plan->n_l + find(p->u_column, p->u_start[i], p->u_start[i + 1], j);
}

/* For each k, for each row i with an entry in column k: its place, then the places of row i that row k changes. */
static int list_new(LuPlan *plan)
{
    const LuPattern *p = &plan->pattern;
    const uint32_t n = plan->n;
    plan->list = malloc(((size_t)p->cost + (size_t)n + 1) * sizeof *plan->list);
    if (plan->list == NULL)
        return 1;
    uint32_t *next = plan->list;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t *const count = next++;
        *count = 0;
        for (uint32_t i = k + 1; i < n; i++) {
            const size_t at = place_of(plan, i, k);
            if (p->l_start[i] == p->l_start[i + 1] || p->l_column[at] != k)
                continue;
            ++*count;
            *next++ = (uint32_t)at;
            for (uint32_t e = p->u_start[k]; e < p->u_start[k + 1]; e++)
                *next++ = (uint32_t)place_of(plan, i, p->u_column[e]);
        }
    }
    return 0;
}

/* Where the contiguous columns that end a row begin; its end where they are few. */
static void find_runs(uint32_t n, const uint32_t *start, const uint32_t *column, uint32_t *run)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = start[i + 1];
        while (from > start[i] && column[from - 1] + (start[i + 1] - from) == column[start[i + 1] - 1])
            from--;
        run[i] = start[i + 1] - from >= RUN ? from : start[i + 1];
    }
}

static int prepare(LuPlan *plan, const Model *m)
{
    const LuPattern *p = &plan->pattern;
    const size_t n = plan->n;
    plan->n_l = p->l_start[n];
    plan->n_u = p->u_start[n];
    plan->n_values = plan->n_l + plan->n_u + n;
    plan->place = malloc(((size_t)m->n_jacobian + 1) * sizeof *plan->place);
    plan->l_run = malloc((n + 1) * sizeof *plan->l_run);
    plan->u_run = malloc((n + 1) * sizeof *plan->u_run);
    if (!plan->place || !plan->l_run || !plan->u_run)
        return 1;
    for (uint32_t j = 0; j < n; j++)
        for (uint32_t e = m->j_start[j]; e < m->j_start[j + 1]; e++)
            plan->place[e] = (uint32_t)place_of(plan, p->position[m->j_row[e]], p->position[j]);
    find_runs(plan->n, p->l_start, p->l_column, plan->l_run);
    find_runs(plan->n, p->u_start, p->u_column, plan->u_run);
    return n <= MOST_LISTED_SPECIES && p->cost <= MOST_LISTED ? list_new(plan) : 0;
}

LuPlan *lu_plan_new(const Model *model, size_t most)
{
    LuPlan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return NULL;
    plan->n = model->n_species;
    if (lu_pattern(model, most, &plan->pattern) || prepare(plan, model)) {
        lu_plan_free(plan);
        return NULL;
    }
    return plan;
}

void lu_plan_free(LuPlan *plan)
{
    if (plan == NULL)
        return;
    lu_pattern_free(&plan->pattern);
    free(plan->place);
    free(plan->l_run);
    free(plan->u_run);
    free(plan->list);
    free(plan);
}

size_t lu_plan_size(const LuPlan *plan)
{
    return plan->n_values;
}

double lu_plan_cost(const LuPlan *plan)
{
    return plan->pattern.cost;
}

static int make_room(Lu *lu)
{
    const size_t n = lu->n;
    lu->values = calloc(lu->plan->n_values + 1, sizeof *lu->values);
    lu->work = malloc((n + 1) * sizeof *lu->work);
    lu->sizes = malloc((4 * n + 1) * sizeof *lu->sizes);
    if (!lu->values || !lu->work || !lu->sizes)
        return 1;
    lu->l = lu->values;
    lu->u = lu->values + lu->plan->n_l;
    lu->pivot = lu->u + lu->plan->n_u;
    return 0;
}

Lu *lu_new(const Model *model, size_t most)
{
    Lu *lu = calloc(1, sizeof *lu);
    if (lu == NULL)
        return NULL;
    lu->model = model;
    lu->n = model->n_species;
    lu->plan = model->lu_plan;
    if (lu->plan == NULL)
        lu->plan = lu->own = lu_plan_new(model, most);
    if (lu->plan == NULL || (most && lu->plan->n_values > most) || make_room(lu)) {
        lu_free(lu);
        return NULL;
    }
    return lu;
}

void lu_free(Lu *lu)
{
    if (lu == NULL)
        return;
    lu_plan_free(lu->own);
    free(lu->values);
    free(lu->work);
    free(lu->sizes);
    free(lu->dense);
    free(lu->dense_row);
    free(lu);
}

size_t lu_size(const Lu *lu)
{
    return lu->plan->n_values;
}

double lu_cost(const Lu *lu)
{
    return lu->plan->pattern.cost;
}

int lu_is_dense(const Lu *lu)
{
    return lu->is_dense;
}

/* The order of incomplete factors and their pattern by rows. */
#include "ilu.h"

#include <stdlib.h>

/* A species with so many times the mean number of neighbours is a hub. */
enum { HUB = 6 };

typedef struct {
    uint32_t key, species;
} Keyed;

static int by_key(const void *a, const void *b)
{
    const Keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->species > y->species) - (x->species < y->species);
}

/* The file's order, which follows how species are made of one another, then the hubs, the largest last. */
static int put_in_order(const Model *m, IluPlan *plan)
{
    const uint32_t n = plan->n;
    Keyed *keyed = calloc((size_t)n + 1, sizeof *keyed);
    if (keyed == NULL)
        return 1;
    for (uint32_t j = 0; j < n; j++) {
        keyed[j].species = j;
        keyed[j].key += m->j_start[j + 1] - m->j_start[j];
        for (uint32_t e = m->j_start[j]; e < m->j_start[j + 1]; e++)
            keyed[m->j_row[e]].key++;
    }
    for (uint32_t i = 0; i < n; i++)
        if ((uint64_t)keyed[i].key * n <= (uint64_t)HUB * 2 * m->n_jacobian)
            keyed[i].key = 0;
    qsort(keyed, n, sizeof *keyed, by_key);
    for (uint32_t i = 0; i < n; i++)
        plan->order[i] = keyed[i].species;
    free(keyed);
    return 0;
}

/* The rows of the pattern: columns taken in order put every row's columns in order. */
static int fill_rows(const Model *m, IluPlan *plan)
{
    const uint32_t n = plan->n;
    uint32_t *position = malloc(((size_t)n + 1) * sizeof *position);
    if (position == NULL)
        return 1;
    for (uint32_t i = 0; i < n; i++)
        position[plan->order[i]] = i;
    for (uint32_t e = 0; e < m->n_jacobian; e++)
        plan->start[position[m->j_row[e]] + 1]++;
    for (uint32_t i = 0; i < n; i++)
        plan->start[i + 1] += plan->start[i];
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t j = plan->order[k];
        for (uint32_t e = m->j_start[j]; e < m->j_start[j + 1]; e++) {
            const uint32_t i = position[m->j_row[e]], at = plan->start[i]++;
            plan->column[at] = k;
            plan->place[e] = at;
            if (i == k)
                plan->diagonal[k] = at;
        }
    }
    for (uint32_t i = n; i > 0; i--)
        plan->start[i] = plan->start[i - 1];
    plan->start[0] = 0;
    free(position);
    return 0;
}

IluPlan *ilu_plan_new(const Model *model)
{
    IluPlan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return NULL;
    const size_t n = plan->n = model->n_species, n_values = plan->n_values = model->n_jacobian;
    plan->order = calloc(n + 1, sizeof *plan->order);
    plan->start = calloc(n + 2, sizeof *plan->start);
    plan->diagonal = calloc(n + 1, sizeof *plan->diagonal);
    plan->column = malloc((n_values + 1) * sizeof *plan->column);
    plan->place = malloc((n_values + 1) * sizeof *plan->place);
    if (!plan->order || !plan->start || !plan->diagonal || !plan->column || !plan->place ||
        put_in_order(model, plan) || fill_rows(model, plan)) {
        ilu_plan_free(plan);
        return NULL;
    }
    return plan;
}

void ilu_plan_free(IluPlan *plan)
{
    if (plan == NULL)
        return;
    free(plan->order);
    free(plan->start);
    free(plan->diagonal);
    free(plan->column);
    free(plan->place);
    free(plan);
}

/* Propensities of single reactions, output and polling: what all algorithms share. */
#include "ssa.h"

#include <math.h>
#include <string.h>

/* n(n-1)…(n-p+1). */
static double falling_product(double n, double p)
{
    double product = 1.0;
    for (double i = 0.0; i < p; i += 1.0)
        product *= n - i;
    return n < p ? 0.0 : product;
}

static double raised(double base, double power)
{
    if (power == floor(power) && fabs(power) <= 64.0)
        return power_of(base, (int32_t)power);
    return pow(base, power);
}

/* Rows of order 0 … MAX_ORDER; the slots of one species are neighbours. */
static double product_of(const SsaRun *run, uint32_t j, const double *x)
{
    const Model *m = run->ssa->model;
    uint32_t order = 0;
    while (j >= m->order_first[order + 1])
        order++;
    const uint32_t *slot = m->slots[order] + (size_t)(j - m->order_first[order]) * order;
    double a = run->scale[j], before = 0.0;
    for (uint32_t s = 0; s < order; s++) {
        before = run->ssa->falling[j] && s > 0 && slot[s] == slot[s - 1] ? before + 1.0 : 0.0;
        a *= x[slot[s]] > before ? x[slot[s]] - before : 0.0;
    }
    return a;
}

static double powers_of(const SsaRun *run, uint32_t j, const double *x)
{
    const Model *m = run->ssa->model;
    const uint32_t row = j - m->n_products;
    double a = run->scale[j];
    for (uint32_t e = m->power_start[row]; e < m->power_start[row + 1]; e++) {
        const double n = x[m->power_species[e]], p = m->power[e];
        a *= run->ssa->falling[j] ? falling_product(n, p) : raised(n, p);
    }
    return a;
}

static double form_of(const SsaRun *run, uint32_t f, const double *x)
{
    const Model *m = run->ssa->model;
    double sum = 0.0;
    for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++)
        sum += run->rates->constants[m->form_weight[e]] * x[m->form_species[e]];
    return run->rates->constants[m->form_constant[f]] + sum / run->ssa->omega;
}

static double law_of(const SsaRun *run, uint32_t j, const double *x)
{
    const Model *m = run->ssa->model;
    Rates *w = run->rates;
    const Shape *s = m->shapes + run->ssa->shape[j - m->n_tables];
    const size_t i = j - s->first;
    double *argument = w->arguments;
    for (uint32_t a = 0; a < s->n_species; a++)
        *argument++ = x[s->species[i * s->n_species + a]] / run->ssa->omega;
    for (uint32_t a = 0; a < s->n_forms; a++)
        *argument++ = form_of(run, s->forms[i * s->n_forms + a], x);
    for (uint32_t a = 0; a < s->n_constants; a++)
        *argument++ = w->constants[s->constants[i * s->n_constants + a]];
    program_values(&s->program, w->arguments, run->law_time, w->values);
    return w->values[s->program.n_code - 1] * run->ssa->omega;
}

double ssa_propensity(SsaRun *run, uint32_t j, const double *x)
{
    const Ssa *ssa = run->ssa;
    const Model *m = ssa->model;
    double factor = 1.0;
    for (uint32_t e = ssa->need_start[j]; e < ssa->need_start[j + 1]; e++)
        if (x[ssa->need_species[e]] < ssa->need[e])
            return 0.0;
    for (uint32_t e = ssa->correct_start[j]; e < ssa->correct_start[j + 1]; e++) {
        const double n = x[ssa->correct_species[e]], p = ssa->correct[e];
        if (n < p) /* also where the law itself is 0/0 */
            return 0.0;
        factor *= falling_product(n, p) / raised(n, p);
    }
    if (j < m->n_products)
        factor *= product_of(run, j, x);
    else
        factor *= j < m->n_tables ? powers_of(run, j, x) : law_of(run, j, x);
    const double a = factor;
    if (a >= 0.0 && a < INFINITY)
        return a;
    run->status = a < 0.0 ? SSA_NEGATIVE : SSA_NOT_FINITE;
    run->culprit = j;
    return 0.0;
}

double ssa_record(SsaRun *run, double upto)
{
    const size_t n = run->ssa->model->n_species;
    for (; run->kept < run->n_times && run->times[run->kept] < upto; run->kept++)
        memcpy(run->values + run->kept * n, run->x, n * sizeof *run->x);
    return run->kept < run->n_times ? run->times[run->kept] : INFINITY;
}

int ssa_watched(const SsaRun *run, double time)
{
    const SsaWatch *w = run->watch;
    double *arguments = w->scratch, *values = arguments + w->program.n_slots;
    for (uint32_t a = 0; a < w->program.n_slots; a++)
        arguments[a] = run->x[w->species[a]] / run->ssa->omega;
    program_values(&w->program, arguments, time, values);
    return values[w->program.n_code - 1] > 0.0;
}

int ssa_watched_until(SsaRun *run, double before, double until)
{
    if (!ssa_watched(run, until))
        return 0;
    for (int k = 0; k < 200; k++) {
        const double middle = 0.5 * (before + until);
        if (!(middle > before && middle < until))
            break;
        if (ssa_watched(run, middle))
            until = middle;
        else
            before = middle;
    }
    run->t = until;
    return 1;
}

int ssa_poll(SsaRun *run)
{
    *run->reached = run->t;
    if (*run->stop)
        run->status = SSA_INTERRUPTED;
    else if (run->events >= run->max_events)
        run->status = SSA_TOO_MANY;
    return run->status;
}

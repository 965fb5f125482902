/* Many runs of one model, one after the other, without any allocation between them. */
#include "batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int runner_init(Runner *r, const Model *model, const Batch *batch)
{
    const size_t n = model->n_species;
    memset(r, 0, sizeof *r);
    r->model = model;
    r->batch = batch;
    r->rates = rates_new(model);
    r->state = calloc(n + 1, sizeof *r->state);
    r->rows = calloc(batch->n_times * n + 1, sizeof *r->rows);
    r->arguments = calloc(model->n_inputs + n + 1, sizeof *r->arguments);
    r->program = calloc((size_t)batch->columns.program.n_code + 1, sizeof *r->program);
    return r->rates && r->state && r->rows && r->arguments && r->program;
}

void runner_free(Runner *r)
{
    if (r->stepper != NULL)
        r->stepper->free(r->stepper);
    rates_free(r->rates);
    free(r->state);
    free(r->rows);
    free(r->arguments);
    free(r->program);
}

void runner_write(Runner *r, size_t i, size_t from, size_t to)
{
    const Batch *b = r->batch;
    const Columns *c = &b->columns;
    const size_t n = r->model->n_species, n_inputs = r->model->n_inputs;
    double *out = b->values + (i * b->n_times + from) * c->n_columns;
    if (c->program.n_code)
        memcpy(r->arguments, b->inputs + i * n_inputs, n_inputs * sizeof *out);
    for (size_t row = from; row < to; row++) {
        const double *x = r->rows + row * n;
        if (c->program.n_code) {
            memcpy(r->arguments + n_inputs, x, n * sizeof *x);
            program_values(&c->program, r->arguments, b->times[row], r->program);
        }
        for (uint32_t k = 0; k < c->n_columns; k++)
            *out++ = c->columns[k] < n ? x[c->columns[k]] : r->program[c->columns[k] - n];
    }
}

/* Begins at (ode->start, r->state), with the stepper of the run before where there is one. */
static int begin(Runner *r, const Ode *ode)
{
    if (r->stepper != NULL)
        r->stepper->restart(r->stepper, ode, r->state);
    else
        r->stepper = ode_start(r->batch->method, ode, r->state);
    return r->stepper != NULL;
}

/* One stretch without switches, up to ode->end; output up to time `edge`. */
static int stretch(Runner *r, const Ode *ode, double edge, Drive *d, double *reached, int64_t *counts)
{
    const Batch *b = r->batch;
    size_t n_times = d->n_times;
    while (n_times < b->n_times && b->times[n_times] <= edge)
        n_times++;
    d->n_times = n_times;
    if (!begin(r, ode))
        return ODE_NO_MEMORY;
    const int status = drive(r->stepper, ode, d);
    memcpy(r->state, r->stepper->x, ode->n * sizeof *r->state);
    *reached = r->stepper->t;
    counts[1] += (int64_t)r->stepper->n_rejected;
    counts[4] += (int64_t)r->stepper->n_factorisations;
    return status;
}

/* From switch to switch, each stretch from just after one to just before the next, where the rates are smooth. */
static int stretches(Runner *r, size_t i, Drive *d, double *reached, int64_t *counts)
{
    const Batch *b = r->batch;
    const double *switches = b->switches + i * b->n_switches;
    Ode ode = {r->rates, r->model->n_species, b->start, b->end, b->rtol, b->atol + i * r->model->n_species,
               b->max_step};
    double from = b->start;
    for (size_t k = 0; k <= b->n_switches; k++) {
        const int last = k == b->n_switches;
        const double edge = last ? b->end : switches[k];
        if (!last && !(edge > from && edge < b->end))
            continue;
        ode.start = from;
        ode.end = last ? b->end : nextafter(edge, -INFINITY);
        if (!(ode.end > from))
            continue;
        const int status = stretch(r, &ode, edge, d, reached, counts);
        if (status != ODE_DONE)
            return status;
        from = last ? edge : nextafter(edge, INFINITY);
    }
    return ODE_DONE;
}

int runner_run(Runner *r, size_t i)
{
    const Batch *b = r->batch;
    const Model *m = r->model;
    const size_t n = m->n_species;
    int64_t *counts = b->counts + i * BATCH_COUNTS;
    Drive d = {b->times, 0, r->rows, 0, b->max_steps, 0, b->poll, b->context};
    memset(counts, 0, BATCH_COUNTS * sizeof *counts);
    rates_set(r->rates, b->inputs + i * m->n_inputs);
    r->rates->n_rhs = r->rates->n_jacobian = 0;
    memcpy(r->state, b->inputs + i * m->n_inputs + m->n_parameters, n * sizeof *r->state);
    b->reached[i] = b->start;
    if (b->n_times && b->times[0] <= b->start) {
        memcpy(r->rows, r->state, n * sizeof *r->rows);
        d.n_times = d.kept = 1;
    }
    const int status = stretches(r, i, &d, &b->reached[i], counts);
    runner_write(r, i, 0, d.kept);
    double *out = b->values + i * b->n_times * b->columns.n_columns;
    for (size_t k = d.kept * b->columns.n_columns; k < b->n_times * b->columns.n_columns; k++)
        out[k] = NAN;
    if (b->finals != NULL)
        memcpy(b->finals + i * n, r->state, n * sizeof *r->state);
    counts[0] = (int64_t)d.steps;
    counts[2] = (int64_t)r->rates->n_rhs;
    counts[3] = (int64_t)r->rates->n_jacobian;
    b->status[i] = status;
    return status;
}

int batch_run(const Model *model, const Batch *batch)
{
    Runner r;
    int status = runner_init(&r, model, batch) ? ODE_DONE : ODE_NO_MEMORY;
    for (size_t i = 0; i < batch->n_runs; i++)
        batch->status[i] = BATCH_NOT_RUN;
    for (size_t i = 0; status == ODE_DONE && i < batch->n_runs; i++) {
        const int one = runner_run(&r, i);
        if (one == ODE_NO_MEMORY || one == ODE_INTERRUPTED || batch->poll(batch->context, batch->start))
            status = one == ODE_NO_MEMORY ? one : ODE_INTERRUPTED;
    }
    runner_free(&r);
    return status;
}

/* Many runs of one model, one after the other, without any allocation between them. */
#include "batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct Runner {
    const Model *model;
    int method;
    Rates *rates;
    Positivity *positivity;
    Stepper *stepper;    /* NULL before the first run */
    double *state;       /* [n_species] */
    double *atol;        /* [n_species] of the run */
    double *rows;        /* [n_rows] states of one run at the output times */
    double *arguments;   /* [n_inputs + n_species] */
    double *program;     /* [n_program] */
    size_t n_rows, n_program;
    const Batch *batch;  /* under way */
};

void runner_free(Runner *r)
{
    if (r == NULL)
        return;
    if (r->stepper != NULL)
        r->stepper->free(r->stepper);
    rates_free(r->rates);
    positivity_free(r->positivity);
    free(r->state);
    free(r->atol);
    free(r->rows);
    free(r->arguments);
    free(r->program);
    free(r);
}

Runner *runner_new(const Model *model, int method)
{
    Runner *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->model = model;
    r->method = method;
    r->rates = rates_new(model);
    r->positivity = positivity_new(model);
    r->state = calloc((size_t)model->n_species + 1, sizeof *r->state);
    r->atol = calloc((size_t)model->n_species + 1, sizeof *r->atol);
    r->arguments = calloc((size_t)model->n_inputs + model->n_species + 1, sizeof *r->arguments);
    if (!r->rates || !r->positivity || !r->state || !r->atol || !r->arguments) {
        runner_free(r);
        return NULL;
    }
    return r;
}

/* Makes *buffer hold `n` numbers; 0 without memory. */
static int make_room(double **buffer, size_t *room, size_t n)
{
    if (*buffer != NULL && *room >= n)
        return 1;
    free(*buffer);
    *buffer = calloc(n + 1, sizeof **buffer);
    *room = *buffer == NULL ? 0 : n;
    return *buffer != NULL;
}

/* Writes the columns of the first `kept` rows of run i, and nan into the others. */
static void write_run(Runner *r, size_t i, size_t kept)
{
    const Batch *b = r->batch;
    const Columns *c = &b->columns;
    const size_t n = r->model->n_species, n_inputs = r->model->n_inputs;
    double *out = b->values + i * b->n_times * c->n_columns;
    if (c->program.n_code)
        memcpy(r->arguments, b->inputs + i * n_inputs, n_inputs * sizeof *out);
    for (size_t row = 0; row < b->n_times; row++) {
        const double *x = r->rows + row * n;
        if (row < kept && c->program.n_code) {
            memcpy(r->arguments + n_inputs, x, n * sizeof *x);
            program_values(&c->program, r->arguments, b->times[row], r->program);
        }
        for (uint32_t k = 0; k < c->n_columns; k++) {
            const uint32_t from = c->columns[k];
            *out++ = row >= kept ? NAN : from < n ? x[from] : r->program[from - n];
        }
    }
}

/* Begins at (ode->start, r->state), with the stepper of the run before where there is one. */
static int begin(Runner *r, const Ode *ode)
{
    if (r->stepper != NULL)
        r->stepper->restart(r->stepper, ode, r->state);
    else
        r->stepper = ode_start(r->method, ode, r->state);
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
    positivity_begin(r->positivity, r->rates, ode->start, ode->end);
    const int status = drive(r->stepper, ode, d);
    memcpy(r->state, r->stepper->x, ode->n * sizeof *r->state);
    *reached = r->stepper->t;
    counts[1] += (int64_t)r->stepper->n_rejected;
    counts[4] += (int64_t)r->stepper->n_factorisations;
    return status;
}

/* A time just before (-1) or just after (1) a switch, so far from it that no rounding in a law tells it otherwise; as in
 * mscnet/kinetics/switches.py. */
static double beside(double edge, double side)
{
    return nextafter(edge + side * 0x1p-50 * fabs(edge), side * INFINITY);
}

/* From switch to switch, each stretch from just after one to just before the next, where the rates are smooth. */
static int stretches(Runner *r, size_t i, Drive *d, double *reached, int64_t *counts)
{
    const Batch *b = r->batch;
    const double *switches = b->switches + i * b->n_switches;
    Ode ode = {r->rates, r->model->n_species, b->start, b->end, b->rtol, r->atol, b->max_step, 0.0};
    double from = b->start;
    for (size_t k = 0; k <= b->n_switches; k++) {
        const int last = k == b->n_switches;
        const double edge = last ? b->end : switches[k];
        if (!last && !(edge > from && edge < b->end))
            continue;
        ode.start = from;
        ode.end = last ? b->end : beside(edge, -1.0);
        if (!(ode.end > from))
            continue;
        const int status = stretch(r, &ode, edge, d, reached, counts);
        if (status != ODE_DONE)
            return status;
        from = last ? edge : beside(edge, 1.0);
    }
    return ODE_DONE;
}

/* As mscnet/simulation/tolerances.py: rtol times the smaller of a millionth of the largest and the whole of the
 * smallest initial concentration above 0. */
static double default_atol(const Runner *r)
{
    const Model *m = r->model;
    double largest = 0.0, smallest = INFINITY;
    for (uint32_t i = 0; i < m->n_species; i++)
        if (r->state[i] > 0.0 && !m->constant[i]) {
            largest = fmax(largest, r->state[i]);
            smallest = fmin(smallest, r->state[i]);
        }
    const double share = largest > 0.0 ? fmin(1e-6 * largest, smallest) : 1e-6;
    return fmax(r->batch->rtol * share, 1e-300);
}

/* State, constants and tolerances of run i; 0 where its initial concentrations are of none. */
static int prepare(Runner *r, size_t i)
{
    const Model *m = r->model;
    const double *inputs = r->batch->inputs + i * m->n_inputs, *atol = r->batch->atol + i * r->batch->atol_stride;
    rates_set(r->rates, inputs);
    r->rates->n_rhs = r->rates->n_jacobian = 0;
    memcpy(r->state, inputs + m->n_parameters, m->n_species * sizeof *r->state);
    const double otherwise = default_atol(r);
    int good = 1;
    for (uint32_t k = 0; k < m->n_species; k++) {
        r->atol[k] = isnan(atol[k]) ? otherwise : atol[k];
        good &= r->state[k] >= 0.0 && isfinite(r->state[k]);
    }
    return good;
}

/* Run i from its beginning, and all that comes out of it; its status. */
static int run(Runner *r, size_t i)
{
    const Batch *b = r->batch;
    const size_t n = r->model->n_species;
    int64_t *counts = b->counts + i * BATCH_COUNTS;
    Drive d = {.times = b->times, .values = r->rows, .max_steps = b->max_steps};
    d.positivity = r->positivity;
    d.poll = b->poll;
    d.context = b->context;
    memset(counts, 0, BATCH_COUNTS * sizeof *counts);
    const int good = prepare(r, i);
    b->reached[i] = b->start;
    if (good && b->times[0] <= b->start) {
        memcpy(r->rows, r->state, n * sizeof *r->rows);
        d.n_times = d.kept = 1;
    }
    const int status = good ? stretches(r, i, &d, &b->reached[i], counts) : BATCH_BAD_START;
    write_run(r, i, d.kept);
    if (b->finals != NULL)
        memcpy(b->finals + i * n, r->state, n * sizeof *r->state);
    counts[0] = (int64_t)d.steps;
    counts[2] = (int64_t)r->rates->n_rhs;
    counts[3] = (int64_t)r->rates->n_jacobian;
    b->status[i] = status;
    return status;
}

int runner_batch(Runner *r, const Batch *batch)
{
    r->batch = batch;
    for (size_t i = 0; i < batch->n_runs; i++)
        batch->status[i] = BATCH_NOT_RUN;
    if (!make_room(&r->rows, &r->n_rows, batch->n_times * r->model->n_species) ||
        !make_room(&r->program, &r->n_program, batch->columns.program.n_code))
        return ODE_NO_MEMORY;
    for (size_t i = 0; i < batch->n_runs; i++) {
        const int status = run(r, i);
        if (status == ODE_NO_MEMORY || status == ODE_INTERRUPTED)
            return status;
        if (i + 1 < batch->n_runs && batch->poll(batch->context, batch->start))
            return ODE_INTERRUPTED;
    }
    return ODE_DONE;
}

/* Many runs of one model in one call: parameter sets, initial states, chosen columns of the output. */
#ifndef MSCNET_BATCH_H
#define MSCNET_BATCH_H

#include "drive.h"

/* A run that was never begun, because the call was stopped before. */
#define BATCH_NOT_RUN (-1)

/* What comes out at every output time: a species, or a value of a program over (inputs, state, time). */
typedef struct {
    uint32_t n_columns;
    const uint32_t *columns; /* [n_columns]: below n_species a species, else n_species + a value of the program */
    Program program;         /* slots: the inputs, then the state; no code where nothing needs it */
} Columns;

typedef struct {
    size_t n_runs, n_times, n_switches;
    const double *inputs;   /* [n_runs][n_inputs] */
    const double *atol;     /* [n_runs][n_species] */
    const double *switches; /* [n_runs][n_switches] increasing; only those inside (start, end) count */
    double start, end, rtol, max_step;
    const double *times; /* [n_times] increasing, from start (included) to end */
    uint64_t max_steps;
    int method;
    Columns columns;
    /* what comes out */
    double *values;   /* [n_runs][n_times][n_columns]; nan from where a run did not get */
    double *finals;   /* [n_runs][n_species] the last good state, or NULL */
    double *reached;  /* [n_runs] the time of that */
    int64_t *status;  /* [n_runs] as in ode.h, or BATCH_NOT_RUN */
    int64_t *counts;  /* [n_runs][BATCH_COUNTS] steps, rejected, rhs, jacobian, factorisations */
    /* Called now and then; not 0 stops. */
    int (*poll)(void *context, double time);
    void *context;
} Batch;

#define BATCH_COUNTS 5

/* Runs all; a run that fails leaves the others alone.  ODE_DONE, ODE_INTERRUPTED or ODE_NO_MEMORY. */
int batch_run(const Model *model, const Batch *batch);

/* What one thread needs for one run after the other. */
typedef struct {
    const Model *model;
    const Batch *batch;
    Rates *rates;
    Stepper *stepper;
    double *state;     /* [n_species] */
    double *rows;      /* [n_times][n_species] */
    double *arguments; /* [n_inputs + n_species] */
    double *program;   /* [n_code] */
} Runner;

int runner_init(Runner *runner, const Model *model, const Batch *batch);
void runner_free(Runner *runner);
/* Integrates run i from its beginning and writes all that comes out of it; its status. */
int runner_run(Runner *runner, size_t i);
/* Writes the columns of rows [from, to) of run i, whose states stand in runner->rows. */
void runner_write(Runner *runner, size_t i, size_t from, size_t to);

#endif

/* Many runs of one model in one call: parameter sets, initial states, chosen columns of the output. */
#ifndef MSCNET_BATCH_H
#define MSCNET_BATCH_H

#include "drive.h"

/* A run that was never begun, because the call was stopped before. */
#define BATCH_NOT_RUN (-1)
/* A run with an initial concentration that is negative or not finite. */
#define BATCH_BAD_START (-2)

/* What comes out at every output time: a species, or a value of a program over (inputs, state, time). */
typedef struct {
    uint32_t n_columns;
    const uint32_t *columns; /* [n_columns]: below n_species a species, else n_species + a value of the program */
    Program program;         /* slots: the inputs, then the state; no code where nothing needs it */
} Columns;

typedef struct {
    size_t n_runs, n_times, n_switches;
    const double *inputs;   /* [n_runs][n_inputs] */
    const double *atol;     /* [n_species], or with atol_stride n_species [n_runs][n_species]; nan: what suits the
                               run's initial concentrations */
    size_t atol_stride;     /* from one run's tolerances to the next's: 0 where all have the same */
    const double *switches; /* [n_runs][n_switches] increasing; only those inside (start, end) count */
    double start, end, rtol, max_step;
    const double *times; /* [n_times] increasing, from start (included) to end */
    uint64_t max_steps;
    Columns columns;
    /* what comes out */
    double *values;   /* [n_runs][n_times][n_columns]; nan from where a run did not get */
    double *finals;   /* [n_runs][n_species] the last good state, or NULL */
    double *reached;  /* [n_runs] the time of that */
    int64_t *status;  /* [n_runs] as in ode.h, or one of the above */
    int64_t *counts;  /* [n_runs][BATCH_COUNTS] steps, rejected, rhs, jacobian, factorisations */
    /* Called now and then; not 0 stops. */
    int (*poll)(void *context, double time);
    void *context;
} Batch;

#define BATCH_COUNTS 5

/* What one thread needs for one run after the other; kept from call to call, so that the pattern of the Jacobian is
 * analysed once. */
typedef struct Runner Runner;

/* NULL without memory; `method` as in ode.h. */
Runner *runner_new(const Model *model, int method);
void runner_free(Runner *runner);
/* Runs all; a run that fails leaves the others alone.  ODE_DONE, ODE_INTERRUPTED or ODE_NO_MEMORY. */
int runner_batch(Runner *runner, const Batch *batch);

#endif

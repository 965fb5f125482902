/* The loop that steps an integrator: output at the asked times, conditions, step limit, interrupts. */
#ifndef MSCNET_DRIVE_H
#define MSCNET_DRIVE_H

#include "positivity.h"
#include "roots.h"

typedef struct {
    const double *times; /* [n_times] increasing, from just after the start up to the end */
    size_t n_times;
    double *values; /* [n_times][n] */
    size_t kept;    /* rows of `values` that are filled */
    uint64_t max_steps, steps;
    uint64_t steps_by[METHOD_COUNT]; /* by the method that made them */
    Roots *roots;                    /* conditions to be watched, or NULL; the caller has begun them */
    Positivity *positivity;          /* keeps concentrations from falling below zero, or NULL */
    double stopped;                  /* where a condition ended the run; the state is roots->reached */
    /* Called now and then with the time reached; not 0 interrupts. */
    int (*poll)(void *context, double time);
    void *context;
    /* Called for each row with its number and its time, which is within the last step; or NULL. */
    void (*filled)(void *companion, size_t row, double time);
    void *companion;
} Drive;

/* Steps to ode->end, or as far as it goes; ODE_DONE or why not. */
int drive(Stepper *stepper, const Ode *ode, Drive *d);

#endif

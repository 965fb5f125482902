/* Functions g(t, x) that are watched during a run, and where their signs change. */
#ifndef MSCNET_ROOTS_H
#define MSCNET_ROOTS_H

#include "ode.h"

/* One condition: it holds where g > 0, or >= 0 if `inclusive`. */
typedef struct {
    Program program;         /* of g; its slots are concentrations */
    const uint32_t *species; /* [program.n_slots] which ones */
    int inclusive, stops;    /* whether the run ends where it begins to hold */
} Condition;

typedef struct {
    uint32_t n, n_species;
    Condition *conditions; /* [n] */
    double *side;          /* [n] 1 where it holds, -1 where not, 0 before the first look or on the border at the start */
    double *block;         /* owns the scratch */
    double *before, *samples, *arguments, *values, *state, *reached;
    /* What was found, in order: the time, 1 + the number of the condition (below zero where it ceased to hold), and the
     * state. */
    size_t n_found, room;
    double *times, *which, *states;
} Roots;

/* Scratch for `n` conditions that are set already; 0 without memory. */
int roots_prepare(Roots *roots);
void roots_release(Roots *roots);
/* Takes the sides at the start of a stretch; a condition whose side is known from before, and has changed, is found
 * there. */
int roots_begin(Roots *roots, double t, const double *x);
/* Looks at the last step.  ODE_DONE; ODE_STOPPED where a condition that stops the run began to hold, then `*time` is
 * where and roots->reached the state; or ODE_NO_MEMORY. */
int roots_check(Roots *roots, const Stepper *stepper, double *time);

#endif

/* The record of a BDF run, and the gradient of sums over its output through it.
 *
 * With the sequence of steps and orders held fixed, each thing that a run does to its Nordsieck rows is linear in them
 * but for one implicit equation a step; so the record holds the state at the end of each step and a few numbers. */
#ifndef MSCNET_SENS_TAPE_H
#define MSCNET_SENS_TAPE_H

#include "bdf.h"
#include "sens_tables.h"

typedef enum { TAPE_BEGUN, TAPE_RESCALED, TAPE_LOWERED, TAPE_RAISED, TAPE_STEPPED, TAPE_OUTPUT } TapeKind;

typedef struct {
    TapeKind kind;
    int order;      /* before the event */
    size_t row;     /* of `states` (begun, stepped) or of the output */
    double t, gamma; /* gamma: h where begun, gamma where stepped; the ratio; at an output (time - t) / h */
    double c[BDF_MAX_ORDER + 1];
} TapeEvent;

typedef struct {
    BdfFollower base;
    Rates *rates; /* owned, with the inputs of the run */
    SensTables tables;
    TapeEvent *events;
    size_t n_events, room_events;
    double *states; /* [n_states][n_species] */
    size_t n_states, room_states;
    size_t most_numbers; /* that `states` may hold */
    double rtol, *atol;  /* [n_species] of the run: what size of each species counts */
    int full, no_memory;
    size_t n_output;
} Tape;

/* An empty record of a run; takes its rates over.  NULL without memory (they are then still the caller's). */
Tape *tape_new(const Ode *ode, size_t most_numbers);
void tape_free(Tape *tape);
/* Notes that the output `row` lies at this time within the last step. */
void tape_output(Tape *tape, const Bdf *bdf, size_t row, double time);
/* Through the record from its end to its start: `state` [n_species] holds the gradient of the sum by the state at the
 * end, then at the start; to inputs[n_inputs] is added what comes through the rates; weights[n_output][n_species] are
 * those of the output.  0, or 1 without memory, 2 where a matrix is singular, 3 where `poll`, called now and then with
 * the time, was not 0.  Works with the tape's own rates: one call at a time. */
int tape_gradient(const Tape *tape, const double *weights, double *state, double *inputs,
                  int (*poll)(void *context, double time), void *context);

#endif

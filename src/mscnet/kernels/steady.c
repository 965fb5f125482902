/* A walk towards a steady state: what an integrator does, in stretches of any length, without losing its history. */
#include "steady.h"

#include <stdlib.h>
#include <string.h>

/* So many steps pass between two polls. */
#define POLL_EVERY 64

Walk *walk_new(const Model *model, int method, const double *inputs, const double *state, const double *atol, double rtol,
               double end)
{
    const size_t n = model->n_species;
    Walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL)
        return NULL;
    walk->ode.rates = rates_new(model);
    walk->block = malloc((n + 1) * sizeof *walk->block);
    if (walk->ode.rates == NULL || walk->block == NULL) {
        walk_free(walk);
        return NULL;
    }
    memcpy(walk->block, atol, n * sizeof *atol);
    rates_set(walk->ode.rates, inputs);
    walk->ode.n = model->n_species;
    walk->ode.start = 0.0;
    walk->ode.end = end;
    walk->ode.rtol = rtol;
    walk->ode.atol = walk->block;
    walk->ode.max_step = end;
    walk->stepper = ode_start(method, &walk->ode, state);
    if (walk->stepper == NULL) {
        walk_free(walk);
        return NULL;
    }
    return walk;
}

void walk_free(Walk *walk)
{
    if (walk->stepper != NULL)
        walk->stepper->free(walk->stepper);
    if (walk->ode.rates != NULL)
        rates_free(walk->ode.rates);
    free(walk->block);
    free(walk);
}

int walk_on(Walk *walk, double until, uint64_t most, uint64_t *steps, int (*poll)(void *context), void *context)
{
    Stepper *s = walk->stepper;
    *steps = 0;
    while (s->t < until && s->t < walk->ode.end && *steps < most) {
        const int status = s->step(s);
        if (status != ODE_DONE)
            return status;
        ++*steps;
        if (*steps % POLL_EVERY == 0 && poll(context))
            return ODE_INTERRUPTED;
    }
    return ODE_DONE;
}

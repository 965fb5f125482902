/* The loop that steps an integrator. */
#include "drive.h"

#include <string.h>

/* So many steps pass between two polls, which look at the clock. */
#define POLL_EVERY 64

/* The rows of output times up to `upto`, within the last step. */
static void fill(const Stepper *s, const Ode *ode, Drive *d, double upto)
{
    const size_t n = ode->n;
    while (d->kept < d->n_times && (d->times[d->kept] <= upto || upto >= ode->end)) {
        double *row = d->values + d->kept * n;
        if (d->times[d->kept] >= s->t)
            memcpy(row, s->x, n * sizeof *row);
        else
            s->interpolate(s, d->times[d->kept], row);
        if (d->positivity != NULL && positivity_is_left(d->positivity, row, NULL))
            positivity_mend(d->positivity, row);
        if (d->filled != NULL)
            d->filled(d->companion, d->kept, d->times[d->kept] < s->t ? d->times[d->kept] : s->t);
        d->kept++;
    }
}

/* The run itself goes on from the mended state, since a law may run away from one below zero.  For BDF what is less than
 * the tolerance is an error of the step, which the next ones correct; it begins anew only beyond. */
static void mend_state(Stepper *s, const Ode *ode, Positivity *positivity)
{
    if (!positivity_is_left(positivity, s->x, s->method == METHOD_BDF ? ode->atol : NULL))
        return;
    s->moved = 1;
    positivity_mend(positivity, s->x);
}

/* Everything that follows an accepted step. */
static int after_step(Stepper *s, const Ode *ode, Drive *d)
{
    double upto = s->t;
    int status = ODE_DONE;
    d->steps++;
    d->steps_by[s->method]++;
    if (d->roots != NULL)
        status = roots_check(d->roots, s, &upto);
    if (status == ODE_STOPPED) {
        d->stopped = upto;
        if (d->positivity != NULL && positivity_is_left(d->positivity, d->roots->reached, NULL))
            positivity_mend(d->positivity, d->roots->reached);
    }
    fill(s, ode, d, upto);
    if (d->positivity != NULL)
        mend_state(s, ode, d->positivity);
    return status;
}

int drive(Stepper *s, const Ode *ode, Drive *d)
{
    while (s->t < ode->end) {
        if (d->steps >= d->max_steps)
            return ODE_TOO_MANY_STEPS;
        int status = s->step(s);
        if (status == ODE_DONE)
            status = after_step(s, ode, d);
        if (status != ODE_DONE)
            return status;
        if (d->steps % POLL_EVERY == 0 && d->poll != NULL && d->poll(d->context, s->t))
            return ODE_INTERRUPTED;
    }
    return ODE_DONE;
}

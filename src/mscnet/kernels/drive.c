/* The loop that steps an integrator. */
#include "drive.h"

#include <string.h>

/* So many steps pass between two polls, which look at the clock. */
#define POLL_EVERY 64

static void fill(const Stepper *s, const Ode *ode, Drive *d)
{
    const size_t n = ode->n;
    while (d->kept < d->n_times && (d->times[d->kept] <= s->t || s->t >= ode->end)) {
        double *row = d->values + d->kept * n;
        if (d->times[d->kept] >= s->t)
            memcpy(row, s->x, n * sizeof *row);
        else
            s->interpolate(s, d->times[d->kept], row);
        if (d->filled != NULL)
            d->filled(d->companion, d->kept, d->times[d->kept] < s->t ? d->times[d->kept] : s->t);
        d->kept++;
    }
}

int drive(Stepper *s, const Ode *ode, Drive *d)
{
    while (s->t < ode->end) {
        if (d->steps >= d->max_steps)
            return ODE_TOO_MANY_STEPS;
        const int status = s->step(s);
        if (status != ODE_DONE)
            return status;
        d->steps++;
        fill(s, ode, d);
        if (d->steps % POLL_EVERY == 0 && d->poll != NULL && d->poll(d->context, s->t))
            return ODE_INTERRUPTED;
    }
    return ODE_DONE;
}

/* Records a BDF run. */
#include "sens_tape.h"

#include <stdlib.h>
#include <string.h>

static TapeEvent *add(Tape *s, TapeKind kind, int order)
{
    if (s->n_events == s->room_events) {
        const size_t room = 2 * s->room_events + 256;
        TapeEvent *events = realloc(s->events, room * sizeof *events);
        if (events == NULL) {
            s->no_memory = 1;
            return NULL;
        }
        s->events = events;
        s->room_events = room;
    }
    TapeEvent *event = &s->events[s->n_events++];
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->order = order;
    return event;
}

/* Room for one state more. */
static int reserve(Tape *s)
{
    const size_t n = s->rates->model->n_species;
    if (s->n_states < s->room_states)
        return 1;
    const size_t room = 2 * s->room_states + 64;
    if ((s->n_states + 1) * n > s->most_numbers) {
        s->full = 1;
        return 0;
    }
    double *states = realloc(s->states, (room * n + 1) * sizeof *states);
    s->no_memory = states == NULL;
    if (states != NULL) {
        s->states = states;
        s->room_states = room;
    }
    return states != NULL;
}

static void keep_state(Tape *s, TapeEvent *event, double t, double gamma, const double *x)
{
    const size_t n = s->rates->model->n_species;
    if (event == NULL || !reserve(s))
        return;
    memcpy(s->states + s->n_states * n, x, n * sizeof *x);
    event->t = t;
    event->gamma = gamma;
    event->row = s->n_states++;
}

static void begun(BdfFollower *base, const Bdf *bdf)
{
    Tape *s = (Tape *)base;
    keep_state(s, add(s, TAPE_BEGUN, 1), bdf->base.t, bdf->h, bdf->z);
}

static void rescaled(BdfFollower *base, const Bdf *bdf, double ratio)
{
    TapeEvent *event = add((Tape *)base, TAPE_RESCALED, bdf->order);
    if (event != NULL)
        event->gamma = ratio;
}

static void reordered(BdfFollower *base, const Bdf *bdf, int order, const double *c)
{
    TapeEvent *event = add((Tape *)base, order < bdf->order ? TAPE_LOWERED : TAPE_RAISED, bdf->order);
    if (event != NULL)
        memcpy(event->c, c, sizeof event->c);
}

static int corrected(BdfFollower *base, Bdf *bdf, double t, double *error)
{
    const Tape *s = (const Tape *)base;
    (void)bdf;
    (void)t;
    (void)error;
    return s->full || s->no_memory;
}

static void accepted(BdfFollower *base, const Bdf *bdf, int kept)
{
    Tape *s = (Tape *)base;
    (void)kept;
    TapeEvent *event = add(s, TAPE_STEPPED, bdf->order);
    keep_state(s, event, bdf->base.t, bdf->gamma, bdf->z);
    if (event != NULL)
        memcpy(event->c, bdf->formula.corrector, sizeof event->c);
}

void tape_output(Tape *s, const Bdf *bdf, size_t row, double time)
{
    TapeEvent *event = add(s, TAPE_OUTPUT, bdf->order);
    if (event == NULL)
        return;
    event->row = row;
    event->gamma = time < bdf->base.t ? (time - bdf->base.t) / bdf->h : 0.0;
    s->n_output = row + 1;
}

Tape *tape_new(const Ode *ode, size_t most_numbers)
{
    Tape *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->atol = malloc((ode->n + 1) * sizeof *s->atol);
    if (s->atol == NULL || !sens_tables_make(&s->tables, ode->rates->model)) {
        tape_free(s);
        return NULL;
    }
    memcpy(s->atol, ode->atol, ode->n * sizeof *s->atol);
    s->rtol = ode->rtol;
    s->rates = ode->rates;
    s->most_numbers = most_numbers;
    s->base = (BdfFollower){begun, rescaled, reordered, corrected, accepted, NULL, NULL};
    return s;
}

void tape_free(Tape *s)
{
    if (s == NULL)
        return;
    rates_free(s->rates);
    sens_tables_free(&s->tables);
    free(s->atol);
    free(s->events);
    free(s->states);
    free(s);
}

/* Conditions watched during a run: their signs at times within each step, and the times of change, on the dense output.
 *
 * A sign that changes twice between two looks within a step is found where g nears zero after the first look and leaves
 * it before the second, so where it has one extremum between them, and where a look is nearer to zero than both its
 * neighbours; of a g with more extrema a pair can be missed. */
#include "roots.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Looks in a step, the last at its end. */
#define LOOKS 4
/* How far from a look its slope is taken, as a part of the time between two looks. */
#define NEAR 1e-3
#define MOST_BISECTIONS 200
/* Of the search for the point nearest to zero. */
#define MOST_NARROWINGS 24
#define GOLDEN 0.3819660112501051

typedef struct {
    double time;
    uint32_t condition;
    int holds;
} Change;

typedef struct {
    Roots *roots;
    const Stepper *stepper;
    uint32_t condition;
} Watch;

/* --- values --------------------------------------------------------------------------------- */

static double value_at(Roots *r, uint32_t i, double t, const double *x)
{
    const Condition *c = &r->conditions[i];
    for (uint32_t a = 0; a < c->program.n_slots; a++)
        r->arguments[a] = x[c->species[a]];
    program_values(&c->program, r->arguments, t, r->values);
    return r->values[c->program.n_code - 1];
}

static double side_of(const Condition *c, double value)
{
    return value > 0.0 || (value == 0.0 && c->inclusive) ? 1.0 : -1.0;
}

static double watch(const Watch *w, double t)
{
    const Stepper *s = w->stepper;
    if (t >= s->t)
        return value_at(w->roots, w->condition, s->t, s->x);
    s->interpolate(s, t, w->roots->state);
    return value_at(w->roots, w->condition, t, w->roots->state);
}

/* --- location ------------------------------------------------------------------------------- */

/* The first time known to lie on the other side, where a and b lie on different ones: false position with the Illinois
 * change (Dowell and Jarratt, BIT 11 (1971) 168), and a bisection after every two steps that did not halve it. */
static double locate(const Watch *w, double a, double at_a, double b, double at_b)
{
    const Condition *c = &w->roots->conditions[w->condition];
    const double target = side_of(c, at_b);
    double width = b - a;
    int slow = 0;
    for (int k = 0; k < MOST_BISECTIONS; k++) {
        if (b - a <= 2.0 * DBL_EPSILON * fmax(fabs(a), fabs(b)))
            break;
        double t = b - at_b * (b - a) / (at_b - at_a);
        if (slow >= 2 || !(t > a && t < b))
            t = 0.5 * (a + b);
        if (!(t > a && t < b))
            break;
        const double value = watch(w, t);
        if (side_of(c, value) == target) {
            b = t;
            at_b = value;
            at_a *= 0.5;
        } else {
            a = t;
            at_a = value;
            at_b *= 0.5;
        }
        slow = b - a > 0.5 * width ? slow + 1 : 0;
        if (!slow)
            width = b - a;
    }
    return b;
}

/* Where in (a, b) g has changed sides, if it comes back by b: the bend around `middle` is narrowed down until it has.
 * Golden section; returns b where it does not. */
static double turning(const Watch *w, double a, double middle, double b, double side)
{
    const Condition *c = &w->roots->conditions[w->condition];
    const double end = b;
    double least = side * watch(w, middle);
    for (int k = 0; k < MOST_NARROWINGS; k++) {
        const double t = middle - a > b - middle ? middle - GOLDEN * (middle - a) : middle + GOLDEN * (b - middle);
        const double value = watch(w, t);
        if (side_of(c, value) != side)
            return t;
        if (side * value < least) {
            *(t < middle ? &b : &a) = middle;
            middle = t;
            least = side * value;
        } else {
            *(t < middle ? &a : &b) = t;
        }
    }
    return end;
}

/* --- a step --------------------------------------------------------------------------------- */

static int keep(Roots *r, double t, uint32_t i, int holds, const double *x)
{
    const size_t n = r->n_species;
    if (r->n_found == r->room) {
        const size_t room = r->room ? 2 * r->room : 16;
        double *times = realloc(r->times, room * sizeof *times);
        r->times = times ? times : r->times;
        double *which = realloc(r->which, room * sizeof *which);
        r->which = which ? which : r->which;
        double *states = realloc(r->states, (room * n + 1) * sizeof *states);
        r->states = states ? states : r->states;
        if (!times || !which || !states)
            return ODE_NO_MEMORY;
        r->room = room;
    }
    r->times[r->n_found] = t;
    r->which[r->n_found] = holds ? i + 1.0 : -(i + 1.0);
    memcpy(r->states + r->n_found * n, x, n * sizeof *x);
    r->n_found++;
    return ODE_DONE;
}

/* The changes of one condition in the step, in order, into `found`; how many.  `g` are its values at the looks, `ahead`
 * and `behind` places further those just after and just before them. */
static int changes_of(const Watch *w, const double *times, const double *g, size_t stride, size_t ahead, size_t behind,
                      Change *found)
{
    Roots *r = w->roots;
    const Condition *c = &r->conditions[w->condition];
    double *side = &r->side[w->condition];
    int n = 0;
    for (int j = 1; j <= LOOKS; j++) {
        double from = times[j - 1], at_from = g[(size_t)(j - 1) * stride];
        const double at = g[(size_t)j * stride], now = side_of(c, at);
        if (*side == 0.0) {
            *side = at == 0.0 ? 0.0 : now;
            continue;
        }
        if (now == *side) {
            /* towards the border at the beginning and away from it at the end: it may have been crossed twice */
            const double before = g[(size_t)(j - 1) * stride + ahead], after = g[(size_t)j * stride + behind];
            const int bends = now * (before - at_from) < 0.0 && now * (at - after) > 0.0;
            double until = times[j], at_until = at;
            double turn = bends ? turning(w, from, 0.5 * (from + until), until, now) : until;
            /* or the look itself is nearer than both its neighbours, as where slopes are too small to be told */
            if (turn >= until && j < LOOKS) {
                const double next = g[(size_t)(j + 1) * stride];
                until = times[j + 1];
                at_until = next;
                const int dips = fabs(at) < fabs(at_from) && fabs(at) < fabs(next) && side_of(c, next) == now;
                turn = dips ? turning(w, from, times[j], until, now) : until;
                j += turn < until;
            }
            if (turn < until) {
                const double there = watch(w, turn);
                found[n++] = (Change){locate(w, from, at_from, turn, there), w->condition, now < 0.0};
                found[n++] = (Change){locate(w, turn, there, until, at_until), w->condition, now > 0.0};
            }
            continue;
        }
        if (now != *side) {
            found[n++] = (Change){locate(w, from, at_from, times[j], at), w->condition, now > 0.0};
            *side = now;
        }
    }
    return n;
}

static int by_time(const void *a, const void *b)
{
    const Change *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->condition < y->condition ? -1 : x->condition > y->condition;
}

/* Keeps changes in the order of time, up to one that stops the run. */
static int take(Roots *r, const Stepper *s, Change *found, size_t n, double *time)
{
    qsort(found, n, sizeof *found, by_time);
    for (size_t k = 0; k < n; k++) {
        const Change *change = &found[k];
        if (change->time >= s->t)
            memcpy(r->reached, s->x, r->n_species * sizeof *r->reached);
        else
            s->interpolate(s, change->time, r->reached);
        if (keep(r, change->time, change->condition, change->holds, r->reached) != ODE_DONE)
            return ODE_NO_MEMORY;
        if (change->holds && r->conditions[change->condition].stops) {
            *time = change->time;
            return ODE_STOPPED;
        }
    }
    return ODE_DONE;
}

int roots_check(Roots *r, const Stepper *s, double *time)
{
    const size_t n = r->n;
    double times[LOOKS + 1], *g = r->samples;
    memcpy(g, r->before, n * sizeof *g);
    times[0] = s->t_old;
    for (int j = 1; j <= LOOKS; j++) {
        times[j] = j == LOOKS ? s->t : s->t_old + (s->t - s->t_old) * j / LOOKS;
        if (j < LOOKS)
            s->interpolate(s, times[j], r->state);
        for (uint32_t i = 0; i < n; i++)
            g[(size_t)j * n + i] = value_at(r, i, times[j], j < LOOKS ? r->state : s->x);
    }
    const size_t ahead = (LOOKS + 1) * n, behind = 2 * ahead;
    const double near = NEAR * (s->t - s->t_old) / LOOKS;
    for (int j = 0; j <= LOOKS; j++)
        for (int back = 0; back < 2; back++) {
            if (j == (back ? 0 : LOOKS))
                continue;
            const double t = back ? times[j] - near : times[j] + near;
            s->interpolate(s, t, r->state);
            for (uint32_t i = 0; i < n; i++)
                g[(back ? behind : ahead) + (size_t)j * n + i] = value_at(r, i, t, r->state);
        }
    memcpy(r->before, g + LOOKS * n, n * sizeof *g);
    Change *found = malloc(2 * LOOKS * n * sizeof *found);
    if (found == NULL)
        return ODE_NO_MEMORY;
    size_t n_found = 0;
    for (uint32_t i = 0; i < n; i++) {
        const Watch w = {r, s, i};
        n_found += (size_t)changes_of(&w, times, g + i, n, ahead, behind, found + n_found);
    }
    const int status = take(r, s, found, n_found, time);
    free(found);
    return status;
}

int roots_begin(Roots *r, double t, const double *x)
{
    for (uint32_t i = 0; i < r->n; i++) {
        const double value = r->before[i] = value_at(r, i, t, x), now = side_of(&r->conditions[i], value);
        const double known = r->side[i];
        r->side[i] = value == 0.0 ? known : now;
        if (known == 0.0 || r->side[i] == known)
            continue;
        if (keep(r, t, i, now > 0.0, x) != ODE_DONE)
            return ODE_NO_MEMORY;
        if (now > 0.0 && r->conditions[i].stops) {
            memcpy(r->reached, x, r->n_species * sizeof *x);
            return ODE_STOPPED;
        }
    }
    return ODE_DONE;
}

int roots_prepare(Roots *r)
{
    size_t slots = 1, code = 1;
    for (uint32_t i = 0; i < r->n; i++) {
        const Program *p = &r->conditions[i].program;
        slots = p->n_slots > slots ? p->n_slots : slots;
        code = p->n_code > code ? p->n_code : code;
    }
    const size_t n = r->n;
    r->block = calloc((3 * (LOOKS + 1) + 1) * n + slots + code + 2 * (size_t)r->n_species, sizeof *r->block);
    if (r->block == NULL)
        return 0;
    r->before = r->block;
    r->samples = r->before + n;
    r->arguments = r->samples + 3 * (LOOKS + 1) * n;
    r->values = r->arguments + slots;
    r->state = r->values + code;
    r->reached = r->state + r->n_species;
    return 1;
}

void roots_release(Roots *r)
{
    free(r->block);
    free(r->times);
    free(r->which);
    free(r->states);
    r->block = r->times = r->which = r->states = NULL;
}

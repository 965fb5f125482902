/* The gradient through a recorded BDF run: the discrete adjoint, each event undone in turn.
 *
 * Albersmeyer and Bock, in Modeling, Simulation and Optimization of Complex Processes (2008) 15: internal numerical
 * differentiation of BDF methods in adjoint mode.  The derivative is that of the numerical solution itself with its
 * steps held fixed, so it agrees with forward sensitivities of the same steps to rounding. */
#include "sens_tape.h"
#include "sens_transposed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS (BDF_MAX_ORDER + 1)

typedef struct {
    const Tape *tape;
    const Model *model;
    Transposed *transposed;
    double *block; /* owns all of the following */
    double *z;     /* [ROWS][n] weights of the rows */
    double *e;     /* [n] weights of the correction */
    double *jacobian, *by_constant;
    double *constants; /* [n_constants] gradient so far */
    double *static_adjoint;
    double *scale; /* [n] rtol |x| + atol */
} Adjoint;

/* So many events pass between two polls, which look at the clock. */
#define POLL_EVERY 64

/* Adds scale f^T w, differentiated by the state into out[n] and by the constants, at the state of the event; J must be
 * that of the state. */
static void add_rates(Adjoint *s, double scale, const double *w, double *out)
{
    const Model *m = s->model;
    const SensTables *t = &s->tape->tables;
    const double *d = s->tape->rates->d;
    for (uint32_t j = 0; j < m->n_reactions; j++) {
        double sum = 0.0;
        for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++)
            sum += m->s_value[e] * w[m->s_species[e]];
        sum *= scale;
        if (sum == 0.0)
            continue;
        for (uint32_t e = t->c_start[j]; e < t->c_start[j + 1]; e++)
            s->constants[t->c_constant[e]] += sum * s->by_constant[e];
        for (uint32_t e = m->d_start[j]; e < m->d_start[j + 1]; e++)
            out[t->d_species[e]] += sum * d[e];
    }
}

static void differentiate(Adjoint *s, const TapeEvent *event)
{
    const double *x = s->tape->states + event->row * s->model->n_species;
    rates_all_derivatives(s->tape->rates, event->t, x, s->by_constant);
}

/* z = p + c e with p = A z and e the solution of gamma f(t, p_0 + e) = p_1 / c_1 + e. */
static int undo_step(Adjoint *s, const TapeEvent *event)
{
    const size_t n = s->model->n_species;
    double *restrict z = s->z, *restrict e = s->e;
    for (int j = 0; j <= event->order; j++)
        for (size_t i = 0; i < n; i++)
            e[i] += event->c[j] * z[(size_t)j * n + i];
    differentiate(s, event);
    model_jacobian(s->model, s->tape->rates->d, s->jacobian);
    const double *x = s->tape->states + event->row * n;
    for (size_t i = 0; i < n; i++)
        s->scale[i] = s->tape->rtol * fabs(x[i]) + s->tape->atol[i];
    if (transposed_solve(s->transposed, s->jacobian, event->gamma, e))
        return 2;
    add_rates(s, event->gamma, e, z);
    for (size_t i = 0; i < n; i++) {
        z[n + i] -= e[i] / event->c[1];
        e[i] = 0.0;
    }
    /* the transpose of Pascal's triangle */
    for (size_t i = 0; i < n; i++)
        for (int k = event->order; k >= 1; k--)
            for (int j = k; j <= event->order; j++)
                z[(size_t)j * n + i] += z[(size_t)(j - 1) * n + i];
    return 0;
}

static void undo_begin(Adjoint *s, const TapeEvent *event)
{
    const size_t n = s->model->n_species;
    differentiate(s, event);
    add_rates(s, event->gamma, s->z + n, s->z);
    memset(s->z + n, 0, n * sizeof *s->z);
}

static void undo_rescale(Adjoint *s, const TapeEvent *event)
{
    const size_t n = s->model->n_species;
    double power = 1.0;
    for (int j = 1; j <= event->order; j++) {
        power *= event->gamma;
        for (size_t i = 0; i < n; i++)
            s->z[(size_t)j * n + i] *= power;
    }
}

static void undo_lower(Adjoint *s, const TapeEvent *event)
{
    const size_t n = s->model->n_species;
    double *restrict last = s->z + (size_t)event->order * n;
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int j = 2; j < event->order; j++)
            sum -= event->c[j] * s->z[(size_t)j * n + i];
        last[i] = sum;
    }
}

static void undo_raise(Adjoint *s, const TapeEvent *event)
{
    const size_t n = s->model->n_species;
    const int order = event->order + 1;
    double *restrict last = s->z + (size_t)order * n;
    for (size_t i = 0; i < n; i++) {
        double sum = last[i];
        for (int j = 2; j < order; j++)
            sum += event->c[j] * s->z[(size_t)j * n + i];
        s->e[i] += event->c[order] * sum;
        last[i] = 0.0;
    }
}

static void undo_output(Adjoint *s, const TapeEvent *event, const double *weights)
{
    const size_t n = s->model->n_species;
    const double *w = weights + event->row * n;
    double power = 1.0;
    for (int j = 0; j <= event->order; j++, power *= event->gamma)
        for (size_t i = 0; i < n; i++)
            s->z[(size_t)j * n + i] += power * w[i];
}

static int undo(Adjoint *s, const TapeEvent *event, const double *weights)
{
    switch (event->kind) {
    case TAPE_BEGUN:
        undo_begin(s, event);
        return 0;
    case TAPE_RESCALED:
        undo_rescale(s, event);
        return 0;
    case TAPE_LOWERED:
        undo_lower(s, event);
        return 0;
    case TAPE_RAISED:
        undo_raise(s, event);
        return 0;
    case TAPE_STEPPED:
        return undo_step(s, event);
    default:
        undo_output(s, event, weights);
        return 0;
    }
}

static int make(Adjoint *s, const Tape *tape)
{
    const Model *m = tape->rates->model;
    const size_t n = m->n_species;
    memset(s, 0, sizeof *s);
    s->tape = tape;
    s->model = m;
    s->transposed = transposed_new(m);
    s->block = calloc(n * (ROWS + 2) + m->n_jacobian + tape->tables.n_by_constant + m->n_constants +
                          m->statics.n_code + 4, sizeof *s->block);
    if (s->transposed == NULL || s->block == NULL)
        return 0;
    s->z = s->block;
    s->e = s->z + ROWS * n;
    s->jacobian = s->e + n;
    s->by_constant = s->jacobian + m->n_jacobian + 1;
    s->constants = s->by_constant + tape->tables.n_by_constant + 1;
    s->static_adjoint = s->constants + m->n_constants + 1;
    s->scale = s->static_adjoint + m->statics.n_code + 1;
    transposed_weigh(s->transposed, s->scale);
    return 1;
}

int tape_gradient(const Tape *tape, const double *weights, double *state, double *inputs,
                  int (*poll)(void *context, double time), void *context)
{
    Adjoint s;
    int status = make(&s, tape) ? 0 : 1;
    const size_t n = tape->rates->model->n_species;
    if (status == 0) {
        memcpy(s.z, state, n * sizeof *state);
        for (size_t k = tape->n_events; k-- > 0 && status == 0;) {
            status = undo(&s, &tape->events[k], weights);
            if (status == 0 && k % POLL_EVERY == 0 && poll != NULL && poll(context, tape->events[k].t))
                status = 3;
        }
        memcpy(state, s.z, n * sizeof *state);
        sens_constants_gradient(tape->rates, s.constants, s.static_adjoint, inputs);
    }
    transposed_free(s.transposed);
    free(s.block);
    return status;
}

/* Concentrations kept from falling below zero without a change of conserved totals.
 *
 * The exact solution of mass action stays in the positive orthant and in its stoichiometric class; a numerical one may
 * leave the first.  Sandu, J. Comput. Phys. 170 (2001) 589, projects it back onto the class by optimisation.  Here each
 * negative species is given what it lacks along a column of the stoichiometric matrix, that is by running a little of
 * one reaction that makes it, or undoing one that consumes it, at the cost of whatever is most plentiful: linear in the
 * reactions of the species, and the totals hold as in a step.
 *
 * A species can fall below zero where some law consumes it at zero (`A -> 0 @ 1 mM/s`), or makes something else of what
 * itself can; these are left alone. */
#include "positivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points at which a general law is tried. */
#define TRIALS 8
/* Reactions run or undone a species that is negative, on average. */
#define MOST_MOVES 64
/* So much of what lacked may be left, and is then rounding. */
#define MOST_LEFT 1e-6
/* All changes together may be so much larger than what lacked. */
#define MOST_MOVED 50.0

struct Positivity {
    const Model *model;
    uint8_t *kept; /* [n_species] cannot fall below zero */
    uint32_t *queue, *last; /* [n_species] species that lack something; the reaction that each was changed by last */
    uint8_t *queued;
    double *given; /* [n_species] the state before */
    uint64_t *used, moves; /* [n_reactions] the move in which each was used last */
    uint32_t n_kept;
};

/* --- which species -------------------------------------------------------------------------- */

/* Whether the rate of row j, of tables, has species i as a factor. */
static int has_factor(const Model *m, uint32_t j, uint32_t i)
{
    if (j >= m->n_products) {
        const uint32_t row = j - m->n_products;
        for (uint32_t e = m->power_start[row]; e < m->power_start[row + 1]; e++)
            if (m->power_species[e] == i && m->power[e] > 0.0)
                return 1;
        return 0;
    }
    for (uint32_t order = 1; order <= MAX_ORDER; order++) {
        if (j < m->order_first[order] || j >= m->order_first[order + 1])
            continue;
        const uint32_t *slot = m->slots[order] + (size_t)(j - m->order_first[order]) * order;
        for (uint32_t a = 0; a < order; a++)
            if (slot[a] == i)
                return 1;
    }
    return 0;
}

static double spread(uint32_t k)
{
    return ldexp((double)((k * 2654435761u) >> 8), -24); /* in [0, 1), the same every time */
}

static double concentration(uint32_t species, uint32_t zero, uint32_t trial)
{
    return species == zero ? 0.0 : exp(8.0 * spread(species * TRIALS + trial + 1) - 4.0);
}

/* Whether a law, the i-th of its shape, never lowers species `zero`, with factor `s` in its row, from zero. */
static int law_keeps(Rates *w, const Shape *shape, uint32_t i, uint32_t zero, double s, double start, double end)
{
    const Model *m = w->model;
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        double *argument = w->arguments;
        for (uint32_t a = 0; a < shape->n_species; a++)
            *argument++ = concentration(shape->species[(size_t)i * shape->n_species + a], zero, trial);
        for (uint32_t a = 0; a < shape->n_forms; a++) {
            const uint32_t f = shape->forms[(size_t)i * shape->n_forms + a];
            double sum = w->constants[m->form_constant[f]];
            for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++)
                sum += w->constants[m->form_weight[e]] * concentration(m->form_species[e], zero, trial);
            *argument++ = sum;
        }
        for (uint32_t a = 0; a < shape->n_constants; a++)
            *argument++ = w->constants[shape->constants[(size_t)i * shape->n_constants + a]];
        const double t = start + (end - start) * (trial + 0.5) / TRIALS;
        program_values(&shape->program, w->arguments, t, w->values);
        if (!(s * w->values[shape->program.n_code - 1] >= 0.0))
            return 0;
    }
    return 1;
}

/* Whether reaction j never lowers its e-th species from zero. */
static int keeps(Rates *w, const Shape *shape, uint32_t j, uint32_t e, double start, double end)
{
    const Model *m = w->model;
    const uint32_t i = m->s_species[e];
    if (shape != NULL)
        return law_keeps(w, shape, j - shape->first, i, m->s_value[e], start, end);
    return m->s_value[e] * w->k[j] >= 0.0 || has_factor(m, j, i);
}

/* Whether the rate of j follows a species that may be negative. */
static int follows_free(const Model *m, uint32_t j, const uint8_t *kept)
{
    for (uint32_t e = m->d_start[j]; e < m->d_start[j + 1]; e++)
        if (m->d_species[e] != NONE && !kept[m->d_species[e]])
            return 1;
    return 0;
}

void positivity_begin(Positivity *p, Rates *w, double start, double end)
{
    const Model *m = p->model;
    p->n_kept = 0;
    for (uint32_t i = 0; i < m->n_species; i++)
        p->kept[i] = !m->constant[i];
    uint32_t k = 0;
    for (uint32_t j = 0; j < m->n_reactions; j++) {
        while (k < m->n_shapes && j >= m->shapes[k].first + m->shapes[k].count)
            k++; /* shapes stand in the order of their rows, after the tables */
        const Shape *shape = j < m->n_tables ? NULL : &m->shapes[k];
        for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++)
            if (p->kept[m->s_species[e]] && !keeps(w, shape, j, e, start, end))
                p->kept[m->s_species[e]] = 0;
    }
    for (uint32_t i = 0; i < m->n_species; i++) /* constants do not fall: they are no reason */
        p->kept[i] |= m->constant[i];
    int changed = 1;
    while (changed) {
        changed = 0;
        for (uint32_t j = 0; j < m->n_reactions; j++) {
            if (!follows_free(m, j, p->kept))
                continue;
            for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++) {
                changed |= p->kept[m->s_species[e]];
                p->kept[m->s_species[e]] = 0;
            }
        }
    }
    for (uint32_t i = 0; i < m->n_species; i++) {
        p->kept[i] &= !m->constant[i];
        p->n_kept += p->kept[i];
    }
}

/* --- mending -------------------------------------------------------------------------------- */

/* A way to give a species something: a reaction and its direction. */
typedef struct {
    uint32_t reaction;
    double direction, factor; /* of the species in the reaction */
    double room;              /* how far it can run before a species that it lowers is at zero */
    double debt;              /* what others come to lack for each molecule given, once there is no more room */
} Way;

static Way way_of(const Positivity *p, const double *x, uint32_t j, double s)
{
    const Model *m = p->model;
    Way way = {j, s > 0.0 ? 1.0 : -1.0, fabs(s), INFINITY, 0.0};
    for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++) {
        const uint32_t k = m->s_species[e];
        const double lowered = -way.direction * m->s_value[e];
        if (lowered <= 0.0)
            continue;
        way.room = fmin(way.room, fmax(x[k], 0.0) / lowered);
        way.debt += x[k] > 0.0 ? 0.0 : lowered / way.factor;
    }
    return way;
}

/* Whether way `a` is better: it can give more, or leaves less lacking, or was not used for longer, so that all get
 * their turn. */
static int is_better(const Positivity *p, Way a, Way b)
{
    const double gives = a.room * a.factor, other = b.room * b.factor;
    if (b.reaction == NONE || gives != other)
        return b.reaction == NONE || gives > other;
    return a.debt != b.debt ? a.debt < b.debt : p->used[a.reaction] < p->used[b.reaction];
}

static void consider(const Positivity *p, const double *x, uint32_t j, double s, uint32_t except, Way *best)
{
    if (j == except)
        return;
    const Way way = way_of(p, x, j, s);
    if (is_better(p, way, *best))
        *best = way;
}

static Way best_way(const Positivity *p, const double *x, uint32_t i, uint32_t except)
{
    const SignedRows *rows = &p->model->net;
    Way best = {NONE, 1.0, 1.0, 0.0, 0.0};
    for (uint32_t e = rows->plus_start[i]; e < rows->plus_start[i + 1]; e++)
        consider(p, x, rows->plus[e], 1.0, except, &best);
    for (uint32_t e = rows->minus_start[i]; e < rows->minus_start[i + 1]; e++)
        consider(p, x, rows->minus[e], -1.0, except, &best);
    for (uint32_t e = rows->other_start[i]; e < rows->other_start[i + 1]; e++)
        consider(p, x, rows->other[e], rows->factor[e], except, &best);
    return best;
}

static uint32_t push(Positivity *p, uint32_t i, uint32_t n)
{
    if (p->queued[i])
        return n;
    p->queued[i] = 1;
    p->queue[n++] = i;
    return n;
}

/* Runs a reaction by `amount` and puts species that it leaves below zero into the queue; its new length. */
static uint32_t run(Positivity *p, double *x, uint32_t j, double amount, uint32_t n)
{
    const Model *m = p->model;
    for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++) {
        const uint32_t k = m->s_species[e];
        x[k] += m->s_value[e] * amount;
        if (x[k] >= 0.0 || !p->kept[k])
            continue;
        p->last[k] = j; /* it must not give back what it has just given */
        n = push(p, k, n);
    }
    p->used[j] = ++p->moves;
    return n;
}

/* Gives species i what it lacks, or as much as one reaction can; the new length of the queue. */
static uint32_t give(Positivity *p, double *x, uint32_t i, uint32_t n)
{
    Way way = best_way(p, x, i, p->last[i]);
    if (way.reaction == NONE) /* a dead end: back where it came from, and another way from there */
        way = best_way(p, x, i, NONE);
    if (way.reaction == NONE)
        return n;
    const double lacking = -x[i] / way.factor;
    /* with nothing to take from, a neighbour is left lacking in its turn */
    const double amount = way.room > 0.0 ? fmin(lacking, way.room) : lacking;
    n = run(p, x, way.reaction, way.direction * amount, n);
    if (amount == lacking) {
        x[i] = 0.0; /* but for rounding */
        return n;
    }
    p->last[i] = NONE;
    return push(p, i, n);
}

static double lacking(const Positivity *p, const double *x)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < p->model->n_species; i++)
        sum += x[i] < 0.0 && p->kept[i] ? -x[i] : 0.0;
    return sum;
}

int positivity_is_left(const Positivity *p, const double *x, const double *atol)
{
    const uint32_t n = p->n_kept ? p->model->n_species : 0;
    for (uint32_t i = 0; i < n; i++)
        if (x[i] < 0.0 && p->kept[i] && (atol == NULL || x[i] < -atol[i]))
            return 1;
    return 0;
}

void positivity_mend(Positivity *p, double *x)
{
    const uint32_t n_species = p->model->n_species;
    const double at_first = lacking(p, x);
    uint32_t n = 0;
    memcpy(p->given, x, n_species * sizeof *x);
    for (uint32_t i = 0; i < n_species; i++) {
        p->last[i] = NONE;
        p->queued[i] = 0;
        if (x[i] < 0.0 && p->kept[i])
            n = push(p, i, n);
    }
    for (uint64_t moves = (uint64_t)MOST_MOVES * n; n > 0 && moves > 0; moves--) {
        const uint32_t i = p->queue[--n];
        p->queued[i] = 0;
        if (x[i] < 0.0)
            n = give(p, x, i, n);
    }
    double moved = 0.0;
    for (uint32_t i = 0; i < n_species; i++)
        moved += fabs(x[i] - p->given[i]);
    if (!(lacking(p, x) <= MOST_LEFT * at_first && moved <= MOST_MOVED * at_first)) 
        memcpy(x, p->given, n_species * sizeof *x); /* no reactions help: totals give way, by no more than lacked */
    for (uint32_t i = 0; i < n_species; i++)
        if (x[i] < 0.0 && p->kept[i])
            x[i] = 0.0;
}

/* --- memory --------------------------------------------------------------------------------- */

void positivity_free(Positivity *p)
{
    if (p == NULL)
        return;
    free(p->kept);
    free(p->queued);
    free(p->queue);
    free(p->last);
    free(p->used);
    free(p->given);
    free(p);
}

Positivity *positivity_new(const Model *m)
{
    const size_t n = m->n_species;
    Positivity *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->model = m;
    p->kept = calloc(n + 1, 1);
    p->queued = calloc(n + 1, 1);
    p->queue = calloc(n + 1, sizeof *p->queue);
    p->last = calloc(n + 1, sizeof *p->last);
    p->given = calloc(n + 1, sizeof *p->given);
    p->used = calloc((size_t)m->n_reactions + 1, sizeof *p->used);
    if (!p->kept || !p->queued || !p->queue || !p->last || !p->used || !p->given) {
        positivity_free(p);
        return NULL;
    }
    return p;
}

/* Composition and rejection with bounds on propensities: RSSA-CR (Slepoy, Thompson, Plimpton, J. Chem. Phys. 128 (2008)
 * 205101; Thanh, Priami, Zunino, J. Chem. Phys. 141 (2014) 134116).
 *
 * Every count has an interval, so every propensity has a lowest and a highest value; they stay until a count leaves its
 * interval.  Rows are grouped by the power of two above their highest propensity.  A candidate is drawn from a group as if
 * all of its members had that power of two as propensity, and is taken with the probability that its true propensity
 * is of it: mostly the lowest value settles that.  Time passes with every candidate, taken or not (thinning), so the process
 * is exact.  General laws have no interval: their bounds are the propensity itself, found anew when a count in them changes. */
#include "ssa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POLL_EVERY 4096u
/* Counts up to TIGHT are their own bounds; others move by WIDTH of themselves, at least by LEAST. */
#define TIGHT 2.0
#define WIDTH 0.12
#define LEAST 2.0
/* Groups by the biased exponent of a double; a member of group e has a propensity below 2^(e - 1022). */
#define GROUPS 2047u
#define NO_GROUP UINT16_MAX
/* A group with less than this share of the whole draws a number of its own, so that rare events keep their digits. */
#define FINE_SHARE 0x1.0p-20

typedef struct {
    uint32_t *member, length, capacity, used;
    double bound, weight; /* 2^(e - 1022), and that times length */
} Group;

struct Rejection {
    const Ssa *ssa;
    double *low, *high;  /* [n_species + 1] */
    double *a_low;       /* [n_reactions] */
    uint16_t *group_of;  /* [n_reactions] */
    uint32_t *place;     /* [n_reactions] in its group */
    Group *groups;       /* [GROUPS] by exponent */
    uint16_t order[GROUPS]; /* those that are in use, the heaviest first */
    uint32_t n_used;
    double total;
    int stale, no_memory;
};

Rejection *rejection_new(const Ssa *ssa)
{
    const uint32_t n = ssa->model->n_species, r = ssa->model->n_reactions;
    Rejection *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->ssa = ssa;
    w->low = calloc((size_t)n + 1, sizeof(double));
    w->high = calloc((size_t)n + 1, sizeof(double));
    w->a_low = calloc((size_t)r + 1, sizeof(double));
    w->group_of = malloc(((size_t)r + 1) * sizeof *w->group_of);
    w->place = calloc((size_t)r + 1, sizeof *w->place);
    w->groups = calloc(GROUPS, sizeof *w->groups);
    if (!w->low || !w->high || !w->a_low || !w->group_of || !w->place || !w->groups) {
        rejection_free(w);
        return NULL;
    }
    for (uint32_t e = 0; e < GROUPS; e++)
        w->groups[e].bound = ldexp(1.0, (int)e - 1022);
    return w;
}

void rejection_free(Rejection *w)
{
    if (w == NULL)
        return;
    for (uint32_t e = 0; w->groups != NULL && e < GROUPS; e++)
        free(w->groups[e].member);
    free(w->low);
    free(w->high);
    free(w->a_low);
    free(w->group_of);
    free(w->place);
    free(w->groups);
    free(w);
}

/* --- groups -------------------------------------------------------------------------------------- */

static int enlarge(Rejection *w, Group *g)
{
    const uint32_t capacity = g->capacity ? 2 * g->capacity : 16;
    uint32_t *member = realloc(g->member, capacity * sizeof *member);
    if (member == NULL) {
        w->no_memory = 1;
        return 0;
    }
    g->member = member;
    g->capacity = capacity;
    return 1;
}

static void leave(Rejection *w, uint32_t j)
{
    Group *g = &w->groups[w->group_of[j]];
    const uint32_t last = g->member[--g->length];
    g->member[w->place[j]] = last;
    w->place[last] = w->place[j];
}

/* Puts a row into the group of its highest propensity. */
static inline void regroup(Rejection *w, SsaRun *run, uint32_t j, double a_high)
{
    uint64_t bits;
    memcpy(&bits, &a_high, sizeof bits);
    uint32_t e = (uint32_t)(bits >> 52);
    if (!(a_high > 0.0))
        e = NO_GROUP;
    if (e == w->group_of[j])
        return;
    if (e != NO_GROUP && e >= GROUPS - 1) {
        run->status = SSA_NOT_FINITE;
        run->culprit = j;
        return;
    }
    w->stale = 1;
    if (w->group_of[j] != NO_GROUP)
        leave(w, j);
    w->group_of[j] = (uint16_t)e;
    if (e == NO_GROUP)
        return;
    Group *g = &w->groups[e];
    if (g->length == g->capacity && !enlarge(w, g)) {
        w->group_of[j] = NO_GROUP;
        return;
    }
    if (!g->used) {
        g->used = 1;
        w->order[w->n_used++] = (uint16_t)e;
    }
    w->place[j] = g->length;
    g->member[g->length++] = j;
}

/* Weights and their sum from scratch, so that rounding never gathers; the order is mended by one pass. */
static void weigh(Rejection *w)
{
    double total = 0.0, before = INFINITY;
    for (uint32_t k = 0; k < w->n_used; k++) {
        Group *g = &w->groups[w->order[k]];
        g->weight = g->length * g->bound;
        total += g->weight;
        if (g->weight > before) {
            const uint16_t other = w->order[k - 1];
            w->order[k - 1] = w->order[k];
            w->order[k] = other;
        } else
            before = g->weight;
    }
    w->total = total;
    w->stale = 0;
}

/* --- bounds -------------------------------------------------------------------------------------- */

static void bound_species(Rejection *w, uint32_t i, double x)
{
    double width = floor(WIDTH * x);
    width = x <= TIGHT ? 0.0 : width < LEAST ? LEAST : width;
    w->high[i] = x + width;
    w->low[i] = x > width ? x - width : 0.0;
}

static inline void bound_row(Rejection *w, SsaRun *run, uint32_t j)
{
    if (w->ssa->kind[j] == ROW_PAIR) {
        const Pair *p = &run->pairs[j];
        const double low = pair_propensity(p, w->low);
        w->a_low[j] = low > 0.0 ? low : 0.0;
        /* n(n-1) is -0 at n = 0, and 0 at 1 */
        regroup(w, run, j, pair_propensity(p, w->high));
    } else {
        w->a_low[j] = ssa_propensity(run, j, w->low);
        regroup(w, run, j, ssa_propensity(run, j, w->high));
    }
}

static inline void settle_row(Rejection *w, SsaRun *run, uint32_t j)
{
    w->a_low[j] = ssa_propensity(run, j, run->x);
    regroup(w, run, j, w->a_low[j]);
}

static void start(Rejection *w, SsaRun *run)
{
    const Ssa *s = w->ssa;
    const Model *m = s->model;
    /* nothing of the run before may show in this one, not even the order of the groups */
    for (uint32_t k = 0; k < w->n_used; k++)
        w->groups[w->order[k]].length = w->groups[w->order[k]].used = 0;
    w->n_used = 0;
    for (uint32_t i = 0; i < m->n_species; i++) {
        bound_species(w, i, run->x[i]);
        if (m->constant[i])
            w->low[i] = w->high[i] = run->x[i];
    }
    w->low[m->n_species] = w->high[m->n_species] = 1.0;
    for (uint32_t j = 0; j < m->n_reactions; j++) {
        w->group_of[j] = NO_GROUP;
        if (s->kind[j] == ROW_GENERAL)
            settle_row(w, run, j);
        else
            bound_row(w, run, j);
    }
    weigh(w);
    for (uint32_t k = 0; k < w->n_used; k++) /* sorts: each pass mends the order */
        weigh(w);
}

/* --- events -------------------------------------------------------------------------------------- */

static void leave_interval(Rejection *w, SsaRun *run, uint32_t i)
{
    const Ssa *s = w->ssa;
    bound_species(w, i, run->x[i]);
    for (uint32_t k = s->bound_start[i]; k < s->bound_start[i + 1]; k++)
        bound_row(w, run, s->bound[k]);
}

static inline void fire(Rejection *w, SsaRun *run, uint32_t j)
{
    const Ssa *s = w->ssa;
    const Model *m = s->model;
    const uint32_t first = m->s_start[j], end = m->s_start[j + 1];
    uint32_t general = 0;
    for (uint32_t e = first; e < end; e++) {
        const uint32_t i = m->s_species[e];
        const double x = run->x[i] += m->s_value[e];
        if (x < w->low[i] || x > w->high[i])
            leave_interval(w, run, i);
        general |= s->general_start[i + 1] - s->general_start[i];
    }
    for (uint32_t e = first; general && e < end; e++) {
        const uint32_t i = m->s_species[e];
        for (uint32_t k = s->general_start[i]; k < s->general_start[i + 1]; k++)
            settle_row(w, run, s->general[k]);
    }
}

/* The row that a candidate is, where it is taken, else NONE. */
static inline uint32_t candidate(Rejection *w, SsaRun *run)
{
    double r = stream_uniform(&run->stream) * w->total;
    uint32_t k = 0;
    while (k + 1 < w->n_used && r >= w->groups[w->order[k]].weight)
        r -= w->groups[w->order[k++]].weight;
    const Group *g = &w->groups[w->order[k]];
    const double q = r / g->bound;
    if (!(q < g->length)) /* rounding */
        return NONE;
    const uint32_t index = (uint32_t)q, j = g->member[index];
    double v = (q - index) * g->bound;
    if (g->weight < FINE_SHARE * w->total)
        v = stream_uniform(&run->stream) * g->bound;
    if (v < w->a_low[j])
        return j;
    if (w->ssa->kind[j] == ROW_PAIR)
        return v < pair_propensity(&run->pairs[j], run->x) ? j : NONE;
    if (w->ssa->kind[j] == ROW_MONOTONE)
        return v < ssa_propensity(run, j, run->x) ? j : NONE;
    return NONE;
}

int rejection_run(Rejection *w, SsaRun *run, double end)
{
    start(w, run);
    double next_output = ssa_record(run, run->t);
    for (uint32_t turn = 1;; turn++) {
        if ((turn % POLL_EVERY == 0 || run->events >= run->max_events) && ssa_poll(run))
            break;
        if (w->stale) {
            weigh(w);
            if (w->no_memory)
                run->status = SSA_NO_MEMORY;
            if (run->status)
                break;
        }
        run->t = w->total > 0.0 ? run->t + stream_exponential(&run->stream) / w->total : INFINITY;
        if (run->t >= next_output || run->t >= end) {
            next_output = ssa_record(run, run->t < end ? run->t : end);
            if (run->t >= end)
                break;
        }
        const uint32_t j = candidate(w, run);
        if (j != NONE) {
            fire(w, run, j);
            run->events++;
        }
        if (run->status)
            break;
    }
    run->t = run->t < end ? run->t : end;
    return run->status;
}

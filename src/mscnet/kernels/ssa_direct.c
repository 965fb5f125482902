/* The direct method (Gillespie, J. Phys. Chem. 81 (1977) 2340) with a dependency graph: after an event only the
 * propensities that it changed are found anew.  Sums of sixteen, of sixteen of those and so on, kept up by differences, make
 * the search for the next reaction short; they are added up anew before rounding can tell. */
#include "ssa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAN 16u
#define FAN_BITS 4
/* The highest level has at most so many sums, which are searched in line. */
#define TOP 32u
#define LEVELS 8
/* Events between two sums from scratch, and a fall of the total since then that asks for one at once: differences
 * leave an error of no more than the rounding of the largest total. */
#define REFRESH_EVERY 16384u
#define REFRESH_BELOW 1e-4
#define POLL_EVERY 4096u

struct Direct {
    const Ssa *ssa;
    double *sums[LEVELS]; /* sums[0] are the propensities */
    uint32_t length[LEVELS];
    int top;
    double total, peak;
};

Direct *direct_new(const Ssa *ssa)
{
    Direct *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    d->ssa = ssa;
    d->length[0] = ssa->model->n_reactions;
    while (d->length[d->top] > TOP) {
        d->length[d->top + 1] = (d->length[d->top] + FAN - 1) / FAN;
        d->top++;
    }
    for (int level = 0; level <= d->top; level++) {
        d->sums[level] = calloc(d->length[level] + FAN, sizeof(double));
        if (d->sums[level] == NULL) {
            direct_free(d);
            return NULL;
        }
    }
    return d;
}

void direct_free(Direct *d)
{
    if (d == NULL)
        return;
    for (int level = 0; level < LEVELS; level++)
        free(d->sums[level]);
    free(d);
}

static void refresh(Direct *d)
{
    for (int level = 1; level <= d->top; level++)
        for (uint32_t i = 0; i < d->length[level]; i++) {
            const double *part = d->sums[level - 1] + (size_t)i * FAN; /* zeros behind the last */
            double sum = 0.0;
            for (uint32_t k = 0; k < FAN; k++)
                sum += part[k];
            d->sums[level][i] = sum;
        }
    d->total = 0.0;
    for (uint32_t i = 0; i < d->length[d->top]; i++)
        d->total += d->sums[d->top][i];
    d->peak = d->total;
}

static void start(Direct *d, SsaRun *run)
{
    for (uint32_t j = 0; j < d->length[0]; j++)
        d->sums[0][j] =
            d->ssa->kind[j] == ROW_PAIR ? pair_propensity(&run->pairs[j], run->x) : ssa_propensity(run, j, run->x);
    refresh(d);
}

static inline void put(Direct *d, uint32_t j, double a)
{
    const double difference = a - d->sums[0][j];
    d->sums[0][j] = a;
    d->total += difference;
    for (int level = 1; level <= d->top; level++) {
        j >>= FAN_BITS;
        d->sums[level][j] += difference;
    }
}

/* As `put` for each, with what the loop needs in registers. */
static inline void update_pairs(Direct *d, const SsaRun *run, const uint32_t *row, const uint32_t *end)
{
    double *const a = d->sums[0];
    double total = 0.0;
    const double *const x = run->x;
    const Pair *const pairs = run->pairs;
    const int top = d->top;
    for (; row < end; row++) {
        uint32_t j = *row;
        const double new = pair_propensity(&pairs[j], x), difference = new - a[j];
        a[j] = new;
        total += difference;
        for (int level = 1; level <= top; level++) {
            j >>= FAN_BITS;
            d->sums[level][j] += difference;
        }
    }
    d->total += total;
}

static inline void update_others(Direct *d, SsaRun *run, const uint32_t *row, const uint32_t *end)
{
    for (; row < end; row++)
        put(d, *row, ssa_propensity(run, *row, run->x));
}

/* The same where the graph by row is not kept: a row may come up twice, which does no harm. */
static void update_by_species(Direct *d, SsaRun *run, uint32_t j)
{
    const Ssa *s = d->ssa;
    const Model *m = s->model;
    for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++) {
        const uint32_t i = m->s_species[e];
        for (uint32_t k = s->bound_start[i]; k < s->bound_start[i + 1]; k++)
            if (s->kind[s->bound[k]] == ROW_PAIR)
                put(d, s->bound[k], pair_propensity(&run->pairs[s->bound[k]], run->x));
            else
                update_others(d, run, s->bound + k, s->bound + k + 1);
        update_others(d, run, s->general + s->general_start[i], s->general + s->general_start[i + 1]);
    }
}

static inline void update(Direct *d, SsaRun *run, uint32_t j)
{
    const Ssa *s = d->ssa;
    if (s->graph == NULL) {
        update_by_species(d, run, j);
        return;
    }
    const uint32_t *other = s->graph + s->graph_other[j];
    update_pairs(d, run, s->graph + s->graph_start[j], other);
    update_others(d, run, other, s->graph + s->graph_start[j + 1]);
}

/* The same for at most TOP rows, without a jump that cannot be foreseen: the sums up to each row are compared at once. */
static inline uint32_t select_flat(const double *restrict a, uint32_t n, double r)
{
    double before = 0.0;
    uint32_t passed = 0;
    for (uint32_t i = 0; i < n; i += 4) { /* zeros behind the last */
        const double ab = a[i] + a[i + 1], abc = ab + a[i + 2], all = ab + (a[i + 2] + a[i + 3]);
        passed += r >= before + a[i];
        passed += r >= before + ab;
        passed += r >= before + abc;
        before += all;
        passed += r >= before;
    }
    return passed < n ? passed : NONE;
}

/* The row in which `r`, from 0 to the total, falls; NONE where rounding has carried it beyond the last. */
static inline uint32_t select(const Direct *d, double r)
{
    uint32_t i = 0, end = d->length[d->top];
    if (d->top == 0)
        return select_flat(d->sums[0], end, r);
    for (int level = d->top;; level--) {
        const double *sums = d->sums[level];
        while (i < end && r >= sums[i])
            r -= sums[i++];
        if (i == end)
            return NONE;
        if (level == 0)
            return i;
        i *= FAN;
        end = i + FAN < d->length[level - 1] ? i + FAN : d->length[level - 1];
    }
}

/* The next reaction; NONE where nothing can happen any more. */
static inline uint32_t choose(Direct *d, SsaRun *run)
{
    uint32_t j = select(d, stream_uniform(&run->stream) * d->total);
    while (j == NONE) {
        refresh(d);
        if (!(d->total > 0.0))
            return NONE;
        j = select(d, stream_uniform(&run->stream) * d->total);
    }
    return j;
}

int direct_run(Direct *d, SsaRun *run, double end)
{
    start(d, run);
    double next_output = ssa_record(run, run->t);
    for (uint32_t turn = 1;; turn++) {
        if ((turn % POLL_EVERY == 0 || run->events >= run->max_events) && ssa_poll(run))
            break;
        if (turn % REFRESH_EVERY == 0 || d->total < REFRESH_BELOW * d->peak)
            refresh(d);
        d->peak = d->total > d->peak ? d->total : d->peak;
        if (run->status || !(d->total < INFINITY))
            break;
        const double before = run->t;
        run->t = d->total > 0.0 ? run->t + stream_exponential(&run->stream) / d->total : INFINITY;
        if (run->watch != NULL && run->watch->timed &&
            ssa_watched_until(run, before, run->t < end ? run->t : end)) {
            ssa_record(run, run->t);
            run->status = SSA_STOPPED;
            break;
        }
        if (run->t >= next_output || run->t >= end) {
            next_output = ssa_record(run, run->t < end ? run->t : end);
            if (run->t >= end)
                break;
        }
        const uint32_t j = choose(d, run);
        if (j == NONE)
            continue;
        ssa_fire(run, j);
        run->events++;
        if (run->watch != NULL && ssa_watched(run, run->t)) {
            run->status = SSA_STOPPED;
            break;
        }
        update(d, run, j);
    }
    if (!run->status && !(d->total < INFINITY))
        run->status = SSA_NOT_FINITE;
    run->t = run->t < end ? run->t : end;
    return run->status;
}

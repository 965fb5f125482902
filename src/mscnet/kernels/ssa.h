/* Exact stochastic simulation: a network as counts of molecules and propensities.
 *
 * A propensity is the probability per time that a reaction happens: of mass action k·∏ n(n-1)…(n-p+1) over its kinetic
 * orders p, of other laws the rate at the concentrations n/omega, times omega.  omega is the number of molecules that one
 * unit of concentration stands for; 1 where the model counts molecules itself.
 *
 * Counts are doubles: whole numbers below 2^53, so every sum of them is exact. */
#ifndef MSCNET_SSA_H
#define MSCNET_SSA_H

#include "model.h"
#include "random.h"

/* How runs end; as in mscnet/simulation/stochastic.py. */
enum { SSA_DONE = 0, SSA_INTERRUPTED = 1, SSA_NOT_FINITE = 2, SSA_NEGATIVE = 3, SSA_TOO_MANY = 4, SSA_NO_MEMORY = 5, SSA_STOPPED = 7 };

/* The algorithms, all exact; as in mscnet/simulation/stochastic.py. */
enum { SSA_DIRECT = 0, SSA_REJECTION = 1, SSA_ALGORITHMS = 2 };

/* How the propensity of a row is found and bounded. */
enum {
    ROW_PAIR = 0,     /* k x[first] (x[second] - less) */
    ROW_MONOTONE = 1, /* by `ssa_propensity`, and never smaller where there is more of anything */
    ROW_GENERAL = 2   /* by `ssa_propensity` */
};

/* What holds for all runs of a model; rows are those of the model. */
typedef struct {
    const Model *model;
    double omega;
    uint8_t *falling; /* [n_tables] mass action, so n(n-1) and not n^2 */
    uint8_t *kind;    /* [n_reactions] */
    uint32_t *shape;  /* [n_reactions - n_tables] which shape a general law has */
    uint32_t *first, *second; /* [n_reactions] species of pairs; n_species stands for the number 1 */
    double *less;
    uint32_t *need_start, *need_species; /* below these counts a reaction cannot happen, whatever its law says */
    double *need;
    uint32_t *correct_start, *correct_species; /* n(n-1)…/n^p that general laws of mass action are multiplied by */
    double *correct;
    uint32_t *bound_start, *bound;     /* by species: pair and monotone rows that depend on it */
    uint32_t *general_start, *general; /* by species: general rows that depend on it */
    uint32_t *graph_start, *graph_other, *graph; /* by row: rows to be updated, pairs first; NULL where it would be huge */
} Ssa;

/* What ends a run of the direct method: a program of concentrations and time that gives something above zero there. */
typedef struct {
    Program program;
    const uint32_t *species; /* [program.n_slots] */
    int timed;               /* whether it follows time, and so may end a run between two reactions */
    double *scratch;         /* [n_slots + n_code] */
} SsaWatch;

typedef struct {
    double k, less;
    uint32_t first, second;
} Pair;

/* One run under way. */
typedef struct {
    const Ssa *ssa;
    Rates *rates;
    Pair *pairs;       /* [n_reactions] */
    double *scale;     /* [n_tables] coefficients in molecules */
    double *x;         /* [n_species + 1] counts, then 1 */
    Stream stream;
    double t;
    double law_time;   /* at which laws that follow time are taken: they are constant over a stretch */
    const double *times; /* [n_times] of the output */
    size_t n_times, kept;
    double *values; /* [n_times][n_species] counts */
    uint64_t events, max_events;
    const volatile int64_t *stop; /* not 0: end */
    volatile double *reached;
    const SsaWatch *watch; /* NULL where nothing is watched */
    uint32_t culprit; /* the row whose propensity ended the run */
    int status;
} SsaRun;

/* Copies and completes the tables; `falling`, `need…` and `correct…` as in the struct.  NULL without memory. */
typedef struct {
    const uint32_t *falling, *need_start, *need_species, *correct_start, *correct_species;
    const double *need, *correct;
} SsaTables;
Ssa *ssa_build(const Model *model, double omega, const SsaTables *tables);
void ssa_free(Ssa *ssa);

/* The propensity of a row of any kind at counts x; sets `status` and `culprit` where it is negative or not finite. */
double ssa_propensity(SsaRun *run, uint32_t row, const double *x);

/* The propensity of a pair. */
static inline double pair_propensity(const Pair *p, const double *x)
{
    return p->k * x[p->first] * (x[p->second] - p->less);
}

/* Molecules that row j makes and takes. */
static inline void ssa_fire(SsaRun *run, uint32_t j)
{
    const Model *m = run->ssa->model;
    for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++)
        run->x[m->s_species[e]] += m->s_value[e];
}

/* Output times before `upto` get the state as it is; returns the next output time, infinite where there is none. */
double ssa_record(SsaRun *run, double upto);
/* Whether to stop: asked to, or too many events.  Tells how far the run is. */
int ssa_poll(SsaRun *run);

/* Whether what is watched ends the run now, at this time. */
int ssa_watched(const SsaRun *run, double time);
/* The same between two reactions: where it does, run->t is the first time known to be so. */
int ssa_watched_until(SsaRun *run, double before, double until);

/* From run->t to `end` without a switch of a law in between; the status.  Work of an algorithm is kept in `work`, which
 * `NAME_new` makes and `NAME_free` frees. */
typedef struct Direct Direct;
Direct *direct_new(const Ssa *ssa);
void direct_free(Direct *work);
int direct_run(Direct *work, SsaRun *run, double end);

typedef struct Rejection Rejection;
Rejection *rejection_new(const Ssa *ssa);
void rejection_free(Rejection *work);
int rejection_run(Rejection *work, SsaRun *run, double end);

#endif

/* Rules applied to single molecules, without a network of species (Sneddon, Faeder, Emonet, Nat. Methods 8 (2011) 177).
 *
 * Molecules have sites, each with a state and a partner; molecules that hang together are a complex.  A pattern is split
 * into parts that its own bonds hold together.  For every part and every molecule that can stand at the root of it, the
 * number of ways in which it fits is kept, and after an event found anew where the event can have changed it.  Where a
 * rule cannot be done with what was drawn (both reactants in one complex, say), nothing happens but that time has
 * passed: such null events make the process the exact one.
 *
 * Tables come from mscnet/simulation/particles.py; all are arrays of 32-bit numbers in rows of the structs below. */
#ifndef MSCNET_NF_H
#define MSCNET_NF_H

#include "program.h"
#include "random.h"

#include <stddef.h>
#include <stdint.h>

#define NF_NONE UINT32_MAX

/* What a step of a plan asks of the bond of a site. */
enum { NF_ANY = 0, NF_FREE = 1, NF_BOUND = 2, NF_LINK = 3, NF_CLOSE = 4 };
/* Kinds of steps: a site of a molecule that is known, or any molecule of the complex. */
enum { NF_SITE = 0, NF_JUMP = 1 };

/* One step: site `site` of the plan is one of the sites lo … hi - 1 of the type of molecule `var`, in `state` if that
 * is not NF_NONE, after that of plan site `after` where equal sites are interchangeable, and none of `n_rivals` from
 * `rival` on.  NF_LINK goes on to molecule `to_var`, whose site `to_site` it ends at; NF_CLOSE ends at a site that is
 * known already.  NF_JUMP makes any molecule of `to_type` in the complex `to_var`. */
typedef struct {
    uint32_t kind, var, site, lo, hi, state, bond, after, rival, n_rivals;
    uint32_t to_var, to_site, to_type, to_lo, to_hi, to_state;
} NfStep;

/* A pattern, or a part of one: steps from its root.  With the first `center_end` of them all is known that tells one way
 * to do the rule from another; the rest has to be possible.  `repeats`: what tells them apart, `n_center` sites or (with
 * the highest bit) molecules from `center` on, may come up twice. */
typedef struct {
    uint32_t first, n_steps, root_type, n_vars, n_sites, center_end, repeats, center, n_center;
} NfPlan;

/* A part whose ways are kept: at slot `slot` of every molecule of its root's type.  `tracked` is its column among the
 * numbers kept by complex, or NF_NONE.  A population (`population` a type) has no plan.  `rated`: what trackers weigh
 * molecules by. */
typedef struct {
    uint32_t plan, slot, tracked, population, rated;
} NfPart;

/* What a change of a site can do: part `part` is to be looked at from the root at the end of `n_hops` from `hop` on. */
typedef struct {
    uint32_t part, hop, n_hops;
} NfReach;

typedef struct {
    uint32_t lo, hi, to_type, to_lo, to_hi;
} NfHop;

/* How a tracker weighs a complex: the product over its first `counted` parts of how often each is found, where the others
 * are found at all; NF_COMPARED asks whether the only part's number times `factor` stands in `relation` to `bound`.
 * `plan` is that of all parts, whose molecules and sites come one part after the other.  A `program` of what is counted
 * in the complex multiplies the weight (NF_NONE: there is none).  NF_ROOTS weighs molecules, not complexes: by how often
 * the only part has its root there, times the program of what is counted at that molecule. */
enum { NF_TIMES = 0, NF_COMPARED = 1, NF_ROOTS = 2 };
typedef struct {
    uint32_t first, n_parts, mode, relation, bound, factor, plan, counted, program;
} NfTracker;
enum { NF_EQUAL = 0, NF_UNEQUAL, NF_LESS, NF_LESS_EQUAL, NF_MORE, NF_MORE_EQUAL };

/* A reactant: part `index`, or tracker `index`; where its molecules and sites begin among those of the rule. */
enum { NF_PART = 0, NF_TRACKER = 1 };
typedef struct {
    uint32_t kind, index, var, site, n_vars, n_sites;
} NfReactant;

/* Operations; a and b are molecules or sites of the rule. */
enum {
    NF_UNBIND = 0,
    NF_DELETE = 1,  /* molecule a */
    NF_DISSOLVE = 2, /* the whole complex of molecule a */
    NF_STATE = 3,   /* site a gets state b */
    NF_CREATE = 4,  /* molecule a of type b, whose sites are c and those behind it */
    NF_BIND = 5,
    NF_COUNT = 6    /* population a gets one more (b = 1) or one less (b = 0) */
};
typedef struct {
    uint32_t kind, a, b, c;
} NfOp;

/* Molecule `var` is part of product `product`. */
typedef struct {
    uint32_t var, product;
} NfProduct;

/* The complex of reactant or product `number` (its molecule `var`) has to match one of the plans, or none of them. */
typedef struct {
    uint32_t product, var, exclude, plan, n_plans;
} NfRestriction;

typedef struct {
    uint32_t reactant, n_reactants, op, n_ops, product, n_products, restriction, n_restrictions;
    uint32_t fragments; /* more complexes may come of it than it names */
    uint32_t total;     /* its rate is that of all ways together */
    uint32_t program;   /* of its rate, or NF_NONE where that is `rate` */
    uint32_t energetic; /* its rate follows from the energy that it changes; `rate` is the highest that it can have */
} NfRule;

/* A number that programs and outputs are made of: `weight` times the ways of a part, the weight of a tracker, or what a
 * plan counts when it is asked for (with a relation as in trackers).  In programs of trackers: what column `index` has
 * for a complex, or part `index` at a molecule; with a relation, not NF_NONE, whether that times `factor` is in it. */
enum {
    NF_OF_PART = 0,
    NF_OF_TRACKER = 1,
    NF_OF_MOLECULES = 2,
    NF_OF_COMPLEXES = 3,
    NF_OF_RELATION = 4,
    NF_IN_COMPLEX = 5,
    NF_AT_MOLECULE = 6
};
typedef struct {
    uint32_t kind, index, relation, bound, factor;
} NfSource;

/* A kind of complex to start with: molecules with the states of their sites, and bonds between sites. */
typedef struct {
    uint32_t molecule, n_molecules, bond, n_bonds;
} NfSeed;
typedef struct {
    uint32_t type, state;
} NfSeedMolecule;
typedef struct {
    uint32_t a, site_a, b, site_b;
} NfSeedBond;

/* A complex whose number is kept: `plan` fits it and nothing else of `size` molecules; seed `seed` makes one. */
typedef struct {
    uint32_t plan, size, seed;
} NfFixed;

/* A list of rows by some number: those of i are first[i] … first[i + 1] - 1. */
typedef struct {
    uint32_t *first, *item;
    uint32_t n_first, n_items;
} NfRows;

typedef struct {
    uint32_t n_types, n_type_sites, n_steps, n_plans, n_parts, n_trackers, n_reactants, n_ops, n_products, n_rules;
    uint32_t n_reaches, n_hops, n_restrictions, n_restriction_plans, n_sources, n_slots, n_outputs, n_seeds;
    uint32_t n_seed_molecules, n_seed_states, n_seed_bonds, n_fixed, n_tracked, n_tracker_parts, n_rivals, n_centers;
    uint32_t n_programs, n_code, n_literals;
    uint32_t most_vars, most_sites, most_reactants; /* of a rule or plan */
    uint32_t *site_first;  /* [n_types + 1] sites of a type */
    uint32_t *site_class;  /* [n_type_sites] the first site that is equal */
    NfRows parts_at;       /* by type: parts with their root there, by slot */
    NfRows reach;          /* by 2 (site_first[type] + class) + 1 for bonds, + 0 for states: rows of `reaches` */
    NfStep *steps;
    NfPlan *plans;
    uint32_t *rivals, *centers;
    NfPart *parts;
    NfReach *reaches;
    NfHop *hops;
    NfTracker *trackers;
    uint32_t *tracker_parts;
    NfReactant *reactants;
    NfOp *ops;
    NfProduct *products;
    NfRestriction *restrictions;
    uint32_t *restriction_plans;
    NfRule *rules;
    NfRows part_rules;     /* by part: rules whose propensity it is in */
    NfRows tracker_rules;
    NfRows tracked_trackers; /* by column: trackers */
    uint32_t *tracked_part; /* [n_tracked] */
    NfSource *sources;
    double *source_weight;
    NfRows slots;          /* by argument of programs: sources */
    NfRows outputs;        /* by output: sources */
    uint32_t *program_first; /* [n_programs + 1] rows of the code */
    Instruction *code;
    double *literals;
    NfSeed *seeds;
    NfSeedMolecule *seed_molecules;
    uint32_t *seed_states;
    NfSeedBond *seed_bonds;
    NfFixed *fixed;
} NfModel;

/* --- what there is in a run --------------------------------------------------------------------- */

typedef struct {
    uint32_t type, site, slot, complex, next, previous, place, mark, doomed;
} NfMolecule;

typedef struct {
    uint32_t partner, owner, state, local;
} NfSite;

/* How often a part fits at its root, and where the root stands among those with as many ways. */
typedef struct {
    uint32_t ways, place, stamp;
} NfSlot;

typedef struct {
    uint32_t head, size, stamp;
} NfComplex;

/* A list that grows; `nf_push` gives 0 without memory. */
typedef struct {
    uint32_t *item;
    uint32_t n, room;
} NfList;

typedef struct {
    uint32_t ways;
    NfList roots;
} NfBucket;

typedef struct {
    NfBucket *bucket;
    uint32_t n;
    uint64_t total;
} NfWays;

/* Sums of sixteen, of sixteen of those and so on, to draw a number in proportion to its weight. */
#define NF_LEVELS 9
typedef struct {
    double *level[NF_LEVELS];
    uint32_t length[NF_LEVELS];
    uint32_t n, top, room;
    uint32_t changes;
    double peak;
} NfSums;

/* The molecules and all that is kept of them. */
typedef struct {
    const NfModel *model;
    NfMolecule *molecules;
    NfSite *sites;
    NfSlot *slots;
    NfComplex *complexes;
    uint32_t *tracked; /* [n_complexes][n_tracked] */
    uint32_t n_molecules, n_sites, n_slots, n_complexes, room_molecules, room_sites, room_slots, room_complexes;
    uint32_t *free_molecule; /* [n_types] the first of those that were deleted */
    uint32_t free_complex;
    NfList *live;       /* [n_types] */
    uint64_t *population; /* [n_types] */
    NfWays *ways;       /* [n_parts] */
    NfSums *weights;    /* [n_trackers] by complex */
    NfList dirty_slots, dirty_complexes, dirty_molecules, front_a, front_b;
    uint32_t mark, stamp, complex_stamp;
    int no_memory;
} NfMixture;

/* Where the molecules and sites of a plan lie in a mixture. */
typedef struct {
    NfMixture *mixture;
    const NfPlan *plan;
    uint32_t *molecule, *site;
    const uint32_t *pinned_molecule, *pinned_site; /* what they have to be, or NULL */
    uint64_t ways, wanted; /* how many were found, and at which to stop */
    NfList seen;
} NfMatcher;

/* Ways in which a plan fits with its root at a molecule. */
uint64_t nf_ways(NfMatcher *matcher, uint32_t plan, uint32_t root);
/* Puts way number `wanted` into the matcher; 0 where there are not so many. */
int nf_way(NfMatcher *matcher, uint32_t plan, uint32_t root, uint64_t wanted);
/* Whether a plan is found in a complex, and how often. */
int nf_found(NfMatcher *matcher, uint32_t plan, uint32_t complex);
uint64_t nf_count(NfMatcher *matcher, uint32_t plan, uint32_t complex);
int nf_related(uint32_t relation, uint64_t number, uint32_t bound);

int nf_push(NfList *list, uint32_t item);

int nf_sums_reserve(NfSums *sums, uint32_t n);
void nf_sums_free(NfSums *sums);
void nf_sums_refresh(NfSums *sums);
double nf_sums_total(const NfSums *sums);
/* Where `r`, from 0 to the total, falls; NF_NONE where rounding has carried it too far. */
uint32_t nf_sums_find(const NfSums *sums, double r);
void nf_sums_put(NfSums *sums, uint32_t i, double value);
uint32_t nf_sums_draw(NfSums *sums, Stream *stream);

NfMixture *nf_mixture_new(const NfModel *model);
void nf_mixture_free(NfMixture *mixture);
/* Each gives NF_NONE or sets `no_memory` where there is none. */
uint32_t nf_create(NfMixture *mixture, uint32_t type);
void nf_destroy(NfMixture *mixture, uint32_t molecule);
void nf_bind(NfMixture *mixture, uint32_t a, uint32_t b);
void nf_unbind(NfMixture *mixture, uint32_t a, uint32_t b);
void nf_touch_complex(NfMixture *mixture, uint32_t complex);

/* A part fits at a root in another number of ways. */
void nf_set_ways(NfMixture *mixture, uint32_t part, uint32_t molecule, uint32_t ways);
uint64_t nf_total(const NfMixture *mixture, uint32_t part);
/* The root and the way of number r in 0 … total - 1. */
void nf_pick(const NfMixture *mixture, uint32_t part, uint64_t r, uint32_t *root, uint32_t *way);

/* What makes a model: the rows of each table, `width` numbers a row. */
typedef struct {
    const char *name;
    size_t pointer, count; /* where in NfModel */
    uint32_t width;
} NfTable;
extern const NfTable NF_TABLES[];
extern const size_t NF_N_TABLES;
void nf_free(NfModel *model);
/* Counts that follow from the tables, and whether all rows point into what there is. */
int nf_complete(NfModel *model);

/* How runs end; as SSA_DONE and so on in ssa.h. */
enum { NF_DONE = 0, NF_INTERRUPTED = 1, NF_NOT_FINITE = 2, NF_NEGATIVE = 3, NF_TOO_MANY = 4, NF_NO_MEMORY = 5 };

typedef struct {
    const NfModel *model;
    NfMixture *mixture;
    NfMatcher matcher;
    const double *rate;      /* [n_rules] in molecules, with the statistical factor */
    const double *share, *lowest; /* [n_rules] of energetic rules: phi, and the least that phi times the energy can be */
    const double *energy;    /* [n_parts] what each way adds to the energy */
    NfSums propensity;
    Stream stream;
    double t, law_time;
    double *arguments, *scratch;
    uint32_t *molecule, *site; /* of the rule that is done */
    uint32_t *pinned_molecule, *pinned_site, *rule_stamp;
    uint32_t stamp;
    uint64_t *drawn; /* [most_reactants] numbers of ways */
    NfList log, loose, dirty_rules;
    const double *times;
    size_t n_times, kept;
    double *values;
    uint64_t events, nulls, turns, max_events;
    const volatile int64_t *stop;
    volatile double *reached;
    uint32_t culprit;
    int status;
} NfRun;

NfRun *nf_run_new(const NfModel *model);
void nf_run_free(NfRun *run);
/* Fills the mixture with so many of each seed, and with populations. */
int nf_start(NfRun *run, const double *seeds, const double *populations);
/* From run->t to `end` without a switch of a law in between; the status. */
int nf_run(NfRun *run, double end);
/* Output times before `upto` get the state as it is; the next output time. */
double nf_record(NfRun *run, double upto);
/* Does rule r once, if it can be done with what is drawn; 1 where it was done. */
int nf_fire(NfRun *run, uint32_t r);
/* Draws what rule r is done with, into run->molecule and run->site; 0 where that turns out to be nothing. */
int nf_draw(NfRun *run, const NfRule *rule);
/* All propensities anew. */
void nf_refresh(NfRun *run);
/* What the log says was changed becomes known to all that depends on it, and the log empty. */
void nf_commit(NfRun *run);
/* What was marked to be looked at again is not. */
void nf_forget(NfMixture *mixture);
/* The energy that what the log says has changed. */
double nf_energy(NfRun *run);
/* A program with its arguments; in a tracker's those of a complex or a molecule `of`. */
double nf_evaluate(NfRun *run, uint32_t program, uint32_t of);
/* Trackers look again at complexes and molecules that were changed. */
void nf_weigh(NfRun *run);
/* Rules of row i of a table have to find their propensity anew. */
void nf_mark_rules(NfRun *run, const NfRows *rows, uint32_t i);
/* One complex of a seed is made, told in the log. */
void nf_sow(NfRun *run, uint32_t seed);
/* An entry of the log. */
void nf_note(NfRun *run, uint32_t kind, uint32_t a, uint32_t b);
/* What a source or an argument of programs amounts to now, in molecules. */
double nf_source(NfRun *run, uint32_t source);
double nf_argument(NfRun *run, uint32_t slot);

/* Entries of the log: kind, a, b. */
enum { NF_LOG_CUT = 0, NF_LOG_BOUND = 1, NF_LOG_STATE = 2, NF_LOG_MADE = 3, NF_LOG_DOOMED = 4, NF_LOG_COUNT = 5 };

#endif

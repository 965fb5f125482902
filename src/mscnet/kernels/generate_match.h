/* Patterns, the order in which their parts are looked for, and matches of them in species. */
#ifndef MSCNET_GENERATE_MATCH_H
#define MSCNET_GENERATE_MATCH_H

#include "generate_store.h"

/* What a site of a pattern says of its bond. */
enum { BOND_FREE, BOND_BOUND, BOND_ANY, BOND_LABELLED };

/* All patterns one after the other: the molecules of pattern p are mol_start[p] … mol_start[p + 1], the sites of those
 * site_start[m] … site_start[m + 1].  NOTHING leaves open.  `partner` is the other end of a labelled bond.  What changes
 * in a rule is its `centre`: matches that send it to the same are one.  Sites of one molecule with the same `like`, which
 * is not 0, are treated alike by the rule. */
typedef struct {
    uint32_t n_patterns, n_mols, n_sites;
    const uint32_t *mol_start, *site_start, *place, *once;
    const uint32_t *mol_type, *mol_place, *mol_centre;
    const uint32_t *site_class, *site_state, *site_bond, *site_partner, *site_centre, *site_like;
} Patterns;

/* One part to be placed: a molecule (found through the site `via`, or by looking at all), or a site of one. */
typedef struct {
    uint32_t mol, site, via;
    uint32_t after; /* an equal molecule or site that comes before it, where the two may be exchanged */
    uint32_t known; /* whether the other end of its bond stands already */
} Step;

typedef struct {
    const Step *steps;
    uint32_t n_steps, cut; /* from step `cut` on one way is enough */
    uint32_t first_mol, n_mols, first_site, n_sites;
    uint32_t n_centre;
    const uint32_t *centre;   /* molecules, and n_mols + sites, that make the centre */
    uint32_t root;            /* the part that all the centre follows from, or NOTHING */
    uint64_t needs;           /* features that a species must have */
    uint32_t lead;            /* the feature by which it is found */
    double exchanges;         /* orders of exchangeable molecules and sites */
    uint32_t ways;            /* orders of those of them that are of the centre */
} Plan;

typedef struct {
    Plan *plans;
    Step *steps;
    uint32_t *centres, *owner; /* `owner`: the molecule of each site */
    uint32_t *feature_base;    /* of each type's sites, see generate_features.c */
    uint32_t n_features, n_states;
    /* Patterns by their leading feature. */
    uint32_t *lead_start, *lead_pattern;
} Plans;

void plans_free(Plans *plans);
/* The first `n_listed` patterns are listed by their features.  0 where there is no memory. */
int plans_make(Plans *plans, const Patterns *patterns, const Kinds *kinds, uint32_t n_states, uint32_t n_listed);

/* Features: a molecule of a type; a site of a name in a state, or free, or bound, or both. */
int features_make(Plans *plans, const Patterns *patterns, const Kinds *kinds, uint32_t n_listed);
/* Marks what a species has: `mark` [n_features] is set to `stamp`, new ones are listed; their bits are returned. */
uint64_t features_of(const Plans *plans, const Kinds *kinds, const View *view, uint32_t *mark, uint32_t stamp,
                     uint32_t *list, uint32_t *n_list);

/* One search.  `image` holds what the molecules of the pattern, then its sites, are sent to. */
typedef struct Match Match;
struct Match {
    const Kinds *kinds;
    const Patterns *patterns;
    const Plans *plans;
    const Plan *plan;
    View view;
    uint32_t *image;
    size_t room_image;
    unsigned char *used; /* molecules, then sites of the species */
    size_t room_used;
    uint32_t rooted; /* the molecule that the first of the pattern must be, or NOTHING */
    int (*found)(Match *match); /* 0 ends the search */
    void *context;
    int stopped, mode;
    uint32_t cut, steps;
    int (*look)(void *context); /* asked now and then whether to give up, or NULL */
    void *look_context;
    int given_up;
    double number; /* of matches */
};

void match_free(Match *match);
/* Call `found` for each match with another image of the centre (some may come twice); count all; or stop at the first. */
enum { MATCH_CENTRES, MATCH_COUNT, MATCH_EXISTS };

/* Looks for a pattern in a species, whose place must be the right one.  0 where there is no memory, or it was given up. */
int match_run(Match *match, uint32_t pattern, const View *view, int mode);

#endif

/* The canonical form of a complex: the same arrays for all complexes that differ only in the order of molecules and of
 * equal sites. */
#ifndef MSCNET_GENERATE_CANON_H
#define MSCNET_GENERATE_CANON_H

#include "generate_graph.h"
#include "generate_partition.h"

/* A form with the new number of each old molecule and site. */
typedef struct {
    Graph graph;
    uint32_t *mol_to, *site_to;
    size_t room_mols, room_sites;
} Form;

/* Automorphisms and paths of the search over a complex with rings, see generate_search.c. */
typedef struct {
    uint32_t *saved;              /* partitions of the levels above, one after the other */
    size_t room_saved;
    uint32_t *path, *first_path, *best_path, *explored;
    size_t room_path;
    uint32_t first_length, best_length;
    uint32_t *leaf, *first_leaf, *best_leaf; /* positions of all nodes */
    uint32_t *generators, n_generators;      /* images of all nodes, one after the other */
    size_t room_generators;
    uint32_t *orbit;
    int stale; /* `orbit` is of another level, or of fewer generators */
    size_t room_nodes;
    Form first, best, found;
    int any;
} Search;

/* What tells a site from an equal one: its state; free ones last; then bonds in the order in which they have come, and
 * those that have not by where they go. */
typedef struct {
    uint64_t state, bond;
    uint32_t site;
} Rank;

typedef struct {
    const Kinds *kinds;
    View view;
    uint32_t n_nodes, n_core;
    int searched; /* the form comes from generate_search.c */
    uint32_t *node_of, *site_of; /* the node of each bound site, and back (less the molecules) */
    uint32_t *start, *to, *initial, *degree, *stack;
    uint32_t *label;       /* of the bond at each bound site, in the order in which they come */
    Rank *ranks;
    unsigned char *taken;  /* sites of one molecule that have a new number */
    uint64_t *mol_key, *site_key, *key;
    unsigned char *core; /* nodes that are on rings or between them */
    size_t room_sites, room_nodes;
    Partition partition;
    Form form;
    Search search;
    uint32_t *mol_orbit, *site_orbit; /* by new number: the least one that an automorphism makes of it */
    size_t room_mol_orbit, room_site_orbit;
} Canon;

void canon_free(Canon *canon);
/* Makes `canon->form` of a connected complex; 0 where there is no memory. */
int canon_run(Canon *canon, const Kinds *kinds, const View *view);
/* After `canon_run`: which molecules and sites are alike (of a complex with rings perhaps not all that are). */
int canon_orbits(Canon *canon);

/* Between the files of this subject. */
int canon_form(Canon *canon, Form *form);
int canon_search(Canon *canon);
const uint32_t *search_orbits(Canon *canon);
void canon_finish(Canon *canon);
void form_free(Form *form);
void search_free(Search *search);

#endif

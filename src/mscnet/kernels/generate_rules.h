/* Rules as tables, and what becomes of species that they are applied to. */
#ifndef MSCNET_GENERATE_RULES_H
#define MSCNET_GENERATE_RULES_H

#include "generate_match.h"
#include "generate_places.h"

/* Words of one operation: its kind and what it works on.  Sites and molecules are named by the reactant and the number
 * in its pattern; what a rule makes has NOTHING as reactant, and the number of the made one and the position of its site.
 *
 *   MAKE   type, place, product, first of its states
 *   STATE  reactant, site, state
 *   MOVE   reactant, molecule (NOTHING: the whole species), from, to
 *   CUT    reactant, site
 *   JOIN   reactant, site or made, position; the same of the other end
 *   TAKE   NOTHING, made, position; reactant, site whose state it takes */
enum { OP_MAKE, OP_STATE, OP_MOVE, OP_CUT, OP_JOIN, OP_TAKE, OP_WORDS = 7 };

/* What a restriction is about. */
enum { RESTRICT_REACTANT, RESTRICT_PRODUCT };

typedef struct {
    uint32_t n_rules;
    const uint32_t *reactant_start, *reactant; /* patterns of each rule */
    const uint32_t *whole;                     /* for each reactant: it is deleted as a whole species */
    const uint32_t *product_start, *product_place;
    const uint32_t *op_start, *op, *made_state;
    const uint32_t *belongs; /* for each molecule of each pattern the product it comes out in; NOTHING: deleted */
    const uint32_t *deletes, *connected, *ordered; /* DeleteMolecules, MoveConnected; reactants are not exchanged */
    const uint32_t *tag_start, *tag; /* reactant and molecule, or NOTHING */
    /* Rows of four: side, number, whether a match is wanted (else none is), pattern. */
    const uint32_t *limit_start, *limit;
} Rules;

#define MOST_REACTANTS 16
#define MOST_TAGS 16

/* Limits of one complex. */
typedef struct {
    uint32_t molecules;      /* NOTHING: none */
    const uint32_t *of_type; /* for each type, NOTHING: none */
} Bounds;

enum { APPLIED, REFUSED, TOO_LARGE, TOO_MANY, NO_MEMORY };

/* Applications of rules.  Products are species of `store`, in the order of the rule, then fragments. */
typedef struct {
    const Kinds *kinds;
    const Patterns *patterns;
    const Rules *rules;
    const Places *places;
    Bounds bounds;
    size_t most_species;
    Match *match;
    Store *store;
    Canon canon;
    Graph work, part; /* the reactants side by side; one product */
    /* Molecules made; where parts begin; marks; the product of each molecule; a stack; new numbers of sites. */
    uint32_t *made, *begin, *seen, *belongs, *stack, *where, *of_type;
    size_t room_made, room_begin, room_seen, room_belongs, room_stack, room_where;
    unsigned char *gone;
    size_t room_gone;
    uint32_t mol_shift[MOST_REACTANTS], site_shift[MOST_REACTANTS]; /* where each reactant begins in `work` */
    uint32_t *products, n_products;
    size_t room_products;
} Apply;

void apply_free(Apply *apply);
/* Makes room for what does not grow; 0 where there is no memory. */
int apply_begin(Apply *apply);
/* Applies a rule to species at matches (what molecules, then sites of each pattern are sent to); `places` are those of
 * the species.  Leaves `apply->products`; where one of them cannot be, those before it stay in the store. */
int apply_rule(Apply *apply, uint32_t rule, const View *species, const uint32_t *const *images, const uint32_t *places);
/* Finds what `apply->work` falls into, or takes in one whole complex (a seed): its number in `species`. */
int split_products(Apply *apply, uint32_t rule, const uint32_t *places, uint32_t n);
int take_in(Apply *apply, const View *view, uint32_t place, size_t most_species, uint32_t *species);
/* Whether a species may be a reactant, or a product, of that number: 1, 0, or -1 where there is no memory. */
int is_allowed(Match *match, const Rules *rules, uint32_t rule, uint32_t side, uint32_t number, const View *species,
               uint32_t place);
/* Whether a pattern is found in a species: 1, 0, or -1 where there is no memory. */
int is_found(Match *match, uint32_t pattern, const View *species, uint32_t place);

#endif

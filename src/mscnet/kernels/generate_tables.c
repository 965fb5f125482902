/* The tables of a structure as Python hands them over, checked so that no table can lead outside of another. */
#include "generate_tables.h"

#include <stdlib.h>
#include <string.h>

void expect_starts(Args *args, const char *name, const uint32_t *start, size_t n_start, size_t n, size_t limit)
{
    if (args_failed(args))
        return;
    int good = n_start == n + 1 && start[0] == 0 && start[n] == limit;
    for (size_t i = 0; good && i < n; i++)
        good = start[i] <= start[i + 1];
    args_expect(args, name, good, 1);
}

void expect_below(Args *args, const char *name, const uint32_t *array, size_t n, size_t limit, int or_nothing)
{
    if (args_failed(args))
        return;
    int good = 1;
    for (size_t i = 0; i < n; i++)
        good &= array[i] < limit || (or_nothing && array[i] == NOTHING);
    args_expect(args, name, good, 1);
}

static void read_kinds(Args *args, Kinds *k)
{
    size_t n_start, n_class;
    k->site_start = args_u32(args, "kind_site_start", &n_start);
    k->site_class = args_u32(args, "kind_site_class", &n_class);
    args_expect(args, "kind_site_start", n_start > 0 && n_start < NOTHING && n_class < NOTHING, 1);
    if (args_failed(args))
        return;
    k->n_types = (uint32_t)n_start - 1;
    k->n_sites = (uint32_t)n_class;
    expect_starts(args, "kind_site_start", k->site_start, n_start, k->n_types, n_class);
    k->alone = calloc(n_class + 1, 1);
    if (k->alone == NULL) {
        PyErr_NoMemory();
        args->failed = 1;
    }
    for (uint32_t t = 0; !args_failed(args) && t < k->n_types; t++) {
        const uint32_t first = k->site_start[t], n = k->site_start[t + 1] - first;
        for (uint32_t i = 0; i < n; i++)
            args_expect(args, "kind_site_class", k->site_class[first + i] <= i, 1);
        for (uint32_t i = 0; !args_failed(args) && i < n; i++)
            k->alone[first + k->site_class[first + i]] = k->alone[first + k->site_class[first + i]] == 0 ? 1 : 2;
        for (uint32_t i = 0; i < n; i++)
            k->alone[first + i] = k->alone[first + i] == 1 && k->site_class[first + i] == i;
    }
}

/* Labelled bonds have two ends in one pattern; site classes are those of the molecule's type. */
static void check_patterns(Args *args, const Kinds *kinds, const Patterns *p)
{
    for (uint32_t i = 0; !args_failed(args) && i < p->n_patterns; i++) {
        const uint32_t first = p->site_start[p->mol_start[i]], end = p->site_start[p->mol_start[i + 1]];
        for (uint32_t m = p->mol_start[i]; m < p->mol_start[i + 1]; m++) {
            const uint32_t type = p->mol_type[m], base = kinds->site_start[type];
            for (uint32_t s = p->site_start[m]; !args_failed(args) && s < p->site_start[m + 1]; s++) {
                const uint32_t class = p->site_class[s], other = p->site_partner[s];
                args_expect(args, "site_class", class < kinds->site_start[type + 1] - base &&
                                                    kinds->site_class[base + class] == class, 1);
                const int labelled = p->site_bond[s] == BOND_LABELLED;
                args_expect(args, "site_partner",
                            labelled ? other >= first && other < end && other != s && p->site_partner[other] == s
                                     : other == NOTHING, 1);
            }
        }
    }
}

void read_patterns(Args *args, const Kinds *kinds, uint32_t n_states, uint32_t n_places, Patterns *p)
{
    size_t n_mol_start, n_site_start, n_place, n_once, n_type, n_mol_place, n_mol_centre;
    size_t n_class, n_state, n_bond, n_partner, n_site_centre, n_site_like;
    p->mol_start = args_u32(args, "mol_start", &n_mol_start);
    p->site_start = args_u32(args, "site_start", &n_site_start);
    p->place = args_u32(args, "pattern_place", &n_place);
    p->once = args_u32(args, "pattern_once", &n_once);
    p->mol_type = args_u32(args, "mol_type", &n_type);
    p->mol_place = args_u32(args, "mol_place", &n_mol_place);
    p->mol_centre = args_u32(args, "mol_centre", &n_mol_centre);
    p->site_class = args_u32(args, "site_class", &n_class);
    p->site_state = args_u32(args, "site_state", &n_state);
    p->site_bond = args_u32(args, "site_bond", &n_bond);
    p->site_partner = args_u32(args, "site_partner", &n_partner);
    p->site_centre = args_u32(args, "site_centre", &n_site_centre);
    p->site_like = args_u32(args, "site_like", &n_site_like);
    args_expect(args, "mol_type", n_type < NOTHING && n_class < NOTHING && n_place < NOTHING, 1);
    args_expect(args, "mol_place", n_mol_place, n_type);
    args_expect(args, "mol_centre", n_mol_centre, n_type);
    args_expect(args, "site_state", n_state, n_class);
    args_expect(args, "site_bond", n_bond, n_class);
    args_expect(args, "site_partner", n_partner, n_class);
    args_expect(args, "site_centre", n_site_centre, n_class);
    args_expect(args, "site_like", n_site_like, n_class);
    args_expect(args, "pattern_once", n_once, n_place);
    expect_starts(args, "mol_start", p->mol_start, n_mol_start, n_place, n_type);
    expect_starts(args, "site_start", p->site_start, n_site_start, n_type, n_class);
    expect_below(args, "mol_type", p->mol_type, n_type, kinds->n_types, 0);
    expect_below(args, "mol_place", p->mol_place, n_type, n_places, 1);
    expect_below(args, "pattern_place", p->place, n_place, n_places, 1);
    expect_below(args, "site_state", p->site_state, n_state, n_states, 1);
    expect_below(args, "site_bond", p->site_bond, n_bond, BOND_LABELLED + 1, 0);
    if (args_failed(args))
        return;
    p->n_patterns = (uint32_t)n_place;
    p->n_mols = (uint32_t)n_type;
    p->n_sites = (uint32_t)n_class;
    check_patterns(args, kinds, p);
}

/* Whether an operation names a site of a reactant, or of a molecule that has been made before it. */
static int is_end(const Engine *e, uint32_t rule, const uint32_t *end, const uint32_t *made, uint32_t n_made)
{
    const uint32_t first = e->rules.reactant_start[rule], n = e->rules.reactant_start[rule + 1] - first;
    if (end[0] == NOTHING)
        return end[1] < n_made && end[2] < e->kinds.site_start[made[end[1]] + 1] - e->kinds.site_start[made[end[1]]];
    if (end[0] >= n)
        return 0;
    const Patterns *p = &e->patterns;
    const uint32_t pattern = e->rules.reactant[first + end[0]];
    return end[1] < p->site_start[p->mol_start[pattern + 1]] - p->site_start[p->mol_start[pattern]];
}

static int is_made(const Engine *e, uint32_t rule, const uint32_t *op, size_t n_states)
{
    if (op[1] >= e->kinds.n_types || (op[2] != NOTHING && op[2] >= e->places.n) ||
        op[3] >= e->rules.product_start[rule + 1] - e->rules.product_start[rule])
        return 0;
    const size_t end = (size_t)op[4] + e->kinds.site_start[op[1] + 1] - e->kinds.site_start[op[1]];
    for (size_t s = op[4]; s < end && end <= n_states; s++)
        if (e->rules.made_state[s] != NOTHING && e->rules.made_state[s] >= e->n_states)
            return 0;
    return end <= n_states;
}

static int is_moved(const Engine *e, uint32_t rule, const uint32_t *op)
{
    const uint32_t first = e->rules.reactant_start[rule], n = e->rules.reactant_start[rule + 1] - first;
    if (op[1] >= n || op[3] >= e->places.n || op[4] >= e->places.n)
        return 0;
    const uint32_t pattern = e->rules.reactant[first + op[1]];
    return op[2] == NOTHING || op[2] < e->patterns.mol_start[pattern + 1] - e->patterns.mol_start[pattern];
}

static void check_operations(Args *args, const Engine *e, uint32_t rule, uint32_t *made, size_t n_states)
{
    const Rules *r = &e->rules;
    uint32_t n_made = 0;
    int good = 1;
    for (uint32_t i = r->op_start[rule]; good && i < r->op_start[rule + 1]; i++) {
        const uint32_t *op = r->op + (size_t)OP_WORDS * i;
        switch (op[0]) {
        case OP_MAKE:
            good = is_made(e, rule, op, n_states);
            made[n_made++] = good ? op[1] : 0;
            break;
        case OP_STATE:
            good = op[1] != NOTHING && is_end(e, rule, op + 1, made, n_made) && op[3] < e->n_states;
            break;
        case OP_MOVE:
            good = is_moved(e, rule, op);
            break;
        case OP_CUT:
            good = op[1] != NOTHING && is_end(e, rule, op + 1, made, n_made);
            break;
        case OP_TAKE:
            good = op[1] == NOTHING && op[4] != NOTHING;
            good = good && is_end(e, rule, op + 1, made, n_made) && is_end(e, rule, op + 4, made, n_made);
            break;
        case OP_JOIN:
            good = is_end(e, rule, op + 1, made, n_made) && is_end(e, rule, op + 4, made, n_made);
            break;
        default:
            good = 0;
        }
    }
    args_expect(args, "op", good, 1);
}

/* Tags, restrictions and the products that molecules belong to. */
static void check_rule(Args *args, const Engine *e, uint32_t rule)
{
    const Rules *r = &e->rules;
    const Patterns *p = &e->patterns;
    const uint32_t first = r->reactant_start[rule], n = r->reactant_start[rule + 1] - first;
    const uint32_t n_products = r->product_start[rule + 1] - r->product_start[rule];
    int good = n <= MOST_REACTANTS && r->tag_start[rule + 1] - r->tag_start[rule] <= MOST_TAGS;
    for (uint32_t i = 0; good && i < n; i++)
        for (uint32_t m = p->mol_start[r->reactant[first + i]]; m < p->mol_start[r->reactant[first + i] + 1]; m++)
            good &= r->belongs[m] == NOTHING || r->belongs[m] < n_products;
    for (uint32_t t = r->tag_start[rule]; good && t < r->tag_start[rule + 1]; t++) {
        good = r->tag[2 * t] < n;
        const uint32_t pattern = good ? r->reactant[first + r->tag[2 * t]] : 0;
        good = good && (r->tag[2 * t + 1] == NOTHING ||
                        r->tag[2 * t + 1] < p->mol_start[pattern + 1] - p->mol_start[pattern]);
    }
    for (uint32_t i = r->limit_start[rule]; good && i < r->limit_start[rule + 1]; i++)
        good = r->limit[4 * (size_t)i + 3] < p->n_patterns;
    args_expect(args, "rules", good, 1);
}

static void check_rules(Args *args, const Engine *e, size_t n_made)
{
    uint32_t most = 0;
    for (uint32_t rule = 0; rule < e->rules.n_rules; rule++) {
        const uint32_t n = e->rules.op_start[rule + 1] - e->rules.op_start[rule];
        most = n > most ? n : most;
    }
    uint32_t *made = malloc(((size_t)most + 1) * sizeof *made);
    if (made == NULL) {
        PyErr_NoMemory();
        args->failed = 1;
    }
    for (uint32_t rule = 0; rule < e->rules.n_rules && !args_failed(args); rule++) {
        check_rule(args, e, rule);
        if (!args_failed(args))
            check_operations(args, e, rule, made, n_made);
    }
    free(made);
}

static void read_rules(Args *args, Engine *e)
{
    Rules *r = &e->rules;
    size_t n[14];
    r->reactant_start = args_u32(args, "reactant_start", &n[0]);
    r->reactant = args_u32(args, "reactant", &n[1]);
    r->whole = args_u32(args, "reactant_whole", &n[2]);
    r->product_start = args_u32(args, "product_start", &n[3]);
    r->product_place = args_u32(args, "product_place", &n[4]);
    r->op_start = args_u32(args, "op_start", &n[5]);
    r->op = args_u32(args, "op", &n[6]);
    r->made_state = args_u32(args, "made_state", &n[7]);
    r->belongs = args_u32(args, "belongs", &n[8]);
    r->deletes = args_u32(args, "deletes", &n[9]);
    r->connected = args_u32(args, "connected", &n[10]);
    r->ordered = args_u32(args, "ordered", &n[11]);
    e->functional = args_u32(args, "functional", &n[12]);
    size_t n_tag_start, n_tag, n_limit_start, n_limit;
    r->tag_start = args_u32(args, "tag_start", &n_tag_start);
    r->tag = args_u32(args, "tag", &n_tag);
    r->limit_start = args_u32(args, "limit_start", &n_limit_start);
    r->limit = args_u32(args, "limit", &n_limit);
    const size_t rules = n[9];
    args_expect(args, "deletes", rules < NOTHING, 1);
    args_expect(args, "connected", n[10], rules);
    args_expect(args, "ordered", n[11], rules);
    args_expect(args, "functional", n[12], rules);
    args_expect(args, "reactant_whole", n[2], n[1]);
    args_expect(args, "op", n[6] % OP_WORDS, 0);
    args_expect(args, "belongs", n[8], e->patterns.n_mols);
    expect_starts(args, "reactant_start", r->reactant_start, n[0], rules, n[1]);
    expect_starts(args, "product_start", r->product_start, n[3], rules, n[4]);
    expect_starts(args, "op_start", r->op_start, n[5], rules, n[6] / OP_WORDS);
    expect_starts(args, "tag_start", r->tag_start, n_tag_start, rules, n_tag / 2);
    expect_starts(args, "limit_start", r->limit_start, n_limit_start, rules, n_limit / 4);
    expect_below(args, "reactant", r->reactant, n[1], e->n_leading, 0);
    expect_below(args, "product_place", r->product_place, n[4], e->places.n, 1);
    if (args_failed(args))
        return;
    r->n_rules = (uint32_t)rules;
    check_rules(args, e, n[7]);
}

void read_engine(Args *args, Engine *e)
{
    size_t n_parent, n_dimension, n_of_type;
    read_kinds(args, &e->kinds);
    e->places.dimension = args_u32(args, "place_dimension", &n_dimension);
    e->places.parent = args_u32(args, "place_parent", &n_parent);
    args_expect(args, "place_parent", n_parent, n_dimension);
    args_expect(args, "place_parent", n_parent < NOTHING, 1);
    e->places.n = (uint32_t)n_parent;
    expect_below(args, "place_parent", e->places.parent, n_parent, n_parent, 1);
    const int64_t n_states = args_int(args, "n_states", 0), n_leading = args_int(args, "n_leading", 0);
    args_expect(args, "n_states", n_states >= 0 && n_states < NOTHING && n_leading >= 0, 1);
    if (args_failed(args))
        return;
    e->n_states = (uint32_t)n_states;
    read_patterns(args, &e->kinds, e->n_states, e->places.n, &e->patterns);
    args_expect(args, "n_leading", n_leading <= e->patterns.n_patterns, 1);
    e->n_leading = (uint32_t)n_leading;
    read_rules(args, e);
    const uint32_t *of_type = args_u32(args, "most_of_type", &n_of_type);
    const int64_t molecules = args_int(args, "most_molecules", -1), rounds = args_int(args, "most_rounds", -1);
    const int64_t species = args_int(args, "most_species", -1), events = args_int(args, "most_events", -1);
    args_expect(args, "most_of_type", n_of_type == 0 || n_of_type == e->kinds.n_types, 1);
    e->apply.bounds.molecules = molecules < 0 || molecules >= NOTHING ? NOTHING : (uint32_t)molecules;
    e->apply.bounds.of_type = n_of_type == 0 ? NULL : of_type;
    e->most_rounds = rounds < 0 ? SIZE_MAX : (size_t)rounds;
    e->most_species = species < 0 ? SIZE_MAX : (size_t)species;
    e->most_events = events < 0 ? SIZE_MAX : (size_t)events;
}

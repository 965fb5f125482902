/* The tables of rules on molecules, and whether they point into one another as they should. */
#include "nf.h"

#include <stdlib.h>
#include <string.h>

#define MOLECULE_BIT 0x80000000u
#define TABLE(name, count, width) {#name, offsetof(NfModel, name), offsetof(NfModel, count), width}
#define ROWS(name) \
    {#name "_first", offsetof(NfModel, name.first), offsetof(NfModel, name.n_first), 1}, \
        {#name, offsetof(NfModel, name.item), offsetof(NfModel, name.n_items), 1}
#define WIDTH(type) (uint32_t)(sizeof(type) / sizeof(uint32_t))

const NfTable NF_TABLES[] = {
    TABLE(site_first, n_types, 1),
    TABLE(site_class, n_type_sites, 1),
    ROWS(parts_at),
    ROWS(reach),
    TABLE(steps, n_steps, WIDTH(NfStep)),
    TABLE(plans, n_plans, WIDTH(NfPlan)),
    TABLE(rivals, n_rivals, 1),
    TABLE(centers, n_centers, 1),
    TABLE(parts, n_parts, WIDTH(NfPart)),
    TABLE(reaches, n_reaches, WIDTH(NfReach)),
    TABLE(hops, n_hops, WIDTH(NfHop)),
    TABLE(trackers, n_trackers, WIDTH(NfTracker)),
    TABLE(tracker_parts, n_tracker_parts, 1),
    TABLE(reactants, n_reactants, WIDTH(NfReactant)),
    TABLE(ops, n_ops, WIDTH(NfOp)),
    TABLE(products, n_products, WIDTH(NfProduct)),
    TABLE(restrictions, n_restrictions, WIDTH(NfRestriction)),
    TABLE(restriction_plans, n_restriction_plans, 1),
    TABLE(rules, n_rules, WIDTH(NfRule)),
    ROWS(part_rules),
    ROWS(tracker_rules),
    TABLE(tracked_part, n_tracked, 1),
    TABLE(sources, n_sources, WIDTH(NfSource)),
    ROWS(slots),
    ROWS(outputs),
    TABLE(program_first, n_programs, 1),
    TABLE(code, n_code, WIDTH(Instruction)),
    TABLE(seeds, n_seeds, WIDTH(NfSeed)),
    TABLE(seed_molecules, n_seed_molecules, WIDTH(NfSeedMolecule)),
    TABLE(seed_states, n_seed_states, 1),
    TABLE(seed_bonds, n_seed_bonds, WIDTH(NfSeedBond)),
    TABLE(fixed, n_fixed, WIDTH(NfFixed)),
};
const size_t NF_N_TABLES = sizeof NF_TABLES / sizeof *NF_TABLES;

void nf_free(NfModel *model)
{
    if (model == NULL)
        return;
    for (size_t i = 0; i < NF_N_TABLES; i++) {
        void *table;
        memcpy(&table, (char *)model + NF_TABLES[i].pointer, sizeof table);
        free(table);
    }
    free(model->literals);
    free(model->source_weight);
    free(model);
}

/* Starts that grow from 0 to the number of what they point into. */
static int starts_hold(const uint32_t *first, uint32_t n, uint32_t n_items)
{
    if (n == 0 || first[0] != 0 || first[n - 1] != n_items)
        return 0;
    for (uint32_t i = 0; i + 1 < n; i++)
        if (first[i] > first[i + 1])
            return 0;
    return 1;
}

static int rows_hold(const NfRows *rows, uint32_t n, uint32_t limit)
{
    if (rows->n_first != n + 1 || !starts_hold(rows->first, n + 1, rows->n_items))
        return 0;
    for (uint32_t i = 0; i < rows->n_items; i++)
        if (rows->item[i] >= limit)
            return 0;
    return 1;
}

/* Whether `n` from `first` on are within `limit`. */
static int within(uint32_t first, uint32_t n, uint32_t limit)
{
    return first <= limit && n <= limit - first;
}

static uint32_t sites_of(const NfModel *m, uint32_t type)
{
    return m->site_first[type + 1] - m->site_first[type];
}

static int step_holds(const NfModel *m, const NfPlan *plan, const NfStep *s)
{
    if (s->var >= plan->n_vars || !within(s->rival, s->n_rivals, m->n_rivals))
        return 0;
    if (s->kind == NF_JUMP)
        return s->to_var < plan->n_vars && s->to_type < m->n_types;
    if (s->site >= plan->n_sites || s->lo >= s->hi || s->bond > NF_CLOSE)
        return 0;
    if (s->after != NF_NONE && s->after >= plan->n_sites)
        return 0;
    if (s->bond == NF_LINK && (s->to_var >= plan->n_vars || s->to_type >= m->n_types))
        return 0;
    return s->bond < NF_LINK || s->to_site < plan->n_sites;
}

/* Sites that steps name are those of the types of their molecules. */
static int types_hold(const NfModel *m, const NfPlan *plan, uint32_t *type)
{
    type[0] = plan->root_type;
    uint32_t known = 1;
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        const NfStep *s = &m->steps[plan->first + i];
        if (s->kind == NF_SITE && (s->var >= known || s->hi > sites_of(m, type[s->var])))
            return 0;
        if (s->kind == NF_JUMP || s->bond == NF_LINK) {
            if (s->to_var != known)
                return 0;
            type[known++] = s->to_type;
        }
        for (uint32_t k = 0; k < s->n_rivals; k++)
            if (m->rivals[s->rival + k] >= plan->n_sites)
                return 0;
    }
    return known == plan->n_vars;
}

static int plans_hold(NfModel *m)
{
    int good = 1;
    for (uint32_t p = 0; good && p < m->n_plans; p++) {
        const NfPlan *plan = &m->plans[p];
        good = within(plan->first, plan->n_steps, m->n_steps) && plan->root_type < m->n_types && plan->n_vars > 0 &&
               plan->n_vars <= plan->n_steps + 1 && plan->center_end <= plan->n_steps &&
               within(plan->center, plan->n_center, m->n_centers);
        for (uint32_t i = 0; good && i < plan->n_steps; i++)
            good = step_holds(m, plan, &m->steps[plan->first + i]);
        for (uint32_t k = 0; good && k < plan->n_center; k++) {
            const uint32_t c = m->centers[plan->center + k];
            good = c & MOLECULE_BIT ? (c & ~MOLECULE_BIT) < plan->n_vars : c < plan->n_sites;
        }
        uint32_t *type = good ? malloc(plan->n_vars * sizeof *type) : NULL;
        good = type != NULL && types_hold(m, plan, type);
        free(type);
        m->most_vars = plan->n_vars > m->most_vars ? plan->n_vars : m->most_vars;
        m->most_sites = plan->n_sites > m->most_sites ? plan->n_sites : m->most_sites;
    }
    return good;
}

static int parts_hold(const NfModel *m)
{
    for (uint32_t i = 0; i < m->n_parts; i++) {
        const NfPart *p = &m->parts[i];
        if (p->tracked != NF_NONE && (p->tracked >= m->n_tracked || m->tracked_part[p->tracked] != i))
            return 0;
        if (p->population != NF_NONE ? p->population >= m->n_types : p->plan >= m->n_plans)
            return 0;
        if (p->population != NF_NONE)
            continue;
        const uint32_t type = m->plans[p->plan].root_type, first = m->parts_at.first[type];
        if (!within(first, p->slot + 1, m->parts_at.first[type + 1]) || m->parts_at.item[first + p->slot] != i)
            return 0;
    }
    for (uint32_t k = 0; k < m->n_tracked; k++)
        if (m->tracked_part[k] >= m->n_parts || m->parts[m->tracked_part[k]].tracked != k)
            return 0;
    for (uint32_t i = 0; i < m->n_reaches; i++)
        if (m->reaches[i].part >= m->n_parts || !within(m->reaches[i].hop, m->reaches[i].n_hops, m->n_hops))
            return 0;
    for (uint32_t i = 0; i < m->n_trackers; i++) {
        const NfTracker *t = &m->trackers[i];
        if (!within(t->first, t->n_parts, m->n_tracker_parts) || t->counted > t->n_parts || t->plan >= m->n_plans ||
            (t->program != NF_NONE && t->program >= m->n_programs) || (t->mode == NF_ROOTS && t->n_parts != 1))
            return 0;
        for (uint32_t k = 0; k < t->n_parts; k++) {
            const uint32_t part = m->tracker_parts[t->first + k];
            if (part >= m->n_parts || m->parts[part].population != NF_NONE ||
                (t->mode != NF_ROOTS && m->parts[part].tracked == NF_NONE))
                return 0;
        }
    }
    return 1;
}

static int op_holds(const NfModel *m, const NfOp *op)
{
    switch (op->kind) {
    case NF_UNBIND: return op->a < m->most_sites;
    case NF_STATE: return op->a < m->most_sites;
    case NF_BIND: return op->a < m->most_sites && op->b < m->most_sites;
    case NF_DELETE:
    case NF_DISSOLVE: return op->a < m->most_vars;
    case NF_CREATE:
        return op->a < m->most_vars && op->b < m->n_types && within(op->c, sites_of(m, op->b), m->most_sites);
    case NF_COUNT: return op->a < m->n_types;
    default: return 0;
    }
}

static int rules_hold(NfModel *m)
{
    for (uint32_t i = 0; i < m->n_reactants; i++) {
        const NfReactant *r = &m->reactants[i];
        if (r->index >= (r->kind == NF_PART ? m->n_parts : m->n_trackers) ||
            !within(r->var, r->n_vars, m->most_vars) || !within(r->site, r->n_sites, m->most_sites))
            return 0;
    }
    for (uint32_t i = 0; i < m->n_rules; i++) {
        const NfRule *r = &m->rules[i];
        if (!within(r->reactant, r->n_reactants, m->n_reactants) || !within(r->op, r->n_ops, m->n_ops) ||
            !within(r->product, r->n_products, m->n_products) ||
            !within(r->restriction, r->n_restrictions, m->n_restrictions) ||
            (r->program != NF_NONE && r->program >= m->n_programs))
            return 0;
        m->most_reactants = r->n_reactants > m->most_reactants ? r->n_reactants : m->most_reactants;
    }
    for (uint32_t i = 0; i < m->n_ops; i++)
        if (!op_holds(m, &m->ops[i]))
            return 0;
    for (uint32_t i = 0; i < m->n_products; i++)
        if (m->products[i].var >= m->most_vars)
            return 0;
    for (uint32_t i = 0; i < m->n_restrictions; i++)
        if (m->restrictions[i].var >= m->most_vars ||
            !within(m->restrictions[i].plan, m->restrictions[i].n_plans, m->n_restriction_plans))
            return 0;
    for (uint32_t i = 0; i < m->n_restriction_plans; i++)
        if (m->restriction_plans[i] >= m->n_plans)
            return 0;
    return 1;
}

static int programs_hold(NfModel *m)
{
    if (!starts_hold(m->program_first, m->n_programs + 1, m->n_code))
        return 0;
    for (uint32_t i = 0; i < m->n_programs; i++) {
        const uint32_t first = m->program_first[i];
        const Program program = {m->program_first[i + 1] - first, m->n_slots, m->n_literals, m->code + first,
                                 m->literals};
        if (!program_is_valid(&program))
            return 0;
    }
    for (uint32_t i = 0; i < m->n_sources; i++) {
        const NfSource *s = &m->sources[i];
        const uint32_t limits[] = {m->n_parts, m->n_trackers, m->n_plans, m->n_plans, m->n_plans, m->n_tracked, m->n_parts};
        if (s->kind > NF_AT_MOLECULE || s->index >= limits[s->kind])
            return 0;
    }
    return 1;
}

static int seeds_hold(const NfModel *m)
{
    for (uint32_t i = 0; i < m->n_seeds; i++) {
        const NfSeed *seed = &m->seeds[i];
        if (!within(seed->molecule, seed->n_molecules, m->n_seed_molecules) || seed->n_molecules > m->most_vars ||
            !within(seed->bond, seed->n_bonds, m->n_seed_bonds))
            return 0;
        for (uint32_t k = 0; k < seed->n_molecules; k++) {
            const NfSeedMolecule *one = &m->seed_molecules[seed->molecule + k];
            if (one->type >= m->n_types || !within(one->state, sites_of(m, one->type), m->n_seed_states))
                return 0;
        }
        for (uint32_t k = 0; k < seed->n_bonds; k++) {
            const NfSeedBond *bond = &m->seed_bonds[seed->bond + k];
            if (bond->a >= seed->n_molecules || bond->b >= seed->n_molecules ||
                bond->site_a >= sites_of(m, m->seed_molecules[seed->molecule + bond->a].type) ||
                bond->site_b >= sites_of(m, m->seed_molecules[seed->molecule + bond->b].type))
                return 0;
        }
    }
    for (uint32_t i = 0; i < m->n_fixed; i++)
        if (m->fixed[i].plan >= m->n_plans || m->fixed[i].seed >= m->n_seeds)
            return 0;
    return 1;
}

int nf_complete(NfModel *m)
{
    if (m->n_types == 0 || m->n_programs == 0)
        return 0;
    m->n_types--; /* their starts have one more */
    m->n_programs--;
    m->n_slots = m->slots.n_first - 1;
    m->n_outputs = m->outputs.n_first - 1;
    if (!starts_hold(m->site_first, m->n_types + 1, m->n_type_sites))
        return 0;
    for (uint32_t t = 0; t < m->n_types; t++)
        for (uint32_t k = 0; k < sites_of(m, t); k++)
            if (m->site_class[m->site_first[t] + k] > k)
                return 0;
    return rows_hold(&m->parts_at, m->n_types, m->n_parts) && rows_hold(&m->reach, 2 * m->n_type_sites, m->n_reaches) &&
           rows_hold(&m->part_rules, m->n_parts, m->n_rules) && rows_hold(&m->tracker_rules, m->n_trackers, m->n_rules) &&
           rows_hold(&m->slots, m->n_slots, m->n_sources) && rows_hold(&m->outputs, m->n_outputs, m->n_sources) &&
           plans_hold(m) && parts_hold(m) && rules_hold(m) && programs_hold(m) && seeds_hold(m);
}

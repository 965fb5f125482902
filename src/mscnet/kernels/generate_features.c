/* What a species must have for a pattern to be found in it, so that each rule looks at few.
 *
 * For each type there is one feature, for each name of its sites some: bound or free, and these by state or in any.
 * Each pattern is listed under one of its features, and asks for all of them by bits of a number (several may share one). */
#include "generate_match.h"

#include <stdlib.h>
#include <string.h>

static uint64_t bit_of(uint32_t feature)
{
    return 1ULL << (feature * 0x9e3779b1u >> 26);
}

/* The features of a site by its first equal one: (any state, state 0, 1, …) × (any bond, free, bound). */
static uint32_t feature_of(const Plans *plans, uint32_t class_at, uint32_t state, uint32_t bond)
{
    return plans->feature_base[class_at] + 3 * (state == NOTHING ? 0 : state + 1) + bond;
}

static uint32_t bond_feature(uint32_t bond)
{
    return bond == BOND_ANY ? 0 : bond == BOND_FREE ? 1 : 2;
}

/* The bits that a pattern asks for, and the feature that most of what is said is in. */
static void plan_features(Plans *plans, Plan *plan, const Patterns *p, const Kinds *kinds)
{
    uint32_t best = 0;
    plan->needs = 0;
    for (uint32_t m = plan->first_mol; m < plan->first_mol + plan->n_mols; m++) {
        const uint32_t type = p->mol_type[m];
        plan->needs |= bit_of(type);
        if (best == 0) {
            plan->lead = type;
            best = 1;
        }
        for (uint32_t s = p->site_start[m]; s < p->site_start[m + 1]; s++) {
            const uint32_t bond = bond_feature(p->site_bond[s]), state = p->site_state[s];
            const uint32_t said = 1 + 2 * (bond == 2) + (bond == 1) + 2 * (state != NOTHING);
            const uint32_t feature = feature_of(plans, kinds->site_start[type] + p->site_class[s], state, bond);
            plan->needs |= bit_of(feature);
            if (said > best) {
                plan->lead = feature;
                best = said;
            }
        }
    }
}

/* Lists patterns by their leading features. */
static int list_leads(Plans *plans, uint32_t n)
{
    plans->lead_start = calloc((size_t)plans->n_features + 2, sizeof *plans->lead_start);
    plans->lead_pattern = malloc(((size_t)n + 1) * sizeof *plans->lead_pattern);
    if (plans->lead_start == NULL || plans->lead_pattern == NULL)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        if (plans->plans[i].n_mols > 0)
            plans->lead_start[plans->plans[i].lead + 2]++;
    for (uint32_t f = 0; f < plans->n_features; f++)
        plans->lead_start[f + 2] += plans->lead_start[f + 1];
    for (uint32_t i = 0; i < n; i++)
        if (plans->plans[i].n_mols > 0)
            plans->lead_pattern[plans->lead_start[plans->plans[i].lead + 1]++] = i;
    return 1;
}

int features_make(Plans *plans, const Patterns *p, const Kinds *kinds, uint32_t n_listed)
{
    plans->feature_base = malloc(((size_t)kinds->n_sites + 1) * sizeof *plans->feature_base);
    if (plans->feature_base == NULL)
        return 0;
    size_t n = kinds->n_types;
    for (uint32_t s = 0; s < kinds->n_sites; s++) {
        plans->feature_base[s] = (uint32_t)n;
        n += 3 * ((size_t)plans->n_states + 1);
        if (n >= NOTHING)
            return 0;
    }
    plans->n_features = (uint32_t)n;
    for (uint32_t i = 0; i < p->n_patterns; i++)
        plan_features(plans, &plans->plans[i], p, kinds);
    return list_leads(plans, n_listed);
}

uint64_t features_of(const Plans *plans, const Kinds *kinds, const View *v, uint32_t *mark, uint32_t stamp,
                     uint32_t *list, uint32_t *n_list)
{
    uint64_t bits = 0;
    *n_list = 0;
    for (uint32_t m = 0; m < v->n_mols; m++) {
        const uint32_t base = kinds->site_start[v->type[m]];
        uint32_t found[4];
        if (mark[v->type[m]] != stamp) {
            mark[v->type[m]] = stamp;
            list[(*n_list)++] = v->type[m];
            bits |= bit_of(v->type[m]);
        }
        for (uint32_t s = v->first[m]; s < v->first[m + 1]; s++) {
            const uint32_t at = base + kinds->site_class[base + s - v->first[m]];
            const uint32_t bond = v->bond[s] == NOTHING ? 1 : 2;
            uint32_t n = 0;
            found[n++] = feature_of(plans, at, NOTHING, 0);
            found[n++] = feature_of(plans, at, NOTHING, bond);
            if (v->state[s] != NOTHING) {
                found[n++] = feature_of(plans, at, v->state[s], 0);
                found[n++] = feature_of(plans, at, v->state[s], bond);
            }
            for (uint32_t i = 0; i < n; i++)
                if (mark[found[i]] != stamp) {
                    mark[found[i]] = stamp;
                    list[(*n_list)++] = found[i];
                    bits |= bit_of(found[i]);
                }
        }
    }
    return bits;
}

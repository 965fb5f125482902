/* In which order the parts of a pattern are looked for. */
#include "generate_match.h"

#include <stdlib.h>
#include <string.h>

void plans_free(Plans *plans)
{
    free(plans->plans);
    free(plans->steps);
    free(plans->centres);
    free(plans->owner);
    free(plans->feature_base);
    free(plans->lead_start);
    free(plans->lead_pattern);
    memset(plans, 0, sizeof *plans);
}

typedef struct {
    const Patterns *p;
    const Kinds *kinds;
    Plans *plans;
    Plan *plan;
    Step *next;
    unsigned char *placed; /* molecules, then sites */
    uint64_t *arm;         /* of each site, what hangs from its bond; 0 where that may not be exchanged */
} Planner;

/* So many equal sites of a centre are exchanged at most: the number of their orders fits into few bits. */
static const uint32_t MOST_ALIKE = 8;

static int has_centre(const Planner *w, uint32_t mol)
{
    const Patterns *p = w->p;
    int has = p->mol_centre[mol] != 0;
    for (uint32_t s = p->site_start[mol]; s < p->site_start[mol + 1]; s++)
        has |= p->site_centre[s] != 0;
    return has;
}

/* What hangs from a labelled bond, beyond site `from`; 0 where a part of the centre does, or where it closes a ring.
 * Molecules that have been passed are marked in `placed`. */
static uint64_t find_arm(const Planner *w, uint32_t from)
{
    const Patterns *p = w->p;
    const uint32_t entry = p->site_partner[from], mol = w->plans->owner[entry];
    uint64_t sum = 0;
    w->placed[w->plans->owner[from]] = 1;
    if (p->mol_centre[mol] || w->placed[mol])
        return 0;
    w->placed[mol] = 1;
    for (uint32_t s = p->site_start[mol]; s < p->site_start[mol + 1]; s++) {
        if (p->site_centre[s])
            return 0;
        uint64_t key = mix_pair(mix_pair(p->site_class[s], p->site_state[s]), 2 * p->site_bond[s] + (s == entry));
        if (p->site_bond[s] == BOND_LABELLED && s != entry) {
            const uint64_t arm = find_arm(w, s);
            if (arm == 0)
                return 0;
            key = mix_pair(key, arm);
        }
        sum += mix_bits(key);
    }
    return mix_pair(mix_pair(p->mol_type[mol], p->mol_place[mol]), sum) | 1;
}

/* Whether the two sites may be exchanged: equal in all that is said of them, and nothing else depends on which is which. */
static int are_alike(const Planner *w, uint32_t a, uint32_t b)
{
    const Patterns *p = w->p;
    if (p->site_class[a] != p->site_class[b] || p->site_state[a] != p->site_state[b] ||
        p->site_bond[a] != p->site_bond[b])
        return 0;
    if (p->site_centre[a] || p->site_centre[b])
        return p->site_like[a] != 0 && p->site_like[a] == p->site_like[b] && p->site_bond[a] != BOND_LABELLED;
    return p->site_bond[a] != BOND_LABELLED || (w->arm[a] != 0 && w->arm[a] == w->arm[b]);
}

static void place_site(Planner *w, uint32_t mol, uint32_t site)
{
    const uint32_t other = w->p->site_partner[site];
    Step step = {mol, site, NOTHING, NOTHING, other != NOTHING && w->placed[w->p->n_mols + other]};
    uint32_t run = 1;
    for (const Step *before = w->plan->steps; before < w->next; before++)
        if (before->mol == mol && before->site != NOTHING && are_alike(w, before->site, site)) {
            run++;
            step.after = before->site;
        }
    if (w->p->site_centre[site] && run > MOST_ALIKE)
        step.after = NOTHING;
    else if (w->p->site_centre[site])
        w->plan->ways *= run;
    if (step.after != NOTHING)
        w->plan->exchanges *= run;
    *w->next++ = step;
    w->placed[w->p->n_mols + site] = 1;
}

/* Whether a molecule may be exchanged for another: no bond leads to it, it is not the first, and no part of the centre. */
static int is_loose(const Planner *w, uint32_t mol)
{
    int bound = mol == w->plan->first_mol;
    for (uint32_t s = w->p->site_start[mol]; s < w->p->site_start[mol + 1]; s++)
        bound |= w->p->site_bond[s] == BOND_LABELLED;
    return !bound && !has_centre(w, mol);
}

static int say_the_same(const Patterns *p, uint32_t a, uint32_t b)
{
    const uint32_t i = p->site_start[a], j = p->site_start[b], n = p->site_start[a + 1] - i;
    int same = p->mol_type[a] == p->mol_type[b] && p->mol_place[a] == p->mol_place[b] && p->site_start[b + 1] - j == n;
    for (uint32_t k = 0; k < n && same; k++)
        same = p->site_class[i + k] == p->site_class[j + k] && p->site_state[i + k] == p->site_state[j + k] &&
               p->site_bond[i + k] == p->site_bond[j + k];
    return same;
}

/* The last molecule placed that a loose one may be exchanged with, or NOTHING. */
static uint32_t like_before(const Planner *w, uint32_t mol)
{
    uint32_t found = NOTHING, run = 1;
    if (!is_loose(w, mol))
        return NOTHING;
    for (const Step *before = w->plan->steps; before < w->next; before++)
        if (before->site == NOTHING && is_loose(w, before->mol) && say_the_same(w->p, before->mol, mol)) {
            found = before->mol;
            run++;
        }
    w->plan->exchanges *= run;
    return found;
}

/* A molecule, then its sites: the one it is reached by, those of the centre, bound ones, all others. */
static void place_molecule(Planner *w, uint32_t mol, uint32_t via)
{
    const Patterns *p = w->p;
    const uint32_t after = via == NOTHING ? like_before(w, mol) : NOTHING;
    *w->next++ = (Step){mol, NOTHING, via, after, 0};
    w->placed[mol] = 1;
    if (via != NOTHING)
        place_site(w, mol, p->site_partner[via]);
    for (int pass = 0; pass < 3; pass++)
        for (uint32_t s = p->site_start[mol]; s < p->site_start[mol + 1]; s++)
            if (!w->placed[p->n_mols + s] && (pass == 2 || (pass == 0 && p->site_centre[s]) ||
                                              (pass == 1 && p->site_bond[s] == BOND_LABELLED)))
                place_site(w, mol, s);
}

/* A placed site with a bond to a molecule that is not: to one with a part of the centre if there is any. */
static uint32_t way_on(const Planner *w)
{
    const Patterns *p = w->p;
    const Plan *plan = w->plan;
    uint32_t found = NOTHING;
    for (uint32_t s = plan->first_site; s < plan->first_site + plan->n_sites; s++) {
        const uint32_t other = p->site_partner[s];
        if (other == NOTHING || !w->placed[w->plans->owner[s]] || w->placed[w->plans->owner[other]])
            continue;
        if (has_centre(w, w->plans->owner[other]))
            return s;
        found = found == NOTHING ? s : found;
    }
    return found;
}

static void place_all(Planner *w)
{
    const Plan *plan = w->plan;
    for (uint32_t done = 0; done < plan->n_mols; done++) {
        const uint32_t via = way_on(w);
        if (via != NOTHING) {
            place_molecule(w, w->plans->owner[w->p->site_partner[via]], via);
            continue;
        }
        uint32_t next = NOTHING;
        for (uint32_t m = plan->first_mol; m < plan->first_mol + plan->n_mols; m++)
            if (!w->placed[m] && (next == NOTHING || (has_centre(w, m) && !has_centre(w, next))))
                next = m;
        place_molecule(w, next, NOTHING);
    }
}

/* The step after the last one that places a part of the centre. */
static uint32_t find_cut(const Planner *w)
{
    uint32_t cut = 0;
    for (uint32_t k = 0; k < w->plan->n_steps; k++) {
        const Step *step = &w->plan->steps[k];
        if (step->site == NOTHING ? w->p->mol_centre[step->mol] : w->p->site_centre[step->site])
            cut = k + 1;
    }
    return cut;
}

/* Marks what follows from a part: from a site its molecule and the other end of its bond, from a molecule its sites
 * that have no equals. */
static void close_over(Planner *w, uint32_t part)
{
    const Patterns *p = w->p;
    const Plan *plan = w->plan;
    memset(w->placed, 0, (size_t)p->n_mols + p->n_sites);
    w->placed[part] = 1;
    for (int changed = 1; changed;) {
        changed = 0;
        for (uint32_t s = plan->first_site; s < plan->first_site + plan->n_sites; s++) {
            const uint32_t mol = w->plans->owner[s], other = p->site_partner[s];
            unsigned char *const site_is = &w->placed[p->n_mols + s];
            const uint32_t at = w->kinds->site_start[p->mol_type[mol]] + p->site_class[s];
            if (!*site_is && ((w->placed[mol] && w->kinds->alone[at]) ||
                              (other != NOTHING && w->placed[p->n_mols + other])))
                *site_is = 1, changed = 1;
            if (*site_is && !w->placed[mol])
                w->placed[mol] = 1, changed = 1;
        }
    }
}

/* A part of the centre that all others follow from: then matches are alike where the parts it is sent to are. */
static void find_root(Planner *w)
{
    Plan *plan = w->plan;
    plan->root = NOTHING;
    for (uint32_t i = 0; i < plan->n_centre && plan->root == NOTHING; i++) {
        const uint32_t part = plan->centre[i];
        close_over(w, part < plan->n_mols ? plan->first_mol + part
                                          : w->p->n_mols + plan->first_site + part - plan->n_mols);
        int all = 1;
        for (uint32_t j = 0; j < plan->n_centre; j++) {
            const uint32_t one = plan->centre[j];
            all &= w->placed[one < plan->n_mols ? plan->first_mol + one
                                                : w->p->n_mols + plan->first_site + one - plan->n_mols];
        }
        if (all)
            plan->root = part;
    }
}

static void plan_one(Planner *w, uint32_t pattern, uint32_t *centre)
{
    const Patterns *p = w->p;
    Plan *plan = w->plan = &w->plans->plans[pattern];
    memset(plan, 0, sizeof *plan);
    plan->first_mol = p->mol_start[pattern];
    plan->n_mols = p->mol_start[pattern + 1] - plan->first_mol;
    plan->first_site = p->site_start[plan->first_mol];
    plan->n_sites = p->site_start[plan->first_mol + plan->n_mols] - plan->first_site;
    plan->steps = w->next;
    plan->n_steps = plan->n_mols + plan->n_sites;
    plan->exchanges = 1.0;
    plan->ways = 1;
    plan->centre = centre;
    for (uint32_t s = plan->first_site; s < plan->first_site + plan->n_sites; s++) {
        memset(w->placed + plan->first_mol, 0, plan->n_mols);
        w->arm[s] = p->site_bond[s] == BOND_LABELLED ? find_arm(w, s) : 0;
    }
    memset(w->placed, 0, (size_t)p->n_mols + p->n_sites);
    place_all(w);
    plan->cut = p->once[pattern] ? 0 : find_cut(w);
    for (uint32_t m = 0; m < plan->n_mols; m++)
        if (p->mol_centre[plan->first_mol + m])
            centre[plan->n_centre++] = m;
    for (uint32_t s = 0; s < plan->n_sites; s++)
        if (p->site_centre[plan->first_site + s])
            centre[plan->n_centre++] = plan->n_mols + s;
    find_root(w);
}

int plans_make(Plans *plans, const Patterns *p, const Kinds *kinds, uint32_t n_states, uint32_t n_listed)
{
    const size_t parts = (size_t)p->n_mols + p->n_sites + 1;
    memset(plans, 0, sizeof *plans);
    plans->n_states = n_states;
    plans->plans = calloc((size_t)p->n_patterns + 1, sizeof *plans->plans);
    plans->steps = malloc(parts * sizeof *plans->steps);
    plans->centres = malloc(parts * sizeof *plans->centres);
    plans->owner = malloc(parts * sizeof *plans->owner);
    Planner w = {p, kinds, plans, NULL, plans->steps, malloc(parts), malloc(parts * sizeof *w.arm)};
    int enough = plans->plans != NULL && plans->steps != NULL && plans->centres != NULL && plans->owner != NULL &&
                 w.placed != NULL && w.arm != NULL;
    if (enough) {
        for (uint32_t m = 0; m < p->n_mols; m++)
            for (uint32_t s = p->site_start[m]; s < p->site_start[m + 1]; s++)
                plans->owner[s] = m;
        uint32_t *centre = plans->centres;
        for (uint32_t i = 0; i < p->n_patterns; i++) {
            plan_one(&w, i, centre);
            centre += plans->plans[i].n_centre;
        }
        enough = features_make(plans, p, kinds, n_listed);
    }
    free(w.placed);
    free(w.arm);
    return enough;
}

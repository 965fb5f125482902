/* What a rule is done with: one of the ways of each of its reactants, all equally likely. */
#include "nf.h"

#include <string.h>

#define MOLECULE_BIT 0x80000000u

static uint64_t below(Stream *stream, uint64_t n)
{
    const uint64_t r = (uint64_t)(stream_uniform(stream) * (double)n);
    return r < n ? r : n - 1;
}

/* A number of a way that no earlier reactant of the same part has. */
static uint64_t fresh_number(NfRun *run, const NfReactant *reactants, uint32_t i, uint64_t n)
{
    for (;;) {
        const uint64_t r = below(&run->stream, n);
        int free = 1;
        for (uint32_t k = 0; k < i; k++)
            free &= !(reactants[k].kind == NF_PART && reactants[k].index == reactants[i].index && run->drawn[k] == r);
        if (free)
            return r;
    }
}

static void take(NfRun *run, const NfReactant *reactant)
{
    memcpy(run->molecule + reactant->var, run->matcher.molecule, reactant->n_vars * sizeof *run->molecule);
    memcpy(run->site + reactant->site, run->matcher.site, reactant->n_sites * sizeof *run->site);
}

static int draw_part(NfRun *run, const NfReactant *reactants, uint32_t i)
{
    const NfReactant *reactant = &reactants[i];
    const NfPart *part = &run->model->parts[reactant->index];
    if (part->population != NF_NONE)
        return 1;
    const uint64_t total = nf_total(run->mixture, reactant->index);
    uint64_t same = 0;
    for (uint32_t k = 0; k < i; k++)
        same += reactants[k].kind == NF_PART && reactants[k].index == reactant->index;
    if (total <= same)
        return 0;
    run->drawn[i] = fresh_number(run, reactants, i, total);
    uint32_t root, way;
    nf_pick(run->mixture, reactant->index, run->drawn[i], &root, &way);
    if (root == NF_NONE || !nf_way(&run->matcher, part->plan, root, way))
        return 0;
    take(run, reactant);
    return 1;
}

/* One of the ways of a part in a complex; what tells it from the others is pinned, `var` and `site` on. */
static int pin_part(NfRun *run, uint32_t index, uint32_t complex, uint32_t var, uint32_t site)
{
    const NfModel *model = run->model;
    const NfMixture *x = run->mixture;
    const NfPart *part = &model->parts[index];
    const NfPlan *plan = &model->plans[part->plan];
    uint64_t r = below(&run->stream, x->tracked[(size_t)complex * model->n_tracked + part->tracked]);
    uint32_t root = x->complexes[complex].head;
    for (; root != NF_NONE; root = x->molecules[root].next) {
        if (x->molecules[root].type != plan->root_type)
            continue;
        const uint32_t ways = x->slots[x->molecules[root].slot + part->slot].ways;
        if (r < ways)
            break;
        r -= ways;
    }
    if (root == NF_NONE || !nf_way(&run->matcher, part->plan, root, r))
        return 0;
    for (uint32_t k = 0; k < plan->n_center; k++) {
        const uint32_t c = model->centers[plan->center + k];
        if (c & MOLECULE_BIT) {
            run->pinned_molecule[var + (c & ~MOLECULE_BIT)] = run->matcher.molecule[c & ~MOLECULE_BIT];
        } else {
            run->pinned_site[site + c] = run->matcher.site[c];
        }
    }
    return 1;
}

/* A way of the only part of a tracker of molecules. */
static int draw_root(NfRun *run, const NfReactant *reactant)
{
    const NfMixture *x = run->mixture;
    const NfTracker *tracker = &run->model->trackers[reactant->index];
    const NfPart *part = &run->model->parts[run->model->tracker_parts[tracker->first]];
    const uint32_t root = nf_sums_draw(&run->mixture->weights[reactant->index], &run->stream);
    if (root == NF_NONE)
        return 0;
    const uint32_t ways = x->slots[x->molecules[root].slot + part->slot].ways;
    if (ways == 0 || !nf_way(&run->matcher, part->plan, root, below(&run->stream, ways)))
        return 0;
    take(run, reactant);
    return 1;
}

static int draw_tracked(NfRun *run, const NfReactant *reactant)
{
    if (run->model->trackers[reactant->index].mode == NF_ROOTS)
        return draw_root(run, reactant);
    const NfModel *model = run->model;
    const NfTracker *tracker = &model->trackers[reactant->index];
    NfMatcher *matcher = &run->matcher;
    const uint32_t complex = nf_sums_draw(&run->mixture->weights[reactant->index], &run->stream);
    if (complex == NF_NONE)
        return 0;
    for (uint32_t v = 0; v < reactant->n_vars; v++)
        run->pinned_molecule[v] = NF_NONE;
    for (uint32_t s = 0; s < reactant->n_sites; s++)
        run->pinned_site[s] = NF_NONE;
    uint32_t var = 0, site = 0;
    for (uint32_t k = 0; k < tracker->counted; k++) {
        const uint32_t part = model->tracker_parts[tracker->first + k];
        if (!pin_part(run, part, complex, var, site))
            return 0;
        var += model->plans[model->parts[part].plan].n_vars;
        site += model->plans[model->parts[part].plan].n_sites;
    }
    matcher->pinned_molecule = run->pinned_molecule;
    matcher->pinned_site = run->pinned_site;
    const int found = nf_found(matcher, tracker->plan, complex);
    matcher->pinned_molecule = matcher->pinned_site = NULL;
    if (found)
        take(run, reactant);
    return found;
}

static uint32_t complex_of(const NfRun *run, const NfReactant *reactant)
{
    if (reactant->n_vars == 0)
        return NF_NONE;
    return run->mixture->molecules[run->molecule[reactant->var]].complex;
}

int nf_draw(NfRun *run, const NfRule *rule)
{
    const NfReactant *reactants = run->model->reactants + rule->reactant;
    for (uint32_t i = 0; i < rule->n_reactants; i++) {
        if (!(reactants[i].kind == NF_PART ? draw_part(run, reactants, i) : draw_tracked(run, &reactants[i])))
            return 0;
        const uint32_t own = complex_of(run, &reactants[i]);
        for (uint32_t k = 0; own != NF_NONE && k < i; k++)
            if (complex_of(run, &reactants[k]) == own)
                return 0; /* two reactants are two complexes */
    }
    return 1;
}

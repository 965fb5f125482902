/* What an event changed becomes known to the parts, trackers and rules that depend on it, and to no others. */
#include "nf.h"

#include <math.h>
#include <string.h>

/* A part has to be looked at with its root at a molecule. */
static void mark_root(NfRun *run, uint32_t part, uint32_t molecule)
{
    NfMixture *x = run->mixture;
    if (x->molecules[molecule].doomed)
        return;
    NfSlot *slot = &x->slots[x->molecules[molecule].slot + run->model->parts[part].slot];
    if (slot->stamp == x->stamp)
        return;
    slot->stamp = x->stamp;
    if (!nf_push(&x->dirty_slots, part) || !nf_push(&x->dirty_slots, molecule))
        x->no_memory = 1;
}

/* From a molecule along the bonds of a part to where its root can be. */
static void follow(NfRun *run, const NfReach *reach, uint32_t hop, uint32_t molecule)
{
    const NfMixture *x = run->mixture;
    if (hop == reach->n_hops) {
        mark_root(run, reach->part, molecule);
        return;
    }
    const NfHop *h = &run->model->hops[reach->hop + hop];
    const uint32_t base = x->molecules[molecule].site;
    for (uint32_t s = base + h->lo; s < base + h->hi; s++) {
        const uint32_t partner = x->sites[s].partner;
        if (partner == NF_NONE)
            continue;
        const NfSite *other = &x->sites[partner];
        if (x->molecules[other->owner].type == h->to_type && other->local >= h->to_lo && other->local < h->to_hi)
            follow(run, reach, hop + 1, other->owner);
    }
}

/* The state (`bond` 0) or the bond of a site has changed. */
static void mark_site(NfRun *run, uint32_t site, uint32_t bond)
{
    const NfModel *model = run->model;
    const NfSite *s = &run->mixture->sites[site];
    const NfMolecule *m = &run->mixture->molecules[s->owner];
    if (m->doomed)
        return;
    const uint32_t first = model->site_first[m->type];
    const uint32_t key = 2 * (first + model->site_class[first + s->local]) + bond;
    for (uint32_t k = model->reach.first[key]; k < model->reach.first[key + 1]; k++)
        follow(run, &model->reaches[model->reach.item[k]], 0, s->owner);
}

static void mark_new(NfRun *run, uint32_t molecule)
{
    const NfModel *model = run->model;
    const NfMolecule m = run->mixture->molecules[molecule];
    if (m.doomed)
        return;
    for (uint32_t k = model->parts_at.first[m.type]; k < model->parts_at.first[m.type + 1]; k++)
        mark_root(run, model->parts_at.item[k], molecule);
    const uint32_t n = model->site_first[m.type + 1] - model->site_first[m.type];
    for (uint32_t s = m.site; s < m.site + n; s++) {
        mark_site(run, s, 0);
        mark_site(run, s, 1);
    }
}

void nf_mark_rules(NfRun *run, const NfRows *rows, uint32_t i)
{
    for (uint32_t k = rows->first[i]; k < rows->first[i + 1]; k++) {
        const uint32_t rule = rows->item[k];
        if (run->rule_stamp[rule] == run->stamp)
            continue;
        run->rule_stamp[rule] = run->stamp;
        if (!nf_push(&run->dirty_rules, rule))
            run->mixture->no_memory = 1;
    }
}

static void read_log(NfRun *run)
{
    for (uint32_t i = 0; i + 2 < run->log.n; i += 3) {
        const uint32_t *entry = run->log.item + i;
        const uint32_t kind = entry[0], a = entry[1], b = entry[2];
        switch (kind) {
        case NF_LOG_CUT:
        case NF_LOG_BOUND:
            mark_site(run, a, 1);
            mark_site(run, b, 1);
            break;
        case NF_LOG_STATE: mark_site(run, a, 0); break;
        case NF_LOG_MADE: mark_new(run, a); break;
        case NF_LOG_COUNT:
            for (uint32_t p = 0; p < run->model->n_parts; p++)
                if (run->model->parts[p].population == a)
                    nf_mark_rules(run, &run->model->part_rules, p);
            break;
        default: break;
        }
    }
}

static void destroy_doomed(NfRun *run)
{
    NfMixture *x = run->mixture;
    for (uint32_t i = 0; i + 2 < run->log.n; i += 3)
        if (run->log.item[i] == NF_LOG_DOOMED) {
            const uint32_t molecule = run->log.item[i + 1], type = x->molecules[molecule].type;
            nf_destroy(x, molecule);
            for (uint32_t k = run->model->parts_at.first[type]; k < run->model->parts_at.first[type + 1]; k++)
                nf_mark_rules(run, &run->model->part_rules, run->model->parts_at.item[k]);
        }
}

void nf_forget(NfMixture *x)
{
    x->dirty_slots.n = 0;
    if (++x->stamp == 0) { /* stamps of long ago must not be taken for those of now */
        for (uint32_t s = 0; s < x->n_slots; s++)
            x->slots[s].stamp = 0;
        x->stamp = 1;
    }
}

static void look_again(NfRun *run)
{
    NfMixture *x = run->mixture;
    for (uint32_t i = 0; i + 1 < x->dirty_slots.n; i += 2) {
        const uint32_t part = x->dirty_slots.item[i], molecule = x->dirty_slots.item[i + 1];
        const uint64_t ways = nf_ways(&run->matcher, run->model->parts[part].plan, molecule);
        const NfSlot *slot = &x->slots[x->molecules[molecule].slot + run->model->parts[part].slot];
        if (ways == slot->ways)
            continue;
        if (ways >= UINT32_MAX)
            x->no_memory = 1;
        nf_set_ways(x, part, molecule, (uint32_t)ways);
        nf_mark_rules(run, &run->model->part_rules, part);
    }
    nf_forget(x);
}

/* The factor of a reactant in a propensity: its ways, less one for each earlier reactant of the same part. */
static double factor_of(const NfRun *run, const NfReactant *reactants, uint32_t i)
{
    if (reactants[i].kind == NF_TRACKER)
        return nf_sums_total(&run->mixture->weights[reactants[i].index]);
    double ways = (double)nf_total(run->mixture, reactants[i].index);
    for (uint32_t k = 0; k < i; k++)
        if (reactants[k].kind == NF_PART && reactants[k].index == reactants[i].index)
            ways -= 1.0;
    return ways > 0.0 ? ways : 0.0;
}

static double rate_of(NfRun *run, uint32_t r)
{
    const uint32_t program = run->model->rules[r].program;
    return program == NF_NONE ? run->rate[r] : run->rate[r] * nf_evaluate(run, program, NF_NONE);
}

static void update_rule(NfRun *run, uint32_t r)
{
    const NfRule *rule = &run->model->rules[r];
    double a = 1.0;
    for (uint32_t i = 0; i < rule->n_reactants && a > 0.0; i++)
        a *= factor_of(run, run->model->reactants + rule->reactant, i);
    if (a > 0.0)
        a = rule->total ? rate_of(run, r) : a * rate_of(run, r);
    if (!(a >= 0.0 && a < INFINITY) && run->status == NF_DONE) {
        run->status = a < 0.0 ? NF_NEGATIVE : NF_NOT_FINITE;
        run->culprit = r;
        a = 0.0;
    }
    nf_sums_put(&run->propensity, r, a);
}

double nf_energy(NfRun *run)
{
    const NfModel *model = run->model;
    NfMixture *x = run->mixture;
    double change = 0.0;
    read_log(run);
    for (uint32_t i = 0; i + 1 < x->dirty_slots.n; i += 2) {
        const uint32_t part = x->dirty_slots.item[i], molecule = x->dirty_slots.item[i + 1];
        if (run->energy[part] == 0.0)
            continue;
        const NfSlot *slot = &x->slots[x->molecules[molecule].slot + model->parts[part].slot];
        const uint64_t ways = nf_ways(&run->matcher, model->parts[part].plan, molecule);
        change += run->energy[part] * ((double)ways - (double)slot->ways);
    }
    return change;
}

void nf_commit(NfRun *run)
{
    if (++run->stamp == 0) {
        memset(run->rule_stamp, 0, run->model->n_rules * sizeof *run->rule_stamp);
        run->stamp = 1;
    }
    read_log(run);
    destroy_doomed(run);
    run->log.n = run->loose.n = 0;
    look_again(run);
    nf_weigh(run);
    for (uint32_t i = 0; i < run->dirty_rules.n; i++)
        update_rule(run, run->dirty_rules.item[i]);
    run->dirty_rules.n = 0;
}

void nf_refresh(NfRun *run)
{
    for (uint32_t r = 0; r < run->model->n_rules; r++)
        update_rule(run, r);
    nf_sums_refresh(&run->propensity);
}

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

static void mark_rules(NfRun *run, const NfRows *rows, uint32_t i)
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
    NfMixture *x = run->mixture;
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
                    mark_rules(run, &run->model->part_rules, p);
            break;
        default: break;
        }
    }
    for (uint32_t i = 0; i + 2 < run->log.n; i += 3)
        if (run->log.item[i] == NF_LOG_DOOMED) {
            const uint32_t molecule = run->log.item[i + 1], type = x->molecules[molecule].type;
            nf_destroy(x, molecule);
            for (uint32_t k = run->model->parts_at.first[type]; k < run->model->parts_at.first[type + 1]; k++)
                mark_rules(run, &run->model->part_rules, run->model->parts_at.item[k]);
        }
}

static double weight_of(const NfRun *run, const NfTracker *t, uint32_t complex)
{
    const NfModel *model = run->model;
    const NfMixture *x = run->mixture;
    if (x->complexes[complex].size == 0)
        return 0.0;
    double weight = 1.0;
    for (uint32_t k = 0; k < t->n_parts; k++) {
        const NfPart *part = &model->parts[model->tracker_parts[t->first + k]];
        const uint32_t number = x->tracked[(size_t)complex * model->n_tracked + part->tracked];
        if (t->mode == NF_COMPARED)
            return nf_related(t->relation, (uint64_t)number * t->factor, t->bound);
        weight *= k < t->counted ? (double)number : (double)(number > 0);
    }
    return weight;
}

static void weigh_complexes(NfRun *run)
{
    const NfModel *model = run->model;
    NfMixture *x = run->mixture;
    for (uint32_t i = 0; i < x->dirty_complexes.n; i++) {
        const uint32_t complex = x->dirty_complexes.item[i];
        for (uint32_t k = 0; k < model->n_trackers; k++) {
            const double weight = weight_of(run, &model->trackers[k], complex);
            if (weight == x->weights[k].level[0][complex])
                continue;
            nf_sums_put(&x->weights[k], complex, weight);
            mark_rules(run, &model->tracker_rules, k);
        }
    }
    x->dirty_complexes.n = 0;
    if (++x->complex_stamp == 0) { /* stamps of long ago must not be taken for those of now */
        for (uint32_t c = 0; c < x->n_complexes; c++)
            x->complexes[c].stamp = 0;
        x->complex_stamp = 1;
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
        mark_rules(run, &run->model->part_rules, part);
    }
    x->dirty_slots.n = 0;
    if (++x->stamp == 0) {
        for (uint32_t s = 0; s < x->n_slots; s++)
            x->slots[s].stamp = 0;
        x->stamp = 1;
    }
}

double nf_source(NfRun *run, uint32_t source)
{
    const NfModel *model = run->model;
    NfMixture *x = run->mixture;
    const NfSource *s = &model->sources[source];
    double number = 0.0;
    switch (s->kind) {
    case NF_OF_PART: number = (double)nf_total(x, s->index); break;
    case NF_OF_TRACKER: number = nf_sums_total(&x->weights[s->index]); break;
    case NF_OF_MOLECULES: {
        const NfList *live = &x->live[model->plans[s->index].root_type];
        for (uint32_t i = 0; i < live->n; i++)
            number += (double)nf_ways(&run->matcher, s->index, live->item[i]);
        break;
    }
    default:
        for (uint32_t c = 0; c < x->n_complexes; c++) {
            if (x->complexes[c].size == 0)
                continue;
            if (s->kind == NF_OF_COMPLEXES)
                number += nf_found(&run->matcher, s->index, c);
            else
                number += nf_related(s->relation, nf_count(&run->matcher, s->index, c) * s->factor, s->bound);
        }
    }
    return number * model->source_weight[source];
}

double nf_argument(NfRun *run, uint32_t slot)
{
    const NfRows *rows = &run->model->slots;
    double value = 0.0;
    for (uint32_t k = rows->first[slot]; k < rows->first[slot + 1]; k++)
        value += nf_source(run, rows->item[k]);
    return value;
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
    const NfModel *model = run->model;
    const NfRule *rule = &model->rules[r];
    if (rule->program == NF_NONE)
        return run->rate[r];
    const uint32_t first = model->program_first[rule->program];
    const Program program = {model->program_first[rule->program + 1] - first, model->n_slots, model->n_literals,
                             model->code + first, model->literals};
    for (uint32_t i = 0; i < program.n_code; i++)
        if (program.code[i].op == OP_SLOT)
            run->arguments[program.code[i].a] = nf_argument(run, program.code[i].a);
    program_values(&program, run->arguments, run->law_time, run->scratch);
    return run->rate[r] * run->scratch[program.n_code - 1];
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

void nf_commit(NfRun *run)
{
    if (++run->stamp == 0) {
        memset(run->rule_stamp, 0, run->model->n_rules * sizeof *run->rule_stamp);
        run->stamp = 1;
    }
    read_log(run);
    run->log.n = run->loose.n = 0;
    look_again(run);
    weigh_complexes(run);
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

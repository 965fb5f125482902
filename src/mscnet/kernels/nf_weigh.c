/* Numbers made of what is kept: weights of trackers, observables, arguments of programs and their values. */
#include "nf.h"

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

static double evaluated(NfRun *run, uint32_t number, double (*argument)(NfRun *, uint32_t, uint32_t), uint32_t of)
{
    const NfModel *model = run->model;
    const uint32_t first = model->program_first[number];
    const Program program = {model->program_first[number + 1] - first, model->n_slots, model->n_literals,
                             model->code + first, model->literals};
    for (uint32_t i = 0; i < program.n_code; i++)
        if (program.code[i].op == OP_SLOT)
            run->arguments[program.code[i].a] = argument(run, program.code[i].a, of);
    program_values(&program, run->arguments, run->law_time, run->scratch);
    return run->scratch[program.n_code - 1];
}

/* An argument of a program that looks at one complex or one molecule. */
static double local_argument(NfRun *run, uint32_t slot, uint32_t of)
{
    const NfModel *model = run->model;
    const NfMixture *x = run->mixture;
    double value = 0.0;
    for (uint32_t k = model->slots.first[slot]; k < model->slots.first[slot + 1]; k++) {
        const NfSource *s = &model->sources[model->slots.item[k]];
        uint64_t number = 0;
        if (s->kind == NF_IN_COMPLEX)
            number = x->tracked[(size_t)of * model->n_tracked + s->index];
        else if (model->plans[model->parts[s->index].plan].root_type == x->molecules[of].type)
            number = x->slots[x->molecules[of].slot + model->parts[s->index].slot].ways;
        if (s->relation == NF_NONE)
            value += (double)number * model->source_weight[model->slots.item[k]];
        else
            value += nf_related(s->relation, number * s->factor, s->bound);
    }
    return value;
}

static double global_argument(NfRun *run, uint32_t slot, uint32_t of)
{
    (void)of;
    return nf_argument(run, slot);
}

double nf_evaluate(NfRun *run, uint32_t program, uint32_t of)
{
    return evaluated(run, program, of == NF_NONE ? global_argument : local_argument, of);
}

/* The weight times the rate of what is in a complex or at a molecule. */
static double rated(NfRun *run, const NfTracker *t, double weight, uint32_t of)
{
    if (t->program == NF_NONE || weight == 0.0)
        return weight;
    const double rate = nf_evaluate(run, t->program, of);
    if (rate >= 0.0 && rate <= 1e300)
        return weight * rate;
    if (run->status == NF_DONE)
        run->status = rate < 0.0 ? NF_NEGATIVE : NF_NOT_FINITE;
    return 0.0;
}

static double weight_of(NfRun *run, const NfTracker *t, uint32_t complex)
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
    return rated(run, t, weight, complex);
}

static void put(NfRun *run, uint32_t tracker, uint32_t i, double weight)
{
    NfSums *sums = &run->mixture->weights[tracker];
    if (weight == sums->level[0][i])
        return;
    nf_sums_put(sums, i, weight);
    nf_mark_rules(run, &run->model->tracker_rules, tracker);
}

static void weigh_molecule(NfRun *run, uint32_t molecule)
{
    const NfModel *model = run->model;
    NfMixture *x = run->mixture;
    for (uint32_t k = 0; k < model->n_trackers; k++) {
        const NfTracker *t = &model->trackers[k];
        if (t->mode != NF_ROOTS || model->plans[t->plan].root_type != x->molecules[molecule].type)
            continue;
        if (!nf_sums_reserve(&x->weights[k], x->n_molecules)) {
            x->no_memory = 1;
            return;
        }
        const NfPart *part = &model->parts[model->tracker_parts[t->first]];
        const uint32_t ways = x->slots[x->molecules[molecule].slot + part->slot].ways;
        put(run, k, molecule, rated(run, t, (double)ways, molecule));
    }
}

void nf_weigh(NfRun *run)
{
    const NfModel *model = run->model;
    NfMixture *x = run->mixture;
    for (uint32_t i = 0; i < x->dirty_complexes.n; i++)
        for (uint32_t k = 0; k < model->n_trackers; k++)
            if (model->trackers[k].mode != NF_ROOTS) {
                const uint32_t complex = x->dirty_complexes.item[i];
                put(run, k, complex, weight_of(run, &model->trackers[k], complex));
            }
    x->dirty_complexes.n = 0;
    for (uint32_t i = 0; i < x->dirty_molecules.n; i++)
        weigh_molecule(run, x->dirty_molecules.item[i]);
    x->dirty_molecules.n = 0;
    if (++x->complex_stamp == 0) { /* stamps of long ago must not be taken for those of now */
        for (uint32_t c = 0; c < x->n_complexes; c++)
            x->complexes[c].stamp = 0;
        x->complex_stamp = 1;
    }
}

/* Runs of rules on molecules: the direct method (Gillespie, J. Phys. Chem. 81 (1977) 2340) over rules. */
#include "nf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POLL_EVERY 1024u

NfRun *nf_run_new(const NfModel *model)
{
    NfRun *run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    const size_t vars = (size_t)model->most_vars + 1, sites = (size_t)model->most_sites + 1;
    run->model = model;
    run->mixture = nf_mixture_new(model);
    run->matcher.mixture = run->mixture;
    run->matcher.molecule = calloc(vars, sizeof(uint32_t));
    run->matcher.site = calloc(sites, sizeof(uint32_t));
    run->molecule = calloc(vars, sizeof(uint32_t));
    run->site = calloc(sites, sizeof(uint32_t));
    run->pinned_molecule = calloc(vars, sizeof(uint32_t));
    run->pinned_site = calloc(sites, sizeof(uint32_t));
    run->rule_stamp = calloc((size_t)model->n_rules + 1, sizeof(uint32_t));
    run->drawn = calloc((size_t)model->most_reactants + 1, sizeof(uint64_t));
    run->arguments = calloc((size_t)model->n_slots + 1, sizeof(double));
    run->scratch = calloc((size_t)model->n_code + 1, sizeof(double));
    const int good = nf_sums_reserve(&run->propensity, model->n_rules + 1);
    if (!good || !run->mixture || !run->matcher.molecule || !run->matcher.site || !run->molecule || !run->site ||
        !run->pinned_molecule || !run->pinned_site || !run->rule_stamp || !run->drawn || !run->arguments ||
        !run->scratch) {
        nf_run_free(run);
        return NULL;
    }
    return run;
}

void nf_run_free(NfRun *run)
{
    if (run == NULL)
        return;
    nf_mixture_free(run->mixture);
    nf_sums_free(&run->propensity);
    void *const all[] = {run->matcher.molecule, run->matcher.site, run->matcher.seen.item, run->molecule, run->site,
                         run->pinned_molecule, run->pinned_site, run->rule_stamp, run->drawn, run->arguments,
                         run->scratch, run->log.item, run->loose.item, run->dirty_rules.item, run};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

void nf_sow(NfRun *run, uint32_t index)
{
    const NfModel *model = run->model;
    NfMixture *x = run->mixture;
    const NfSeed *seed = &model->seeds[index];
    uint32_t *made = run->pinned_molecule; /* free between two draws */
    for (uint32_t k = 0; k < seed->n_molecules; k++) {
        const NfSeedMolecule *one = &model->seed_molecules[seed->molecule + k];
        const uint32_t molecule = nf_create(x, one->type);
        if (molecule == NF_NONE)
            return;
        const uint32_t n = model->site_first[one->type + 1] - model->site_first[one->type];
        for (uint32_t s = 0; s < n; s++)
            x->sites[x->molecules[molecule].site + s].state = model->seed_states[one->state + s];
        made[k] = molecule;
    }
    for (uint32_t k = 0; k < seed->n_bonds; k++) {
        const NfSeedBond *bond = &model->seed_bonds[seed->bond + k];
        nf_bind(x, x->molecules[made[bond->a]].site + bond->site_a, x->molecules[made[bond->b]].site + bond->site_b);
    }
    for (uint32_t k = 0; k < seed->n_molecules; k++)
        nf_note(run, NF_LOG_MADE, made[k], 0);
}

int nf_start(NfRun *run, const double *seeds, const double *populations)
{
    const NfModel *model = run->model;
    for (uint32_t t = 0; t < model->n_types; t++)
        run->mixture->population[t] = (uint64_t)populations[t];
    for (uint32_t i = 0; i < model->n_seeds; i++)
        for (double k = 0.0; k < seeds[i] && !run->mixture->no_memory; k += 1.0) {
            nf_sow(run, i);
            if (run->log.n > 1u << 16)
                nf_commit(run);
        }
    nf_commit(run);
    return !run->mixture->no_memory;
}

double nf_record(NfRun *run, double upto)
{
    const NfRows *rows = &run->model->outputs;
    int fresh = 1;
    for (; run->kept < run->n_times && run->times[run->kept] < upto; run->kept++) {
        double *row = run->values + run->kept * run->model->n_outputs;
        if (!fresh) {
            memcpy(row, row - run->model->n_outputs, run->model->n_outputs * sizeof *row);
            continue;
        }
        for (uint32_t o = 0; o < run->model->n_outputs; o++) {
            row[o] = 0.0;
            for (uint32_t k = rows->first[o]; k < rows->first[o + 1]; k++)
                row[o] += nf_source(run, rows->item[k]);
        }
        fresh = 0;
    }
    return run->kept < run->n_times ? run->times[run->kept] : INFINITY;
}

static int poll(NfRun *run)
{
    *run->reached = run->t;
    if (*run->stop)
        run->status = NF_INTERRUPTED;
    else if (run->events >= run->max_events)
        run->status = NF_TOO_MANY;
    else if (run->mixture->no_memory)
        run->status = NF_NO_MEMORY;
    return run->status != NF_DONE;
}

int nf_run(NfRun *run, double end)
{
    nf_refresh(run);
    double next_output = nf_record(run, run->t);
    while (run->status == NF_DONE) {
        if ((++run->turns % POLL_EVERY == 0 || run->events >= run->max_events || run->mixture->no_memory) && poll(run))
            break;
        const uint32_t r = nf_sums_draw(&run->propensity, &run->stream);
        const double total = nf_sums_total(&run->propensity);
        if (r == NF_NONE || !(total < INFINITY)) {
            if (r != NF_NONE)
                run->status = NF_NOT_FINITE;
            else
                run->t = end;
            break;
        }
        run->t += stream_exponential(&run->stream) / total;
        if (run->t >= end) {
            run->t = end;
            break;
        }
        if (run->t > next_output)
            next_output = nf_record(run, run->t);
        if (nf_fire(run, r))
            run->events++;
        else
            run->nulls++;
    }
    if (run->status == NF_DONE && run->t >= end)
        nf_record(run, end);
    return run->status;
}

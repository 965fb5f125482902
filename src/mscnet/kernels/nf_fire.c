/* One event: the operations of a rule on what was drawn, taken back where its products are not what the rule says. */
#include "nf.h"

#include <math.h>

void nf_note(NfRun *run, uint32_t kind, uint32_t a, uint32_t b)
{
    if (!nf_push(&run->log, kind) || !nf_push(&run->log, a) || !nf_push(&run->log, b))
        run->mixture->no_memory = 1;
}

static void cut(NfRun *run, uint32_t site)
{
    const uint32_t partner = run->mixture->sites[site].partner;
    if (partner == NF_NONE)
        return;
    nf_unbind(run->mixture, site, partner);
    nf_note(run, NF_LOG_CUT, site, partner);
}

static void doom(NfRun *run, uint32_t molecule)
{
    NfMixture *x = run->mixture;
    if (x->molecules[molecule].doomed)
        return;
    x->molecules[molecule].doomed = 1;
    nf_note(run, NF_LOG_DOOMED, molecule, 0);
}

static void delete_molecule(NfRun *run, uint32_t molecule)
{
    NfMixture *x = run->mixture;
    const NfMolecule *m = &x->molecules[molecule];
    const uint32_t first = m->site, n = run->model->site_first[m->type + 1] - run->model->site_first[m->type];
    for (uint32_t s = first; s < first + n; s++) {
        const uint32_t partner = x->sites[s].partner;
        if (partner == NF_NONE)
            continue;
        if (x->sites[partner].owner != molecule && !nf_push(&run->loose, x->sites[partner].owner))
            x->no_memory = 1;
        cut(run, s);
    }
    doom(run, molecule);
}

static void make(NfRun *run, const NfOp *op)
{
    NfMixture *x = run->mixture;
    const uint32_t molecule = nf_create(x, op->b);
    if (molecule == NF_NONE)
        return;
    const uint32_t n = run->model->site_first[op->b + 1] - run->model->site_first[op->b];
    run->molecule[op->a] = molecule;
    for (uint32_t k = 0; k < n; k++)
        run->site[op->c + k] = x->molecules[molecule].site + k;
    nf_note(run, NF_LOG_MADE, molecule, 0);
}

static void set_state(NfRun *run, uint32_t site, uint32_t state)
{
    NfSite *s = &run->mixture->sites[site];
    if (s->state == state)
        return;
    nf_note(run, NF_LOG_STATE, site, s->state);
    s->state = state;
}

static void operate(NfRun *run, const NfOp *op)
{
    NfMixture *x = run->mixture;
    switch (op->kind) {
    case NF_UNBIND: cut(run, run->site[op->a]); break;
    case NF_DELETE: delete_molecule(run, run->molecule[op->a]); break;
    case NF_DISSOLVE: {
        uint32_t one = x->complexes[x->molecules[run->molecule[op->a]].complex].head;
        for (; one != NF_NONE; one = x->molecules[one].next)
            doom(run, one);
        break;
    }
    case NF_STATE: set_state(run, run->site[op->a], op->b); break;
    case NF_CREATE: make(run, op); break;
    case NF_BIND:
        nf_bind(x, run->site[op->a], run->site[op->b]);
        nf_note(run, NF_LOG_BOUND, run->site[op->a], run->site[op->b]);
        break;
    default:
        x->population[op->a] += op->b ? 1 : (uint64_t)-1;
        nf_note(run, NF_LOG_COUNT, op->a, op->b);
    }
}

/* The log read backwards. */
static void take_back(NfRun *run)
{
    NfMixture *x = run->mixture;
    while (run->log.n > 0) {
        run->log.n -= 3;
        const uint32_t *entry = run->log.item + run->log.n, a = entry[1], b = entry[2];
        switch (entry[0]) {
        case NF_LOG_CUT: nf_bind(x, a, b); break;
        case NF_LOG_BOUND: nf_unbind(x, a, b); break;
        case NF_LOG_STATE: x->sites[a].state = b; break;
        case NF_LOG_MADE: nf_destroy(x, a); break;
        case NF_LOG_DOOMED: x->molecules[a].doomed = 0; break;
        default: x->population[a] -= b ? 1 : (uint64_t)-1;
        }
    }
    nf_commit(run); /* complexes may have other numbers now */
}

static uint32_t complex_of(const NfRun *run, uint32_t var)
{
    return run->mixture->molecules[run->molecule[var]].complex;
}

/* Whether each product hangs together, is apart from the others, and there are no more of them than the rule names. */
static int products_hold(const NfRun *run, const NfRule *rule)
{
    const NfProduct *products = run->model->products + rule->product;
    for (uint32_t i = 1; i < rule->n_products; i++)
        for (uint32_t k = 0; k < i; k++) {
            const int together = complex_of(run, products[i].var) == complex_of(run, products[k].var);
            if (together != (products[i].product == products[k].product))
                return 0;
        }
    for (uint32_t l = 0; !rule->fragments && l < run->loose.n; l++) {
        const NfMolecule *one = &run->mixture->molecules[run->loose.item[l]];
        int named = one->doomed;
        for (uint32_t i = 0; !named && i < rule->n_products; i++)
            named = complex_of(run, products[i].var) == one->complex;
        if (!named)
            return 0;
    }
    return 1;
}

/* Whether the complexes of reactants (`product` 0) or products match what they have to. */
static int restrictions_hold(NfRun *run, const NfRule *rule, uint32_t product)
{
    const NfModel *model = run->model;
    for (uint32_t i = 0; i < rule->n_restrictions; i++) {
        const NfRestriction *r = &model->restrictions[rule->restriction + i];
        if (r->product != product)
            continue;
        int matches = 0;
        for (uint32_t k = 0; !matches && k < r->n_plans; k++)
            matches = nf_found(&run->matcher, model->restriction_plans[r->plan + k], complex_of(run, r->var));
        if (matches == (int)r->exclude)
            return 0;
    }
    return 1;
}

/* Which kept complex one is; NF_NONE where it is none. */
static uint32_t fixed_of(NfRun *run, uint32_t complex)
{
    const NfModel *model = run->model;
    for (uint32_t f = 0; f < model->n_fixed; f++)
        if (model->fixed[f].size == run->mixture->complexes[complex].size &&
            nf_found(&run->matcher, model->fixed[f].plan, complex))
            return f;
    return NF_NONE;
}

/* Kept complexes that were made go, and such as were used come back. */
static void keep_fixed(NfRun *run, const NfRule *rule, const uint32_t *used)
{
    const NfModel *model = run->model;
    NfMixture *x = run->mixture;
    uint32_t back[8], n = 0;
    for (uint32_t i = 0; i < rule->n_reactants && i < 8; i++)
        if (used[i] != NF_NONE)
            back[n++] = used[i];
    for (uint32_t i = 0; i < rule->n_products; i++) {
        const NfProduct *product = &model->products[rule->product + i];
        const uint32_t molecule = run->molecule[product->var];
        if ((i > 0 && product[-1].product == product->product) || x->molecules[molecule].doomed)
            continue;
        const uint32_t f = fixed_of(run, x->molecules[molecule].complex);
        uint32_t k = 0;
        while (k < n && back[k] != f)
            k++;
        if (f == NF_NONE)
            continue;
        if (k < n) {
            back[k] = back[--n];
            continue;
        }
        uint32_t one = x->complexes[x->molecules[molecule].complex].head;
        for (; one != NF_NONE; one = x->molecules[one].next)
            doom(run, one);
    }
    for (uint32_t k = 0; k < n; k++)
        nf_sow(run, model->fixed[back[k]].seed);
}

/* Whether an event of an energetic rule is taken: its rate beside the highest that it can have. */
static int is_taken(NfRun *run, uint32_t r)
{
    const double chance = exp(run->lowest[r] - run->share[r] * nf_energy(run));
    if (!(chance < 1.0 + 1e-9) && run->status == NF_DONE) {
        run->status = NF_NOT_FINITE;
        run->culprit = r;
    }
    if (stream_uniform(&run->stream) < chance)
        return 1;
    nf_forget(run->mixture);
    return 0;
}

int nf_fire(NfRun *run, uint32_t r)
{
    const NfModel *model = run->model;
    const NfRule *rule = &model->rules[r];
    run->log.n = run->loose.n = 0;
    if (!nf_draw(run, rule) || !restrictions_hold(run, rule, 0))
        return 0;
    uint32_t used[8];
    for (uint32_t i = 0; model->n_fixed && i < rule->n_reactants && i < 8; i++) {
        const NfReactant *reactant = &model->reactants[rule->reactant + i];
        used[i] = reactant->n_vars ? fixed_of(run, complex_of(run, reactant->var)) : NF_NONE;
    }
    for (uint32_t k = 0; k < rule->n_ops && !run->mixture->no_memory; k++)
        operate(run, &model->ops[rule->op + k]);
    if (run->mixture->no_memory)
        return 0;
    if (!products_hold(run, rule) || !restrictions_hold(run, rule, 1) || (rule->energetic && !is_taken(run, r))) {
        take_back(run);
        return 0;
    }
    if (model->n_fixed)
        keep_fixed(run, rule, used);
    nf_commit(run);
    return 1;
}

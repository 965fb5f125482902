/* How often patterns are found in species: each is looked for only where what it needs is there. */
#include "generate_count.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const Engine *engine;
    const Patterns *patterns;
    Plans plans;
    Match match;
    uint32_t *mark, *features;
    int (*poll)(void *context, int tell, size_t round, size_t species, size_t events);
    void *context;
} Counting;

static int look(void *counting)
{
    Counting *c = counting;
    return c->poll(c->context, 0, 0, 0, 0);
}

static int count_in(Counting *c, uint32_t species, int mode, double *out)
{
    const Store *store = &c->engine->store;
    const View view = store_view(store, species);
    uint32_t n_features;
    const uint64_t bits =
        features_of(&c->plans, &c->engine->kinds, &view, c->mark, species + 1, c->features, &n_features);
    for (uint32_t f = 0; f < n_features; f++) {
        const uint32_t feature = c->features[f];
        for (uint32_t i = c->plans.lead_start[feature]; i < c->plans.lead_start[feature + 1]; i++) {
            const uint32_t pattern = c->plans.lead_pattern[i], asked = c->patterns->place[pattern];
            const Plan *plan = &c->plans.plans[pattern];
            if ((plan->needs & ~bits) != 0 || plan->n_mols > view.n_mols ||
                (asked != NOTHING && asked != store->species[species].place))
                continue;
            if (!match_run(&c->match, pattern, &view, mode))
                return c->match.given_up ? -1 : 0;
            out[pattern * store->n + species] = mode == MATCH_COUNT ? c->match.number : c->match.number > 0.0;
        }
    }
    return 1;
}

int count_patterns(const Engine *e, const Patterns *patterns, int exists, double *out,
                   int (*poll)(void *context, int tell, size_t round, size_t species, size_t events), void *context)
{
    Counting c;
    memset(&c, 0, sizeof c);
    c.engine = e;
    c.patterns = patterns;
    int status = plans_make(&c.plans, patterns, &e->kinds, e->n_states, patterns->n_patterns);
    if (status) {
        c.mark = calloc((size_t)c.plans.n_features + 1, sizeof *c.mark);
        c.features = malloc(((size_t)c.plans.n_features + 1) * sizeof *c.features);
        status = c.mark != NULL && c.features != NULL;
    }
    c.match.kinds = &e->kinds;
    c.match.patterns = patterns;
    c.match.plans = &c.plans;
    c.match.rooted = NOTHING;
    c.match.look = look;
    c.match.look_context = &c;
    c.poll = poll;
    c.context = context;
    for (size_t i = 0; i < patterns->n_patterns * e->store.n; i++)
        out[i] = 0.0;
    for (size_t i = 0; status == 1 && i < e->store.n; i++) {
        status = count_in(&c, (uint32_t)i, exists ? MATCH_EXISTS : MATCH_COUNT, out);
        if (status == 1 && i % 64 == 63 && poll(context, 0, 0, i, 0))
            status = -1;
    }
    free(c.mark);
    free(c.features);
    plans_free(&c.plans);
    match_free(&c.match);
    return status;
}

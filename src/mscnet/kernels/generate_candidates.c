/* Which new species each pattern has to be looked for in. */
#include "generate_engine.h"

#include <string.h>

/* Lists the patterns that a species may match, as pairs. */
static int list_pairs(Engine *e, uint32_t species, size_t *n_pairs)
{
    const Plans *plans = &e->plans;
    const View view = store_view(&e->store, species);
    uint32_t n_features;
    if (++e->stamp == 0) { /* after 2^32 of them marks would be mistaken */
        memset(e->mark, 0, plans->n_features * sizeof *e->mark);
        e->stamp = 1;
    }
    const uint64_t bits = features_of(plans, &e->kinds, &view, e->mark, e->stamp, e->features, &n_features);
    for (uint32_t f = 0; f < n_features; f++) {
        const uint32_t feature = e->features[f];
        for (uint32_t i = plans->lead_start[feature]; i < plans->lead_start[feature + 1]; i++) {
            const uint32_t pattern = plans->lead_pattern[i];
            const Plan *plan = &plans->plans[pattern];
            if ((plan->needs & ~bits) != 0 || plan->n_mols > view.n_mols)
                continue;
            if (!make_room(&e->pairs, &e->room_pairs, 2 * (*n_pairs + 1), sizeof *e->pairs))
                return 0;
            e->pairs[2 * *n_pairs] = pattern;
            e->pairs[2 * (*n_pairs)++ + 1] = species;
        }
    }
    return *n_pairs < NOTHING;
}

int engine_candidates(Engine *e, size_t first, size_t last)
{
    size_t n = 0;
    for (size_t species = first; species < last; species++)
        if (!list_pairs(e, (uint32_t)species, &n))
            return 0;
    if (!make_room(&e->candidates, &e->room_candidates, n + 1, sizeof *e->candidates))
        return 0;
    memset(e->candidate_start, 0, ((size_t)e->n_leading + 2) * sizeof *e->candidate_start);
    for (size_t i = 0; i < n; i++)
        e->candidate_start[e->pairs[2 * i] + 2]++;
    for (uint32_t p = 0; p < e->n_leading; p++)
        e->candidate_start[p + 2] += e->candidate_start[p + 1];
    for (size_t i = 0; i < n; i++)
        e->candidates[e->candidate_start[e->pairs[2 * i] + 1]++] = e->pairs[2 * i + 1];
    return 1;
}

/* The network of a set of rules: every rule applied to what the round before has found, together with all that was there. */
#include "generate_engine.h"

#include <stdlib.h>
#include <string.h>

/* Applications, or searches for partners, between two looks at whether to stop. */
static const size_t STEPS = 32;

/* Ends the work, if nothing has. */
static int end(Engine *e, int ending)
{
    if (e->ending == ENDED_COMPLETE)
        e->ending = ending;
    return 0;
}

static int look(Engine *e, int tell)
{
    return e->poll(e->context, tell, e->round + 1, e->store.n, e->events.n) ? end(e, ENDED_INTERRUPTED) : 1;
}

/* The same, now and then. */
static int go_on(Engine *e)
{
    return ++e->steps % STEPS != 0 || look(e, 0);
}

/* The same from within a long search. */
static int look_from_match(void *engine)
{
    return !look(engine, 0);
}

int engine_begin(Engine *e)
{
    const uint32_t n = e->n_leading;
    if (!plans_make(&e->plans, &e->patterns, &e->kinds, e->n_states, n))
        return 0;
    e->groups = calloc((size_t)n + 1, sizeof *e->groups);
    e->candidate_start = calloc((size_t)n + 2, sizeof *e->candidate_start);
    e->mark = calloc((size_t)e->plans.n_features + 1, sizeof *e->mark);
    e->features = malloc(((size_t)e->plans.n_features + 1) * sizeof *e->features);
    e->match.kinds = e->apply.kinds = &e->kinds;
    e->match.patterns = e->apply.patterns = &e->patterns;
    e->match.plans = &e->plans;
    e->match.look = look_from_match;
    e->match.look_context = e;
    e->apply.rules = &e->rules;
    e->apply.places = &e->places;
    e->apply.match = &e->match;
    e->apply.store = &e->store;
    e->apply.most_species = e->most_species;
    return e->groups != NULL && e->candidate_start != NULL && e->mark != NULL && e->features != NULL &&
           apply_begin(&e->apply) && partners_begin(e);
}

void engine_trim(Engine *e)
{
    for (uint32_t i = 0; e->groups != NULL && i < e->n_leading; i++)
        groups_free(&e->groups[i]);
    void *const arrays[] = {e->groups,     e->bounds, e->joins_two, e->candidate_start,
                            e->candidates, e->pairs,  e->mark,      e->features};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    e->groups = NULL;
    e->bounds = NULL;
    e->joins_two = NULL;
    e->candidate_start = e->candidates = e->pairs = e->mark = e->features = NULL;
    e->room_candidates = e->room_pairs = 0;
    plans_free(&e->plans);
    match_free(&e->match);
    collector_free(&e->collector);
    apply_free(&e->apply);
    arena_free(&e->arena);
}

void engine_free(Engine *e)
{
    engine_trim(e);
    store_free(&e->store);
    events_free(&e->events);
}

void note_growing(Engine *e, const Group *const *met, uint32_t n)
{
    e->too_large = 1;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t species = met[i]->species, size = e->store.species[species].n_mols;
        uint32_t at = 0, known = 0;
        for (uint32_t k = 0; k < e->n_growing; k++) {
            const uint32_t other = e->store.species[e->growing[k]].n_mols;
            known |= e->growing[k] == species;
            at += other > size || (other == size && e->growing[k] < species);
        }
        if (known || at == GROWING)
            continue;
        if (e->n_growing < GROWING)
            e->n_growing++;
        for (uint32_t k = e->n_growing - 1; k > at; k--)
            e->growing[k] = e->growing[k - 1];
        e->growing[at] = species;
    }
}

static int record(Engine *e, uint32_t rule, const Group *const *met, const uint32_t *const *images, uint32_t n,
                  uint64_t ways)
{
    const Rules *r = &e->rules;
    uint32_t reactants[MOST_REACTANTS], tags[2 * MOST_TAGS], n_tags = 0;
    for (uint32_t i = 0; i < n; i++)
        reactants[i] = met[i]->species;
    for (uint32_t t = r->tag_start[rule]; t < r->tag_start[rule + 1]; t++, n_tags++) {
        const uint32_t reactant = r->tag[2 * t], molecule = r->tag[2 * t + 1];
        tags[2 * n_tags] = reactants[reactant];
        tags[2 * n_tags + 1] = molecule == NOTHING ? NOTHING : images[reactant][molecule];
    }
    const Event event = {rule, n, e->apply.n_products, n_tags, reactants, e->apply.products, tags};
    int enough = 1;
    uint64_t hash;
    const int idle = event_is_idle(&e->events, &event, &enough);
    const int as_it_was = idle && (n == 0 || memcmp(reactants, e->apply.products, n * sizeof *reactants) == 0);
    if (enough && idle && (as_it_was || !e->functional[rule]))
        return 1;
    const size_t i = events_find(&e->events, &event, r->ordered[rule] != 0, &hash, &enough);
    if (!enough)
        return end(e, ENDED_MEMORY);
    if (i < e->events.n) {
        e->events.ways[i] += ways;
        return 1;
    }
    if (e->events.n >= e->most_events)
        return end(e, ENDED_EVENTS);
    return events_add(&e->events, &event, hash, ways) ? 1 : end(e, ENDED_MEMORY);
}

/* Applies a rule to a match of each reactant; 0 to end. */
static int apply_to(Engine *e, uint32_t rule, const Group *const *met, const uint32_t *const *matches, uint32_t n)
{
    View species[MOST_REACTANTS];
    uint32_t places[MOST_REACTANTS];
    const uint32_t *images[MOST_REACTANTS];
    uint64_t ways = 1;
    if (!go_on(e))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        species[i] = store_view(&e->store, met[i]->species);
        places[i] = e->store.species[met[i]->species].place;
        images[i] = matches[i] + 1;
        ways *= matches[i][0];
    }
    switch (apply_rule(&e->apply, rule, species, images, places)) {
    case APPLIED:
        return record(e, rule, met, images, n, ways);
    case TOO_LARGE:
        note_growing(e, met, n);
        return 1;
    case TOO_MANY:
        return end(e, ENDED_SPECIES);
    case NO_MEMORY:
        return end(e, ENDED_MEMORY);
    default:
        return 1;
    }
}

/* All meetings of reactants, those of number `at` from `from` on; reactants from `k` on are still to be chosen. */
static int meet(Engine *e, uint32_t rule, uint32_t k, uint32_t at, size_t from, const Group **met,
                const uint32_t **matches)
{
    const uint32_t first = e->rules.reactant_start[rule], n = e->rules.reactant_start[rule + 1] - first;
    if (k == n)
        return apply_to(e, rule, met, matches, n);
    Groups *groups = &e->groups[e->rules.reactant[first + k]];
    const int limited = k == 1 && e->joins_two[rule];
    const size_t width = 1 + (size_t)e->plans.plans[e->rules.reactant[first + k]].n_mols +
                         e->plans.plans[e->rules.reactant[first + k]].n_sites;
    if (limited) {
        if (!go_on(e))
            return 0;
        partners_leave_room(e, rule, met[0]);
    }
    for (size_t g = k == at ? from : 0; g < groups->n; g++) {
        if (limited && (g = partners_next(e, groups, g, met[0])) == groups->n)
            break;
        met[k] = &groups->items[g];
        for (uint32_t i = 0; i < met[k]->n; i++) {
            matches[k] = met[k]->matches + i * width;
            if (!meet(e, rule, k + 1, at, from, met, matches))
                return 0;
        }
    }
    return 1;
}

/* Applies a rule with one reactant to what has just been collected. */
static int apply_alone(Engine *e, uint32_t rule, uint32_t species)
{
    const Collector *c = &e->collector;
    const Group group = {species, c->n, c->matches};
    const Group *met = &group;
    for (uint32_t i = 0; i < c->n; i++) {
        const uint32_t *matches = c->matches + (size_t)i * c->width;
        if (!apply_to(e, rule, &met, &matches, 1))
            return 0;
    }
    return 1;
}

/* Finds a pattern in a species, if the rule allows it there; of several reactants matches are kept. */
static int find_in(Engine *e, uint32_t rule, uint32_t number, uint32_t pattern, uint32_t species)
{
    Groups *groups = &e->groups[pattern];
    const View view = store_view(&e->store, species);
    const uint32_t place = e->store.species[species].place, asked = e->patterns.place[pattern];
    if (asked != NOTHING && asked != place)
        return 1;
    const int allowed = is_allowed(&e->match, &e->rules, rule, RESTRICT_REACTANT, number, &view, place);
    if (allowed != 1)
        return allowed == 0 ? 1 : end(e, ENDED_MEMORY);
    if (!collect(e, pattern, species))
        return end(e, ENDED_MEMORY);
    const Collector *c = &e->collector;
    if (c->n == 0)
        return 1;
    if (e->rules.reactant_start[rule + 1] - e->rules.reactant_start[rule] == 1)
        return apply_alone(e, rule, species);
    uint32_t *kept = arena_take(&e->arena, (size_t)c->n * c->width);
    if (kept == NULL || !groups_add(e, rule, groups, (Group){species, c->n, kept}))
        return end(e, ENDED_MEMORY);
    memcpy(kept, c->matches, (size_t)c->n * c->width * sizeof *kept);
    return 1;
}

/* All meetings of a rule's reactants among which is a new species. */
static int round_of(Engine *e, uint32_t rule)
{
    const uint32_t first = e->rules.reactant_start[rule], n = e->rules.reactant_start[rule + 1] - first;
    const Group *met[MOST_REACTANTS];
    const uint32_t *matches[MOST_REACTANTS];
    if (n == 0 && e->round == 0 && !meet(e, rule, 0, NOTHING, 0, met, matches))
        return 0;
    for (uint32_t at = n; at-- > 0;) {
        const uint32_t pattern = e->rules.reactant[first + at];
        Groups *groups = &e->groups[pattern];
        const size_t before = groups->n;
        for (uint32_t c = e->candidate_start[pattern]; c < e->candidate_start[pattern + 1]; c++)
            if (!find_in(e, rule, at, pattern, e->candidates[c]))
                return 0;
        if (groups->n > before && !meet(e, rule, 0, at, before, met, matches))
            return 0;
    }
    return 1;
}

void engine_run(Engine *e)
{
    size_t first = 0;
    e->ending = ENDED_COMPLETE;
    while (e->round < e->most_rounds) {
        const size_t last = e->store.n;
        if (!engine_candidates(e, first, last)) {
            end(e, ENDED_MEMORY);
            return;
        }
        for (uint32_t rule = 0; rule < e->rules.n_rules; rule++)
            if (!round_of(e, rule) || !look(e, 0))
                return;
        if (!look(e, 1))
            return;
        e->round++;
        if (e->store.n == last)
            return;
        first = last;
    }
    end(e, ENDED_ROUNDS);
}

/* The laws by elimination, reaction by reaction. */
#include "conserved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Changes of coefficients before the search for laws is given up. */
static const uint64_t MOST_CHANGES = 100000000;
/* What is so small beside one is zero: coefficients are small rational numbers. */
static const double ZERO = 1e-9;

typedef struct {
    uint32_t n, room;
    uint32_t *item;
    double *value; /* NULL in lists of species, which may hold some that have left the law */
} List;

/* Laws under elimination.  Each species that changes begins as a law of its own; a reaction joins those it breaks. */
typedef struct {
    uint32_t n;
    List *of_species, *of_law; /* laws of each species with its coefficients; species of each law */
    uint32_t *size;            /* [n] species in each law; 0 for one that is no more */
    double *broken;            /* [n] by how much the reaction at hand changes each law */
    uint32_t *touched;         /* [n] */
    uint64_t changes;
} Search;

static int push(List *list, uint32_t item, const double *value)
{
    if (list->n == list->room) {
        const uint32_t room = list->room ? 2 * list->room : 4;
        uint32_t *items = realloc(list->item, room * sizeof *items);
        if (items == NULL)
            return 1;
        list->item = items;
        if (value != NULL) {
            double *values = realloc(list->value, room * sizeof *values);
            if (values == NULL)
                return 1;
            list->value = values;
        }
        list->room = room;
    }
    list->item[list->n] = item;
    if (value != NULL)
        list->value[list->n] = *value;
    list->n++;
    return 0;
}

static uint32_t find(const List *list, uint32_t item)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (list->item[i] == item)
            return i;
    return NONE;
}

static void drop(List *list, uint32_t at)
{
    list->n--;
    list->item[at] = list->item[list->n];
    list->value[at] = list->value[list->n];
}

/* Adds `share` to the coefficient of species s in a law. */
static int add(Search *search, uint32_t s, uint32_t law, double share)
{
    List *laws = &search->of_species[s];
    const uint32_t at = find(laws, law);
    search->changes += 1 + laws->n;
    if (at == NONE) {
        search->size[law]++;
        return push(laws, law, &share) || push(&search->of_law[law], s, NULL);
    }
    laws->value[at] += share;
    if (fabs(laws->value[at]) <= ZERO) {
        drop(laws, at);
        search->size[law]--;
    }
    return 0;
}

/* Takes the law `pivot` into the other `count` laws that the reaction breaks, so that it breaks none. */
static int eliminate(Search *search, uint32_t pivot, uint32_t count)
{
    List *members = &search->of_law[pivot];
    for (uint32_t i = 0; i < members->n; i++) {
        const uint32_t s = members->item[i], at = find(&search->of_species[s], pivot);
        if (at == NONE)
            continue;
        const double coefficient = search->of_species[s].value[at];
        drop(&search->of_species[s], at);
        for (uint32_t k = 0; k < count; k++) {
            const uint32_t law = search->touched[k];
            if (law != pivot && add(search, s, law, -search->broken[law] / search->broken[pivot] * coefficient))
                return 1;
        }
    }
    free(members->item);
    memset(members, 0, sizeof *members);
    search->size[pivot] = 0;
    return 0;
}

/* The laws that reaction j changes, into `touched`; their number. */
static uint32_t find_broken(Search *search, const Model *m, uint32_t j)
{
    uint32_t count = 0, broken = 0;
    for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++) {
        const List *laws = &search->of_species[m->s_species[e]];
        search->changes += laws->n;
        for (uint32_t k = 0; k < laws->n; k++) {
            const uint32_t law = laws->item[k];
            if (search->broken[law] == 0.0)
                search->touched[count++] = law;
            search->broken[law] += m->s_value[e] * laws->value[k];
            if (search->broken[law] == 0.0)
                search->broken[law] = ZERO * ZERO; /* touched all the same */
        }
    }
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t law = search->touched[k];
        if (fabs(search->broken[law]) > ZERO)
            search->touched[broken++] = law;
        else
            search->broken[law] = 0.0;
    }
    return broken;
}

/* Takes reaction j into account; 1 without memory. */
static int take_reaction(Search *search, const Model *m, uint32_t j)
{
    const uint32_t count = find_broken(search, m, j);
    uint32_t pivot = NONE;
    for (uint32_t k = 0; k < count; k++)
        if (pivot == NONE || search->size[search->touched[k]] < search->size[pivot])
            pivot = search->touched[k];
    const int failed = pivot != NONE && eliminate(search, pivot, count);
    for (uint32_t k = 0; k < count; k++)
        search->broken[search->touched[k]] = 0.0;
    return failed;
}

static int search_new(const Model *m, Search *search)
{
    const size_t n = search->n = m->n_species;
    const double one = 1.0;
    search->of_species = calloc(n + 1, sizeof *search->of_species);
    search->of_law = calloc(n + 1, sizeof *search->of_law);
    search->size = calloc(n + 1, sizeof *search->size);
    search->broken = calloc(n + 1, sizeof *search->broken);
    search->touched = calloc(n + 1, sizeof *search->touched);
    if (!search->of_species || !search->of_law || !search->size || !search->broken || !search->touched)
        return 1;
    for (uint32_t e = 0; e < m->s_start[m->n_reactions]; e++) {
        const uint32_t s = m->s_species[e];
        if (search->size[s] == 0) {
            search->size[s] = 1;
            if (push(&search->of_species[s], s, &one) || push(&search->of_law[s], s, NULL))
                return 1;
        }
    }
    return 0;
}

static void search_free(Search *search)
{
    for (uint32_t i = 0; search->of_species != NULL && i < search->n; i++) {
        free(search->of_species[i].item);
        free(search->of_species[i].value);
    }
    for (uint32_t i = 0; search->of_law != NULL && i < search->n; i++)
        free(search->of_law[i].item);
    free(search->of_species);
    free(search->of_law);
    free(search->size);
    free(search->broken);
    free(search->touched);
}

/* The laws that are left, by law. */
static int gather(const Search *search, ConservedLaws *laws)
{
    uint32_t *number = search->touched;
    size_t entries = 0;
    for (uint32_t k = 0; k < search->n; k++)
        if (search->size[k]) {
            number[k] = laws->n_laws++;
            entries += search->size[k];
        }
    laws->start = calloc((size_t)laws->n_laws + 2, sizeof *laws->start);
    laws->species = malloc((entries + 1) * sizeof *laws->species);
    laws->value = malloc((entries + 1) * sizeof *laws->value);
    if (!laws->start || !laws->species || !laws->value)
        return 1;
    for (uint32_t k = 0; k < search->n; k++)
        if (search->size[k])
            laws->start[number[k] + 2] = search->size[k];
    for (uint32_t k = 1; k <= laws->n_laws; k++)
        laws->start[k + 1] += laws->start[k];
    for (uint32_t s = 0; s < search->n; s++)
        for (uint32_t i = 0; i < search->of_species[s].n; i++) {
            const uint32_t at = laws->start[number[search->of_species[s].item[i]] + 1]++;
            laws->species[at] = s;
            laws->value[at] = search->of_species[s].value[i];
        }
    return 0;
}

ConservedLaws *conserved_new(const Model *m)
{
    Search search = {0};
    ConservedLaws *laws = calloc(1, sizeof *laws);
    int failed = laws == NULL || search_new(m, &search);
    for (uint32_t j = 0; !failed && j < m->n_reactions && search.changes < MOST_CHANGES; j++)
        failed = take_reaction(&search, m, j);
    if (!failed && search.changes < MOST_CHANGES)
        failed = gather(&search, laws);
    search_free(&search);
    if (failed) {
        conserved_free(laws);
        return NULL;
    }
    return laws;
}

void conserved_free(ConservedLaws *laws)
{
    if (laws == NULL)
        return;
    free(laws->start);
    free(laws->species);
    free(laws->value);
    free(laws);
}

void conserved_totals(const ConservedLaws *laws, const double *x, double *total)
{
    for (uint32_t k = 0; k < laws->n_laws; k++) {
        double sum = 0.0;
        for (uint32_t e = laws->start[k]; e < laws->start[k + 1]; e++)
            sum += laws->value[e] * x[laws->species[e]];
        total[k] = sum;
    }
}

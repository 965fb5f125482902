/* The tables of stochastic simulation that follow from a model: kinds of rows and who depends on whom. */
#include "ssa.h"

#include <stdlib.h>
#include <string.h>

/* Beyond so many entries the dependency graph by row is not kept: those by species serve. */
#define GRAPH_MOST 8000000u

static void *copied(const void *from, size_t bytes)
{
    void *to = malloc(bytes + 1);
    if (to != NULL && bytes)
        memcpy(to, from, bytes);
    return to;
}

static uint32_t *indices(size_t n)
{
    return calloc(n + 1, sizeof(uint32_t));
}

void ssa_free(Ssa *s)
{
    if (s == NULL)
        return;
    void *const owned[] = {
        s->falling, s->kind, s->shape, s->first, s->second, s->less, s->need_start, s->need_species, s->need,
        s->correct_start, s->correct_species, s->correct, s->bound_start, s->bound, s->general_start, s->general,
        s->graph_start, s->graph_other, s->graph,
    };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    free(s);
}

/* Species that the propensity of a row depends on, each once, into `found`; their number. */
typedef struct {
    uint32_t *mark, *found, n, stamp;
} Species;

static void add_species(Species *set, const uint32_t *species, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (set->mark[species[i]] != set->stamp) {
            set->mark[species[i]] = set->stamp;
            set->found[set->n++] = species[i];
        }
}

static void species_of_law(const Ssa *s, Species *set, uint32_t j)
{
    const Model *m = s->model;
    const Shape *shape = m->shapes + s->shape[j - m->n_tables];
    const size_t i = j - shape->first;
    add_species(set, shape->species + i * shape->n_species, shape->n_species);
    for (uint32_t a = 0; a < shape->n_forms; a++) {
        const uint32_t f = shape->forms[i * shape->n_forms + a];
        add_species(set, m->form_species + m->form_start[f], m->form_start[f + 1] - m->form_start[f]);
    }
}

static void species_of(const Ssa *s, Species *set, uint32_t j)
{
    const Model *m = s->model;
    set->n = 0;
    set->stamp = j + 1;
    if (j < m->n_products) {
        uint32_t order = 0;
        while (j >= m->order_first[order + 1])
            order++;
        add_species(set, m->slots[order] + (size_t)(j - m->order_first[order]) * order, order);
    } else if (j < m->n_tables) {
        const uint32_t row = j - m->n_products, start = m->power_start[row];
        add_species(set, m->power_species + start, m->power_start[row + 1] - start);
    } else
        species_of_law(s, set, j);
    add_species(set, s->need_species + s->need_start[j], s->need_start[j + 1] - s->need_start[j]);
    add_species(set, s->correct_species + s->correct_start[j], s->correct_start[j + 1] - s->correct_start[j]);
}

/* Kinds of rows, and the species of pairs. */
static void set_kinds(Ssa *s)
{
    const Model *m = s->model;
    for (uint32_t k = 0; k < m->n_shapes; k++)
        for (uint32_t i = 0; i < m->shapes[k].count; i++)
            s->shape[m->shapes[k].first - m->n_tables + i] = k;
    for (uint32_t j = 0; j < m->n_reactions; j++) {
        const int guarded = s->need_start[j + 1] > s->need_start[j] || s->correct_start[j + 1] > s->correct_start[j];
        s->kind[j] = j < m->n_products ? ROW_MONOTONE : ROW_GENERAL;
        for (uint32_t e = 0; j >= m->n_products && j < m->n_tables; e++) {
            const uint32_t row = j - m->n_products;
            if (e == m->power_start[row + 1] - m->power_start[row]) {
                s->kind[j] = ROW_MONOTONE;
                break;
            }
            if (!(m->power[m->power_start[row] + e] > 0.0))
                break;
        }
        if (j >= m->order_first[3] || guarded)
            continue;
        const uint32_t order = (j >= m->order_first[1]) + (j >= m->order_first[2]);
        const uint32_t *slot = m->slots[order] + (size_t)(j - m->order_first[order]) * order;
        s->kind[j] = ROW_PAIR;
        s->first[j] = order > 0 ? slot[0] : m->n_species;
        s->second[j] = order > 1 ? slot[1] : m->n_species;
        s->less[j] = order > 1 && slot[0] == slot[1] && s->falling[j] ? 1.0 : 0.0;
    }
}

/* The rows that depend on each species that changes, in compressed form; those of general laws apart. */
static int set_dependents(Ssa *s)
{
    const Model *m = s->model;
    Species set = {indices(m->n_species), indices(m->n_species), 0, 0};
    int good = set.mark != NULL && set.found != NULL;
    for (int pass = 0; good && pass < 2; pass++) {
        memset(set.mark, 0, m->n_species * sizeof *set.mark);
        for (uint32_t j = 0; j < m->n_reactions; j++) {
            species_of(s, &set, j);
            const int general = s->kind[j] == ROW_GENERAL;
            uint32_t *start = general ? s->general_start : s->bound_start, *rows = general ? s->general : s->bound;
            for (uint32_t e = 0; e < set.n; e++) {
                if (m->constant[set.found[e]])
                    continue;
                if (pass == 0)
                    start[set.found[e] + 1]++;
                else
                    rows[start[set.found[e]]++] = j;
            }
        }
        for (uint32_t i = 0; pass == 0 && i < m->n_species; i++) {
            s->bound_start[i + 1] += s->bound_start[i];
            s->general_start[i + 1] += s->general_start[i];
        }
        if (pass == 0) {
            s->bound = indices(s->bound_start[m->n_species]);
            s->general = indices(s->general_start[m->n_species]);
            good = s->bound != NULL && s->general != NULL;
        }
    }
    /* the second pass has moved every start to the next one's */
    memmove(s->bound_start + 1, s->bound_start, m->n_species * sizeof *s->bound_start);
    memmove(s->general_start + 1, s->general_start, m->n_species * sizeof *s->general_start);
    s->bound_start[0] = s->general_start[0] = 0;
    free(set.mark);
    free(set.found);
    return good;
}

/* Rows that row j changes, each once, pairs first, from `rows` on (only counted where that is NULL). */
static uint32_t affected_by(const Ssa *s, uint32_t j, uint32_t *mark, uint32_t stamp, uint32_t *rows, uint32_t *n_pairs)
{
    const Model *m = s->model;
    uint32_t n = 0;
    for (int other = 0; other < 2; other++) {
        for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++) {
            const uint32_t i = m->s_species[e];
            const uint32_t *lists[] = {s->bound + s->bound_start[i], s->general + s->general_start[i]};
            const uint32_t lengths[] = {s->bound_start[i + 1] - s->bound_start[i],
                                        s->general_start[i + 1] - s->general_start[i]};
            for (int list = 0; list < 2; list++)
                for (uint32_t k = 0; k < lengths[list]; k++) {
                    const uint32_t row = lists[list][k];
                    if ((s->kind[row] != ROW_PAIR) != other || mark[row] == stamp)
                        continue;
                    mark[row] = stamp;
                    if (rows != NULL)
                        rows[n] = row;
                    n++;
                }
        }
        if (!other)
            *n_pairs = n;
    }
    return n;
}

/* The dependency graph (Gibson and Bruck, J. Phys. Chem. A 104 (2000) 1876); left out where it would be huge. */
static int set_graph(Ssa *s)
{
    const uint32_t n = s->model->n_reactions;
    uint32_t *mark = indices(n), n_pairs = 0;
    s->graph_start = indices((size_t)n + 1);
    s->graph_other = indices(n);
    int good = mark != NULL && s->graph_start != NULL && s->graph_other != NULL;
    uint64_t total = 0;
    for (uint32_t j = 0; good && j < n && total <= GRAPH_MOST; j++) {
        total += affected_by(s, j, mark, j + 1, NULL, &n_pairs);
        s->graph_start[j + 1] = (uint32_t)total;
        s->graph_other[j] = s->graph_start[j] + n_pairs;
    }
    if (good && total <= GRAPH_MOST) {
        s->graph = indices(total);
        good = s->graph != NULL;
        if (good)
            memset(mark, 0, n * sizeof *mark);
        for (uint32_t j = 0; good && j < n; j++)
            affected_by(s, j, mark, j + 1, s->graph + s->graph_start[j], &n_pairs);
    }
    free(mark);
    return good;
}

static int copy_tables(Ssa *s, const SsaTables *t)
{
    const uint32_t n = s->model->n_reactions;
    const size_t needs = t->need_start[n], corrections = t->correct_start[n];
    s->falling = malloc(s->model->n_tables + 1);
    for (uint32_t j = 0; s->falling != NULL && j < s->model->n_tables; j++)
        s->falling[j] = t->falling[j] != 0;
    s->need_start = copied(t->need_start, (n + 1) * sizeof *t->need_start);
    s->need_species = copied(t->need_species, needs * sizeof *t->need_species);
    s->need = copied(t->need, needs * sizeof *t->need);
    s->correct_start = copied(t->correct_start, (n + 1) * sizeof *t->correct_start);
    s->correct_species = copied(t->correct_species, corrections * sizeof *t->correct_species);
    s->correct = copied(t->correct, corrections * sizeof *t->correct);
    return s->falling && s->need_start && s->need_species && s->need && s->correct_start && s->correct_species &&
           s->correct;
}

Ssa *ssa_build(const Model *m, double omega, const SsaTables *tables)
{
    Ssa *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->model = m;
    s->omega = omega;
    s->kind = malloc(m->n_reactions + 1);
    s->shape = indices(m->n_reactions - m->n_tables);
    s->first = indices(m->n_reactions);
    s->second = indices(m->n_reactions);
    s->less = calloc(m->n_reactions + 1, sizeof *s->less);
    s->bound_start = indices((size_t)m->n_species + 1);
    s->general_start = indices((size_t)m->n_species + 1);
    int good = s->kind && s->shape && s->first && s->second && s->less && s->bound_start && s->general_start &&
               copy_tables(s, tables);
    if (good)
        set_kinds(s);
    if (!good || !set_dependents(s) || !set_graph(s)) {
        ssa_free(s);
        return NULL;
    }
    return s;
}

/* S by species, with the reactions that undo one another taken together. */
#include "model_rows.h"

#include "linear.h"
#include "model_build.h"

#include <stdlib.h>
#include <string.h>

/* Pairs are worth their pass over the rates where they are so many of the reactions: one in so many. */
enum { WORTH = 8 };

/* Memory of a model: a chain of blocks, freed together. */
typedef struct Block {
    struct Block *next;
    double alignment;
} Block;

void *model_take(Model *m, size_t size)
{
    Block *block = calloc(1, sizeof *block + size + 8);
    if (block == NULL)
        return NULL;
    block->next = m->block;
    m->block = block;
    return block + 1;
}

void model_free(Model *m)
{
    if (m == NULL)
        return;
    linear_free(m);
    Block *block = m->block;
    while (block != NULL) {
        Block *next = block->next;
        free(block);
        block = next;
    }
    free(m);
}

int model_signed_rows(Model *m, SignedRows *out, uint32_t n_rows, const Triple *triples, size_t n)
{
    out->n_rows = n_rows;
    out->plus_start = model_take(m, (n_rows + 1) * sizeof(uint32_t));
    out->minus_start = model_take(m, (n_rows + 1) * sizeof(uint32_t));
    out->other_start = model_take(m, (n_rows + 1) * sizeof(uint32_t));
    if (!out->plus_start || !out->minus_start || !out->other_start)
        return 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t *count = triples[i].value == 1.0    ? out->plus_start
                          : triples[i].value == -1.0 ? out->minus_start
                                                     : out->other_start;
        count[triples[i].row + 1]++;
    }
    for (uint32_t i = 0; i < n_rows; i++) {
        out->plus_start[i + 1] += out->plus_start[i];
        out->minus_start[i + 1] += out->minus_start[i];
        out->other_start[i + 1] += out->other_start[i];
    }
    out->plus = model_take(m, out->plus_start[n_rows] * sizeof(uint32_t));
    out->minus = model_take(m, out->minus_start[n_rows] * sizeof(uint32_t));
    out->other = model_take(m, out->other_start[n_rows] * sizeof(uint32_t));
    out->factor = model_take(m, out->other_start[n_rows] * sizeof(double));
    uint32_t *next = malloc(3 * ((size_t)n_rows + 1) * sizeof *next);
    if (!out->plus || !out->minus || !out->other || !out->factor || !next) {
        free(next);
        return 0;
    }
    const size_t width = (n_rows + 1) * sizeof *next;
    memcpy(next, out->plus_start, width);
    memcpy(next + n_rows + 1, out->minus_start, width);
    memcpy(next + 2 * ((size_t)n_rows + 1), out->other_start, width);
    for (size_t i = 0; i < n; i++) {
        const Triple at = triples[i];
        if (at.value == 1.0)
            out->plus[next[at.row]++] = at.column;
        else if (at.value == -1.0)
            out->minus[next[n_rows + 1 + at.row]++] = at.column;
        else {
            const uint32_t place = next[2 * ((size_t)n_rows + 1) + at.row]++;
            out->other[place] = at.column;
            out->factor[place] = at.value;
        }
    }
    free(next);
    return 1;
}

/* Reactions by the change they make, whatever its sign: chains in a table of hashes. */
typedef struct {
    size_t n_slots;
    uint32_t *head; /* [n_slots] the last reaction of each chain that has no partner yet, or NONE */
    uint32_t *next; /* [n_reactions] */
    uint32_t *partner; /* [n_reactions] or NONE */
} Partners;

/* The same for changes that differ in sign, and for any order of the species. */
static uint64_t hash_of(const Model *m, uint32_t j)
{
    uint64_t sum = 0;
    for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++) {
        uint64_t h = (m->s_species[e] + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
        sum += (h ^ (h >> 29)) * UINT64_C(0xBF58476D1CE4E5B9);
    }
    return sum ^ (sum >> 31);
}

/* Whether reaction k undoes reaction j; species of a reaction are in one order in both. */
static int undoes(const Model *m, uint32_t j, uint32_t k)
{
    const uint32_t n = m->s_start[j + 1] - m->s_start[j], a = m->s_start[j], b = m->s_start[k];
    if (m->s_start[k + 1] - b != n)
        return 0;
    for (uint32_t e = 0; e < n; e++)
        if (m->s_species[a + e] != m->s_species[b + e] || m->s_value[a + e] != -m->s_value[b + e])
            return 0;
    return 1;
}

/* Finds a partner for reaction j among those before it, or leaves it to be found. */
static void match(const Model *m, Partners *p, uint32_t j)
{
    uint32_t *at = &p->head[hash_of(m, j) & (p->n_slots - 1)];
    uint32_t *const head = at;
    for (; *at != NONE; at = &p->next[*at])
        if (undoes(m, *at, j)) {
            p->partner[j] = *at;
            p->partner[*at] = j;
            *at = p->next[*at];
            return;
        }
    p->next[j] = *head;
    *head = j;
}

/* The number of pairs, with their partners. */
static uint32_t find_partners(const Model *m, Partners *p)
{
    uint32_t count = 0;
    memset(p->head, 0xff, p->n_slots * sizeof *p->head);
    memset(p->partner, 0xff, m->n_reactions * sizeof *p->partner);
    for (uint32_t j = 0; j < m->n_reactions; j++)
        if (m->s_start[j + 1] > m->s_start[j])
            match(m, p, j);
    for (uint32_t j = 0; j < m->n_reactions; j++)
        count += p->partner[j] != NONE && p->partner[j] > j;
    return count;
}

/* S by species over single reactions and pairs; a pair counts as its first reaction. */
static int fill_paired(Model *m, const Partners *p)
{
    Triple *triples = malloc(((size_t)m->s_start[m->n_reactions] + 1) * sizeof *triples);
    m->pair = model_take(m, 2 * (size_t)m->n_pairs * sizeof *m->pair);
    if (triples == NULL || m->pair == NULL) {
        free(triples);
        return 0;
    }
    size_t n = 0;
    uint32_t count = 0;
    for (uint32_t j = 0; j < m->n_reactions; j++) {
        uint32_t column = j;
        if (p->partner[j] != NONE) {
            if (p->partner[j] < j)
                continue;
            m->pair[2 * count] = j;
            m->pair[2 * count + 1] = p->partner[j];
            column = m->n_reactions + count++;
        }
        for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++)
            triples[n++] = (Triple){m->s_species[e], column, m->s_value[e]};
    }
    const int good = model_signed_rows(m, &m->paired, m->n_species, triples, n);
    free(triples);
    return good;
}

static int derive_pairs(Model *m)
{
    Partners p = {1, NULL, NULL, NULL};
    while (p.n_slots < m->n_reactions)
        p.n_slots *= 2;
    p.head = malloc(p.n_slots * sizeof *p.head);
    p.next = malloc(((size_t)m->n_reactions + 1) * sizeof *p.next);
    p.partner = malloc(((size_t)m->n_reactions + 1) * sizeof *p.partner);
    int good = p.head && p.next && p.partner;
    if (good) {
        m->n_pairs = find_partners(m, &p);
        if (m->n_pairs < m->n_reactions / WORTH)
            m->n_pairs = 0;
        good = m->n_pairs == 0 || fill_paired(m, &p);
    }
    free(p.head);
    free(p.next);
    free(p.partner);
    return good;
}

static int derive_net(Model *m)
{
    const size_t n = m->s_start[m->n_reactions];
    Triple *triples = malloc((n + 1) * sizeof *triples);
    if (triples == NULL)
        return 0;
    for (uint32_t j = 0; j < m->n_reactions; j++)
        for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++)
            triples[e] = (Triple){m->s_species[e], j, m->s_value[e]};
    const int good = model_signed_rows(m, &m->net, m->n_species, triples, n);
    free(triples);
    return good;
}

int model_rows(Model *m)
{
    return derive_net(m) && derive_pairs(m);
}

/* Molecules, their bonds, and which of them hang together. */
#include "nf.h"

#include <stdlib.h>
#include <string.h>

/* Room for at least `n` items of a size, of which there was `room`; 0 without memory. */
static int widen(void **items, uint32_t *room, uint32_t n, size_t size)
{
    if (n <= *room)
        return 1;
    uint32_t wanted = *room < 64 ? 64 : *room;
    while (wanted < n)
        wanted = wanted > UINT32_MAX / 2 ? n : 2 * wanted;
    void *grown = realloc(*items, (size_t)wanted * size);
    if (grown == NULL)
        return 0;
    *items = grown;
    *room = wanted;
    return 1;
}

NfMixture *nf_mixture_new(const NfModel *model)
{
    NfMixture *x = calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->model = model;
    x->free_molecule = malloc(((size_t)model->n_types + 1) * sizeof *x->free_molecule);
    x->live = calloc((size_t)model->n_types + 1, sizeof *x->live);
    x->population = calloc((size_t)model->n_types + 1, sizeof *x->population);
    x->ways = calloc((size_t)model->n_parts + 1, sizeof *x->ways);
    x->weights = calloc((size_t)model->n_trackers + 1, sizeof *x->weights);
    if (!x->free_molecule || !x->live || !x->population || !x->ways || !x->weights) {
        nf_mixture_free(x);
        return NULL;
    }
    for (uint32_t t = 0; t < model->n_types; t++)
        x->free_molecule[t] = NF_NONE;
    x->free_complex = NF_NONE;
    x->stamp = x->complex_stamp = 1;
    return x;
}

void nf_mixture_free(NfMixture *x)
{
    if (x == NULL)
        return;
    const NfModel *m = x->model;
    for (uint32_t t = 0; x->live && t < m->n_types; t++)
        free(x->live[t].item);
    for (uint32_t c = 0; x->ways && c < m->n_parts; c++) {
        for (uint32_t b = 0; b < x->ways[c].n; b++)
            free(x->ways[c].bucket[b].roots.item);
        free(x->ways[c].bucket);
    }
    for (uint32_t k = 0; x->weights && k < m->n_trackers; k++)
        nf_sums_free(&x->weights[k]);
    void *const all[] = {x->molecules, x->sites, x->slots, x->complexes, x->tracked, x->free_molecule, x->live,
                         x->population, x->ways, x->weights, x->dirty_slots.item, x->dirty_complexes.item, x->dirty_molecules.item,
                         x->front_a.item, x->front_b.item, x};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* --- complexes ---------------------------------------------------------------------------------- */

void nf_touch_complex(NfMixture *x, uint32_t complex)
{
    if (x->model->n_trackers == 0 || x->complexes[complex].stamp == x->complex_stamp)
        return;
    x->complexes[complex].stamp = x->complex_stamp;
    if (!nf_push(&x->dirty_complexes, complex))
        x->no_memory = 1;
}

static uint32_t new_complex(NfMixture *x)
{
    uint32_t c = x->free_complex;
    if (c != NF_NONE) {
        x->free_complex = x->complexes[c].head;
    } else {
        uint32_t room = x->room_complexes;
        const uint32_t columns = x->model->n_tracked;
        if (columns > 0 && !widen((void **)&x->tracked, &room, x->n_complexes + 1, columns * sizeof *x->tracked))
            return NF_NONE;
        if (!widen((void **)&x->complexes, &x->room_complexes, x->n_complexes + 1, sizeof *x->complexes))
            return NF_NONE;
        c = x->n_complexes++;
        x->complexes[c].stamp = 0;
        for (uint32_t k = 0; k < x->model->n_trackers; k++)
            if (!nf_sums_reserve(&x->weights[k], x->n_complexes))
                return NF_NONE;
    }
    x->complexes[c].head = NF_NONE;
    x->complexes[c].size = 0;
    for (uint32_t k = 0; k < x->model->n_tracked; k++)
        x->tracked[(size_t)c * x->model->n_tracked + k] = 0;
    nf_touch_complex(x, c);
    return c;
}

static void free_complex(NfMixture *x, uint32_t c)
{
    nf_touch_complex(x, c); /* so that its weights become 0 */
    x->complexes[c].size = 0;
    x->complexes[c].head = x->free_complex;
    x->free_complex = c;
}

static void enter(NfMixture *x, uint32_t molecule, uint32_t complex)
{
    NfComplex *c = &x->complexes[complex];
    NfMolecule *m = &x->molecules[molecule];
    m->complex = complex;
    m->previous = NF_NONE;
    m->next = c->head;
    if (c->head != NF_NONE)
        x->molecules[c->head].previous = molecule;
    c->head = molecule;
    c->size++;
}

static void leave(NfMixture *x, uint32_t molecule)
{
    NfMolecule *m = &x->molecules[molecule];
    NfComplex *c = &x->complexes[m->complex];
    if (m->previous != NF_NONE)
        x->molecules[m->previous].next = m->next;
    else
        c->head = m->next;
    if (m->next != NF_NONE)
        x->molecules[m->next].previous = m->previous;
    c->size--;
}

/* The smaller of two complexes goes into the larger. */
static void merge(NfMixture *x, uint32_t a, uint32_t b)
{
    const uint32_t small = x->complexes[a].size < x->complexes[b].size ? a : b, large = small == a ? b : a;
    uint32_t last = x->complexes[small].head;
    for (uint32_t one = last; one != NF_NONE; one = x->molecules[one].next) {
        x->molecules[one].complex = large;
        last = one;
    }
    const uint32_t head = x->complexes[large].head;
    x->molecules[last].next = head;
    x->molecules[head].previous = last;
    x->complexes[large].head = x->complexes[small].head;
    x->complexes[large].size += x->complexes[small].size;
    const uint32_t columns = x->model->n_tracked;
    for (uint32_t k = 0; k < columns; k++)
        x->tracked[(size_t)large * columns + k] += x->tracked[(size_t)small * columns + k];
    nf_touch_complex(x, large);
    free_complex(x, small);
}

/* The molecules of a front become a complex of their own. */
static void secede(NfMixture *x, const NfList *front)
{
    const uint32_t old = x->molecules[front->item[0]].complex, fresh = new_complex(x);
    if (fresh == NF_NONE) {
        x->no_memory = 1;
        return;
    }
    const NfModel *m = x->model;
    const uint32_t columns = m->n_tracked;
    for (uint32_t i = 0; i < front->n; i++) {
        leave(x, front->item[i]);
        enter(x, front->item[i], fresh);
    }
    for (uint32_t k = 0; k < columns; k++) {
        const NfPart *part = &m->parts[m->tracked_part[k]];
        const uint32_t type = m->plans[part->plan].root_type;
        uint32_t moved = 0;
        for (uint32_t i = 0; i < front->n; i++) {
            const NfMolecule *one = &x->molecules[front->item[i]];
            if (one->type == type)
                moved += x->slots[one->slot + part->slot].ways;
        }
        x->tracked[(size_t)old * columns + k] -= moved;
        x->tracked[(size_t)fresh * columns + k] += moved;
    }
    nf_touch_complex(x, old);
}

/* Marks what is next to one molecule of a front; whether the other front was met. */
static int spread(NfMixture *x, NfList *front, uint32_t *next, uint32_t own, uint32_t others)
{
    const NfMolecule *one = &x->molecules[front->item[(*next)++]];
    const uint32_t first = one->site, n = x->model->site_first[one->type + 1] - x->model->site_first[one->type];
    for (uint32_t s = first; s < first + n; s++) {
        if (x->sites[s].partner == NF_NONE)
            continue;
        const uint32_t other = x->sites[x->sites[s].partner].owner;
        if (x->molecules[other].mark == others)
            return 1;
        if (x->molecules[other].mark == own)
            continue;
        x->molecules[other].mark = own;
        if (!nf_push(front, other))
            x->no_memory = 1;
    }
    return 0;
}

/* After a bond between two molecules was cut: from both ends at the same pace, until one is exhausted or they meet. */
static void split(NfMixture *x, uint32_t a, uint32_t b)
{
    if (a == b)
        return;
    if (x->mark > UINT32_MAX - 4) { /* marks of long ago must not be taken for those of now */
        for (uint32_t i = 0; i < x->n_molecules; i++)
            x->molecules[i].mark = 0;
        x->mark = 0;
    }
    x->mark += 2;
    const uint32_t mark_a = x->mark, mark_b = x->mark + 1;
    uint32_t next_a = 0, next_b = 0;
    x->front_a.n = x->front_b.n = 0;
    x->molecules[a].mark = mark_a;
    x->molecules[b].mark = mark_b;
    if (!nf_push(&x->front_a, a) || !nf_push(&x->front_b, b)) {
        x->no_memory = 1;
        return;
    }
    while (!x->no_memory) {
        if (next_a == x->front_a.n) {
            secede(x, &x->front_a);
            return;
        }
        if (spread(x, &x->front_a, &next_a, mark_a, mark_b))
            return;
        if (next_b == x->front_b.n) {
            secede(x, &x->front_b);
            return;
        }
        if (spread(x, &x->front_b, &next_b, mark_b, mark_a))
            return;
    }
}

void nf_bind(NfMixture *x, uint32_t a, uint32_t b)
{
    x->sites[a].partner = b;
    x->sites[b].partner = a;
    const uint32_t one = x->molecules[x->sites[a].owner].complex, other = x->molecules[x->sites[b].owner].complex;
    if (one != other)
        merge(x, one, other);
    else
        nf_touch_complex(x, one);
}

void nf_unbind(NfMixture *x, uint32_t a, uint32_t b)
{
    x->sites[a].partner = x->sites[b].partner = NF_NONE;
    nf_touch_complex(x, x->molecules[x->sites[a].owner].complex);
    split(x, x->sites[a].owner, x->sites[b].owner);
}

/* --- molecules ---------------------------------------------------------------------------------- */

/* Room for one more molecule of a type; NF_NONE without memory. */
static uint32_t place_for(NfMixture *x, uint32_t type)
{
    const NfModel *model = x->model;
    const uint32_t n_sites = model->site_first[type + 1] - model->site_first[type];
    const uint32_t n_slots = model->parts_at.first[type + 1] - model->parts_at.first[type];
    if (x->n_sites > UINT32_MAX / 2 - n_sites || x->n_slots > UINT32_MAX / 2 - n_slots)
        return NF_NONE;
    if (!widen((void **)&x->molecules, &x->room_molecules, x->n_molecules + 1, sizeof *x->molecules) ||
        !widen((void **)&x->sites, &x->room_sites, x->n_sites + n_sites, sizeof *x->sites) ||
        !widen((void **)&x->slots, &x->room_slots, x->n_slots + n_slots, sizeof *x->slots))
        return NF_NONE;
    NfMolecule *m = &x->molecules[x->n_molecules];
    m->type = type;
    m->site = x->n_sites;
    m->slot = x->n_slots;
    m->mark = 0;
    x->n_sites += n_sites;
    x->n_slots += n_slots;
    memset(x->slots + m->slot, 0, n_slots * sizeof *x->slots);
    return x->n_molecules++;
}

uint32_t nf_create(NfMixture *x, uint32_t type)
{
    uint32_t molecule = x->free_molecule[type];
    if (molecule != NF_NONE)
        x->free_molecule[type] = x->molecules[molecule].next;
    else
        molecule = place_for(x, type);
    const uint32_t complex = molecule == NF_NONE ? NF_NONE : new_complex(x);
    if (complex == NF_NONE || !nf_push(&x->live[type], molecule)) {
        x->no_memory = 1;
        return NF_NONE;
    }
    NfMolecule *m = &x->molecules[molecule];
    const uint32_t n_sites = x->model->site_first[type + 1] - x->model->site_first[type];
    for (uint32_t k = 0; k < n_sites; k++)
        x->sites[m->site + k] = (NfSite){NF_NONE, molecule, 0, k};
    m->place = x->live[type].n - 1;
    m->doomed = 0;
    enter(x, molecule, complex);
    return molecule;
}

/* A molecule without bonds, or the last of a complex whose others are gone, ceases to be. */
void nf_destroy(NfMixture *x, uint32_t molecule)
{
    NfMolecule *m = &x->molecules[molecule];
    const uint32_t type = m->type, complex = m->complex;
    const uint32_t first = x->model->parts_at.first[type], end = x->model->parts_at.first[type + 1];
    for (uint32_t k = first; k < end; k++)
        nf_set_ways(x, x->model->parts_at.item[k], molecule, 0);
    leave(x, molecule);
    nf_touch_complex(x, complex);
    if (x->complexes[complex].size == 0)
        free_complex(x, complex);
    NfList *live = &x->live[type];
    const uint32_t last = live->item[--live->n];
    live->item[m->place] = last;
    x->molecules[last].place = m->place;
    m->next = x->free_molecule[type];
    x->free_molecule[type] = molecule;
    m->doomed = 1;
}

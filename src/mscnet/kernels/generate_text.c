/* Species as text. */
#include "generate_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_free(Text *text)
{
    free(text->letters);
    free(text->label);
    memset(text, 0, sizeof *text);
}

static int put(Text *t, const char *letters, size_t n)
{
    if (!make_room(&t->letters, &t->room, t->n + n + 1, 1))
        return 0;
    if (n > 0)
        memcpy(t->letters + t->n, letters, n);
    t->n += n;
    return 1;
}

static int put_name(Text *t, const Names *names, uint32_t i)
{
    return put(t, names->letters + names->start[i], names->start[i + 1] - names->start[i]);
}

static int put_bond(Text *t, const View *v, uint32_t site, uint32_t *next)
{
    char digits[16];
    if (v->bond[site] == NOTHING)
        return 1;
    if (t->label[site] == 0)
        t->label[site] = t->label[v->bond[site]] = ++*next;
    const int n = snprintf(digits, sizeof digits, "!%u", (unsigned)t->label[site]);
    return n > 0 && put(t, digits, (size_t)n);
}

int text_species(Text *t, const View *v, uint32_t place, const Kinds *kinds, const Names *types, const Names *sites,
                 const Names *states, const Names *places)
{
    uint32_t next = 0;
    if (!make_room(&t->label, &t->room_label, (size_t)v->n_sites + 1, sizeof *t->label))
        return 0;
    memset(t->label, 0, v->n_sites * sizeof *t->label);
    int enough = place == NOTHING || (put(t, "@", 1) && put_name(t, places, place) && put(t, ":", 1));
    for (uint32_t m = 0; enough && m < v->n_mols; m++) {
        const uint32_t base = kinds->site_start[v->type[m]];
        enough = put(t, ".", m > 0) && put_name(t, types, v->type[m]) && put(t, "(", 1);
        for (uint32_t s = v->first[m]; enough && s < v->first[m + 1]; s++) {
            enough = put(t, ",", s > v->first[m]) && put_name(t, sites, base + s - v->first[m]);
            if (enough && v->state[s] != NOTHING)
                enough = put(t, "~", 1) && put_name(t, states, v->state[s]);
            enough = enough && put_bond(t, v, s, &next);
        }
        enough = enough && put(t, ")", 1);
        if (enough && v->place[m] != NOTHING && v->place[m] != place)
            enough = put(t, "@", 1) && put_name(t, places, v->place[m]);
    }
    return enough;
}

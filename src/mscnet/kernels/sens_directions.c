/* What directions in the space of inputs do to the rates. */
#include "sens_directions.h"

#include <stdlib.h>
#include <string.h>

/* The terms that are not zero: counted while `out` is NULL, then written. */
static size_t by_constant_terms(const Directions *s, const double *tangents, SensTerm *out)
{
    const SensTables *t = &s->tables;
    const Model *m = t->model;
    size_t n = 0;
    for (uint32_t j = 0; j < m->n_reactions; j++)
        for (uint32_t e = t->c_start[j]; e < t->c_start[j + 1]; e++)
            for (size_t p = 0; p < s->count; p++) {
                const double factor = tangents[p * m->n_constants + t->c_constant[e]];
                if (factor == 0.0)
                    continue;
                if (out != NULL)
                    out[n] = (SensTerm){j, e, (uint32_t)p, factor};
                n++;
            }
    return n;
}

static size_t by_species_terms(const Directions *s, SensTerm *out)
{
    const SensTables *t = &s->tables;
    const Model *m = t->model;
    size_t n = 0;
    for (uint32_t j = 0; j < m->n_reactions; j++)
        for (uint32_t e = m->d_start[j]; e < m->d_start[j + 1]; e++)
            for (size_t p = 0; m->d_species[e] == NONE && p < s->count; p++) {
                const double factor = s->initial[t->d_species[e] * s->count + p];
                if (factor == 0.0)
                    continue;
                if (out != NULL)
                    out[n] = (SensTerm){j, e, (uint32_t)p, factor};
                n++;
            }
    return n;
}

static int fill(Directions *s, Rates *w, const double *directions, const double *initial)
{
    const Model *m = w->model;
    double *tangents = malloc((s->count * m->n_constants + 1) * sizeof *tangents);
    double *dot = malloc((m->statics.n_code + 1) * sizeof *dot);
    s->initial = malloc((s->count * m->n_species + 1) * sizeof *s->initial);
    const int good = tangents != NULL && dot != NULL && s->initial != NULL;
    for (size_t p = 0; good && p < s->count; p++)
        sens_constants_tangent(w, directions + p * m->n_inputs, dot, tangents + p * m->n_constants);
    if (good) {
        memcpy(s->initial, initial, s->count * m->n_species * sizeof *initial);
        s->n_by_constant_terms = by_constant_terms(s, tangents, NULL);
        s->n_terms = s->n_by_constant_terms + by_species_terms(s, NULL);
        s->terms = malloc((s->n_terms + 1) * sizeof *s->terms);
    }
    if (s->terms != NULL) {
        by_constant_terms(s, tangents, s->terms);
        by_species_terms(s, s->terms + s->n_by_constant_terms);
    }
    free(tangents);
    free(dot);
    return s->terms != NULL;
}

Directions *directions_new(Rates *rates, const double *directions, const double *initial, size_t count)
{
    Directions *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->count = count;
    if (!sens_tables_make(&s->tables, rates->model) || !fill(s, rates, directions, initial)) {
        directions_free(s);
        return NULL;
    }
    return s;
}

void directions_free(Directions *s)
{
    if (s == NULL)
        return;
    sens_tables_free(&s->tables);
    free(s->initial);
    free(s->terms);
    free(s);
}

void directions_slope(const Directions *s, const double *d, const double *by_constant, double *out)
{
    const Model *m = s->tables.model;
    memset(out, 0, m->n_species * s->count * sizeof *out);
    for (size_t e = 0; e < s->n_terms; e++) {
        const SensTerm *term = &s->terms[e];
        const double rate = term->factor * (e < s->n_by_constant_terms ? by_constant : d)[term->source];
        for (uint32_t i = m->s_start[term->reaction]; i < m->s_start[term->reaction + 1]; i++)
            out[m->s_species[i] * s->count + term->column] += m->s_value[i] * rate;
    }
}

/* Which constants and species each derivative of a rate belongs to, and the way from inputs to constants. */
#include "sens_tables.h"

#include <stdlib.h>
#include <string.h>

static uint32_t constants_of_law(const Model *m, const Shape *s, uint32_t i, uint32_t *out)
{
    uint32_t count = 0;
    for (uint32_t a = 0; a < s->n_forms; a++) {
        const uint32_t f = s->forms[(size_t)i * s->n_forms + a];
        if (out != NULL)
            out[count] = m->form_constant[f];
        count++;
        for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++, count++)
            if (out != NULL)
                out[count] = m->form_weight[e];
    }
    for (uint32_t a = 0; a < s->n_constants; a++, count++)
        if (out != NULL)
            out[count] = s->constants[(size_t)i * s->n_constants + a];
    return count;
}

/* Numbers of entries into c_start, and once c_constant is there, which they are. */
static void list_constants(SensTables *t)
{
    const Model *m = t->model;
    for (uint32_t j = 0; j < m->n_tables; j++) {
        t->c_start[j + 1] = j + 1;
        if (t->c_constant != NULL)
            t->c_constant[j] = m->coefficient[j];
    }
    for (uint32_t k = 0; k < m->n_shapes; k++)
        for (uint32_t i = 0; i < m->shapes[k].count; i++) {
            const uint32_t j = m->shapes[k].first + i;
            uint32_t *out = t->c_constant == NULL ? NULL : t->c_constant + t->c_start[j];
            t->c_start[j + 1] = t->c_start[j] + constants_of_law(m, &m->shapes[k], i, out);
        }
}

static void list_species(SensTables *t)
{
    const Model *m = t->model;
    uint32_t *species = t->d_species;
    for (uint32_t order = 1; order <= MAX_ORDER; order++) {
        const size_t n = (size_t)order * (m->order_first[order + 1] - m->order_first[order]);
        memcpy(species, m->slots[order], n * sizeof *species);
        species += n;
    }
    const size_t n_powers = m->power_start[m->n_tables - m->n_products];
    memcpy(species, m->power_species, n_powers * sizeof *species);
    species += n_powers;
    for (uint32_t k = 0; k < m->n_shapes; k++) {
        const Shape *s = &m->shapes[k];
        for (uint32_t i = 0; i < s->count; i++) {
            for (uint32_t a = 0; a < s->n_species; a++)
                *species++ = s->species[(size_t)i * s->n_species + a];
            for (uint32_t a = 0; a < s->n_forms; a++) {
                const uint32_t f = s->forms[(size_t)i * s->n_forms + a];
                for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++)
                    *species++ = m->form_species[e];
            }
        }
    }
}

int sens_tables_make(SensTables *t, const Model *m)
{
    memset(t, 0, sizeof *t);
    t->model = m;
    t->c_start = calloc((size_t)m->n_reactions + 1, sizeof *t->c_start);
    t->d_species = malloc(((size_t)m->n_derivatives + 1) * sizeof *t->d_species);
    if (t->c_start == NULL || t->d_species == NULL)
        return 0;
    list_constants(t);
    t->n_by_constant = t->c_start[m->n_reactions];
    t->c_constant = malloc(((size_t)t->n_by_constant + 1) * sizeof *t->c_constant);
    if (t->c_constant == NULL)
        return 0;
    list_constants(t);
    list_species(t);
    return 1;
}

void sens_tables_free(SensTables *t)
{
    free(t->c_start);
    free(t->c_constant);
    free(t->d_species);
}

void sens_constants_tangent(Rates *w, const double *direction, double *dot, double *out)
{
    const Model *m = w->model;
    if (m->statics.n_code)
        program_tangents(&m->statics, w->statics, direction, 0.0, dot);
    for (uint32_t i = 0; i < m->n_constants; i++)
        out[i] = dot[m->constant_value[i]];
}

void sens_constants_gradient(const Rates *w, const double *weights, double *adjoint, double *gradient)
{
    const Model *m = w->model;
    memset(adjoint, 0, m->statics.n_code * sizeof *adjoint);
    for (uint32_t i = 0; i < m->n_constants; i++)
        adjoint[m->constant_value[i]] += weights[i];
    if (m->statics.n_code)
        program_pull_back(&m->statics, w->statics, adjoint, gradient);
}

/* Evaluation of rates, their derivatives, the right-hand side and the Jacobian of a model. */
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *numbers(size_t n)
{
    return calloc(n + 1, sizeof(double));
}

Rates *rates_new(const Model *m)
{
    Rates *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->model = m;
    w->inputs = numbers(m->n_inputs);
    w->constants = numbers(m->n_constants);
    w->k = numbers(m->n_tables);
    w->r = numbers((size_t)m->n_reactions + m->n_pairs);
    w->d = numbers(m->n_derivatives);
    w->forms = numbers(m->n_forms);
    w->statics = numbers(m->statics.n_code);
    w->values = numbers(m->longest_program);
    w->adjoint = numbers(m->longest_program);
    w->tangents = numbers(m->longest_program);
    w->adjoint_tangents = numbers(m->longest_program);
    w->arguments = numbers(m->most_slots);
    w->gradient = numbers(m->most_slots);
    w->argument_tangents = numbers(m->most_slots);
    if (!w->inputs || !w->constants || !w->k || !w->r || !w->d || !w->forms || !w->statics || !w->values ||
        !w->adjoint || !w->tangents || !w->adjoint_tangents || !w->arguments || !w->gradient ||
        !w->argument_tangents) {
        rates_free(w);
        return NULL;
    }
    return w;
}

void rates_free(Rates *w)
{
    if (w == NULL)
        return;
    free(w->inputs);
    free(w->constants);
    free(w->k);
    free(w->r);
    free(w->d);
    free(w->forms);
    free(w->statics);
    free(w->values);
    free(w->adjoint);
    free(w->tangents);
    free(w->adjoint_tangents);
    free(w->arguments);
    free(w->gradient);
    free(w->argument_tangents);
    free(w);
}

void model_initials(const Model *m, const double *parameters, double *scratch, double *x0)
{
    if (m->initials.n_code)
        program_values(&m->initials, parameters, NAN, scratch);
    for (uint32_t i = 0; i < m->n_species; i++)
        x0[i] = scratch[m->initial_value[i]];
}

void rates_set(Rates *w, const double *inputs)
{
    const Model *m = w->model;
    memcpy(w->inputs, inputs, m->n_inputs * sizeof *inputs);
    if (m->statics.n_code)
        program_values(&m->statics, inputs, NAN, w->statics);
    for (uint32_t i = 0; i < m->n_constants; i++)
        w->constants[i] = w->statics[m->constant_value[i]];
    for (uint32_t j = 0; j < m->n_tables; j++)
        w->k[j] = w->constants[m->coefficient[j]] * m->coefficient_factor[j];
}

int all_finite(const double *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * 0.0; /* nan as soon as one is not finite */
    return sum == 0.0;
}

static double base_of(double x, double power)
{
    return x < 0.0 && power != floor(power) ? 0.0 : x;
}

static double raised(double base, double power)
{
    if (power == floor(power) && fabs(power) <= 64.0)
        return power_of(base, (int32_t)power);
    return pow(base, power);
}

static void power_rates(const Model *m, const double *k, const double *x, double *r)
{
    for (uint32_t j = m->n_products; j < m->n_tables; j++) {
        double rate = k[j];
        for (uint32_t e = m->power_start[j - m->n_products]; e < m->power_start[j - m->n_products + 1]; e++)
            rate *= raised(base_of(x[m->power_species[e]], m->power[e]), m->power[e]);
        r[j] = rate;
    }
}

static void fill_forms(Rates *w, const double *x)
{
    const Model *m = w->model;
    for (uint32_t f = 0; f < m->n_forms; f++) {
        double sum = w->constants[m->form_constant[f]];
        for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++)
            sum += w->constants[m->form_weight[e]] * x[m->form_species[e]];
        w->forms[f] = sum;
    }
}

/* The arguments of the i-th law of a shape. */
static void gather(Rates *w, const Shape *s, uint32_t i, const double *x)
{
    double *argument = w->arguments;
    const uint32_t *species = s->species + (size_t)i * s->n_species;
    const uint32_t *forms = s->forms + (size_t)i * s->n_forms;
    const uint32_t *constants = s->constants + (size_t)i * s->n_constants;
    for (uint32_t a = 0; a < s->n_species; a++)
        *argument++ = x[species[a]];
    for (uint32_t a = 0; a < s->n_forms; a++)
        *argument++ = w->forms[forms[a]];
    for (uint32_t a = 0; a < s->n_constants; a++)
        *argument++ = w->constants[constants[a]];
}

static void law_rates(Rates *w, double t, const double *x)
{
    const Model *m = w->model;
    fill_forms(w, x);
    for (uint32_t k = 0; k < m->n_shapes; k++) {
        const Shape *s = &m->shapes[k];
        for (uint32_t i = 0; i < s->count; i++) {
            gather(w, s, i, x);
            program_values(&s->program, w->arguments, t, w->values);
            w->r[s->first + i] = w->values[s->program.n_code - 1];
        }
    }
}

static void product_rates(const Model *m, const double *restrict k, const double *restrict x, double *restrict r)
{
    const uint32_t *first = m->order_first;
    for (uint32_t j = first[0]; j < first[1]; j++)
        r[j] = k[j];
    const uint32_t *s = m->slots[1];
    for (uint32_t j = first[1]; j < first[2]; j++, s += 1)
        r[j] = k[j] * x[s[0]];
    s = m->slots[2];
    for (uint32_t j = first[2]; j < first[3]; j++, s += 2)
        r[j] = k[j] * x[s[0]] * x[s[1]];
    s = m->slots[3];
    for (uint32_t j = first[3]; j < first[4]; j++, s += 3)
        r[j] = k[j] * x[s[0]] * x[s[1]] * x[s[2]];
    s = m->slots[4];
    for (uint32_t j = first[4]; j < first[5]; j++, s += 4)
        r[j] = k[j] * x[s[0]] * x[s[1]] * x[s[2]] * x[s[3]];
}

void rates_evaluate(Rates *w, double t, const double *x)
{
    product_rates(w->model, w->k, x, w->r);
    if (w->model->n_tables > w->model->n_products)
        power_rates(w->model, w->k, x, w->r);
    if (w->model->n_shapes)
        law_rates(w, t, x);
}

/* The sum of q at the places from `at` on up to `end`, in two parts. */
static inline double sum_at(const double *q, const uint32_t *at, const uint32_t *end)
{
    double even = 0.0, odd = 0.0;
    for (; end - at >= 2; at += 2) {
        even += q[at[0]];
        odd += q[at[1]];
    }
    return at < end ? even + odd + q[*at] : even + odd;
}

static void signed_product(const SignedRows *rows, const double *restrict q, double *restrict y)
{
    const uint32_t *plus = rows->plus, *minus = rows->minus, *other = rows->other;
    const double *factor = rows->factor;
    for (uint32_t i = 0; i < rows->n_rows; i++) {
        const uint32_t *plus_end = rows->plus + rows->plus_start[i + 1];
        const uint32_t *minus_end = rows->minus + rows->minus_start[i + 1];
        const uint32_t *other_end = rows->other + rows->other_start[i + 1];
        double sum = sum_at(q, plus, plus_end) - sum_at(q, minus, minus_end);
        for (; other < other_end; other++)
            sum += *factor++ * q[*other];
        y[i] = sum;
        plus = plus_end;
        minus = minus_end;
    }
}

/* The differences of the rates of pairs, behind the rates. */
static void pair_rates(const Model *m, double *rates)
{
    const uint32_t *restrict pair = m->pair;
    const double *restrict r = rates;
    double *restrict difference = rates + m->n_reactions;
    for (uint32_t p = 0; p < m->n_pairs; p++)
        difference[p] = r[pair[2 * p]] - r[pair[2 * p + 1]];
}

void model_net(const Model *m, const double *q, double *y)
{
    signed_product(&m->net, q, y);
}

void rates_rhs(Rates *w, double t, const double *x, double *dx)
{
    const Model *m = w->model;
    w->n_rhs++;
    rates_evaluate(w, t, x);
    pair_rates(m, w->r);
    signed_product(m->n_pairs ? &m->paired : &m->net, w->r, dx);
}

static double finite_or_zero(double value)
{
    return isfinite(value) ? value : 0.0;
}

static void product_derivatives(const Model *m, const double *restrict k, const double *restrict x, double *restrict d)
{
    const uint32_t *first = m->order_first;
    const uint32_t *s = m->slots[1];
    for (uint32_t j = first[1]; j < first[2]; j++)
        *d++ = k[j];
    s = m->slots[2];
    for (uint32_t j = first[2]; j < first[3]; j++, s += 2, d += 2) {
        d[0] = k[j] * x[s[1]];
        d[1] = k[j] * x[s[0]];
    }
    s = m->slots[3];
    for (uint32_t j = first[3]; j < first[4]; j++, s += 3, d += 3) {
        const double a = x[s[0]], b = x[s[1]], c = x[s[2]];
        d[0] = k[j] * b * c;
        d[1] = k[j] * a * c;
        d[2] = k[j] * a * b;
    }
    s = m->slots[4];
    for (uint32_t j = first[4]; j < first[5]; j++, s += 4, d += 4) {
        const double ab = x[s[0]] * x[s[1]], ce = x[s[2]] * x[s[3]];
        d[0] = k[j] * x[s[1]] * ce;
        d[1] = k[j] * x[s[0]] * ce;
        d[2] = k[j] * ab * x[s[3]];
        d[3] = k[j] * ab * x[s[2]];
    }
}

static void power_derivatives(Rates *w, const double *x)
{
    const Model *m = w->model;
    for (uint32_t j = m->n_products; j < m->n_tables; j++) {
        const uint32_t from = m->power_start[j - m->n_products], to = m->power_start[j - m->n_products + 1];
        double *d = w->d + m->d_start[j];
        for (uint32_t e = from; e < to; e++) {
            double value = w->k[j] * m->power[e];
            for (uint32_t o = from; o < to; o++) {
                const double power = o == e ? m->power[o] - 1.0 : m->power[o];
                value *= raised(base_of(x[m->power_species[o]], m->power[o]), power);
            }
            *d++ = finite_or_zero(value);
        }
    }
}

/* Derivatives of the i-th law of a shape by its constants, after `program_gradient`; where the next law's go. */
static double *constants_of_law(const Rates *w, const Shape *s, uint32_t i, const double *x, double *out)
{
    const Model *m = w->model;
    for (uint32_t a = 0; a < s->n_forms; a++) {
        const uint32_t f = s->forms[(size_t)i * s->n_forms + a];
        const double slope = finite_or_zero(w->gradient[s->n_species + a]);
        *out++ = slope;
        for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++)
            *out++ = slope * x[m->form_species[e]];
    }
    for (uint32_t a = 0; a < s->n_constants; a++)
        *out++ = finite_or_zero(w->gradient[s->n_species + s->n_forms + a]);
    return out;
}

static void law_derivatives(Rates *w, double t, const double *x, double *by_constant)
{
    const Model *m = w->model;
    fill_forms(w, x);
    for (uint32_t k = 0; k < m->n_shapes; k++) {
        const Shape *s = &m->shapes[k];
        for (uint32_t i = 0; i < s->count; i++) {
            double *d = w->d + m->d_start[s->first + i];
            gather(w, s, i, x);
            program_values(&s->program, w->arguments, t, w->values);
            program_gradient(&s->program, t, w->values, w->adjoint, w->gradient, NULL);
            for (uint32_t a = 0; a < s->n_species; a++)
                *d++ = finite_or_zero(w->gradient[a]);
            for (uint32_t a = 0; a < s->n_forms; a++) {
                const uint32_t f = s->forms[(size_t)i * s->n_forms + a];
                const double slope = finite_or_zero(w->gradient[s->n_species + a]);
                for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++)
                    *d++ = slope * w->constants[m->form_weight[e]];
            }
            if (by_constant != NULL)
                by_constant = constants_of_law(w, s, i, x, by_constant);
        }
    }
}

static void derivatives(Rates *w, double t, const double *x, double *by_constant)
{
    const Model *m = w->model;
    w->n_jacobian++;
    product_derivatives(m, w->k, x, w->d);
    if (m->n_tables > m->n_products)
        power_derivatives(w, x);
    if (m->n_shapes)
        law_derivatives(w, t, x, by_constant == NULL ? NULL : by_constant + m->n_tables);
}

void rates_derivatives(Rates *w, double t, const double *x)
{
    derivatives(w, t, x, NULL);
}

void rates_all_derivatives(Rates *w, double t, const double *x, double *by_constant)
{
    const Model *m = w->model;
    derivatives(w, t, x, by_constant);
    product_rates(m, m->coefficient_factor, x, by_constant);
    if (m->n_tables > m->n_products)
        power_rates(m, m->coefficient_factor, x, by_constant);
}

void model_jacobian(const Model *m, const double *d, double *values)
{
    signed_product(&m->jacobian, d, values);
}

void rates_jacobian(Rates *w, double t, const double *x, double *values)
{
    rates_derivatives(w, t, x);
    model_jacobian(w->model, w->d, values);
}

void rates_times(const Rates *w, const double *v, double *q, double *y)
{
    const Model *m = w->model;
    for (uint32_t j = 0; j < m->n_reactions; j++) {
        double sum = 0.0;
        for (uint32_t e = m->d_start[j]; e < m->d_start[j + 1]; e++)
            if (m->d_species[e] != NONE)
                sum += w->d[e] * v[m->d_species[e]];
        q[j] = sum;
    }
    signed_product(&m->net, q, y);
}

void rates_transposed_times(const Rates *w, const double *v, double *q, double *y)
{
    const Model *m = w->model;
    memset(y, 0, m->n_species * sizeof *y);
    for (uint32_t j = 0; j < m->n_reactions; j++) {
        double sum = 0.0;
        for (uint32_t e = m->s_start[j]; e < m->s_start[j + 1]; e++)
            sum += m->s_value[e] * v[m->s_species[e]];
        q[j] = sum;
        for (uint32_t e = m->d_start[j]; e < m->d_start[j + 1]; e++)
            if (m->d_species[e] != NONE)
                y[m->d_species[e]] += w->d[e] * sum;
    }
}

void rates_by_time(Rates *w, double t, const double *x, double *dfdt)
{
    const Model *m = w->model;
    memset(w->r, 0, m->n_reactions * sizeof *w->r);
    if (m->timed)
        fill_forms(w, x);
    for (uint32_t k = 0; m->timed && k < m->n_shapes; k++) {
        const Shape *s = &m->shapes[k];
        for (uint32_t i = 0; s->timed && i < s->count; i++) {
            double slope = 0.0;
            gather(w, s, i, x);
            program_values(&s->program, w->arguments, t, w->values);
            program_gradient(&s->program, t, w->values, w->adjoint, w->gradient, &slope);
            w->r[s->first + i] = finite_or_zero(slope);
        }
    }
    signed_product(&m->net, w->r, dfdt);
}

/* The return of a state to its conserved totals: weighted least squares by a Cholesky factor of the laws' products. */
#include "conserved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More laws than these, which are of few species each then, are taken one after the other. */
enum { MOST_TOGETHER = 200 };
/* A law whose pivot is smaller is a combination of others to rounding, and needs no return of its own. */
static const double LEAST_PIVOT = 1e-13;

Conserver *conserver_new(const ConservedLaws *laws, uint32_t n)
{
    Conserver *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    const size_t count = laws->n_laws;
    c->laws = laws;
    c->n = n;
    c->share = malloc((n + 1) * sizeof *c->share);
    c->change = malloc((n + 1) * sizeof *c->change);
    c->scale = malloc((count + 1) * sizeof *c->scale);
    c->total = malloc((count + 1) * sizeof *c->total);
    c->left = malloc((count + 1) * sizeof *c->left);
    if (count <= MOST_TOGETHER)
        c->factor = malloc((count * count + 1) * sizeof *c->factor);
    if (!c->share || !c->change || !c->scale || !c->total || !c->left || (count <= MOST_TOGETHER && !c->factor)) {
        conserver_free(c);
        return NULL;
    }
    return c;
}

void conserver_free(Conserver *c)
{
    if (c == NULL)
        return;
    free(c->share);
    free(c->change);
    free(c->scale);
    free(c->total);
    free(c->left);
    free(c->factor);
    free(c);
}

void conserver_begin(Conserver *c, const double *x)
{
    conserved_totals(c->laws, x, c->total);
}

static double product(const ConservedLaws *laws, uint32_t k, const double *x)
{
    double sum = 0.0;
    for (uint32_t e = laws->start[k]; e < laws->start[k + 1]; e++)
        sum += laws->value[e] * x[laws->species[e]];
    return sum;
}

/* y += share times law k times factor. */
static void add_law(const Conserver *c, uint32_t k, double factor, double *y)
{
    const ConservedLaws *laws = c->laws;
    for (uint32_t e = laws->start[k]; e < laws->start[k + 1]; e++)
        y[laws->species[e]] += c->share[laws->species[e]] * laws->value[e] * factor;
}

/* The lower triangle of the products of laws with one another. */
static void fill_products(Conserver *c)
{
    const uint32_t count = c->laws->n_laws;
    double *law = c->change;
    for (uint32_t k = 0; k < count; k++) {
        memset(law, 0, c->n * sizeof *law);
        add_law(c, k, 1.0, law);
        c->scale[k] = 1.0 / sqrt(product(c->laws, k, law));
        for (uint32_t l = 0; c->factor != NULL && l <= k; l++)
            c->factor[k * count + l] = product(c->laws, l, law) * c->scale[k] * c->scale[l];
    }
}

void conserver_weigh(Conserver *c, const double *weight)
{
    const uint32_t count = c->laws->n_laws;
    for (uint32_t i = 0; i < c->n; i++)
        c->share[i] = 1.0 / (weight[i] * weight[i]);
    fill_products(c);
    for (uint32_t k = 0; c->factor != NULL && k < count; k++) {
        double *row = c->factor + k * count;
        double pivot = row[k];
        for (uint32_t l = 0; l < k; l++) {
            const double *above = c->factor + l * count;
            double sum = row[l];
            for (uint32_t j = 0; j < l; j++)
                sum -= row[j] * above[j];
            row[l] = sum * above[l];
            pivot -= row[l] * row[l];
        }
        row[k] = pivot > LEAST_PIVOT ? 1.0 / sqrt(pivot) : 0.0;
    }
}

/* left := (L^T diag(share) L)^-1 left, in the scale that makes its diagonal one. */
static void solve(const Conserver *c)
{
    const uint32_t count = c->laws->n_laws;
    double *v = c->left;
    for (uint32_t k = 0; k < count; k++) {
        const double *row = c->factor + k * count;
        for (uint32_t l = 0; l < k; l++)
            v[k] -= row[l] * v[l];
        v[k] *= row[k];
    }
    for (uint32_t k = count; k-- > 0;) {
        const double *row = c->factor + k * count;
        v[k] *= row[k];
        for (uint32_t l = 0; l < k; l++)
            v[l] -= row[l] * v[k];
    }
}

void conserver_return(Conserver *c, double *x, double *e)
{
    const uint32_t count = c->laws->n_laws;
    memset(c->change, 0, c->n * sizeof *c->change);
    for (uint32_t k = 0; k < count; k++)
        c->left[k] = (c->total[k] - product(c->laws, k, x)) * c->scale[k];
    if (c->factor != NULL)
        solve(c);
    for (uint32_t k = 0; k < count; k++) {
        if (c->factor == NULL) /* what the laws before this one have changed counts */
            c->left[k] -= product(c->laws, k, c->change) * c->scale[k];
        add_law(c, k, c->left[k] * c->scale[k], c->change);
    }
    for (uint32_t i = 0; i < c->n; i++) {
        x[i] += c->change[i];
        e[i] += c->change[i];
    }
}

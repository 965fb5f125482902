/* See sens_loops.h: every loop is written once and compiled twice. */
#include "sens_loops.h"

#include "bdf.h"
#include "wide.h"

#include <math.h>
#include <string.h>

/* name(wide, …) from the loop name_loop(…), compiled for any processor and for one with wide vectors. */
#define TWICE(name, parameters, arguments)                                                                             \
    static void name##_any parameters                                                                                  \
    {                                                                                                                  \
        name##_loop arguments;                                                                                         \
    }                                                                                                                  \
    WIDE static void name##_wide parameters                                                                            \
    {                                                                                                                  \
        name##_loop arguments;                                                                                         \
    }
#define CHOOSE(name, arguments) ((wide) ? name##_wide : name##_any) arguments

static ALWAYS_INLINE void predict_rows(const double *restrict z, double *restrict p, size_t size, int order)
{
    for (size_t i = 0; i < size; i++) {
        double row[BDF_MAX_ORDER + 1];
        for (int j = 0; j <= order; j++)
            row[j] = z[j * size + i];
        for (int k = 1; k <= order; k++)
            for (int j = order; j >= k; j--)
                row[j - 1] += row[j];
        for (int j = 0; j <= order; j++)
            p[j * size + i] = row[j];
    }
}

static ALWAYS_INLINE void predict_loop(const double *restrict z, double *restrict p, size_t size, int order)
{
    switch (order) { /* a number that the compiler sees unrolls the triangle */
    case 1:
        predict_rows(z, p, size, 1);
        break;
    case 2:
        predict_rows(z, p, size, 2);
        break;
    case 3:
        predict_rows(z, p, size, 3);
        break;
    case 4:
        predict_rows(z, p, size, 4);
        break;
    default:
        predict_rows(z, p, size, 5);
    }
}
TWICE(predict, (const double *z, double *p, size_t size, int order), (z, p, size, order))

void loops_predict(int wide, const double *z, double *p, size_t size, int order)
{
    CHOOSE(predict, (z, p, size, order));
}

static ALWAYS_INLINE void accept_loop(double *restrict z, const double *restrict p, const double *restrict e,
                                      const double *c, size_t size, int order)
{
    for (int j = 0; j <= order; j++) {
        const double own = c[j];
        const double *restrict from = p + (size_t)j * size;
        double *restrict to = z + (size_t)j * size;
        for (size_t i = 0; i < size; i++)
            to[i] = from[i] + own * e[i];
    }
}
TWICE(accept, (double *z, const double *p, const double *e, const double *c, size_t size, int order),
      (z, p, e, c, size, order))

void loops_accept(int wide, double *z, const double *p, const double *e, const double *c, size_t size, int order)
{
    CHOOSE(accept, (z, p, e, c, size, order));
}

static ALWAYS_INLINE void sums_loop(const double *restrict v, const double *restrict w, double share,
                                    const double *restrict weight, size_t n, size_t count, double *restrict sums)
{
    memset(sums, 0, count * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < count; p++) {
            const double one = (v[i * count + p] - share * w[i * count + p]) * weight[i * count + p];
            sums[p] += eighth_power(one);
        }
}
TWICE(sums, (const double *v, const double *w, double share, const double *weight, size_t n, size_t count, double *out),
      (v, w, share, weight, n, count, out))

void loops_sums(int wide, const double *v, const double *w, double share, const double *weight, size_t n, size_t count,
                double *sums)
{
    CHOOSE(sums, (v, w, share, weight, n, count, sums));
}

static ALWAYS_INLINE void weigh_loop(const double *restrict z, const double *restrict scale, double rtol,
                                     const double *restrict atol, size_t n, size_t count, double *restrict weight)
{
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < count; p++)
            weight[i * count + p] = scale[p] / (rtol * fabs(scale[p] * z[i * count + p]) + atol[i]);
}
TWICE(weigh, (const double *z, const double *scale, double rtol, const double *atol, size_t n, size_t count, double *w),
      (z, scale, rtol, atol, n, count, w))

void loops_weigh(int wide, const double *z, const double *scale, double rtol, const double *atol, size_t n, size_t count,
                 double *weight)
{
    CHOOSE(weigh, (z, scale, rtol, atol, n, count, weight));
}

static ALWAYS_INLINE void residual_loop(double gamma, const double *restrict slope, double inverse,
                                        const double *restrict p1, const double *restrict e, size_t size,
                                        double *restrict out)
{
    if (e == NULL)
        for (size_t i = 0; i < size; i++)
            out[i] = gamma * (out[i] + slope[i]) - inverse * p1[i];
    else
        for (size_t i = 0; i < size; i++)
            out[i] = gamma * (out[i] + slope[i]) - inverse * p1[i] - e[i];
}
TWICE(residual,
      (double gamma, const double *slope, double inverse, const double *p1, const double *e, size_t size, double *out),
      (gamma, slope, inverse, p1, e, size, out))

void loops_residual(int wide, double gamma, const double *slope, double inverse, const double *p1, const double *e,
                    size_t size, double *out)
{
    CHOOSE(residual, (gamma, slope, inverse, p1, e, size, out));
}

static ALWAYS_INLINE void at_loop(const double *restrict z, size_t size, int order, double at, double *restrict out)
{
    memcpy(out, z + (size_t)order * size, size * sizeof *out);
    for (int j = order - 1; j >= 0; j--)
        for (size_t i = 0; i < size; i++)
            out[i] = out[i] * at + z[(size_t)j * size + i];
}
TWICE(at, (const double *z, size_t size, int order, double share, double *out), (z, size, order, share, out))

void loops_at(int wide, const double *z, size_t size, int order, double at, double *out)
{
    CHOOSE(at, (z, size, order, at, out));
}

static ALWAYS_INLINE void product_loop(const Model *m, const double *restrict jacobian, const double *restrict v,
                                       size_t count, double *restrict out)
{
    memset(out, 0, m->n_species * count * sizeof *out);
    for (uint32_t i = 0; i < m->n_species; i++) {
        const double *restrict from = v + i * count;
        for (uint32_t e = m->j_start[i]; e < m->j_start[i + 1]; e++) {
            double *restrict to = out + m->j_row[e] * count;
            const double value = jacobian[e];
            for (size_t p = 0; p < count; p++)
                to[p] += value * from[p];
        }
    }
}
TWICE(product, (const Model *m, const double *jacobian, const double *v, size_t count, double *out),
      (m, jacobian, v, count, out))

void loops_product(int wide, const Model *m, const double *jacobian, const double *v, size_t count, double *out)
{
    CHOOSE(product, (m, jacobian, v, count, out));
}

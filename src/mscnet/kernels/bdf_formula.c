/* Coefficients of the formulas: the corrector is a polynomial with roots at the past times, in units of h.
 *
 * Fixed leading coefficient: Jackson and Sacks-Davis, ACM Trans. Math. Softw. 6 (1980) 295; error constants of this
 * form: Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363; Nordsieck form of changes of order: Byrne and
 * Hindmarsh, ACM Trans. Math. Softw. 1 (1975) 71. */
#include "bdf_formula.h"

#include <math.h>

/* p(s) := p(s) (1 + root s), p of degree `degree`. */
static void multiply(double *p, int degree, double root)
{
    for (int i = degree + 1; i >= 1; i--)
        p[i] += p[i - 1] * root;
}

void formula_set(Formula *f, int order, double h, const double *past)
{
    double *c = f->corrector;
    double span = h;           /* back to the oldest time so far */
    double leading = -1.0;     /* minus the sum of 1/j, as for even steps: this is what stays fixed */
    double even = 1.0;         /* inverse of the last root, put where the leading coefficient wants it */
    double true_root = 1.0;    /* and where the oldest time really is */
    double varying = -1.0;     /* the leading coefficient that even = true_root would give */
    c[0] = c[1] = 1.0;
    for (int i = 2; i <= BDF_MAX_ORDER; i++)
        c[i] = 0.0;
    for (int j = 2; j < order; j++) {
        span += past[j - 2];
        leading -= 1.0 / j;
        multiply(c, j - 1, h / span);
    }
    if (order > 1) {
        leading -= 1.0 / order;
        even = -c[1] - leading;
        span += past[order - 2];
        true_root = h / span;
        varying = -c[1] - true_root;
        multiply(c, order - 1, even);
    }
    const double shift = 1.0 - varying + leading;
    const double scale = 1.0 + order * shift;
    const double last = c[order];
    f->error = fabs(shift / (leading * scale));
    f->rise = fabs(scale * even / (last * true_root));
    f->error_below = 1.0;
    if (order > 1) {
        const double less = leading + 1.0 / order;
        f->error_below = fabs(even / last * (1.0 - (varying + true_root) + less) / less);
    }
    const double next = h / (span + past[order - 1]);
    const double more = leading - 1.0 / (order + 1);
    f->error_above = fabs((1.0 - (varying - next) + more) / (scale * next * (order + 2) * more));
}

void formula_lower(double *c, int order, double h, const double *past)
{
    double span = 0.0;
    for (int i = 0; i <= BDF_MAX_ORDER; i++)
        c[i] = 0.0;
    c[2] = 1.0; /* s^2 times (s + distance) of each time that stays interpolated */
    for (int j = 1; j <= order - 2; j++) {
        span += past[j - 1];
        for (int i = j + 2; i >= 2; i--)
            c[i] = c[i] * (span / h) + c[i - 1];
    }
}

void formula_raise(double *c, int order, double h, const double *past)
{
    double span = h, product = 1.0, leading = -1.0, inverses = 1.0, before = 1.0;
    for (int i = 0; i <= BDF_MAX_ORDER; i++)
        c[i] = 0.0;
    c[2] = 1.0;
    for (int j = 1; j < order; j++) {
        span += past[j];
        const double distance = span / h;
        product *= distance;
        leading -= 1.0 / (j + 1);
        inverses += 1.0 / distance;
        for (int i = j + 2; i >= 2; i--)
            c[i] = c[i] * before + c[i - 1];
        before = distance;
    }
    c[order + 1] = (-leading - inverses) / product;
}

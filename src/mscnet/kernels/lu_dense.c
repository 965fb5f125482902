/* Dense elimination by rows (Golub and Van Loan, Matrix Computations, 2013, section 3.4). */
#include "lu_dense.h"

#include <math.h>
#include <string.h>

double dense_dot(size_t n, const double *x, const double *y)
{
    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += x[i] * y[i];
        s1 += x[i + 1] * y[i + 1];
        s2 += x[i + 2] * y[i + 2];
        s3 += x[i + 3] * y[i + 3];
    }
    for (; i < n; i++)
        s0 += x[i] * y[i];
    return (s0 + s2) + (s1 + s3);
}

static size_t largest_below(size_t n, const double *a, size_t k)
{
    size_t best = k;
    double size = fabs(a[k * n + k]);
    for (size_t i = k + 1; i < n; i++)
        if (fabs(a[i * n + k]) > size) {
            best = i;
            size = fabs(a[i * n + k]);
        }
    return best;
}

static void swap_rows(size_t n, double *restrict x, double *restrict y)
{
    for (size_t j = 0; j < n; j++) {
        const double kept = x[j];
        x[j] = y[j];
        y[j] = kept;
    }
}

int dense_factor(size_t n, double *a, uint32_t *row)
{
    for (size_t i = 0; i < n; i++)
        row[i] = (uint32_t)i;
    for (size_t k = 0; k < n; k++) {
        const size_t best = largest_below(n, a, k);
        if (best != k) {
            const uint32_t kept = row[k];
            row[k] = row[best];
            row[best] = kept;
            swap_rows(n, a + k * n, a + best * n);
        }
        const double reciprocal = 1.0 / a[k * n + k];
        /* 1/inf is 0, 1/0 is inf, and of nan is nan: neither is a pivot */
        if (!isfinite(reciprocal) || reciprocal == 0.0)
            return 1;
        a[k * n + k] = reciprocal;
        const double *restrict pivot_row = a + k * n;
        for (size_t i = k + 1; i < n; i++) {
            double *restrict other = a + i * n;
            const double factor = other[k] *= reciprocal;
            if (factor == 0.0)
                continue;
            for (size_t j = k + 1; j < n; j++)
                other[j] -= factor * pivot_row[j];
        }
    }
    return 0;
}

void dense_solve(size_t n, const double *a, const uint32_t *row, double *work, double *v)
{
    for (size_t i = 0; i < n; i++)
        work[i] = v[row[i]] - dense_dot(i, a + i * n, work);
    for (size_t i = n; i-- > 0;)
        work[i] = (work[i] - dense_dot(n - i - 1, a + i * n + i + 1, work + i + 1)) * a[i * n + i];
    memcpy(v, work, n * sizeof *v);
}

void dense_solve_transposed(size_t n, const double *a, const uint32_t *row, double *work, double *v)
{
    for (size_t i = 0; i < n; i++) {
        const double *u = a + i * n;
        const double y = v[i] *= u[i];
        for (size_t j = i + 1; j < n; j++)
            v[j] -= y * u[j];
    }
    for (size_t i = n; i-- > 0;) {
        const double *l = a + i * n;
        const double y = v[i];
        for (size_t k = 0; k < i; k++)
            v[k] -= y * l[k];
    }
    memcpy(work, v, n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[row[i]] = work[i];
}

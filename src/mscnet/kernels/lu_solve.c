/* Solves with LU factors. */
#include "lu_dense.h"
#include "lu_structure.h"
#include "wide.h"

/* Right-hand sides that are worked on together, few enough for their sums to stay in registers. */
enum { TILE = 8, HALF = 4 };

static void take_multiple(const double *value, const uint32_t *column, uint32_t from, uint32_t run, uint32_t to,
                          double factor, double *y)
{
    for (uint32_t e = from; e < run; e++)
        y[column[e]] -= factor * value[e];
    if (run == to)
        return;
    double *restrict end = y + column[run];
    const double *restrict contiguous = value + run;
    for (uint32_t e = 0; e < to - run; e++)
        end[e] -= factor * contiguous[e];
}

/* Each unknown waits for the one before it, so that in both sweeps its factor comes last in the sum, and the pivot is
 * taken into the other factors rather than after the sum. */
void lu_solve(const Lu *lu, double *v)
{
    const LuPattern *p = &lu->plan->pattern;
    const uint32_t n = lu->n, *order = p->order, *l_column = p->l_column, *u_column = p->u_column;
    const double *l = lu->l, *u = lu->u;
    double *y = lu->work;
    if (lu->is_dense) {
        dense_solve(n, lu->dense, lu->dense_row, y, v);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t run = lu->plan->l_run[i], end = p->l_start[i + 1];
        double sum = v[order[i]];
        for (uint32_t e = p->l_start[i]; e < run; e++)
            sum -= l[e] * y[l_column[e]];
        if (run < end)
            sum -= dense_dot(end - run, l + run, y + l_column[run]);
        y[i] = sum;
    }
    for (uint32_t i = n; i-- > 0;) {
        const uint32_t first = p->u_start[i], run = lu->plan->u_run[i], end = p->u_start[i + 1];
        const double pivot = lu->pivot[i];
        double sum = y[i] * pivot;
        if (run < end)
            sum -= pivot * dense_dot(end - run, u + run, y + u_column[run]);
        for (uint32_t e = run; e-- > first;)
            sum -= (u[e] * pivot) * y[u_column[e]];
        y[i] = sum;
        v[order[i]] = sum;
    }
}

void lu_solve_transposed(const Lu *lu, double *v)
{
    const LuPattern *p = &lu->plan->pattern;
    const uint32_t n = lu->n, *order = p->order;
    double *y = lu->work;
    if (lu->is_dense) {
        dense_solve_transposed(n, lu->dense, lu->dense_row, y, v);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        y[i] = v[order[i]];
    for (uint32_t i = 0; i < n; i++) {
        y[i] *= lu->pivot[i];
        take_multiple(lu->u, p->u_column, p->u_start[i], lu->plan->u_run[i], p->u_start[i + 1], y[i], y);
    }
    for (uint32_t i = n; i-- > 0;) {
        take_multiple(lu->l, p->l_column, p->l_start[i], lu->plan->l_run[i], p->l_start[i + 1], y[i], y);
        v[order[i]] = y[i];
    }
}

/* y -= sum of value x for the rows x of the entries from … to - 1; the first `width` columns of rows `count` apart. */
static ALWAYS_INLINE void take_columns(const Lu *lu, const double *restrict value, const uint32_t *column, uint32_t from,
                                uint32_t to, const double *v, size_t count, size_t width, double *y)
{
    const uint32_t *order = lu->plan->pattern.order;
    double sum[TILE] = {0.0};
    for (uint32_t e = from; e < to; e++) {
        const double *restrict x = v + order[column[e]] * count;
        const double f = value[e];
        for (size_t c = 0; c < width; c++)
            sum[c] += f * x[c];
    }
    for (size_t c = 0; c < width; c++)
        y[c] -= sum[c];
}

/* The columns of v one after the other. */
static void solve_each(const Lu *lu, double *v, size_t count)
{
    double *column = lu->sizes;
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < lu->n; i++)
            column[i] = v[i * count + c];
        lu_solve(lu, column);
        for (size_t i = 0; i < lu->n; i++)
            v[i * count + c] = column[i];
    }
}

static ALWAYS_INLINE void solve_tile(const Lu *lu, double *tile, size_t count, size_t width)
{
    const LuPattern *p = &lu->plan->pattern;
    for (uint32_t i = 0; i < lu->n; i++)
        take_columns(lu, lu->l, p->l_column, p->l_start[i], p->l_start[i + 1], tile, count, width,
                     tile + p->order[i] * count);
    for (uint32_t i = lu->n; i-- > 0;) {
        double *y = tile + p->order[i] * count;
        take_columns(lu, lu->u, p->u_column, p->u_start[i], p->u_start[i + 1], tile, count, width, y);
        for (size_t c = 0; c < width; c++)
            y[c] *= lu->pivot[i];
    }
}

/* A width that the compiler sees keeps all sums in registers. */
static void solve_full_tile(const Lu *lu, double *tile, size_t count)
{
    solve_tile(lu, tile, count, TILE);
}

WIDE static void solve_full_tile_wide(const Lu *lu, double *tile, size_t count)
{
    solve_tile(lu, tile, count, TILE);
}

static void solve_half_tile(const Lu *lu, double *tile, size_t count)
{
    solve_tile(lu, tile, count, HALF);
}

WIDE static void solve_half_tile_wide(const Lu *lu, double *tile, size_t count)
{
    solve_tile(lu, tile, count, HALF);
}

void lu_solve_many(const Lu *lu, double *v, size_t count)
{
    if (lu->is_dense) {
        solve_each(lu, v, count);
        return;
    }
    const int wide = has_wide();
    size_t done = 0;
    for (; done + TILE <= count; done += TILE) {
        if (wide)
            solve_full_tile_wide(lu, v + done, count);
        else
            solve_full_tile(lu, v + done, count);
    }
    for (; done + HALF <= count; done += HALF) {
        if (wide)
            solve_half_tile_wide(lu, v + done, count);
        else
            solve_half_tile(lu, v + done, count);
    }
    if (done < count)
        solve_tile(lu, v + done, count, count - done);
}

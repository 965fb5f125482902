/* Markowitz's ordering with pivots on the diagonal, on the graph of the entries alone. */
#include "lu_order.h"

#include <stdlib.h>
#include <string.h>

/* A remaining matrix whose cheapest pivot costs more than this part of a full one's is taken as full: the few zeros in
 * it cost less than looking for them.  Small ones are taken so only where they are full. */
static const double NEARLY_FULL = 0.6;
enum { SMALL = 24 };

typedef struct {
    uint32_t *item;
    uint32_t n, room;
} List;

/* The remaining matrix by rows and by columns, without its diagonal, and a tournament of the costs of its pivots. */
typedef struct {
    uint32_t n, leaves;
    List *rows, *columns;
    uint32_t *mark, tag; /* mark[j] == tag: column j is in the row at hand */
    uint64_t *cost;      /* [n]; UINT64_MAX once eliminated */
    uint32_t *winner;    /* [2 * leaves] */
    size_t entries;      /* in rows that remain and in rows and columns that are eliminated */
} Graph;

static int push(List *list, uint32_t item)
{
    if (list->n == list->room) {
        const uint32_t room = list->room ? 2 * list->room : 8;
        uint32_t *grown = realloc(list->item, room * sizeof *grown);
        if (grown == NULL)
            return 1;
        list->item = grown;
        list->room = room;
    }
    list->item[list->n++] = item;
    return 0;
}

static void drop(List *list, uint32_t item)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (list->item[i] == item) {
            list->item[i] = list->item[--list->n];
            return;
        }
}

static uint32_t cheaper(const Graph *g, uint32_t a, uint32_t b)
{
    if (a == NONE || b == NONE)
        return a == NONE ? b : a;
    return g->cost[b] < g->cost[a] ? b : a;
}

static void set_cost(Graph *g, uint32_t i, uint64_t cost)
{
    if (g->cost[i] == cost)
        return;
    g->cost[i] = cost;
    for (uint32_t at = (g->leaves + i) / 2; at; at /= 2)
        g->winner[at] = cheaper(g, g->winner[2 * at], g->winner[2 * at + 1]);
}

static uint64_t cost_of(const Graph *g, uint32_t i)
{
    return (uint64_t)g->rows[i].n * g->columns[i].n;
}

static void graph_free(Graph *g)
{
    for (uint32_t i = 0; g->rows != NULL && i < g->n; i++)
        free(g->rows[i].item);
    for (uint32_t i = 0; g->columns != NULL && i < g->n; i++)
        free(g->columns[i].item);
    free(g->rows);
    free(g->columns);
    free(g->mark);
    free(g->cost);
    free(g->winner);
}

static int graph_new(const Model *m, Graph *g)
{
    const uint32_t n = g->n = m->n_species;
    for (g->leaves = 1; g->leaves < n;)
        g->leaves *= 2;
    g->rows = calloc((size_t)n + 1, sizeof *g->rows);
    g->columns = calloc((size_t)n + 1, sizeof *g->columns);
    g->mark = calloc((size_t)n + 1, sizeof *g->mark);
    g->cost = calloc((size_t)n + 1, sizeof *g->cost);
    g->winner = malloc(2 * (size_t)g->leaves * sizeof *g->winner);
    if (!g->rows || !g->columns || !g->mark || !g->cost || !g->winner)
        return 1;
    for (uint32_t j = 0; j < n; j++)
        for (uint32_t e = m->j_start[j]; e < m->j_start[j + 1]; e++) {
            const uint32_t i = m->j_row[e];
            if (i == j)
                continue;
            if (push(&g->rows[i], j) || push(&g->columns[j], i))
                return 1;
            g->entries++;
        }
    for (uint32_t i = 0; i < g->leaves; i++)
        g->winner[g->leaves + i] = i < n ? i : NONE;
    for (uint32_t i = 0; i < n; i++)
        g->cost[i] = cost_of(g, i);
    for (uint32_t at = g->leaves - 1; at; at--)
        g->winner[at] = cheaper(g, g->winner[2 * at], g->winner[2 * at + 1]);
    return 0;
}

/* Eliminates species p: every row with an entry in column p gains the entries of row p. */
static int eliminate(Graph *g, uint32_t p)
{
    const List *row = &g->rows[p], *column = &g->columns[p];
    for (uint32_t a = 0; a < column->n; a++) {
        const uint32_t i = column->item[a];
        List *other = &g->rows[i];
        drop(other, p);
        g->tag++;
        g->mark[i] = g->tag;
        for (uint32_t b = 0; b < other->n; b++)
            g->mark[other->item[b]] = g->tag;
        for (uint32_t b = 0; b < row->n; b++) {
            const uint32_t j = row->item[b];
            if (g->mark[j] == g->tag)
                continue;
            if (push(other, j) || push(&g->columns[j], i))
                return 1;
            g->entries++;
        }
    }
    for (uint32_t b = 0; b < row->n; b++)
        drop(&g->columns[row->item[b]], p);
    set_cost(g, p, UINT64_MAX);
    for (uint32_t a = 0; a < column->n; a++)
        set_cost(g, column->item[a], cost_of(g, column->item[a]));
    for (uint32_t b = 0; b < row->n; b++)
        set_cost(g, row->item[b], cost_of(g, row->item[b]));
    return 0;
}

/* Orders all species; rows and columns of those before `dense_from` are then those of the factors. */
static int order_all(Graph *g, size_t most, LuPattern *pattern)
{
    const uint32_t n = g->n;
    const size_t limit = most ? most : (size_t)UINT32_MAX - 1;
    uint32_t step = 0;
    for (; step < n; step++) {
        const uint32_t p = g->winner[1];
        const double remaining = (double)(n - step), full = (remaining - 1.0) * (remaining - 1.0);
        if (g->entries + n > limit)
            return 1;
        if ((double)g->cost[p] >= full * (remaining < SMALL ? 1.0 : NEARLY_FULL))
            break;
        pattern->order[step] = p;
        pattern->position[p] = step;
        pattern->cost += (double)g->columns[p].n * (1.0 + g->rows[p].n);
        if (eliminate(g, p))
            return 1;
    }
    pattern->dense_from = step;
    for (uint32_t i = 0; i < n; i++)
        if (g->cost[i] != UINT64_MAX) {
            pattern->order[step] = i;
            pattern->position[i] = step++;
        }
    const double full = (double)(n - pattern->dense_from);
    pattern->cost += full * (full - 1.0) * (full + 1.0) / 3.0;
    return 0;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sizes of the rows of the factors, as starts; 1 where they hold more than `most` numbers. */
static int count_rows(const Graph *g, size_t most, LuPattern *pattern)
{
    const uint32_t n = g->n, first = pattern->dense_from;
    const size_t limit = most ? most : (size_t)UINT32_MAX - 1;
    size_t entries = first + (size_t)(n - first) * (n - first);
    for (uint32_t k = 0; k < first && entries <= limit; k++) {
        const List *column = &g->columns[pattern->order[k]];
        pattern->u_start[k + 1] = g->rows[pattern->order[k]].n;
        for (uint32_t a = 0; a < column->n; a++)
            pattern->l_start[pattern->position[column->item[a]] + 1]++;
        entries += (size_t)column->n + g->rows[pattern->order[k]].n;
    }
    if (entries > limit)
        return 1;
    for (uint32_t i = first; i < n; i++) {
        pattern->l_start[i + 1] += i - first;
        pattern->u_start[i + 1] = n - 1 - i;
    }
    for (uint32_t i = 0; i < n; i++) {
        pattern->l_start[i + 1] += pattern->l_start[i];
        pattern->u_start[i + 1] += pattern->u_start[i];
    }
    return 0;
}

/* Columns of the rows of the factors, from the rows and columns of the graph; `filled` starts as l_start. */
static void fill_rows(const Graph *g, LuPattern *pattern, uint32_t *filled)
{
    const uint32_t n = g->n, *position = pattern->position;
    for (uint32_t k = 0; k < pattern->dense_from; k++) {
        const List *row = &g->rows[pattern->order[k]], *column = &g->columns[pattern->order[k]];
        uint32_t *u = pattern->u_column + pattern->u_start[k];
        for (uint32_t b = 0; b < row->n; b++)
            u[b] = position[row->item[b]];
        if (row->n)
            qsort(u, row->n, sizeof *u, ascending);
        for (uint32_t a = 0; a < column->n; a++)
            pattern->l_column[filled[position[column->item[a]]]++] = k;
    }
    for (uint32_t k = pattern->dense_from; k < n; k++) {
        uint32_t *u = pattern->u_column + pattern->u_start[k];
        for (uint32_t j = k + 1; j < n; j++) {
            *u++ = j;
            pattern->l_column[filled[j]++] = k;
        }
    }
}

static int gather_rows(const Graph *g, size_t most, LuPattern *pattern)
{
    const size_t n = g->n;
    if (count_rows(g, most, pattern))
        return 1;
    pattern->l_column = malloc(((size_t)pattern->l_start[n] + 1) * sizeof(uint32_t));
    pattern->u_column = malloc(((size_t)pattern->u_start[n] + 1) * sizeof(uint32_t));
    uint32_t *filled = malloc((n + 1) * sizeof *filled);
    const int failed = !pattern->l_column || !pattern->u_column || !filled;
    if (!failed) {
        memcpy(filled, pattern->l_start, n * sizeof *filled);
        fill_rows(g, pattern, filled);
    }
    free(filled);
    return failed;
}

int lu_pattern(const Model *model, size_t most, LuPattern *pattern)
{
    const size_t n = model->n_species;
    Graph graph = {0};
    memset(pattern, 0, sizeof *pattern);
    pattern->n = model->n_species;
    pattern->order = calloc(n + 1, sizeof *pattern->order);
    pattern->position = calloc(n + 1, sizeof *pattern->position);
    pattern->l_start = calloc(n + 1, sizeof *pattern->l_start);
    pattern->u_start = calloc(n + 1, sizeof *pattern->u_start);
    const int failed = !pattern->order || !pattern->position || !pattern->l_start || !pattern->u_start ||
                       graph_new(model, &graph) || order_all(&graph, most, pattern) ||
                       gather_rows(&graph, most, pattern);
    graph_free(&graph);
    if (failed)
        lu_pattern_free(pattern);
    return failed;
}

void lu_pattern_free(LuPattern *pattern)
{
    free(pattern->order);
    free(pattern->position);
    free(pattern->l_start);
    free(pattern->u_start);
    free(pattern->l_column);
    free(pattern->u_column);
    memset(pattern, 0, sizeof *pattern);
}

/* Builds a model from named arrays: copies, checks every index, and derives the patterns of dr/dx and the Jacobian. */
#include "bindings.h"
#include "linear.h"
#include "model.h"
#include "model_build.h"
#include "model_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *copy(Model *m, const void *from, size_t size)
{
    void *to = model_take(m, size);
    if (to != NULL && size)
        memcpy(to, from, size);
    return to;
}

static int below(const uint32_t *index, size_t n, uint32_t limit)
{
    for (size_t i = 0; i < n; i++)
        if (index[i] >= limit)
            return 0;
    return 1;
}

/* Whether `start` is a list of offsets from 0 to `total` that never falls. */
static int is_starts(const uint32_t *start, size_t rows, size_t total)
{
    if (start[0] != 0 || start[rows] != total)
        return 0;
    for (size_t i = 0; i < rows; i++)
        if (start[i] > start[i + 1])
            return 0;
    return 1;
}

typedef struct {
    Args *args;
    Model *model;
} Reader;

static int fault(Reader *in, const char *what)
{
    if (!in->args->failed) {
        PyErr_Format(PyExc_ValueError, "the tables of a model do not fit together: %s", what);
        in->args->failed = 1;
    }
    return 0;
}

static uint32_t *indices(Reader *in, const char *name, size_t *n, uint32_t limit)
{
    const uint32_t *given = args_u32(in->args, name, n);
    if (given == NULL)
        return NULL;
    if (!below(given, *n, limit)) {
        fault(in, name);
        return NULL;
    }
    return copy(in->model, given, *n * sizeof *given);
}

static uint32_t *starts(Reader *in, const char *name, size_t rows, size_t total)
{
    size_t n;
    const uint32_t *given = args_u32(in->args, name, &n);
    if (given == NULL)
        return NULL;
    if (n != rows + 1 || !is_starts(given, rows, total)) {
        fault(in, name);
        return NULL;
    }
    return copy(in->model, given, n * sizeof *given);
}

static double *reals(Reader *in, const char *name, size_t expected)
{
    size_t n;
    const double *given = args_f64(in->args, name, &n);
    args_expect(in->args, name, n, expected);
    return args_failed(in->args) ? NULL : copy(in->model, given, n * sizeof *given);
}

static int read_program(Reader *in, const char *code_name, const char *literals_name, uint32_t n_slots, Program *out)
{
    size_t n_code, n_literals;
    const uint32_t *code = args_u32(in->args, code_name, &n_code);
    const double *literals = args_f64(in->args, literals_name, &n_literals);
    if (args_failed(in->args))
        return 0;
    out->n_slots = n_slots;
    out->n_code = (uint32_t)(n_code / 4);
    out->n_literals = (uint32_t)n_literals;
    out->code = copy(in->model, code, n_code * sizeof *code);
    out->literals = copy(in->model, literals, n_literals * sizeof *literals);
    if (out->code == NULL || out->literals == NULL)
        return 0;
    return n_code % 4 == 0 && (n_code == 0 || program_is_valid(out)) ? 1 : fault(in, code_name);
}

static int read_statics(Reader *in)
{
    Model *m = in->model;
    size_t n;
    if (!read_program(in, "statics_code", "statics_literals", m->n_inputs, &m->statics))
        return 0;
    m->constant_value = indices(in, "constant_value", &n, m->statics.n_code);
    m->n_constants = (uint32_t)n;
    if (m->constant_value == NULL)
        return 0;
    if (!read_program(in, "initials_code", "initials_literals", m->n_parameters, &m->initials))
        return 0;
    m->initial_value = indices(in, "initial_value", &n, m->initials.n_code);
    return m->initial_value != NULL && (n == m->n_species ? 1 : fault(in, "initial_value"));
}

static int read_products(Reader *in)
{
    static const char *const NAMES[] = {"", "slots_1", "slots_2", "slots_3", "slots_4"};
    Model *m = in->model;
    size_t n;
    const uint32_t *first = args_u32(in->args, "order_first", &n);
    args_expect(in->args, "order_first", n, MAX_ORDER + 2);
    if (args_failed(in->args))
        return 0;
    memcpy(m->order_first, first, sizeof m->order_first);
    m->n_products = first[MAX_ORDER + 1];
    if (!is_starts(m->order_first, MAX_ORDER + 1, m->n_products) || m->n_products > m->n_reactions)
        return fault(in, "order_first");
    for (uint32_t order = 1; order <= MAX_ORDER; order++) {
        m->slots[order] = indices(in, NAMES[order], &n, m->n_species);
        if (m->slots[order] == NULL)
            return 0;
        if (n != (size_t)order * (first[order + 1] - first[order]))
            return fault(in, NAMES[order]);
    }
    return 1;
}

static int read_tables(Reader *in)
{
    Model *m = in->model;
    size_t n, n_powers;
    m->coefficient = indices(in, "coefficient", &n, m->n_constants);
    m->n_tables = (uint32_t)n;
    if (m->coefficient == NULL)
        return 0;
    if (n < m->n_products || n > m->n_reactions)
        return fault(in, "coefficient");
    m->coefficient_factor = reals(in, "coefficient_factor", n);
    m->power_species = indices(in, "power_species", &n_powers, m->n_species);
    m->power = reals(in, "power", n_powers);
    m->power_start = starts(in, "power_start", n - m->n_products, n_powers);
    return m->coefficient_factor && m->power_species && m->power && m->power_start;
}

static int read_forms(Reader *in)
{
    Model *m = in->model;
    size_t n, n_entries, n_weights;
    m->form_constant = indices(in, "form_constant", &n, m->n_constants);
    m->n_forms = (uint32_t)n;
    m->form_species = indices(in, "form_species", &n_entries, m->n_species);
    m->form_weight = indices(in, "form_weight", &n_weights, m->n_constants);
    if (m->form_constant == NULL || m->form_species == NULL || m->form_weight == NULL)
        return 0;
    m->form_start = starts(in, "form_start", n, n_entries);
    return m->form_start != NULL && (n_weights == n_entries ? 1 : fault(in, "form_weight"));
}

/* One shape is itself a dict: code, literals, sizes (species, forms, constants, timed), species, forms, constants. */
static int read_shape(Reader *in, PyObject *dict, Shape *shape, uint32_t first)
{
    Args *outer = in->args, args;
    Model *m = in->model;
    size_t n_sizes, n_species = 0, n_forms = 0, n_constants = 0;
    args_init(&args, dict);
    in->args = &args;
    const uint32_t *sizes = args_u32(&args, "sizes", &n_sizes);
    args_expect(&args, "sizes", n_sizes, 5);
    int good = !args_failed(&args);
    if (good) {
        shape->first = first;
        shape->count = sizes[0];
        shape->n_species = sizes[1];
        shape->n_forms = sizes[2];
        shape->n_constants = sizes[3];
        shape->timed = sizes[4] != 0;
        m->timed |= shape->timed;
        const uint32_t n_slots = sizes[1] + sizes[2] + sizes[3];
        good = read_program(in, "code", "literals", n_slots, &shape->program) && shape->program.n_code > 0;
        shape->species = indices(in, "species", &n_species, m->n_species);
        shape->forms = indices(in, "forms", &n_forms, m->n_forms);
        shape->constants = indices(in, "constants", &n_constants, m->n_constants);
        good = good && shape->species && shape->forms && shape->constants;
        const size_t count = sizes[0];
        if (good && (n_species != count * sizes[1] || n_forms != count * sizes[2] || n_constants != count * sizes[3]))
            good = fault(in, "slots of a law");
        if (shape->program.n_code > m->longest_program)
            m->longest_program = shape->program.n_code;
        if (n_slots > m->most_slots)
            m->most_slots = n_slots;
    }
    args_release(&args);
    in->args = outer;
    if (!good)
        outer->failed = 1;
    return good;
}

static int read_shapes(Reader *in)
{
    Model *m = in->model;
    PyObject *list = PyDict_GetItemString(in->args->dict, "shapes");
    if (list == NULL || !PyList_Check(list))
        return fault(in, "shapes");
    m->n_shapes = (uint32_t)PyList_Size(list);
    m->shapes = model_take(m, m->n_shapes * sizeof *m->shapes);
    if (m->shapes == NULL)
        return 0;
    uint32_t row = m->n_tables;
    for (uint32_t k = 0; k < m->n_shapes; k++) {
        if (!read_shape(in, PyList_GetItem(list, (Py_ssize_t)k), &m->shapes[k], row))
            return 0;
        row += m->shapes[k].count;
    }
    return row == m->n_reactions ? 1 : fault(in, "number of reactions");
}

static int read_stoichiometry(Reader *in)
{
    Model *m = in->model;
    size_t n;
    m->s_species = indices(in, "s_species", &n, m->n_species);
    if (m->s_species == NULL)
        return 0;
    m->s_value = reals(in, "s_value", n);
    m->s_start = starts(in, "s_start", m->n_reactions, n);
    return m->s_value != NULL && m->s_start != NULL;
}

/* --- derived tables ------------------------------------------------------------------------------------------ */

static uint32_t derivatives_of_law(const Model *m, const Shape *s, uint32_t i)
{
    uint32_t count = s->n_species;
    for (uint32_t a = 0; a < s->n_forms; a++) {
        const uint32_t f = s->forms[(size_t)i * s->n_forms + a];
        count += m->form_start[f + 1] - m->form_start[f];
    }
    return count;
}

static uint32_t *place_law(const Model *m, const Shape *s, uint32_t i, uint32_t *species)
{
    for (uint32_t a = 0; a < s->n_species; a++)
        *species++ = s->species[(size_t)i * s->n_species + a];
    for (uint32_t a = 0; a < s->n_forms; a++) {
        const uint32_t f = s->forms[(size_t)i * s->n_forms + a];
        for (uint32_t e = m->form_start[f]; e < m->form_start[f + 1]; e++)
            *species++ = m->form_species[e];
    }
    return species;
}

/* The pattern of dr/dx. */
static int derive_derivatives(Model *m)
{
    m->d_start = model_take(m, (m->n_reactions + 1) * sizeof *m->d_start);
    if (m->d_start == NULL)
        return 0;
    uint64_t total = 0;
    for (uint32_t order = 0; order <= MAX_ORDER; order++)
        for (uint32_t j = m->order_first[order]; j < m->order_first[order + 1]; j++)
            m->d_start[j + 1] = (uint32_t)(total += order);
    for (uint32_t j = m->n_products; j < m->n_tables; j++) {
        const uint32_t row = j - m->n_products;
        m->d_start[j + 1] = (uint32_t)(total += m->power_start[row + 1] - m->power_start[row]);
    }
    for (uint32_t k = 0; k < m->n_shapes; k++)
        for (uint32_t i = 0; i < m->shapes[k].count; i++)
            m->d_start[m->shapes[k].first + i + 1] = (uint32_t)(total += derivatives_of_law(m, &m->shapes[k], i));
    if (total >= NONE)
        return 0;
    m->n_derivatives = (uint32_t)total;
    uint32_t *species = m->d_species = model_take(m, total * sizeof *species);
    if (species == NULL)
        return 0;
    for (uint32_t order = 1; order <= MAX_ORDER; order++) {
        const size_t n = (size_t)order * (m->order_first[order + 1] - m->order_first[order]);
        memcpy(species, m->slots[order], n * sizeof *species);
        species += n;
    }
    const size_t n_powers = m->power_start[m->n_tables - m->n_products];
    memcpy(species, m->power_species, n_powers * sizeof *species);
    species += n_powers;
    for (uint32_t k = 0; k < m->n_shapes; k++)
        for (uint32_t i = 0; i < m->shapes[k].count; i++)
            species = place_law(m, &m->shapes[k], i, species);
    for (uint32_t e = 0; e < m->n_derivatives; e++)
        if (m->constant[m->d_species[e]])
            m->d_species[e] = NONE;
    return 1;
}

static int by_row(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

typedef struct {
    uint32_t *start, *entry; /* derivative entries by species */
    uint32_t *reaction;      /* reaction of each entry */
    uint32_t *place;         /* of each row in the present column */
} Columns;

static int group_by_species(const Model *m, Columns *by)
{
    by->start = calloc((size_t)m->n_species + 2, sizeof *by->start);
    by->entry = malloc(((size_t)m->n_derivatives + 1) * sizeof *by->entry);
    by->reaction = malloc(((size_t)m->n_derivatives + 1) * sizeof *by->reaction);
    by->place = malloc(((size_t)m->n_species + 1) * sizeof *by->place);
    if (!by->start || !by->entry || !by->reaction || !by->place)
        return 0;
    for (uint32_t e = 0; e < m->n_derivatives; e++)
        if (m->d_species[e] != NONE)
            by->start[m->d_species[e] + 2]++;
    for (uint32_t i = 0; i < m->n_species; i++)
        by->start[i + 2] += by->start[i + 1];
    for (uint32_t j = 0; j < m->n_reactions; j++)
        for (uint32_t e = m->d_start[j]; e < m->d_start[j + 1]; e++) {
            by->reaction[e] = j;
            if (m->d_species[e] != NONE)
                by->entry[by->start[m->d_species[e] + 1]++] = e;
        }
    return 1;
}

/* Rows of one column of J, sorted, into `rows`; their number. */
static uint32_t column_rows(const Model *m, Columns *by, uint32_t column, uint32_t *rows)
{
    uint32_t n = 0;
    rows[n++] = column;
    by->place[column] = column;
    for (uint32_t at = by->start[column]; at < by->start[column + 1]; at++) {
        const uint32_t j = by->reaction[by->entry[at]];
        for (uint32_t s = m->s_start[j]; s < m->s_start[j + 1]; s++)
            if (by->place[m->s_species[s]] != column) {
                by->place[m->s_species[s]] = column;
                rows[n++] = m->s_species[s];
            }
    }
    qsort(rows, n, sizeof *rows, by_row);
    return n;
}

static int fill_jacobian(Model *m, Columns *by)
{
    size_t n_terms = 0, n_triples = 0;
    for (uint32_t e = 0; e < m->n_derivatives; e++)
        if (m->d_species[e] != NONE)
            n_terms += m->s_start[by->reaction[e] + 1] - m->s_start[by->reaction[e]];
    Triple *triples = malloc((n_terms + 1) * sizeof *triples);
    if (triples == NULL)
        return 0;
    for (uint32_t column = 0; column < m->n_species; column++) {
        for (uint32_t p = m->j_start[column]; p < m->j_start[column + 1]; p++) {
            by->place[m->j_row[p]] = p;
            if (m->j_row[p] == column)
                m->j_diagonal[column] = p;
        }
        for (uint32_t at = by->start[column]; at < by->start[column + 1]; at++) {
            const uint32_t e = by->entry[at], j = by->reaction[e];
            for (uint32_t s = m->s_start[j]; s < m->s_start[j + 1]; s++)
                triples[n_triples++] = (Triple){by->place[m->s_species[s]], e, m->s_value[s]};
        }
    }
    const int good = model_signed_rows(m, &m->jacobian, m->n_jacobian, triples, n_triples);
    free(triples);
    return good;
}

static int derive_jacobian(Model *m)
{
    Columns by = {NULL, NULL, NULL, NULL};
    uint32_t *rows = malloc(((size_t)m->n_species + 1) * sizeof *rows);
    int good = rows != NULL && group_by_species(m, &by);
    m->j_start = model_take(m, (m->n_species + 1) * sizeof *m->j_start);
    m->j_diagonal = model_take(m, (m->n_species + 1) * sizeof *m->j_diagonal);
    good = good && m->j_start && m->j_diagonal;
    if (good) {
        memset(by.place, 0xff, (size_t)m->n_species * sizeof *by.place);
        for (uint32_t column = 0; column < m->n_species; column++)
            m->j_start[column + 1] = m->j_start[column] + column_rows(m, &by, column, rows);
        m->n_jacobian = m->j_start[m->n_species];
        m->j_row = model_take(m, m->n_jacobian * sizeof *m->j_row);
        good = m->j_row != NULL;
    }
    if (good) {
        memset(by.place, 0xff, (size_t)m->n_species * sizeof *by.place);
        for (uint32_t column = 0; column < m->n_species; column++) {
            const uint32_t n = column_rows(m, &by, column, rows);
            memcpy(m->j_row + m->j_start[column], rows, n * sizeof *rows);
        }
        good = fill_jacobian(m, &by);
    }
    free(rows);
    free(by.start);
    free(by.entry);
    free(by.reaction);
    free(by.place);
    return good;
}

static int read_all(Reader *in)
{
    Model *m = in->model;
    size_t n;
    m->n_species = (uint32_t)args_int(in->args, "n_species", 0);
    m->n_parameters = (uint32_t)args_int(in->args, "n_parameters", 0);
    m->n_inputs = m->n_parameters + m->n_species;
    const uint32_t *constant = args_u32(in->args, "constant", &n);
    args_expect(in->args, "constant", n, m->n_species);
    if (args_failed(in->args) || (m->constant = model_take(m, m->n_species)) == NULL)
        return 0;
    for (uint32_t i = 0; i < m->n_species; i++)
        m->constant[i] = constant[i] != 0;
    const uint32_t *original = args_u32(in->args, "original", &n);
    if (original == NULL)
        return 0;
    m->n_reactions = (uint32_t)n;
    m->original = copy(m, original, n * sizeof *original);
    if (m->original == NULL || !below(original, n, m->n_reactions))
        return fault(in, "original");
    return read_statics(in) && read_products(in) && read_tables(in) && read_forms(in) && read_shapes(in) &&
           read_stoichiometry(in) && model_rows(m) && derive_derivatives(m) && derive_jacobian(m) && !linear_plan(m);
}

Model *model_build(Args *args)
{
    Model *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    Reader in = {args, m};
    if (!read_all(&in)) {
        model_free(m);
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return NULL;
    }
    return m;
}

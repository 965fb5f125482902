/* Python's view of rules on molecules. */
#include "bindings.h"
#include "nf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const CAPSULE = "mscnet.kernels.nf";

static void destroy(PyObject *capsule)
{
    nf_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

static double *copied(const double *from, size_t n)
{
    double *to = malloc((n + 1) * sizeof *to);
    if (to != NULL)
        memcpy(to, from, n * sizeof *to);
    return to;
}

/* Copies every table; 0 with a Python exception where one is missing or there is no memory. */
static int read_tables(Args *args, NfModel *model)
{
    for (size_t i = 0; i < NF_N_TABLES && !args_failed(args); i++) {
        const NfTable *table = &NF_TABLES[i];
        size_t n;
        const uint32_t *given = args_u32(args, table->name, &n);
        if (args_failed(args))
            return 0;
        args_expect(args, table->name, n % table->width == 0 && n < UINT32_MAX / 2, 1);
        uint32_t *kept = malloc((n + 1) * sizeof *kept);
        if (kept == NULL) {
            PyErr_NoMemory();
            return 0;
        }
        memcpy(kept, given, n * sizeof *kept);
        const uint32_t rows = (uint32_t)(n / table->width);
        memcpy((char *)model + table->pointer, &kept, sizeof kept); /* pointers to structs of such numbers */
        memcpy((char *)model + table->count, &rows, sizeof rows);
    }
    size_t n_literals, n_weights;
    const double *literals = args_f64(args, "literals", &n_literals);
    const double *weights = args_f64(args, "source_weight", &n_weights);
    model->most_vars = (uint32_t)args_int(args, "most_vars", 0);
    model->most_sites = (uint32_t)args_int(args, "most_sites", 0);
    args_expect(args, "source_weight", n_weights, model->n_sources);
    args_expect(args, "most_vars", model->most_vars < 1u << 24 && model->most_sites < 1u << 24, 1);
    if (args_failed(args))
        return 0;
    model->literals = copied(literals, n_literals);
    model->source_weight = copied(weights, n_weights);
    model->n_literals = (uint32_t)n_literals;
    if (model->literals == NULL || model->source_weight == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    args_expect(args, "the tables", nf_complete(model) != 0, 1);
    return !args_failed(args);
}

/* nf({…}): the tables of `NF_TABLES`, literals, source_weight, most_vars, most_sites. */
static PyObject *build(PyObject *self, PyObject *dict)
{
    (void)self;
    Args args;
    NfModel *model = calloc(1, sizeof *model);
    if (model == NULL)
        return PyErr_NoMemory();
    args_init(&args, dict);
    const int good = !args_failed(&args) && read_tables(&args, model);
    args_release(&args);
    PyObject *capsule = good ? PyCapsule_New(model, CAPSULE, destroy) : NULL;
    if (capsule == NULL)
        nf_free(model);
    random_prepare();
    return capsule;
}

typedef struct {
    const double *rates, *shares, *lowest, *energies, *seeds, *populations, *edges, *times;
    size_t n_edges, n_times, n_runs, n_rates;
    int64_t *runs, *kept, *events, *nulls, *status, *culprit, *stop;
    double *values, *reached;
    uint64_t seed, max_events;
} Batch;

static void read_batch(Args *args, const NfModel *m, Batch *b)
{
    size_t n_shares, n_lowest, n_energies, n_seeds, n_populations, n_values, n_kept, n_events, n_nulls, n_status, n_culprit, n_reached, n_stop;
    b->rates = args_f64(args, "rates", &b->n_rates);
    b->shares = args_f64(args, "shares", &n_shares);
    b->lowest = args_f64(args, "lowest", &n_lowest);
    b->energies = args_f64(args, "energies", &n_energies);
    b->seeds = args_f64(args, "seeds", &n_seeds);
    b->populations = args_f64(args, "populations", &n_populations);
    b->edges = args_f64(args, "edges", &b->n_edges);
    b->times = args_f64(args, "times", &b->n_times);
    b->runs = args_out_i64(args, "runs", &b->n_runs);
    b->values = args_out_f64(args, "values", &n_values);
    b->reached = args_out_f64(args, "reached", &n_reached);
    b->kept = args_out_i64(args, "kept", &n_kept);
    b->events = args_out_i64(args, "events", &n_events);
    b->nulls = args_out_i64(args, "nulls", &n_nulls);
    b->status = args_out_i64(args, "status", &n_status);
    b->culprit = args_out_i64(args, "culprit", &n_culprit);
    b->stop = args_out_i64(args, "stop", &n_stop);
    b->seed = (uint64_t)args_int(args, "seed", 0);
    b->max_events = (uint64_t)args_int(args, "max_events", INT64_MAX);
    args_expect(args, "rates", b->n_rates, m->n_rules);
    args_expect(args, "shares", n_shares, m->n_rules);
    args_expect(args, "lowest", n_lowest, m->n_rules);
    args_expect(args, "energies", n_energies, m->n_parts);
    args_expect(args, "seeds", n_seeds, m->n_seeds);
    args_expect(args, "populations", n_populations, m->n_types);
    args_expect(args, "edges", b->n_edges >= 2, 1);
    args_expect(args, "values", n_values, b->n_runs * b->n_times * m->n_outputs);
    args_expect(args, "reached", n_reached, b->n_runs);
    args_expect(args, "kept", n_kept, b->n_runs);
    args_expect(args, "events", n_events, b->n_runs);
    args_expect(args, "nulls", n_nulls, b->n_runs);
    args_expect(args, "status", n_status, b->n_runs);
    args_expect(args, "culprit", n_culprit, b->n_runs);
    args_expect(args, "stop", n_stop, 1);
}

/* The status of run r, which is `NF_NO_MEMORY` where there was none. */
static int run_one(const NfModel *m, Batch *b, size_t r)
{
    NfRun *run = nf_run_new(m);
    if (run == NULL)
        return NF_NO_MEMORY;
    run->rate = b->rates;
    run->share = b->shares;
    run->lowest = b->lowest;
    run->energy = b->energies;
    run->times = b->times;
    run->n_times = b->n_times;
    run->values = b->values + r * b->n_times * m->n_outputs;
    run->reached = b->reached + r;
    run->stop = b->stop;
    run->max_events = b->max_events;
    run->culprit = NF_NONE;
    run->t = b->edges[0];
    run->law_time = 0.5 * (b->edges[0] + b->edges[1]);
    stream_start(&run->stream, b->seed, (uint64_t)b->runs[r]);
    if (!nf_start(run, b->seeds, b->populations))
        run->status = NF_NO_MEMORY;
    for (size_t e = 0; e + 1 < b->n_edges && run->status == NF_DONE; e++) {
        run->law_time = 0.5 * (b->edges[e] + b->edges[e + 1]);
        nf_run(run, b->edges[e + 1]);
    }
    if (run->mixture->no_memory)
        run->status = NF_NO_MEMORY;
    nf_record(run, run->status == NF_DONE ? INFINITY : run->t);
    b->reached[r] = run->t;
    b->kept[r] = (int64_t)run->kept;
    b->events[r] = (int64_t)run->events;
    b->nulls[r] = (int64_t)run->nulls;
    b->culprit[r] = run->culprit == NF_NONE ? -1 : (int64_t)run->culprit;
    const int status = run->status;
    nf_run_free(run);
    return status;
}

/* run_nf(model, {…}): see `read_batch`; fills values, reached, kept, events, nulls, status, culprit of every run. */
static PyObject *run_all(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const NfModel *model = PyCapsule_GetPointer(capsule, CAPSULE);
    if (model == NULL)
        return NULL;
    Args args;
    Batch batch;
    memset(&batch, 0, sizeof batch);
    args_init(&args, dict);
    read_batch(&args, model, &batch);
    const int good = !args_failed(&args);
    if (good) {
        PyThreadState *thread = PyEval_SaveThread();
        for (size_t r = 0; r < batch.n_runs; r++)
            batch.status[r] = *(const volatile int64_t *)batch.stop ? NF_INTERRUPTED : run_one(model, &batch, r);
        PyEval_RestoreThread(thread);
    }
    args_release(&args);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef nf_methods[] = {
    {"nf", build, METH_O, "Rules on molecules, from tables."},
    {"run_nf", run_all, METH_VARARGS, "Exact runs of rules on molecules; fills values, kept, events, status and more."},
    {NULL, NULL, 0, NULL},
};

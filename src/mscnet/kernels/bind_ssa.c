/* Python's view of stochastic simulation. */
#include "bindings.h"
#include "ssa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const CAPSULE = "mscnet.kernels.ssa";

static void destroy(PyObject *capsule)
{
    ssa_free(PyCapsule_GetPointer(capsule, CAPSULE));
    Py_XDECREF((PyObject *)PyCapsule_GetContext(capsule)); /* the model's capsule */
}

/* Compressed rows: starts that grow from 0 to the length of what they point into, which stays below `limit`. */
static void check_rows(Args *args, const char *name, const uint32_t *start, size_t n_rows, const uint32_t *index,
                       size_t n, uint32_t limit)
{
    int good = start[0] == 0 && start[n_rows] == n;
    for (size_t j = 0; good && j < n_rows; j++)
        good = start[j] <= start[j + 1];
    for (size_t e = 0; good && e < n; e++)
        good = index[e] < limit;
    args_expect(args, name, good, 1);
}

/* Reads and checks the tables. */
static void read_tables(Args *args, const Model *m, double *omega, SsaTables *t)
{
    size_t n_falling, n_starts, n_species, n_need, n_corrections, n_corrected, n_correct;
    *omega = args_double(args, "omega", 1.0);
    t->falling = args_u32(args, "falling", &n_falling);
    t->need_start = args_u32(args, "need_start", &n_starts);
    t->need_species = args_u32(args, "need_species", &n_species);
    t->need = args_f64(args, "need", &n_need);
    t->correct_start = args_u32(args, "correct_start", &n_corrections);
    t->correct_species = args_u32(args, "correct_species", &n_corrected);
    t->correct = args_f64(args, "correct", &n_correct);
    args_expect(args, "omega", *omega > 0.0 && *omega < INFINITY, 1);
    args_expect(args, "falling", n_falling, m->n_tables);
    args_expect(args, "need_start", n_starts, (size_t)m->n_reactions + 1);
    args_expect(args, "correct_start", n_corrections, (size_t)m->n_reactions + 1);
    args_expect(args, "need", n_need, n_species);
    args_expect(args, "correct", n_correct, n_corrected);
    if (args_failed(args))
        return;
    check_rows(args, "need_start", t->need_start, m->n_reactions, t->need_species, n_need, m->n_species);
    check_rows(args, "correct_start", t->correct_start, m->n_reactions, t->correct_species, n_correct, m->n_species);
}

/* ssa(model, {omega, falling, need_start, need_species, need, correct_start, correct_species, correct}) */
static PyObject *build(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *model, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &model, &dict))
        return NULL;
    const Model *m = model_of(model);
    if (m == NULL)
        return NULL;
    Args args;
    SsaTables t;
    double omega;
    args_init(&args, dict);
    read_tables(&args, m, &omega, &t);
    Ssa *ssa = args_failed(&args) ? NULL : ssa_build(m, omega, &t);
    args_release(&args);
    if (ssa == NULL)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(ssa, CAPSULE, destroy);
    if (capsule == NULL) {
        ssa_free(ssa);
        return NULL;
    }
    Py_INCREF(model);
    if (PyCapsule_SetContext(capsule, model) != 0) {
        Py_DECREF(model);
        Py_DECREF(capsule);
        return NULL;
    }
    random_prepare();
    return capsule;
}

/* Many runs: row r of inputs and counts, or the only one, with the stream (seed, runs[r]). */
typedef struct {
    const double *inputs, *counts, *edges;
    size_t n_inputs, n_counts, n_edges, n_runs;
    int64_t *runs, *kept, *events, *status, *culprit;
    double *values, *reached, *finals;
    SsaWatch watch;
    uint64_t seed;
    int64_t algorithm;
    SsaRun run;
    Direct *direct;
    Rejection *rejection;
} Batch;

/* The program of what ends a run, where there is one: only the direct method looks at it. */
static void read_watch(Args *args, const Model *m, Batch *b)
{
    SsaWatch *w = &b->watch;
    size_t n_code, n_literals, n_slots;
    const uint32_t *code = args_u32(args, "watch_code", &n_code);
    w->program.literals = args_f64(args, "watch_literals", &n_literals);
    w->species = args_u32(args, "watch_species", &n_slots);
    w->timed = args_int(args, "watch_timed", 0) != 0;
    if (args_failed(args))
        return;
    w->program.code = (const Instruction *)code;
    w->program.n_code = (uint32_t)(n_code / 4);
    w->program.n_literals = (uint32_t)n_literals;
    w->program.n_slots = (uint32_t)n_slots;
    int valid = n_code % 4 == 0 && program_is_valid(&w->program) && b->algorithm == SSA_DIRECT;
    for (size_t a = 0; a < n_slots; a++)
        valid &= w->species[a] < m->n_species;
    args_expect(args, "watch_code", valid != 0, 1);
    b->run.watch = w;
}

static void read_batch(Args *args, const Ssa *ssa, Batch *b)
{
    const Model *m = ssa->model;
    size_t n_values, n_kept, n_events, n_status, n_culprit, n_reached, n_stop;
    b->inputs = args_f64(args, "inputs", &b->n_inputs);
    b->counts = args_f64(args, "counts", &b->n_counts);
    b->edges = args_f64(args, "edges", &b->n_edges);
    b->runs = args_out_i64(args, "runs", &b->n_runs);
    b->run.times = args_f64(args, "times", &b->run.n_times);
    b->values = args_out_f64(args, "values", &n_values);
    b->reached = args_out_f64(args, "reached", &n_reached);
    b->kept = args_out_i64(args, "kept", &n_kept);
    b->events = args_out_i64(args, "events", &n_events);
    b->status = args_out_i64(args, "status", &n_status);
    b->culprit = args_out_i64(args, "culprit", &n_culprit);
    b->run.stop = args_out_i64(args, "stop", &n_stop);
    size_t n_finals = b->n_runs * m->n_species;
    b->finals = args_out_f64_or_null(args, "finals", &n_finals);
    args_expect(args, "finals", b->finals == NULL ? 0 : n_finals, b->finals == NULL ? 0 : b->n_runs * m->n_species);
    b->seed = (uint64_t)args_int(args, "seed", 0);
    b->algorithm = args_int(args, "algorithm", 0);
    b->run.max_events = (uint64_t)args_int(args, "max_events", INT64_MAX);
    args_expect(args, "inputs", b->n_inputs, m->n_inputs * (b->n_inputs > m->n_inputs ? b->n_runs : 1));
    args_expect(args, "counts", b->n_counts, m->n_species * (b->n_counts > m->n_species ? b->n_runs : 1));
    args_expect(args, "edges", b->n_edges >= 2, 1);
    args_expect(args, "values", n_values, b->n_runs * b->run.n_times * m->n_species);
    args_expect(args, "reached", n_reached, b->n_runs);
    args_expect(args, "kept", n_kept, b->n_runs);
    args_expect(args, "events", n_events, b->n_runs);
    args_expect(args, "status", n_status, b->n_runs);
    args_expect(args, "culprit", n_culprit, b->n_runs);
    args_expect(args, "stop", n_stop, 1);
    args_expect(args, "algorithm", b->algorithm >= 0 && b->algorithm < SSA_ALGORITHMS, 1);
    if (PyDict_GetItemString(args->dict, "watch_code") != NULL)
        read_watch(args, m, b);
}

static int allocate(Batch *b, const Ssa *ssa)
{
    const Model *m = ssa->model;
    b->run.ssa = ssa;
    b->run.rates = rates_new(m);
    b->run.pairs = calloc((size_t)m->n_reactions + 1, sizeof *b->run.pairs);
    b->run.scale = calloc((size_t)m->n_tables + 1, sizeof *b->run.scale);
    b->run.x = calloc((size_t)m->n_species + 1, sizeof *b->run.x);
    if (b->algorithm == SSA_DIRECT)
        b->direct = direct_new(ssa);
    else
        b->rejection = rejection_new(ssa);
    if (b->run.watch != NULL) {
        b->watch.scratch = malloc(((size_t)b->watch.program.n_slots + b->watch.program.n_code) * sizeof(double));
        if (b->watch.scratch == NULL)
            return 0;
    }
    return b->run.rates && b->run.pairs && b->run.scale && b->run.x && (b->direct || b->rejection);
}

static void release(Batch *b)
{
    rates_free(b->run.rates);
    free(b->run.pairs);
    free(b->run.scale);
    free(b->run.x);
    free(b->watch.scratch);
    direct_free(b->direct);
    rejection_free(b->rejection);
}

/* The coefficients of all rows in molecules. */
static void set_inputs(SsaRun *run, const double *inputs)
{
    const Ssa *s = run->ssa;
    const Model *m = s->model;
    rates_set(run->rates, inputs);
    for (uint32_t j = 0; j < m->n_tables; j++) {
        double order = 0.0;
        if (j >= m->n_products)
            for (uint32_t e = m->power_start[j - m->n_products]; e < m->power_start[j - m->n_products + 1]; e++)
                order += m->power[e];
        while (j < m->n_products && j >= m->order_first[(int)order + 1])
            order += 1.0;
        run->scale[j] = run->rates->k[j] * (s->omega == 1.0 ? 1.0 : pow(s->omega, 1.0 - order));
        const int good = run->scale[j] >= 0.0 && run->scale[j] < INFINITY;
        if (!good && run->status == SSA_DONE) {
            run->status = run->scale[j] < 0.0 ? SSA_NEGATIVE : SSA_NOT_FINITE;
            run->culprit = j;
        }
        run->pairs[j] = (Pair){run->scale[j], s->less[j], s->first[j], s->second[j]};
    }
}

static void run_one(Batch *b, size_t r)
{
    SsaRun *run = &b->run;
    const Model *m = run->ssa->model;
    run->status = SSA_DONE;
    run->culprit = NONE;
    run->kept = run->events = 0;
    run->values = b->values + r * run->n_times * m->n_species;
    run->reached = b->reached + r;
    run->t = b->edges[0];
    if (r == 0 || b->n_inputs > m->n_inputs || b->status[r - 1] != SSA_DONE)
        set_inputs(run, b->inputs + (b->n_inputs > m->n_inputs ? r * m->n_inputs : 0));
    memcpy(run->x, b->counts + (b->n_counts > m->n_species ? r * m->n_species : 0), m->n_species * sizeof *run->x);
    run->x[m->n_species] = 1.0;
    stream_start(&run->stream, b->seed, (uint64_t)b->runs[r]);
    for (size_t e = 0; e + 1 < b->n_edges && run->status == SSA_DONE; e++) {
        run->law_time = 0.5 * (b->edges[e] + b->edges[e + 1]);
        if (b->direct)
            direct_run(b->direct, run, b->edges[e + 1]);
        else
            rejection_run(b->rejection, run, b->edges[e + 1]);
    }
    ssa_record(run, run->status == SSA_DONE ? INFINITY : run->t);
    b->reached[r] = run->t;
    if (b->finals != NULL)
        memcpy(b->finals + r * m->n_species, run->x, m->n_species * sizeof *run->x);
    b->kept[r] = (int64_t)run->kept;
    b->events[r] = (int64_t)run->events;
    b->status[r] = run->status;
    b->culprit[r] = run->culprit == NONE ? -1 : (int64_t)m->original[run->culprit];
}

/* run_ssa(ssa, {…}): see `read_batch`; fills values, reached, kept, events, status, culprit of every run. */
static PyObject *run_ssa(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Ssa *ssa = PyCapsule_GetPointer(capsule, CAPSULE);
    if (ssa == NULL)
        return NULL;
    Args args;
    Batch batch;
    memset(&batch, 0, sizeof batch);
    args_init(&args, dict);
    read_batch(&args, ssa, &batch);
    int good = !args_failed(&args), enough = 1;
    if (good) {
        PyThreadState *thread = PyEval_SaveThread();
        enough = allocate(&batch, ssa);
        for (size_t r = 0; enough && r < batch.n_runs; r++) {
            if (*batch.run.stop)
                batch.status[r] = SSA_INTERRUPTED;
            else
                run_one(&batch, r);
        }
        release(&batch);
        PyEval_RestoreThread(thread);
    }
    args_release(&args);
    if (!enough)
        return PyErr_NoMemory();
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

/* ssa_graph(ssa) -> entries of the dependency graph, or None where it is too large to be kept. */
static PyObject *graph(PyObject *self, PyObject *capsule)
{
    (void)self;
    const Ssa *ssa = PyCapsule_GetPointer(capsule, CAPSULE);
    if (ssa == NULL)
        return NULL;
    if (ssa->graph == NULL)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLong(ssa->graph_start[ssa->model->n_reactions]);
}

/* draw(seed, run, exponential, {out}): fills `out` with numbers of a stream. */
static PyObject *draw(PyObject *self, PyObject *arguments)
{
    (void)self;
    unsigned long long seed, run;
    int exponential;
    PyObject *dict;
    if (!PyArg_ParseTuple(arguments, "KKiO", &seed, &run, &exponential, &dict))
        return NULL;
    Args args;
    size_t n;
    Stream stream;
    args_init(&args, dict);
    double *out = args_out_f64(&args, "out", &n);
    const int good = !args_failed(&args);
    random_prepare();
    stream_start(&stream, seed, run);
    for (size_t i = 0; good && i < n; i++)
        out[i] = exponential ? stream_exponential(&stream) : stream_uniform(&stream);
    args_release(&args);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef ssa_methods[] = {
    {"ssa", build, METH_VARARGS, "Propensities of a model and who depends on whom."},
    {"ssa_graph", graph, METH_O, "How many propensities all reactions together change; None where that is very many."},
    {"run_ssa", run_ssa, METH_VARARGS, "Exact stochastic runs; fills values, kept, events, status and more."},
    {"draw", draw, METH_VARARGS, "Numbers of the stream (seed, run): uniform or exponential."},
    {NULL, NULL, 0, NULL},
};

/* Python's view of many runs in one call. */
#include "batch.h"
#include "bindings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds of processor time between two looks at Python's signals. */
static const double POLL_SECONDS = 0.05;

typedef struct {
    PyThreadState *thread;
    const volatile int64_t *stop; /* another thread's word that it is to end; NULL without */
    clock_t next;
    int raised;
} Poll;

static int poll_batch(void *context, double time)
{
    (void)time;
    Poll *poll = context;
    if (poll->stop != NULL && *poll->stop)
        return 1;
    const clock_t now = clock();
    if (now < poll->next)
        return 0;
    poll->next = now + (clock_t)(POLL_SECONDS * CLOCKS_PER_SEC);
    PyEval_RestoreThread(poll->thread);
    poll->raised = PyErr_CheckSignals() != 0;
    poll->thread = PyEval_SaveThread();
    return poll->raised;
}

static int rising(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (!(x[i - 1] < x[i]))
            return 0;
    return 1;
}

static void read_settings(Args *args, Batch *b)
{
    b->times = args_f64(args, "times", &b->n_times);
    b->start = args_double(args, "start", 0.0);
    b->end = args_double(args, "end", 0.0);
    b->rtol = args_double(args, "rtol", 1e-6);
    b->max_step = args_double(args, "max_step", INFINITY);
    b->max_steps = (uint64_t)args_int(args, "max_steps", 0);
    if (!args->failed && !(b->end > b->start && b->n_times && rising(b->times, b->n_times) &&
                           b->times[0] >= b->start && b->times[b->n_times - 1] <= b->end)) {
        PyErr_SetString(PyExc_ValueError, "the output times do not rise from the start to the end");
        args->failed = 1;
    }
}

static void read_columns(Args *args, const Model *m, Columns *c)
{
    size_t n_columns, n_code, n_literals;
    c->columns = args_u32(args, "columns", &n_columns);
    c->program.code = (const Instruction *)args_u32(args, "columns_code", &n_code);
    c->program.literals = args_f64(args, "columns_literals", &n_literals);
    c->n_columns = (uint32_t)n_columns;
    c->program.n_slots = m->n_inputs + m->n_species;
    c->program.n_code = (uint32_t)(n_code / 4);
    c->program.n_literals = (uint32_t)n_literals;
    args_expect(args, "columns_code", n_code % 4, 0);
    if (!args->failed && n_code)
        args_expect(args, "columns_code", program_is_valid(&c->program) != 0, 1);
    for (size_t i = 0; !args->failed && i < n_columns; i++)
        args_expect(args, "columns", c->columns[i] < m->n_species + c->program.n_code, 1);
}

static void read_runs(Args *args, const Model *m, Batch *b)
{
    size_t n_inputs, n_atol, n_switches, n_values, n_finals, n_reached, n_counts;
    b->status = args_out_i64(args, "status", &b->n_runs);
    b->inputs = args_f64(args, "inputs", &n_inputs);
    b->atol = args_f64(args, "atol", &n_atol);
    b->switches = args_f64(args, "switches", &n_switches);
    b->values = args_out_f64(args, "values", &n_values);
    b->finals = args_out_f64_or_null(args, "finals", &n_finals);
    b->reached = args_out_f64(args, "reached", &n_reached);
    b->counts = args_out_i64(args, "counts", &n_counts);
    b->n_switches = b->n_runs ? n_switches / b->n_runs : 0;
    args_expect(args, "inputs", n_inputs, b->n_runs * m->n_inputs);
    b->atol_stride = n_atol == m->n_species ? 0 : m->n_species;
    args_expect(args, "atol", n_atol, b->atol_stride ? b->n_runs * m->n_species : m->n_species);
    args_expect(args, "switches", n_switches, b->n_runs * b->n_switches);
    args_expect(args, "values", n_values, b->n_runs * b->n_times * b->columns.n_columns);
    args_expect(args, "finals", n_finals, b->finals ? b->n_runs * m->n_species : 0);
    args_expect(args, "reached", n_reached, b->n_runs);
    args_expect(args, "counts", n_counts, b->n_runs * BATCH_COUNTS);
}

/* A runner as Python holds it: with a reference to its model, and used by one call at a time. */
typedef struct {
    PyObject *model;
    Runner *runner;
    int busy;
} Held;

static const char *const CAPSULE = "mscnet.kernels.runner";

static void destroy(PyObject *capsule)
{
    Held *held = PyCapsule_GetPointer(capsule, CAPSULE);
    runner_free(held->runner);
    Py_XDECREF(held->model);
    free(held);
}

/* runner(model, method) -> capsule */
static PyObject *runner(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule;
    int method;
    if (!PyArg_ParseTuple(arguments, "Oi", &capsule, &method))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    if (method < 0 || method >= METHOD_COUNT)
        return PyErr_Format(PyExc_ValueError, "there is no method %d", method);
    Held *held = calloc(1, sizeof *held);
    if (held == NULL || (held->runner = runner_new(m, method)) == NULL) {
        free(held);
        return PyErr_NoMemory();
    }
    PyObject *made = PyCapsule_New(held, CAPSULE, destroy);
    if (made == NULL) {
        runner_free(held->runner);
        free(held);
        return NULL;
    }
    Py_INCREF(capsule);
    held->model = capsule;
    return made;
}

/* Releases the GIL and runs all; the status of the whole, or -1 with an exception set. */
static int run_batch(Held *held, Batch *b, Poll *poll)
{
    b->poll = poll_batch;
    b->context = poll;
    held->busy = 1;
    poll->next = clock() + (clock_t)(POLL_SECONDS * CLOCKS_PER_SEC);
    poll->thread = PyEval_SaveThread();
    const int status = runner_batch(held->runner, b);
    PyEval_RestoreThread(poll->thread);
    held->busy = 0;
    return poll->raised ? -1 : status;
}

/* batch(runner, {…}) -> (status of the whole, runs that are short of their end); see the functions above for the items, and batch.h for what they are. */
static PyObject *batch(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    Held *held = PyCapsule_GetPointer(capsule, CAPSULE);
    if (held == NULL)
        return NULL;
    if (held->busy) {
        PyErr_SetString(PyExc_RuntimeError, "this runner is at work in another thread");
        return NULL;
    }
    const Model *m = model_of(held->model);
    Args args;
    Batch b;
    Poll poll = {NULL, NULL, 0, 0};
    size_t n_stop;
    int status = -1;
    memset(&b, 0, sizeof b);
    args_init(&args, dict);
    read_settings(&args, &b);
    read_columns(&args, m, &b.columns);
    read_runs(&args, m, &b);
    poll.stop = args_out_i64_or_null(&args, "stop", &n_stop);
    args_expect(&args, "stop", n_stop, poll.stop ? 1 : 0);
    if (!args_failed(&args))
        status = run_batch(held, &b, &poll);
    Py_ssize_t short_of_end = 0;
    for (size_t i = 0; status >= 0 && i < b.n_runs; i++)
        short_of_end += b.status[i] != ODE_DONE;
    args_release(&args);
    if (status < 0)
        return NULL;
    return Py_BuildValue("in", status, short_of_end);
}

PyMethodDef batch_methods[] = {
    {"runner", runner, METH_VARARGS, "What a thread needs for many runs of a model by one method."},
    {"batch", batch, METH_VARARGS, "Many runs of one model; the status of the whole, and of each run in its array."},
    {NULL, NULL, 0, NULL},
};

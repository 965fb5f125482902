/* Python's view of integration. */
#include "bindings.h"
#include "drive.h"
#include "poll.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    Ode ode;
    Drive drive;
    Roots roots;
    const double *inputs;
    double *state, *reached;
    int64_t *counts, *steps_by;
    int64_t method, keep_positive;
} Run;

/* Reads and checks all that a run needs, but for its conditions. */
static void read_run(Args *args, const Model *m, Run *run)
{
    size_t n_inputs, n_state, n_atol, n_values, n_reached, n_counts, n_methods = METHOD_COUNT;
    run->inputs = args_f64(args, "inputs", &n_inputs);
    run->state = args_out_f64(args, "state", &n_state);
    run->ode.atol = args_f64(args, "atol", &n_atol);
    run->drive.times = args_f64(args, "times", &run->drive.n_times);
    run->drive.values = args_out_f64(args, "values", &n_values);
    run->reached = args_out_f64(args, "reached", &n_reached);
    run->counts = args_out_i64(args, "counts", &n_counts);
    if (PyDict_GetItemString(args->dict, "steps_by") != NULL)
        run->steps_by = args_out_i64(args, "steps_by", &n_methods);
    run->ode.n = m->n_species;
    run->ode.start = args_double(args, "start", 0.0);
    run->ode.end = args_double(args, "end", 0.0);
    run->ode.rtol = args_double(args, "rtol", 1e-6);
    run->ode.max_step = args_double(args, "max_step", INFINITY);
    run->ode.first_step = args_double(args, "first_step", 0.0);
    run->drive.max_steps = (uint64_t)args_int(args, "max_steps", 0);
    run->method = args_int(args, "method", 0);
    run->keep_positive = args_int(args, "keep_positive", 0);
    args_expect(args, "inputs", n_inputs, m->n_inputs);
    args_expect(args, "state", n_state, m->n_species);
    args_expect(args, "atol", n_atol, m->n_species);
    args_expect(args, "values", n_values, run->drive.n_times * m->n_species);
    args_expect(args, "reached", n_reached, 1);
    args_expect(args, "counts", n_counts, 6);
    args_expect(args, "steps_by", n_methods, METHOD_COUNT);
    args_expect(args, "method", run->method >= 0 && run->method < METHOD_COUNT, 1);
}

/* One condition: a dict with the code of a program, its literals, the species of its slots and how it is watched. */
static int read_condition(Args *args, const Model *m, Condition *c)
{
    size_t n_code, n_literals, n_slots;
    const uint32_t *code = args_u32(args, "code", &n_code);
    c->program.literals = args_f64(args, "literals", &n_literals);
    c->species = args_u32(args, "species", &n_slots);
    c->inclusive = args_int(args, "inclusive", 0) != 0;
    c->stops = args_int(args, "stops", 0) != 0;
    if (args_failed(args))
        return 0;
    c->program.code = (const Instruction *)code;
    c->program.n_code = (uint32_t)(n_code / 4);
    c->program.n_literals = (uint32_t)n_literals;
    c->program.n_slots = (uint32_t)n_slots;
    int valid = n_code % 4 == 0 && n_code > 0 && program_is_valid(&c->program);
    for (size_t a = 0; a < n_slots; a++)
        valid &= c->species[a] < m->n_species;
    if (!valid)
        PyErr_SetString(PyExc_ValueError, "a condition is no program of this model");
    return valid;
}

/* Reads the conditions and where they stand; `parts` are as many Args as there are, and are released by the caller. */
static int read_conditions(PyObject *list, Args *args, const Model *m, Run *run, Args *parts)
{
    size_t n_side;
    run->roots.n = (uint32_t)PyList_Size(list);
    run->roots.n_species = m->n_species;
    run->roots.side = args_out_f64(args, "side", &n_side);
    args_expect(args, "side", n_side, run->roots.n);
    run->roots.conditions = calloc(run->roots.n, sizeof *run->roots.conditions);
    if (args_failed(args))
        return 0;
    if (run->roots.conditions == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (uint32_t i = 0; i < run->roots.n; i++) {
        args_init(&parts[i], PyList_GetItem(list, i));
        if (args_failed(&parts[i]) || !read_condition(&parts[i], m, &run->roots.conditions[i]))
            return 0;
    }
    run->drive.roots = &run->roots;
    if (!roots_prepare(&run->roots)) {
        PyErr_NoMemory();
        return 0;
    }
    return 1;
}

/* Puts what was found into the dict: bytes of float64. */
static int give_found(PyObject *dict, const Roots *r)
{
    const struct {
        const char *name;
        const double *values;
        size_t n;
    } found[] = {{"found_times", r->times, r->n_found},
                 {"found_which", r->which, r->n_found},
                 {"found_states", r->states, r->n_found * r->n_species}};
    for (size_t k = 0; k < sizeof found / sizeof *found; k++) {
        PyObject *bytes = PyBytes_FromStringAndSize((const char *)found[k].values,
                                                    (Py_ssize_t)(found[k].n * sizeof(double)));
        const int failed = bytes == NULL || PyDict_SetItemString(dict, found[k].name, bytes) != 0;
        Py_XDECREF(bytes);
        if (failed)
            return 0;
    }
    return 1;
}

/* Steps, unless a condition holds from the start; the status. */
static int step_through(Run *run, Stepper *stepper)
{
    int status = run->drive.roots == NULL ? ODE_DONE : roots_begin(&run->roots, run->ode.start, run->state);
    run->drive.stopped = run->ode.start;
    if (status == ODE_DONE)
        status = drive(stepper, &run->ode, &run->drive);
    const size_t size = run->ode.n * sizeof *run->state;
    memcpy(run->state, status == ODE_STOPPED ? run->roots.reached : stepper->x, size);
    run->reached[0] = status == ODE_STOPPED ? run->drive.stopped : stepper->t;
    return status;
}

/* Everything between the release of the GIL and its return; the status. */
static int integrate_model(const Model *m, Run *run)
{
    run->reached[0] = run->ode.start;
    run->ode.rates = rates_new(m);
    if (run->ode.rates == NULL)
        return ODE_NO_MEMORY;
    rates_set(run->ode.rates, run->inputs);
    if (run->keep_positive)
        run->drive.positivity = positivity_new(m);
    if (run->drive.positivity != NULL)
        positivity_begin(run->drive.positivity, run->ode.rates, run->ode.start, run->ode.end);
    Stepper *stepper = ode_start((int)run->method, &run->ode, run->state);
    int status = ODE_NO_MEMORY;
    if (stepper != NULL && (run->drive.positivity != NULL || !run->keep_positive)) {
        status = step_through(run, stepper);
        run->counts[2] = (int64_t)stepper->n_rejected;
        run->counts[5] = (int64_t)stepper->n_factorisations;
    }
    if (stepper != NULL)
        stepper->free(stepper);
    positivity_free(run->drive.positivity);
    run->counts[0] = (int64_t)run->drive.kept;
    run->counts[1] = (int64_t)run->drive.steps;
    run->counts[3] = (int64_t)run->ode.rates->n_rhs;
    run->counts[4] = (int64_t)run->ode.rates->n_jacobian;
    for (int k = 0; run->steps_by != NULL && k < METHOD_COUNT; k++)
        run->steps_by[k] = (int64_t)run->drive.steps_by[k];
    rates_free(run->ode.rates);
    return status;
}

static int without_lock(const Model *m, Run *run, Poll *poll)
{
    run->drive.poll = poll_python;
    run->drive.context = poll;
    poll->thread = PyEval_SaveThread();
    const int status = integrate_model(m, run);
    PyEval_RestoreThread(poll->thread);
    return status;
}

/* integrate(model, {…}) -> status: see `read_run` for the items; state, values, reached, counts and, where they are
 * given, steps_by and side are filled.  With `conditions`, a list of dicts (see `read_condition`), found_times, found_which and
 * found_states are put into the dict (see roots.h). */
static PyObject *integrate(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    Run run;
    Poll poll = {NULL, NULL, 0, 0};
    memset(&run, 0, sizeof run);
    args_init(&args, dict);
    read_run(&args, m, &run);
    int ready = !args_failed(&args), status = ODE_DONE;
    PyObject *list = ready ? PyDict_GetItemString(dict, "conditions") : NULL;
    const Py_ssize_t n = list != NULL && PyList_Check(list) ? PyList_Size(list) : 0;
    Args *parts = calloc((size_t)n + 1, sizeof *parts);
    if (parts == NULL) {
        PyErr_NoMemory();
        ready = 0;
    }
    if (ready && n > 0)
        ready = read_conditions(list, &args, m, &run, parts);
    if (ready) {
        PyObject *progress = PyDict_GetItemString(dict, "progress");
        poll.progress = progress == Py_None ? NULL : progress;
        status = without_lock(m, &run, &poll);
        ready = (n == 0 || poll.raised || give_found(dict, &run.roots)) && !poll.raised;
    }
    roots_release(&run.roots);
    free(run.roots.conditions);
    for (Py_ssize_t i = 0; parts != NULL && i < n; i++)
        args_release(&parts[i]);
    free(parts);
    args_release(&args);
    return ready ? PyLong_FromLong(status) : NULL;
}

PyMethodDef ode_methods[] = {
    {"integrate", integrate, METH_VARARGS, "Integrates over one stretch without switches; the status."},
    {NULL, NULL, 0, NULL},
};

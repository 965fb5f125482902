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
    const double *inputs;
    double *state, *reached;
    int64_t *counts;
    int64_t method;
} Run;

/* Reads and checks all that a run needs. */
static void read_run(Args *args, const Model *m, Run *run)
{
    size_t n_inputs, n_state, n_atol, n_values, n_reached, n_counts;
    run->inputs = args_f64(args, "inputs", &n_inputs);
    run->state = args_out_f64(args, "state", &n_state);
    run->ode.atol = args_f64(args, "atol", &n_atol);
    run->drive.times = args_f64(args, "times", &run->drive.n_times);
    run->drive.values = args_out_f64(args, "values", &n_values);
    run->reached = args_out_f64(args, "reached", &n_reached);
    run->counts = args_out_i64(args, "counts", &n_counts);
    run->ode.n = m->n_species;
    run->ode.start = args_double(args, "start", 0.0);
    run->ode.end = args_double(args, "end", 0.0);
    run->ode.rtol = args_double(args, "rtol", 1e-6);
    run->ode.max_step = args_double(args, "max_step", INFINITY);
    run->drive.max_steps = (uint64_t)args_int(args, "max_steps", 0);
    run->method = args_int(args, "method", 0);
    args_expect(args, "inputs", n_inputs, m->n_inputs);
    args_expect(args, "state", n_state, m->n_species);
    args_expect(args, "atol", n_atol, m->n_species);
    args_expect(args, "values", n_values, run->drive.n_times * m->n_species);
    args_expect(args, "reached", n_reached, 1);
    args_expect(args, "counts", n_counts, 6);
    args_expect(args, "method", run->method >= 0 && run->method < METHOD_COUNT, 1);
}

/* Everything between the release of the GIL and its return; the status. */
static int integrate_model(const Model *m, Run *run)
{
    run->reached[0] = run->ode.start;
    run->ode.rates = rates_new(m);
    if (run->ode.rates == NULL)
        return ODE_NO_MEMORY;
    rates_set(run->ode.rates, run->inputs);
    Stepper *stepper = ode_start((int)run->method, &run->ode, run->state);
    int status = ODE_NO_MEMORY;
    if (stepper != NULL) {
        status = drive(stepper, &run->ode, &run->drive);
        memcpy(run->state, stepper->x, m->n_species * sizeof *run->state);
        run->reached[0] = stepper->t;
        run->counts[2] = (int64_t)stepper->n_rejected;
        run->counts[5] = (int64_t)stepper->n_factorisations;
        stepper->free(stepper);
    }
    run->counts[0] = (int64_t)run->drive.kept;
    run->counts[1] = (int64_t)run->drive.steps;
    run->counts[3] = (int64_t)run->ode.rates->n_rhs;
    run->counts[4] = (int64_t)run->ode.rates->n_jacobian;
    rates_free(run->ode.rates);
    return status;
}

/* integrate(model, {…}) -> status: see `read_run` for the items; state, values, reached and counts are filled. */
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
    if (args_failed(&args)) {
        args_release(&args);
        return NULL;
    }
    PyObject *progress = PyDict_GetItemString(dict, "progress");
    poll.progress = progress == Py_None ? NULL : progress;
    run.drive.poll = poll_python;
    run.drive.context = &poll;
    poll.thread = PyEval_SaveThread();
    const int status = integrate_model(m, &run);
    PyEval_RestoreThread(poll.thread);
    args_release(&args);
    if (poll.raised)
        return NULL;
    return PyLong_FromLong(status);
}

PyMethodDef ode_methods[] = {
    {"integrate", integrate, METH_VARARGS, "Integrates over one stretch without switches; the status."},
    {NULL, NULL, 0, NULL},
};

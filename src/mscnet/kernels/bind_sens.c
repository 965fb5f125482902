/* Python's view of sensitivities: forward along a run, and the gradient through a recorded one. */
#include "bindings.h"
#include "drive.h"
#include "poll.h"
#include "sens_forward.h"
#include "sens_tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const CAPSULE = "mscnet.kernels.tape";

typedef struct {
    Ode ode;
    Drive drive;
    const double *inputs, *directions, *scale;
    double *state, *reached, *tangents, *rows;
    const double *steps;     /* [count] or NULL: rows are states beside the run, not derivatives */
    const uint32_t *columns; /* [count] with steps: where each direction's stand among `width` */
    size_t width;
    double *scratch;         /* [n_species][count] with steps */
    int64_t *counts;
    size_t count; /* directions */
    int tested;
    int64_t most_numbers;
    Stepper *stepper;
    Forward *forward;
    Tape *tape;
} Run;

/* Reads and checks what every run needs; as `read_run` of bind_ode.c, for BDF. */
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
    args_expect(args, "inputs", n_inputs, m->n_inputs);
    args_expect(args, "state", n_state, m->n_species);
    args_expect(args, "atol", n_atol, m->n_species);
    args_expect(args, "values", n_values, run->drive.n_times * m->n_species);
    args_expect(args, "reached", n_reached, 1);
    args_expect(args, "counts", n_counts, 6);
}

/* With `steps` (P) and `columns` (P): rows are (n_times, n_species, width), states that lie steps[p] along direction p in
 * column columns[p], and the run's own in all others. */
static void read_beside(Args *args, Run *run)
{
    size_t n_steps, n_columns;
    run->steps = args_f64_or_null(args, "steps", &n_steps);
    if (args->failed || run->steps == NULL)
        return;
    run->columns = args_u32(args, "columns", &n_columns);
    run->width = (size_t)args_int(args, "width", 0);
    args_expect(args, "steps", n_steps, run->count);
    args_expect(args, "columns", n_columns, run->count);
    for (size_t p = 0; !args->failed && p < run->count; p++)
        args_expect(args, "columns", run->columns[p] < run->width, 1);
}

static void read_directions(Args *args, const Model *m, Run *run)
{
    size_t n_directions, n_tangents, n_rows;
    run->scale = args_f64(args, "scale", &run->count);
    run->directions = args_f64(args, "directions", &n_directions);
    run->tangents = args_out_f64(args, "tangents", &n_tangents);
    run->rows = args_out_f64(args, "rows", &n_rows);
    run->tested = args_int(args, "tested", 1) != 0;
    args_expect(args, "directions", n_directions, run->count * m->n_inputs);
    args_expect(args, "tangents", n_tangents, run->count * m->n_species);
    run->width = run->count;
    read_beside(args, run);
    args_expect(args, "rows", n_rows, run->drive.n_times * run->width * m->n_species);
}

/* Steps a BDF that is set up, and keeps what it reached. */
static int go(Run *run)
{
    const int status = drive(run->stepper, &run->ode, &run->drive);
    memcpy(run->state, run->stepper->x, run->ode.n * sizeof *run->state);
    run->reached[0] = run->stepper->t;
    run->counts[0] = (int64_t)run->drive.kept;
    run->counts[1] = (int64_t)run->drive.steps;
    run->counts[2] = (int64_t)run->stepper->n_rejected;
    run->counts[3] = (int64_t)run->ode.rates->n_rhs;
    run->counts[4] = (int64_t)run->ode.rates->n_jacobian;
    run->counts[5] = (int64_t)run->stepper->n_factorisations;
    return status;
}

static int begin(const Model *m, Run *run)
{
    run->reached[0] = run->ode.start;
    run->ode.rates = rates_new(m);
    if (run->ode.rates == NULL)
        return 0;
    rates_set(run->ode.rates, run->inputs);
    run->stepper = bdf_new(&run->ode, run->state);
    return run->stepper != NULL;
}

/* Runs `work` with the GIL released; the status, or -1 where Python has an exception. */
static int without_gil(const Model *m, PyObject *dict, Run *run, int (*work)(const Model *, Run *))
{
    PyObject *progress = PyDict_GetItemString(dict, "progress");
    Poll poll = {NULL, progress == Py_None ? NULL : progress, 0, 0};
    run->drive.poll = poll_python;
    run->drive.context = &poll;
    poll.thread = PyEval_SaveThread();
    const int status = work(m, run);
    PyEval_RestoreThread(poll.thread);
    return poll.raised ? -1 : status;
}

/* --- forward ------------------------------------------------------------------------------ */

static void fill_rows(void *companion, size_t row, double time)
{
    Run *run = companion;
    const size_t n = run->ode.n, count = run->count, width = run->width;
    double *restrict out = run->rows + row * n * width;
    if (run->steps == NULL) {
        forward_at(run->forward, time, out);
        return;
    }
    forward_at(run->forward, time, run->scratch);
    for (size_t i = 0; i < n; i++, out += width) {
        const double own = run->drive.values[row * n + i];
        for (size_t c = 0; c < width; c++)
            out[c] = own;
        for (size_t p = 0; p < count; p++)
            out[run->columns[p]] = own + run->steps[p] * run->scratch[i * count + p];
    }
}

static int run_forward(const Model *m, Run *run)
{
    int status = ODE_NO_MEMORY;
    Directions *directions = NULL;
    if (begin(m, run))
        directions = directions_new(run->ode.rates, run->directions, run->tangents, run->count);
    if (directions != NULL)
        run->forward = forward_new(run->stepper, directions, run->scale, run->tested);
    if (run->steps != NULL)
        run->scratch = malloc((m->n_species * run->count + 1) * sizeof *run->scratch);
    if (run->forward != NULL && (run->steps == NULL || run->scratch != NULL)) {
        run->drive.filled = fill_rows;
        run->drive.companion = run;
        status = go(run);
        forward_at(run->forward, run->stepper->t, run->tangents);
    }
    free(run->scratch);
    forward_free(run->forward);
    directions_free(directions);
    if (run->stepper != NULL)
        run->stepper->free(run->stepper);
    rates_free(run->ode.rates);
    return status;
}

/* sensitivities(model, {…}) -> status: see `read_run` and `read_directions`; state, values, tangents (n_species, P) and
 * rows (n_times, n_species, P) are filled. */
static PyObject *sensitivities(PyObject *self, PyObject *arguments)
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
    memset(&run, 0, sizeof run);
    args_init(&args, dict);
    read_run(&args, m, &run);
    read_directions(&args, m, &run);
    const int status = args_failed(&args) ? -1 : without_gil(m, dict, &run, run_forward);
    args_release(&args);
    return status < 0 ? NULL : PyLong_FromLong(status);
}

/* --- gradient ----------------------------------------------------------------------------- */

static void note_output(void *companion, size_t row, double time)
{
    Run *run = companion;
    tape_output(run->tape, (const Bdf *)run->stepper, row, time);
}

static int run_recorded(const Model *m, Run *run)
{
    int status = ODE_NO_MEMORY;
    if (begin(m, run))
        run->tape = tape_new(&run->ode, (size_t)run->most_numbers);
    if (run->tape != NULL) {
        bdf_follow(run->stepper, &run->tape->base);
        run->drive.filled = note_output;
        run->drive.companion = run;
        status = go(run);
        if (run->tape->full || run->tape->no_memory)
            status = ODE_NO_MEMORY;
    } else {
        rates_free(run->ode.rates);
    }
    if (run->stepper != NULL)
        run->stepper->free(run->stepper);
    return status;
}

static void destroy(PyObject *capsule)
{
    PyObject *model = PyCapsule_GetContext(capsule);
    tape_free(PyCapsule_GetPointer(capsule, CAPSULE));
    Py_XDECREF(model);
}

/* The record in a capsule that keeps the model alive. */
static PyObject *tape_capsule(Tape *tape, PyObject *model)
{
    PyObject *capsule = PyCapsule_New(tape, CAPSULE, destroy);
    if (capsule == NULL) {
        tape_free(tape);
        return NULL;
    }
    Py_INCREF(model);
    if (PyCapsule_SetContext(capsule, model) != 0) {
        Py_DECREF(model);
        Py_DECREF(capsule);
        return NULL;
    }
    return capsule;
}

/* record(model, {…, most_numbers}) -> (status, record): a run as by `integrate`, with BDF; the record holds at most so
 * many numbers, and is None where the run gave none. */
static PyObject *record(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *model, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &model, &dict))
        return NULL;
    const Model *m = model_of(model);
    if (m == NULL)
        return NULL;
    Args args;
    Run run;
    memset(&run, 0, sizeof run);
    args_init(&args, dict);
    read_run(&args, m, &run);
    run.most_numbers = args_int(&args, "most_numbers", 0);
    const int status = args_failed(&args) ? -1 : without_gil(m, dict, &run, run_recorded);
    args_release(&args);
    if (status != ODE_DONE) {
        tape_free(run.tape);
        return status < 0 ? NULL : Py_BuildValue("iO", status, Py_None);
    }
    PyObject *capsule = tape_capsule(run.tape, model);
    return capsule == NULL ? NULL : Py_BuildValue("iN", status, capsule);
}

/* gradient(record, {weights (n_times, n_species), state (n_species), gradient (n_inputs)}): see `tape_gradient`. */
static PyObject *gradient(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Tape *tape = PyCapsule_GetPointer(capsule, CAPSULE);
    if (tape == NULL)
        return NULL;
    const Model *m = tape->rates->model;
    Args args;
    size_t n_weights, n_state, n_inputs;
    args_init(&args, dict);
    const double *weights = args_f64(&args, "weights", &n_weights);
    double *state = args_out_f64(&args, "state", &n_state), *inputs = args_out_f64(&args, "gradient", &n_inputs);
    args_expect(&args, "weights", n_weights, tape->n_output * m->n_species);
    args_expect(&args, "state", n_state, m->n_species);
    args_expect(&args, "gradient", n_inputs, m->n_inputs);
    if (args_failed(&args)) {
        args_release(&args);
        return NULL;
    }
    Poll poll = {PyEval_SaveThread(), NULL, 0, 0};
    const int status = tape_gradient(tape, weights, state, inputs, poll_python, &poll);
    PyEval_RestoreThread(poll.thread);
    args_release(&args);
    if (status == 3)
        return NULL;
    if (status == 1)
        return PyErr_NoMemory();
    if (status == 2) {
        PyErr_SetString(PyExc_ArithmeticError, "a matrix of the run is singular");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* moved(model, {inputs, directions (P, n_inputs), moved (P)}): 1 in `moved` for each direction along which a constant of
 * some rate moves. */
static PyObject *moved(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_inputs, n_directions, count;
    args_init(&args, dict);
    const double *inputs = args_f64(&args, "inputs", &n_inputs);
    const double *directions = args_f64(&args, "directions", &n_directions);
    int64_t *out = args_out_i64(&args, "moved", &count);
    args_expect(&args, "inputs", n_inputs, m->n_inputs);
    args_expect(&args, "directions", n_directions, count * m->n_inputs);
    Rates *rates = args_failed(&args) ? NULL : rates_new(m);
    double *dot = rates == NULL ? NULL : malloc((m->statics.n_code + m->n_constants + 1) * sizeof *dot);
    if (dot != NULL)
        rates_set(rates, inputs);
    for (size_t p = 0; dot != NULL && p < count; p++) {
        double *tangents = dot + m->statics.n_code;
        sens_constants_tangent(rates, directions + p * m->n_inputs, dot, tangents);
        out[p] = 0;
        for (uint32_t i = 0; i < m->n_constants; i++)
            out[p] |= tangents[i] != 0.0;
    }
    rates_free(rates);
    args_release(&args);
    if (dot == NULL)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    free(dot);
    Py_RETURN_NONE;
}

/* --- initial state ------------------------------------------------------------------------ */

/* initials_tangents(model, {parameters, directions (P, n_parameters), tangents (n_species, P)}): fills tangents. */
static PyObject *initials_tangents(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_parameters, n_directions, n_tangents;
    args_init(&args, dict);
    const double *parameters = args_f64(&args, "parameters", &n_parameters);
    const double *directions = args_f64(&args, "directions", &n_directions);
    double *tangents = args_out_f64(&args, "tangents", &n_tangents);
    const size_t count = m->n_species ? n_tangents / m->n_species : 0, n_code = m->initials.n_code;
    args_expect(&args, "parameters", n_parameters, m->n_parameters);
    args_expect(&args, "directions", n_directions, count * m->n_parameters);
    double *values = args_failed(&args) ? NULL : calloc(2 * n_code + 1, sizeof *values);
    if (values != NULL && n_code)
        program_values(&m->initials, parameters, NAN, values);
    for (size_t p = 0; values != NULL && p < count; p++) {
        double *dot = values + n_code;
        if (n_code)
            program_tangents(&m->initials, values, directions + p * m->n_parameters, 0.0, dot);
        for (size_t i = 0; i < m->n_species; i++)
            tangents[i * count + p] = dot[m->initial_value[i]];
    }
    args_release(&args);
    if (values == NULL)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    free(values);
    Py_RETURN_NONE;
}

/* initials_gradient(model, {parameters, weights (n_species), gradient (n_parameters)}): adds to gradient. */
static PyObject *initials_gradient(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_parameters, n_weights, n_gradient;
    args_init(&args, dict);
    const double *parameters = args_f64(&args, "parameters", &n_parameters);
    const double *weights = args_f64(&args, "weights", &n_weights);
    double *out = args_out_f64(&args, "gradient", &n_gradient);
    const size_t n_code = m->initials.n_code;
    args_expect(&args, "parameters", n_parameters, m->n_parameters);
    args_expect(&args, "weights", n_weights, m->n_species);
    args_expect(&args, "gradient", n_gradient, m->n_parameters);
    double *values = args_failed(&args) ? NULL : calloc(2 * n_code + 1, sizeof *values);
    if (values != NULL && n_code) {
        program_values(&m->initials, parameters, NAN, values);
        for (size_t i = 0; i < m->n_species; i++)
            values[n_code + m->initial_value[i]] += weights[i];
        program_pull_back(&m->initials, values, values + n_code, out);
    }
    args_release(&args);
    if (values == NULL)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    free(values);
    Py_RETURN_NONE;
}

PyMethodDef sens_methods[] = {
    {"sensitivities", sensitivities, METH_VARARGS, "Integrates with sensitivities along given directions; the status."},
    {"record", record, METH_VARARGS, "Integrates and records: (status, record)."},
    {"gradient", gradient, METH_VARARGS, "The gradient of a weighted sum of a recorded run's output."},
    {"moved", moved, METH_VARARGS, "Which directions move a constant of some rate."},
    {"initials_tangents", initials_tangents, METH_VARARGS, "Tangents of the initial concentrations."},
    {"initials_gradient", initials_gradient, METH_VARARGS, "The gradient by parameters through initial concentrations."},
    {NULL, NULL, 0, NULL},
};

/* Python's view of a walk towards a steady state. */
#include "bindings.h"
#include "steady.h"

#include <string.h>
#include <time.h>

static const char *const CAPSULE = "mscnet.kernels.walk";
/* Seconds of processor time between two looks for signals. */
static const double POLL_SECONDS = 0.05;

typedef struct {
    PyThreadState *thread;
    clock_t next;
    int raised;
} Poll;

static int poll_signals(void *context)
{
    Poll *poll = context;
    const clock_t now = clock();
    if (now < poll->next)
        return 0;
    poll->next = now + (clock_t)(POLL_SECONDS * CLOCKS_PER_SEC);
    PyEval_RestoreThread(poll->thread);
    poll->raised = PyErr_CheckSignals() != 0;
    poll->thread = PyEval_SaveThread();
    return poll->raised;
}

static void destroy(PyObject *capsule)
{
    walk_free(PyCapsule_GetPointer(capsule, CAPSULE));
    Py_XDECREF((PyObject *)PyCapsule_GetContext(capsule)); /* the model that the walk reads */
}

/* walk_new(model, {inputs, state, atol, rtol, end, method}) -> a walk at time 0. */
static PyObject *new_walk(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *owner, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &owner, &dict))
        return NULL;
    const Model *m = model_of(owner);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_inputs, n_state, n_atol;
    args_init(&args, dict);
    const double *inputs = args_f64(&args, "inputs", &n_inputs), *state = args_f64(&args, "state", &n_state);
    const double *atol = args_f64(&args, "atol", &n_atol);
    const double rtol = args_double(&args, "rtol", 1e-6), end = args_double(&args, "end", 1.0);
    const int64_t method = args_int(&args, "method", 0);
    args_expect(&args, "inputs", n_inputs, m->n_inputs);
    args_expect(&args, "state", n_state, m->n_species);
    args_expect(&args, "atol", n_atol, m->n_species);
    args_expect(&args, "method", method >= 0 && method < METHOD_COUNT, 1);
    if (args_failed(&args)) {
        args_release(&args);
        return NULL;
    }
    Walk *walk;
    Py_BEGIN_ALLOW_THREADS
    walk = walk_new(m, (int)method, inputs, state, atol, rtol, end);
    Py_END_ALLOW_THREADS
    args_release(&args);
    if (walk == NULL)
        return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(walk, CAPSULE, destroy);
    if (capsule == NULL) {
        walk_free(walk);
        return NULL;
    }
    Py_INCREF(owner);
    if (PyCapsule_SetContext(capsule, owner) != 0) {
        Py_DECREF(capsule);
        Py_DECREF(owner);
        return NULL;
    }
    return capsule;
}

/* walk_on(walk, {until, most, state}) -> (status, time, steps): goes on, and fills the state that is reached. */
static PyObject *go_on(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    Walk *walk = PyCapsule_GetPointer(capsule, CAPSULE);
    if (walk == NULL)
        return NULL;
    Args args;
    size_t n_state;
    args_init(&args, dict);
    double *state = args_out_f64(&args, "state", &n_state);
    const double until = args_double(&args, "until", 0.0);
    const int64_t most = args_int(&args, "most", 1);
    args_expect(&args, "state", n_state, walk->ode.n);
    if (args_failed(&args)) {
        args_release(&args);
        return NULL;
    }
    Poll poll = {NULL, 0, 0};
    uint64_t steps = 0;
    poll.thread = PyEval_SaveThread();
    const int status = walk_on(walk, until, most > 0 ? (uint64_t)most : 0, &steps, poll_signals, &poll);
    memcpy(state, walk->stepper->x, n_state * sizeof *state);
    PyEval_RestoreThread(poll.thread);
    args_release(&args);
    if (poll.raised)
        return NULL;
    return Py_BuildValue("idK", status, walk->stepper->t, (unsigned long long)steps);
}

PyMethodDef steady_methods[] = {
    {"walk_new", new_walk, METH_VARARGS, "A walk from a state at time 0."},
    {"walk_on", go_on, METH_VARARGS, "Goes on to a time or for some steps: (status, time, steps)."},
    {NULL, NULL, 0, NULL},
};

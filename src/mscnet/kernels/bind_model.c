/* Python's view of a model: building it, and single evaluations (for tests and for SciPy's methods). */
#include "bindings.h"
#include "model_build.h"

#include <stdlib.h>
#include <string.h>

static const char *const CAPSULE = "mscnet.kernels.model";

static void destroy(PyObject *capsule)
{
    model_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

Model *model_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, CAPSULE);
}

static PyObject *build(PyObject *self, PyObject *dict)
{
    (void)self;
    Args args;
    args_init(&args, dict);
    Model *model = args_failed(&args) ? NULL : model_build(&args);
    args_release(&args);
    if (model == NULL)
        return NULL;
    PyObject *capsule = PyCapsule_New(model, CAPSULE, destroy);
    if (capsule == NULL)
        model_free(model);
    return capsule;
}

/* pattern(model) -> (n_jacobian, n_derivatives, timed) */
static PyObject *pattern(PyObject *self, PyObject *capsule)
{
    (void)self;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    return Py_BuildValue("kkk", (unsigned long)m->n_jacobian, (unsigned long)m->n_derivatives,
                         (unsigned long)m->timed);
}

/* Writes the pattern of the Jacobian into the given arrays j_start (n_species + 1) and j_row, both int64. */
static PyObject *jacobian_pattern(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_start, n_row;
    args_init(&args, dict);
    int64_t *start = args_out_i64(&args, "j_start", &n_start), *row = args_out_i64(&args, "j_row", &n_row);
    args_expect(&args, "j_start", n_start, (size_t)m->n_species + 1);
    args_expect(&args, "j_row", n_row, m->n_jacobian);
    const int good = !args_failed(&args);
    for (uint32_t i = 0; good && i <= m->n_species; i++)
        start[i] = m->j_start[i];
    for (uint32_t i = 0; good && i < m->n_jacobian; i++)
        row[i] = m->j_row[i];
    args_release(&args);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

/* evaluate(model, {inputs, x, time, [constants], [rates], [rhs], [jacobian], [by_time]}): fills the arrays that are given. */
static PyObject *evaluate(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_inputs, n_x, n_constants, n_rates, n_rhs, n_jacobian, n_time;
    args_init(&args, dict);
    const double *inputs = args_f64(&args, "inputs", &n_inputs), *x = args_f64(&args, "x", &n_x);
    const double time = args_double(&args, "time", 0.0);
    double *constants = args_out_f64_or_null(&args, "constants", &n_constants);
    double *rates = args_out_f64_or_null(&args, "rates", &n_rates);
    double *rhs = args_out_f64_or_null(&args, "rhs", &n_rhs);
    double *jacobian = args_out_f64_or_null(&args, "jacobian", &n_jacobian);
    double *by_time = args_out_f64_or_null(&args, "by_time", &n_time);
    args_expect(&args, "inputs", n_inputs, m->n_inputs);
    args_expect(&args, "x", n_x, m->n_species);
    args_expect(&args, "constants", n_constants, constants ? m->n_constants : 0);
    args_expect(&args, "rates", n_rates, rates ? m->n_reactions : 0);
    args_expect(&args, "rhs", n_rhs, rhs ? m->n_species : 0);
    args_expect(&args, "jacobian", n_jacobian, jacobian ? m->n_jacobian : 0);
    args_expect(&args, "by_time", n_time, by_time ? m->n_species : 0);
    Rates *work = args_failed(&args) ? NULL : rates_new(m);
    if (work == NULL) {
        args_release(&args);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    rates_set(work, inputs);
    if (constants)
        memcpy(constants, work->constants, m->n_constants * sizeof *constants);
    if (rates) {
        rates_evaluate(work, time, x);
        for (uint32_t j = 0; j < m->n_reactions; j++)
            rates[m->original[j]] = work->r[j];
    }
    if (rhs)
        rates_rhs(work, time, x, rhs);
    if (jacobian)
        rates_jacobian(work, time, x, jacobian);
    if (by_time)
        rates_by_time(work, time, x, by_time);
    rates_free(work);
    args_release(&args);
    Py_RETURN_NONE;
}

/* initials(model, {parameters (m, n_parameters), x0 (m, n_species)}): initial concentrations of many sets of parameters. */
static PyObject *initials(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_parameters, n_x0;
    args_init(&args, dict);
    const double *parameters = args_f64(&args, "parameters", &n_parameters);
    double *x0 = args_out_f64(&args, "x0", &n_x0);
    const size_t count = m->n_species ? n_x0 / m->n_species : 0;
    args_expect(&args, "parameters", n_parameters, count * m->n_parameters);
    double *scratch = args_failed(&args) ? NULL : malloc((m->initials.n_code + 1) * sizeof *scratch);
    for (size_t i = 0; scratch != NULL && i < count; i++)
        model_initials(m, parameters + i * m->n_parameters, scratch, x0 + i * m->n_species);
    args_release(&args);
    if (scratch == NULL)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    free(scratch);
    Py_RETURN_NONE;
}

PyMethodDef model_methods[] = {
    {"model", build, METH_O, "A model from a dict of arrays."},
    {"pattern", pattern, METH_O, "(entries of the Jacobian, entries of dr/dx, whether a rate depends on time)"},
    {"jacobian_pattern", jacobian_pattern, METH_VARARGS, "Fills j_start and j_row (compressed columns)."},
    {"initials", initials, METH_VARARGS, "Fills x0 (m, n_species) from parameters (m, n_parameters)."},
    {"evaluate", evaluate, METH_VARARGS, "Fills constants, rates, rhs, jacobian and by_time where they are given."},
    {NULL, NULL, 0, NULL},
};

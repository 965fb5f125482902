/* Python's view of the sparse factors: one factorisation and its solves. */
#include "bindings.h"
#include "lu.h"

/* lu_solve(model, {jacobian, a, b, v, [transposed], [count]}): v := (a I - b J)^-1 v in place; v is (n_species,), or
 * (n_species, count).  Returns whether the factors are dense; raises ArithmeticError where the matrix is singular. */
static PyObject *solve(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_jacobian, n_v;
    args_init(&args, dict);
    const double *jacobian = args_f64(&args, "jacobian", &n_jacobian);
    double *v = args_out_f64(&args, "v", &n_v);
    const double a = args_double(&args, "a", 1.0), b = args_double(&args, "b", 1.0);
    const int64_t transposed = args_int(&args, "transposed", 0), count = args_int(&args, "count", 0);
    args_expect(&args, "jacobian", n_jacobian, m->n_jacobian);
    args_expect(&args, "v", n_v, (size_t)m->n_species * (count > 0 ? (size_t)count : 1));
    if (!args_failed(&args) && (count < 0 || (count && transposed)))
        PyErr_SetString(PyExc_ValueError, "count is not negative, and not given with transposed");
    if (PyErr_Occurred()) {
        args_release(&args);
        return NULL;
    }
    int singular = 0, dense = 0;
    Lu *lu;
    Py_BEGIN_ALLOW_THREADS
    lu = lu_new(m, 0);
    if (lu != NULL && !(singular = lu_factor(lu, jacobian, a, b))) {
        dense = lu_is_dense(lu);
        if (count)
            lu_solve_many(lu, v, (size_t)count);
        else if (transposed)
            lu_solve_transposed(lu, v);
        else
            lu_solve(lu, v);
    }
    Py_END_ALLOW_THREADS
    args_release(&args);
    if (lu == NULL)
        return PyErr_NoMemory();
    lu_free(lu);
    if (singular) {
        PyErr_SetString(PyExc_ArithmeticError, "the matrix is singular");
        return NULL;
    }
    return PyBool_FromLong(dense);
}

/* lu_size(model, most) -> (numbers in the factors, multiplications of one elimination); None where they would be more
 * than `most` (0: no limit) or there is no memory. */
static PyObject *size(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule;
    Py_ssize_t most;
    if (!PyArg_ParseTuple(arguments, "On", &capsule, &most))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    if (most < 0) {
        PyErr_SetString(PyExc_ValueError, "most is not negative");
        return NULL;
    }
    Lu *lu;
    Py_BEGIN_ALLOW_THREADS
    lu = lu_new(m, (size_t)most);
    Py_END_ALLOW_THREADS
    if (lu == NULL)
        Py_RETURN_NONE;
    PyObject *result = Py_BuildValue("nd", (Py_ssize_t)lu_size(lu), lu_cost(lu));
    lu_free(lu);
    return result;
}

PyMethodDef lu_methods[] = {
    {"lu_size", size, METH_VARARGS, "(numbers in the factors, multiplications), or None where they are too many."},
    {"lu_solve", solve, METH_VARARGS, "Fills v with the solution; tells whether the factors are dense."},
    {NULL, NULL, 0, NULL},
};

/* Python's view of the solvers of linear systems: one factorisation and its solves. */
#include "bindings.h"
#include "gmres.h"
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

static int iterate(const Model *m, const double *jacobian, double factored, double gamma, const double *weight,
                   double tolerance, double *v, int *products)
{
    Gmres *solver = gmres_new(m);
    if (solver == NULL)
        return 1;
    gmres_take(solver, jacobian);
    *products = gmres_factor(solver, factored, weight) ? -2 : gmres_solve(solver, gamma, weight, tolerance, v);
    gmres_free(solver);
    return 0;
}

/* gmres_solve(model, {jacobian, gamma, factored, weight, tolerance, v}): v := (I - gamma J)^-1 v in place, with incomplete
 * factors of I - factored J.  Returns the number of products with J, -1 where they did not suffice, -2 where the
 * factors are singular. */
static PyObject *solve_iteratively(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Model *m = model_of(capsule);
    if (m == NULL)
        return NULL;
    Args args;
    size_t n_jacobian, n_v, n_weight;
    args_init(&args, dict);
    const double *jacobian = args_f64(&args, "jacobian", &n_jacobian);
    const double *weight = args_f64(&args, "weight", &n_weight);
    double *v = args_out_f64(&args, "v", &n_v);
    const double gamma = args_double(&args, "gamma", 1.0), factored = args_double(&args, "factored", gamma);
    const double tolerance = args_double(&args, "tolerance", 1e-6);
    args_expect(&args, "jacobian", n_jacobian, m->n_jacobian);
    args_expect(&args, "weight", n_weight, m->n_species);
    args_expect(&args, "v", n_v, m->n_species);
    args_expect(&args, "v", n_v > 0, 1);
    if (args_failed(&args)) {
        args_release(&args);
        return NULL;
    }
    int products = 0, failed;
    Py_BEGIN_ALLOW_THREADS
    failed = iterate(m, jacobian, factored, gamma, weight, tolerance, v, &products);
    Py_END_ALLOW_THREADS
    args_release(&args);
    return failed ? PyErr_NoMemory() : PyLong_FromLong(products);
}

/* linear_solver(model) -> "lu" or "gmres": which one its implicit integrators use. */
static PyObject *choice(PyObject *self, PyObject *capsule)
{
    (void)self;
    const Model *m = model_of(capsule);
    return m == NULL ? NULL : PyUnicode_FromString(m->lu_plan != NULL ? "lu" : "gmres");
}

PyMethodDef lu_methods[] = {
    {"gmres_solve", solve_iteratively, METH_VARARGS, "Fills v with the solution; the number of products with J."},
    {"linear_solver", choice, METH_O, "Whether a model's linear systems are solved by \"lu\" or by \"gmres\"."},
    {"lu_size", size, METH_VARARGS, "(numbers in the factors, multiplications), or None where they are too many."},
    {"lu_solve", solve, METH_VARARGS, "Fills v with the solution; tells whether the factors are dense."},
    {NULL, NULL, 0, NULL},
};

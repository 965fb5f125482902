/* Named arrays and numbers passed from Python. */
#include "args.h"

#include <string.h>

void args_init(Args *args, PyObject *dict)
{
    args->dict = dict;
    args->n_views = 0;
    args->failed = 0;
    if (!PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "a dict of named arrays is needed");
        args->failed = 1;
    }
}

void args_release(Args *args)
{
    for (int i = 0; i < args->n_views; i++)
        PyBuffer_Release(&args->views[i]);
    args->n_views = 0;
}

int args_failed(const Args *args)
{
    return args->failed;
}

static PyObject *item(Args *args, const char *name, int required)
{
    if (args->failed)
        return NULL;
    PyObject *value = PyDict_GetItemString(args->dict, name);
    if (value == Py_None)
        value = NULL;
    if (value == NULL && required) {
        PyErr_Format(PyExc_KeyError, "%s", name);
        args->failed = 1;
    }
    return value;
}

/* Whether a buffer's format is `code`, in native order, whatever prefix it carries. */
static int has_format(const Py_buffer *view, const char *codes)
{
    const char *format = view->format ? view->format : "B";
    if (*format == '@' || *format == '=' || *format == '<')
        format++;
    return format[0] != '\0' && format[1] == '\0' && strchr(codes, format[0]) != NULL;
}

static void *array(Args *args, const char *name, size_t *n, const char *codes, Py_ssize_t size, int writable,
                   int required)
{
    if (n != NULL)
        *n = 0;
    PyObject *value = item(args, name, required);
    if (value == NULL)
        return NULL;
    if (args->n_views == ARGS_MOST) {
        PyErr_SetString(PyExc_ValueError, "too many arrays");
        args->failed = 1;
        return NULL;
    }
    Py_buffer *view = &args->views[args->n_views];
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(value, view, flags) != 0) {
        args->failed = 1;
        return NULL;
    }
    args->n_views++;
    if (view->itemsize != size || !has_format(view, codes)) {
        PyErr_Format(PyExc_TypeError, "%s has items of another type (%s)", name, view->format ? view->format : "B");
        args->failed = 1;
        return NULL;
    }
    if (n != NULL)
        *n = (size_t)(view->len / size);
    return view->buf;
}

const double *args_f64(Args *args, const char *name, size_t *n)
{
    return array(args, name, n, "d", 8, 0, 1);
}

const uint32_t *args_u32(Args *args, const char *name, size_t *n)
{
    return array(args, name, n, "IL", 4, 0, 1);
}

double *args_out_f64(Args *args, const char *name, size_t *n)
{
    return array(args, name, n, "d", 8, 1, 1);
}

int64_t *args_out_i64(Args *args, const char *name, size_t *n)
{
    return array(args, name, n, "qlL", 8, 1, 1);
}

const double *args_f64_or_null(Args *args, const char *name, size_t *n)
{
    return array(args, name, n, "d", 8, 0, 0);
}

double *args_out_f64_or_null(Args *args, const char *name, size_t *n)
{
    return array(args, name, n, "d", 8, 1, 0);
}

int64_t *args_out_i64_or_null(Args *args, const char *name, size_t *n)
{
    return array(args, name, n, "qlL", 8, 1, 0);
}

double args_double(Args *args, const char *name, double otherwise)
{
    PyObject *value = item(args, name, 0);
    if (value == NULL)
        return otherwise;
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred())
        args->failed = 1;
    return number;
}

int64_t args_int(Args *args, const char *name, int64_t otherwise)
{
    PyObject *value = item(args, name, 0);
    if (value == NULL)
        return otherwise;
    long long number = PyLong_AsLongLong(value);
    if (number == -1 && PyErr_Occurred())
        args->failed = 1;
    return (int64_t)number;
}

void args_expect(Args *args, const char *name, size_t n, size_t expected)
{
    if (args->failed || n == expected)
        return;
    PyErr_Format(PyExc_ValueError, "%s has %zu items, not %zu", name, n, expected);
    args->failed = 1;
}

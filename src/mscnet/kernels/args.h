/* Named arrays and numbers passed from Python: a dict of objects with the buffer protocol, ints and floats.
 *
 * A binding makes an `Args` of its dict, fetches what it needs, checks `args_failed` once, works with the GIL released,
 * and calls `args_release`.  The first fault is kept as a Python exception that names the item. */
#ifndef MSCNET_ARGS_H
#define MSCNET_ARGS_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_MOST 96

typedef struct {
    PyObject *dict;
    Py_buffer views[ARGS_MOST];
    int n_views;
    int failed;
} Args;

/* Begin on a dict; fails (with TypeError) where it is none. */
void args_init(Args *args, PyObject *dict);
/* Release all buffers. */
void args_release(Args *args);
/* Whether a fetch failed; a Python exception is then set. */
int args_failed(const Args *args);

/* Contiguous arrays; `n` receives the number of items (all dimensions), and may be NULL.  Raises KeyError, TypeError. */
const double *args_f64(Args *args, const char *name, size_t *n);
const uint32_t *args_u32(Args *args, const char *name, size_t *n);
double *args_out_f64(Args *args, const char *name, size_t *n);
int64_t *args_out_i64(Args *args, const char *name, size_t *n);
/* The same, NULL where the dict has no such item or None. */
const double *args_f64_or_null(Args *args, const char *name, size_t *n);
double *args_out_f64_or_null(Args *args, const char *name, size_t *n);
int64_t *args_out_i64_or_null(Args *args, const char *name, size_t *n);

double args_double(Args *args, const char *name, double otherwise);
int64_t args_int(Args *args, const char *name, int64_t otherwise);
/* Raise ValueError unless an array has the number of items that it should have. */
void args_expect(Args *args, const char *name, size_t n, size_t expected);

#endif

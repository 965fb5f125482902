/* Looks at Python now and then while a long loop runs without the GIL. */
#ifndef MSCNET_POLL_H
#define MSCNET_POLL_H

#include "args.h"

#include <time.h>

typedef struct {
    PyThreadState *thread; /* what PyEval_SaveThread gave */
    PyObject *progress;    /* called with the time reached, or NULL */
    clock_t next;
    int raised; /* a Python exception is set */
} Poll;

/* Whether to stop: a signal or `progress` raised.  `context` is a Poll. */
int poll_python(void *context, double time);

#endif

/* Looks at signals and tells progress from within long loops. */
#include "poll.h"

/* Seconds of processor time between two looks at Python. */
static const double POLL_SECONDS = 0.05;

int poll_python(void *context, double time)
{
    Poll *poll = context;
    const clock_t now = clock();
    if (now < poll->next)
        return 0;
    poll->next = now + (clock_t)(POLL_SECONDS * CLOCKS_PER_SEC);
    PyEval_RestoreThread(poll->thread);
    int stop = PyErr_CheckSignals() != 0;
    if (!stop && poll->progress != NULL) {
        PyObject *result = PyObject_CallFunction(poll->progress, "d", time);
        stop = result == NULL;
        Py_XDECREF(result);
    }
    poll->raised = stop;
    poll->thread = PyEval_SaveThread();
    return stop;
}

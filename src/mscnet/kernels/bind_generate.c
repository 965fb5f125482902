/* Python's view of the generation of networks. */
#include "bindings.h"
#include "generate_count.h"
#include "generate_tables.h"
#include "generate_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const CAPSULE = "mscnet.kernels.generate";

/* Seconds of processor time between two looks at Python. */
static const double POLL_SECONDS = 0.05;

/* An engine with the tables that it works on. */
typedef struct {
    Engine engine;
    Args args;
    PyObject *dict;
    uint32_t *seeds;
    size_t n_seeds;
} Network;

typedef struct {
    PyThreadState *thread;
    PyObject *progress;
    clock_t next;
    int raised;
} Watch;

static void network_free(Network *n)
{
    if (n == NULL)
        return;
    engine_free(&n->engine);
    free(n->engine.kinds.alone);
    free(n->seeds);
    args_release(&n->args);
    Py_XDECREF(n->dict);
    free(n);
}

static void destroy(PyObject *capsule)
{
    network_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

static Network *network_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, CAPSULE);
}

/* Whether to stop: a signal or `progress` raised. */
static int poll(void *context, int tell, size_t round, size_t species, size_t events)
{
    Watch *w = context;
    const clock_t now = clock();
    if (!tell && now < w->next)
        return 0;
    w->next = now + (clock_t)(POLL_SECONDS * CLOCKS_PER_SEC);
    PyEval_RestoreThread(w->thread);
    int stop = PyErr_CheckSignals() != 0;
    if (!stop) {
        PyObject *result = PyObject_CallFunction(w->progress, "nnn", (Py_ssize_t)round, (Py_ssize_t)species,
                                                 (Py_ssize_t)events);
        stop = result == NULL;
        Py_XDECREF(result);
    }
    w->raised |= stop;
    w->thread = PyEval_SaveThread();
    return stop;
}

/* Takes in the seeds, packed as `generated_species` gives species; 0 with an exception set. */
static int plant(Network *n)
{
    Args *args = &n->args;
    Engine *e = &n->engine;
    size_t n_words, at = 0, room = 0;
    const uint32_t *words = args_u32(args, "seeds", &n_words);
    Graph graph;
    memset(&graph, 0, sizeof graph);
    int enough = 1;
    while (!args_failed(args) && enough && at < n_words) {
        const size_t mols = words[at], left = n_words - at;
        const uint32_t place = left > 1 ? words[at + 1] : NOTHING;
        args_expect(args, "seeds", left >= 2 + 2 * mols && (place == NOTHING || place < e->places.n), 1);
        graph_clear(&graph);
        at += 2;
        for (size_t m = 0; !args_failed(args) && enough && m < mols; m++, at += 2) {
            args_expect(args, "seeds", words[at] < e->kinds.n_types &&
                                           (words[at + 1] == NOTHING || words[at + 1] < e->places.n), 1);
            enough = args_failed(args) || graph_add_molecule(&graph, &e->kinds, words[at], words[at + 1]);
        }
        args_expect(args, "seeds", mols > 0 && n_words - at >= 2 * (size_t)graph.n_sites, 1);
        for (size_t s = 0; !args_failed(args) && enough && s < graph.n_sites; s++, at += 2) {
            const uint32_t state = words[at], bond = words[at + 1];
            args_expect(args, "seeds", (state == NOTHING || state < e->n_states) &&
                                           (bond == NOTHING || (bond < graph.n_sites && bond != s)), 1);
            graph.state[s] = state;
            graph.bond[s] = bond;
        }
        for (size_t s = 0; !args_failed(args) && enough && s < graph.n_sites; s++)
            args_expect(args, "seeds", graph.bond[s] == NOTHING || graph.bond[graph.bond[s]] == s, 1);
        if (args_failed(args) || !enough)
            break;
        const View view = graph_view(&graph);
        enough = make_room(&n->seeds, &room, n->n_seeds + 1, sizeof *n->seeds) &&
                 take_in(&e->apply, &view, place, SIZE_MAX, &n->seeds[n->n_seeds++]) == APPLIED;
    }
    graph_free(&graph);
    if (!enough)
        PyErr_NoMemory();
    return enough && !args_failed(args);
}

/* Runs the engine; 0 with an exception set.  An interrupt keeps what is there. */
static int work(Network *n, PyObject *progress)
{
    Engine *e = &n->engine;
    Watch watch = {NULL, progress, clock(), 0};
    e->poll = poll;
    e->context = &watch;
    watch.thread = PyEval_SaveThread();
    engine_run(e);
    PyEval_RestoreThread(watch.thread);
    if (e->ending == ENDED_MEMORY) {
        PyErr_NoMemory();
        return 0;
    }
    if (watch.raised && !PyErr_ExceptionMatches(PyExc_KeyboardInterrupt))
        return 0;
    if (watch.raised)
        PyErr_Clear();
    return 1;
}

/* generate({…}, progress) -> capsule: see generate_tables.c for the tables. */
static PyObject *generate(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *dict, *progress;
    if (!PyArg_ParseTuple(arguments, "OO", &dict, &progress))
        return NULL;
    Network *n = calloc(1, sizeof *n);
    if (n == NULL)
        return PyErr_NoMemory();
    args_init(&n->args, dict);
    Py_INCREF(dict);
    n->dict = dict;
    if (!args_failed(&n->args))
        read_engine(&n->args, &n->engine);
    int good = !args_failed(&n->args);
    if (good && !engine_begin(&n->engine)) {
        PyErr_NoMemory();
        good = 0;
    }
    if (!good || !plant(n) || !work(n, progress)) {
        network_free(n);
        return NULL;
    }
    engine_trim(&n->engine);
    PyObject *capsule = PyCapsule_New(n, CAPSULE, destroy);
    if (capsule == NULL)
        network_free(n);
    return capsule;
}

static PyObject *numbers(const uint32_t *values, size_t n)
{
    PyObject *list = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; list != NULL && i < n; i++) {
        PyObject *one = PyLong_FromUnsignedLong(values[i]);
        if (one == NULL || PyTuple_SetItem(list, (Py_ssize_t)i, one) != 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

/* generated(capsule) -> (ending, rounds, whether species were too large, growing, seeds, species, events) */
static PyObject *generated(PyObject *self, PyObject *capsule)
{
    (void)self;
    const Network *n = network_of(capsule);
    if (n == NULL)
        return NULL;
    const Engine *e = &n->engine;
    PyObject *growing = numbers(e->growing, e->n_growing);
    PyObject *seeds = growing == NULL ? NULL : numbers(n->seeds, n->n_seeds);
    if (seeds == NULL) {
        Py_XDECREF(growing);
        return NULL;
    }
    return Py_BuildValue("iniNNnn", e->ending, (Py_ssize_t)e->round, e->too_large, growing, seeds,
                         (Py_ssize_t)e->store.n, (Py_ssize_t)e->events.n);
}

static PyObject *bytes_of(const void *from, size_t n)
{
    return PyBytes_FromStringAndSize(n == 0 ? "" : from, (Py_ssize_t)n);
}

/* generated_events(capsule) -> words, starts and ways as bytes: see `Events`. */
static PyObject *generated_events(PyObject *self, PyObject *capsule)
{
    (void)self;
    const Network *n = network_of(capsule);
    if (n == NULL)
        return NULL;
    const Events *e = &n->engine.events;
    PyObject *words = bytes_of(e->words, e->n_words * sizeof *e->words);
    PyObject *ways = bytes_of(e->ways, e->n * sizeof *e->ways);
    if (words == NULL || ways == NULL) {
        Py_XDECREF(words);
        Py_XDECREF(ways);
        return NULL;
    }
    return Py_BuildValue("NN", words, ways);
}

/* Names in a tuple of bytes and an array of starts, from the dict. */
static int read_names(Args *args, const char *letters, const char *starts, size_t n, Names *names)
{
    size_t n_start;
    Py_ssize_t length = 0;
    char *text = NULL;
    PyObject *held = PyDict_GetItemString(args->dict, letters);
    if (held == NULL || PyBytes_AsStringAndSize(held, &text, &length) != 0) {
        if (held == NULL)
            PyErr_SetString(PyExc_KeyError, letters);
        args->failed = 1;
        return 0;
    }
    names->letters = text;
    names->start = args_u32(args, starts, &n_start);
    names->n = (uint32_t)n;
    expect_starts(args, starts, names->start, n_start, n, (size_t)length);
    return !args_failed(args);
}

/* generated_texts(capsule, {names}) -> the texts of all species. */
static PyObject *generated_texts(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &dict))
        return NULL;
    const Network *n = network_of(capsule);
    if (n == NULL)
        return NULL;
    const Engine *e = &n->engine;
    Names types, sites, states, places;
    Text text;
    Args args;
    memset(&text, 0, sizeof text);
    args_init(&args, dict);
    const int good = !args_failed(&args) && read_names(&args, "types", "type_start", e->kinds.n_types, &types) &&
                     read_names(&args, "sites", "site_start", e->kinds.n_sites, &sites) &&
                     read_names(&args, "states", "state_start", e->n_states, &states) &&
                     read_names(&args, "places", "place_start", e->places.n, &places);
    PyObject *list = good ? PyTuple_New((Py_ssize_t)e->store.n) : NULL;
    for (size_t i = 0; list != NULL && i < e->store.n; i++) {
        const View view = store_view(&e->store, (uint32_t)i);
        text.n = 0;
        PyObject *one = text_species(&text, &view, e->store.species[i].place, &e->kinds, &types, &sites, &states, &places)
                            ? PyUnicode_DecodeUTF8(text.letters, (Py_ssize_t)text.n, NULL)
                            : PyErr_NoMemory();
        if (one == NULL || PyTuple_SetItem(list, (Py_ssize_t)i, one) != 0) {
            Py_DECREF(list);
            list = NULL;
        }
    }
    text_free(&text);
    args_release(&args);
    return list;
}

/* generated_species(capsule, i) -> the molecules, place, (type, place) of each, (state, bond) of each site. */
static PyObject *generated_species(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule;
    Py_ssize_t i;
    if (!PyArg_ParseTuple(arguments, "On", &capsule, &i))
        return NULL;
    const Network *n = network_of(capsule);
    if (n == NULL)
        return NULL;
    if (i < 0 || (size_t)i >= n->engine.store.n) {
        PyErr_SetString(PyExc_IndexError, "no such species");
        return NULL;
    }
    const View v = store_view(&n->engine.store, (uint32_t)i);
    const size_t size = 2 + 2 * (size_t)v.n_mols + 2 * (size_t)v.n_sites;
    uint32_t *words = malloc(size * sizeof *words);
    if (words == NULL)
        return PyErr_NoMemory();
    uint32_t *at = words;
    *at++ = v.n_mols;
    *at++ = n->engine.store.species[i].place;
    for (uint32_t m = 0; m < v.n_mols; m++) {
        *at++ = v.type[m];
        *at++ = v.place[m];
    }
    for (uint32_t s = 0; s < v.n_sites; s++) {
        *at++ = v.state[s];
        *at++ = v.bond[s];
    }
    PyObject *bytes = bytes_of(words, size * sizeof *words);
    free(words);
    return bytes;
}

/* generated_counts(capsule, {patterns, exists, out}, progress): fills out[pattern][species]. */
static PyObject *generated_counts(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *dict, *progress;
    if (!PyArg_ParseTuple(arguments, "OOO", &capsule, &dict, &progress))
        return NULL;
    const Network *n = network_of(capsule);
    if (n == NULL)
        return NULL;
    const Engine *e = &n->engine;
    Args args;
    Patterns patterns;
    size_t n_out;
    memset(&patterns, 0, sizeof patterns);
    args_init(&args, dict);
    int status = 0;
    if (!args_failed(&args))
        read_patterns(&args, &e->kinds, e->n_states, e->places.n, &patterns);
    double *out = args_out_f64(&args, "out", &n_out);
    args_expect(&args, "out", n_out, patterns.n_patterns * e->store.n);
    const int exists = args_int(&args, "exists", 0) != 0, good = !args_failed(&args);
    if (good) {
        Watch watch = {NULL, progress, clock(), 0};
        watch.thread = PyEval_SaveThread();
        status = count_patterns(e, &patterns, exists, out, poll, &watch);
        PyEval_RestoreThread(watch.thread);
    }
    args_release(&args);
    if (good && status == 0)
        return PyErr_NoMemory();
    if (!good || status < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef generate_methods[] = {
    {"generate", generate, METH_VARARGS, "The network that rules make of seeds."},
    {"generated", generated, METH_O, "How generation ended, and what it has found."},
    {"generated_events", generated_events, METH_O, "All events."},
    {"generated_texts", generated_texts, METH_VARARGS, "The texts of all species."},
    {"generated_counts", generated_counts, METH_VARARGS, "How often patterns are found in each species."},
    {"generated_species", generated_species, METH_VARARGS, "One species."},
    {NULL, NULL, 0, NULL},
};

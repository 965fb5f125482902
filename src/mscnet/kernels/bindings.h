/* The functions that Python sees; one array of methods a subject, gathered in module.c. */
#ifndef MSCNET_BINDINGS_H
#define MSCNET_BINDINGS_H

#include "args.h"
#include "model.h"

/* The model in a capsule made by `model`; NULL with TypeError set where it is none.  The caller holds a reference to
 * the capsule for as long as it works, also while the GIL is released. */
Model *model_of(PyObject *capsule);

/* Each ends with {NULL, NULL, 0, NULL}. */
extern PyMethodDef model_methods[];
extern PyMethodDef ode_methods[];
extern PyMethodDef generate_methods[];
extern PyMethodDef lu_methods[];
extern PyMethodDef batch_methods[];
extern PyMethodDef sens_methods[];
extern PyMethodDef ssa_methods[];
extern PyMethodDef steady_methods[];
extern PyMethodDef nf_methods[];

#endif

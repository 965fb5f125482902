/* Building and freeing models. */
#ifndef MSCNET_MODEL_BUILD_H
#define MSCNET_MODEL_BUILD_H

#include "args.h"
#include "model.h"

/* A model from the dict that mscnet.kinetics.program makes; NULL with a Python exception set where it can't be. */
Model *model_build(Args *args);
void model_free(Model *model);

#endif

/* Which solver of linear systems suits a model: complete factors (lu.h) or, for networks whose factors would be large,
 * GMRES with incomplete ones (gmres.h, ilu.h). */
#ifndef MSCNET_LINEAR_H
#define MSCNET_LINEAR_H

#include "model.h"

/* Gives the model its lu_plan or its ilu_plan, once; 1 without memory. */
int linear_plan(Model *model);
void linear_free(Model *model);

#endif

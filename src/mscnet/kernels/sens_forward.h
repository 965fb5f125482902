/* Forward sensitivities along with a BDF run. */
#ifndef MSCNET_SENS_FORWARD_H
#define MSCNET_SENS_FORWARD_H

#include "bdf.h"
#include "ilu.h"
#include "sens_directions.h"

typedef struct Forward Forward;

/* Follows `bdf`, just made: the sensitivities start as directions->initial.  `scale` [count] says what change of each
 * input counts: scale times a sensitivity is held to the tolerances of the state, in the error test where `tested`,
 * and always in the iteration.  None of it is copied; NULL without memory. */
Forward *forward_new(Stepper *bdf, const Directions *directions, const double *scale, int tested);
void forward_free(Forward *forward);
/* The sensitivities [n_species][count] at a time within the last step. */
void forward_at(const Forward *forward, double time, double *out);

#endif

/* What `auto` asks of the Rosenbrock method. */
#ifndef MSCNET_ROSENBROCK_H
#define MSCNET_ROSENBROCK_H

#include "lu.h"
#include "ode.h"

/* The factors, which tell what a step costs. */
const Lu *rosenbrock_lu(const Stepper *stepper);

#endif

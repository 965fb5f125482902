/* What the parts of the BDF integrator share. */
#ifndef MSCNET_BDF_H
#define MSCNET_BDF_H

#include "bdf_formula.h"
#include "gmres.h"
#include "lu.h"
#include "ode.h"

#include <math.h>

typedef struct {
    Stepper base; /* base.x is z */
    Ode ode;
    Lu *lu;       /* factors of Newton's matrix, or NULL where they would cost too much and GMRES serves */
    Gmres *gmres; /* NULL where there is an Lu */
    double *total, *spare; /* with GMRES: the conserved totals of the start, and room to return to them */
    double *block; /* owns all of the following */
    double *z;     /* [order + 1][n] Nordsieck rows at base.t: h^j/j! times the j-th derivative */
    double *p;     /* [order + 1][n] the same, predicted for the step under way */
    double *weight; /* [n] 1/(rtol |x| + atol) at base.t */
    double *e;      /* [n] x - predicted x of the last step, found by Newton's method */
    double *e_before; /* [n] the same at an earlier step of this order */
    double *y, *f, *delta; /* [n] Newton's iterate, its rates, the correction */
    double *jacobian;

    int order, wait; /* `wait` steps pass before another order is looked at */
    int started, no_growth;
    double h;              /* of the rows z */
    double growth, limit;  /* factor for the next step; the most it may be */
    int next_order;
    double past[BDF_MAX_ORDER + 2];
    Formula formula;
    double rise_before;

    uint64_t n_steps, factored_at, jacobian_at;
    double gamma, gamma_factored; /* h / corrector[1] of the step, and of the factors */
    double rate;                  /* of convergence, as seen since the last factorisation */
    int must_factor, must_differentiate;
    int jacobian_is_new;
} Bdf;

enum { NEWTON_CONVERGED, NEWTON_SLOW, NEWTON_SINGULAR, NEWTON_NOT_FINITE };

/* Solves e from the predicted rows p at time t; the norm of e weighted goes into *size. */
int bdf_newton(Bdf *s, double t, double *size);

/* The norm of errors: (mean of (v_i weight_i)^8)^(1/8).  In a large network the root of the mean square would let a
 * few species, often the ones that all others depend on, be many tolerances wrong; the eighth power lets one of a
 * thousand be 2.4, and like the second it is smooth. */
double bdf_norm(const Bdf *s, const double *v);

static inline double eighth_power(double v)
{
    const double square = v * v, fourth = square * square;
    return fourth * fourth;
}

static inline double eighth_root(double v)
{
    return sqrt(sqrt(sqrt(v)));
}

#endif

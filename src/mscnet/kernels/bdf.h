/* What the parts of the BDF integrator share. */
#ifndef MSCNET_BDF_H
#define MSCNET_BDF_H

#include "bdf_formula.h"
#include "gmres.h"
#include "lu.h"
#include "ode.h"

typedef struct {
    Stepper base; /* base.x is z */
    Ode ode;
    Lu *lu;       /* factors of Newton's matrix, or NULL where they would cost too much and GMRES serves */
    Gmres *gmres; /* NULL where there is an Lu */
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

/* Solves e from the predicted rows p at time t; the weighted norm of e goes into *size. */
int bdf_newton(Bdf *s, double t, double *size);

extern int PN;
#include <math.h>
static inline void bdf_add(double *sum, double v) { if (PN==2) *sum += v*v; else if (PN==4) *sum += v*v*(v*v); else if (PN==8) *sum+=v*v*(v*v)*(v*v*(v*v)); else {*sum = fabs(v)>*sum || v!=v?fabs(v):*sum; }}
static inline double bdf_mean(double sum, double n) { return PN==2?sqrt(sum/n):PN==4?sqrt(sqrt(sum/n)):PN==8?pow(sum/n,0.125):sum;}
/* Root of the mean square of v weighted. */
double bdf_norm(const Bdf *s, const double *v);

#endif

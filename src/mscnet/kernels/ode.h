/* An initial value problem as the integrators see it, and what an integrator (a stepper) offers. */
#ifndef MSCNET_ODE_H
#define MSCNET_ODE_H

#include "model.h"

/* Why a step could not be made; as in mscnet/simulation/compiled.py. */
enum {
    ODE_DONE = 0,
    ODE_INTERRUPTED = 1,
    ODE_NOT_FINITE = 2,
    ODE_STEP_TOO_SMALL = 3,
    ODE_TOO_MANY_STEPS = 4,
    ODE_NO_MEMORY = 5,
    ODE_STOPPED = 6 /* a condition of the caller's ended the run */
};

typedef struct {
    Rates *rates; /* rates_set has been called */
    uint32_t n;   /* species */
    double start, end;
    double rtol;
    const double *atol; /* [n] */
    double max_step;
    double first_step; /* 0 where the method is to choose it */
} Ode;

/* One integration under way.  Each method's file offers `Stepper *NAME_new(const Ode *, const double *x0)`: it starts at
 * (ode->start, x0), chooses its first step itself, and never goes beyond ode->end.  The Ode is copied, its rates and
 * tolerances are not. */
typedef struct Stepper Stepper;
struct Stepper {
    double t, t_old;  /* the last accepted step went from t_old to t; t == ode->end at the end, exactly */
    double *x;        /* [n] the state at t; whoever changes it between two steps sets `moved` */
    int moved;
    int method; /* which one made the last step */
    uint64_t n_rejected, n_factorisations, n_solves, n_products; /* products with J, of iterative solvers */
    /* Makes one accepted step; ODE_DONE or why it could not (the state then stays at the last accepted one). */
    int (*step)(Stepper *self);
    /* The state at a time within the last step, into out[n]. */
    void (*interpolate)(const Stepper *self, double time, double *out);
    /* Begins anew, on the same model; nothing of the run before is left but memory and the analysis of the pattern. */
    void (*restart)(Stepper *self, const Ode *ode, const double *x0);
    void (*free)(Stepper *self);
};

Stepper *bdf_new(const Ode *ode, const double *x0);
Stepper *rosenbrock_new(const Ode *ode, const double *x0);
Stepper *explicit_new(const Ode *ode, const double *x0);
Stepper *auto_new(const Ode *ode, const double *x0);

/* Methods by number, as in mscnet/simulation/compiled.py. */
enum { METHOD_ROSENBROCK = 0, METHOD_BDF = 1, METHOD_EXPLICIT = 2, METHOD_AUTO = 3, METHOD_COUNT = 4 };
/* Starts a method; NULL without memory. */
Stepper *ode_start(int method, const Ode *ode, const double *x0);

/* The largest |v_i| / (atol_i + rtol max(|x_i|, |y_i|)); infinite where one is not finite. */
double ode_norm(const Ode *ode, const double *v, const double *x, const double *y);

#endif

/* What the parts of the BDF integrator share. */
#ifndef MSCNET_BDF_H
#define MSCNET_BDF_H

#include "bdf_formula.h"
#include "conserved.h"
#include "gmres.h"
#include "lu.h"
#include "ode.h"

#include <math.h>

typedef struct Bdf Bdf;

/* What goes along with the rows of the state, told of each change of them: rows of other quantities, or a record. */
typedef struct BdfFollower BdfFollower;
struct BdfFollower {
    /* z_1 = h f was put in at order 1. */
    void (*begun)(BdfFollower *self, const Bdf *s);
    /* z_j was multiplied by ratio^j, up to the present order. */
    void (*rescaled)(BdfFollower *self, const Bdf *s, double ratio);
    /* The order is about to become `order`, with the factors of formula_lower or formula_raise. */
    void (*reordered)(BdfFollower *self, const Bdf *s, int order, const double *c);
    /* Newton's method has found s->y at time t and the error test let it pass; *error may be raised.  Not 0 where the
     * follower could not make the step. */
    int (*corrected)(BdfFollower *self, Bdf *s, double t, double *error);
    /* The step that was corrected last is taken; `kept` where its e is kept for a choice of order. */
    void (*accepted)(BdfFollower *self, const Bdf *s, int kept);
    /* Norms of the follower's own rows for the choice of order, as the state's; NULL where it has no say. */
    double (*last_row)(BdfFollower *self, const Bdf *s);
    double (*change)(BdfFollower *self, const Bdf *s, double share);
};

struct Bdf {
    Stepper base; /* base.x is z */
    Ode ode;
    Lu *lu;       /* factors of Newton's matrix, or NULL where they would cost too much and GMRES serves */
    Gmres *gmres; /* NULL where there is an Lu */
    Conserver *conserver; /* with GMRES, where there are conserved totals: returns to them */
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
    double closeness; /* part of its tolerance that GMRES is given, since its residual is not its error */
    int tried_direct; /* whether complete factors were tried instead of GMRES */
    double trouble; /* of GMRES: how many more products were needed than incomplete factors worth having need */
    BdfFollower *follower; /* or NULL */
};

enum { NEWTON_CONVERGED, NEWTON_SLOW, NEWTON_SINGULAR, NEWTON_NOT_FINITE };

/* Solves e from the predicted rows p at time t; the norm of e weighted goes into *size. */
int bdf_newton(Bdf *s, double t, double *size);

/* Takes J at the end of the step under way and factors I - gamma J with it; 0 where that can be done. */
int bdf_refactor(Bdf *s, const double *jacobian);

/* Lets a follower go along from the start of the run on. */
void bdf_follow(Stepper *bdf, BdfFollower *follower);

/* The norm of errors: (sum of (v_i weight_i)^8 / n)^(1/8), n no more than MOST_AVERAGED.  In a large network the root of
 * the mean square would let a few species, often the ones that all others depend on, be many tolerances wrong; so
 * would, of thousands, the true mean of eighth powers.  Like the second power the eighth is smooth. */
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

#define MOST_AVERAGED 10

/* The norm whose sum of eighth powers over n species is `sum`. */
static inline double norm_of_sum(double sum, uint32_t n)
{
    return eighth_root(sum / (n < MOST_AVERAGED ? n : MOST_AVERAGED));
}

#endif

/* A reaction network as tables: dx/dt = S r(t, x, c), with r in four kinds of rows and exact derivatives.
 *
 * Reactions are renumbered: first mass action of order 0, 1, 2, 3 and 4, then products of powers, then general laws,
 * so that the hot loops run over contiguous rows.  `original` gives the file's number of each row.
 *
 * inputs = [parameter values, initial concentrations]; constants c = statics(inputs) is evaluated once a run.
 * State x has one value a species; constant species keep theirs (their rows of S are empty). */
#ifndef MSCNET_MODEL_H
#define MSCNET_MODEL_H

#include "program.h"

#include <stddef.h>
#include <stdint.h>

#define MAX_ORDER 4

/* A sparse matrix times a vector with its ones and minus ones apart: y[i] = sum plus - sum minus + sum factor*other. */
typedef struct {
    uint32_t n_rows;
    uint32_t *plus_start, *plus, *minus_start, *minus, *other_start, *other;
    double *factor;
} SignedRows;

/* Laws that share one program. */
typedef struct {
    Program program;
    uint32_t first, count;              /* rows */
    uint32_t n_species, n_forms, n_constants; /* slots of the program, in this order */
    const uint32_t *species;            /* [count * n_species] */
    const uint32_t *forms;              /* [count * n_forms] */
    const uint32_t *constants;          /* [count * n_constants] */
    int timed;
} Shape;

/* How linear systems of the model are solved: of lu.h and ilu.h. */
typedef struct LuPlan LuPlan;
typedef struct IluPlan IluPlan;
typedef struct ConservedLaws ConservedLaws;

typedef struct Model {
    uint32_t n_species, n_reactions, n_parameters, n_inputs, n_constants;
    uint32_t *original; /* [n_reactions] */
    uint8_t *constant;  /* [n_species] 1 where a concentration never changes */

    Program initials;         /* parameter values -> values */
    uint32_t *initial_value;  /* [n_species] which value of `initials` is the initial concentration */
    Program statics;          /* inputs -> values */
    uint32_t *constant_value; /* [n_constants] which value of `statics` is this constant */

    uint32_t order_first[MAX_ORDER + 2]; /* rows of order m are order_first[m] … order_first[m+1] */
    uint32_t *slots[MAX_ORDER + 1];      /* [rows of order m * m] */
    uint32_t n_products;                 /* rows of all orders together */
    uint32_t n_tables;                   /* n_products + rows of powers */
    uint32_t *coefficient;               /* [n_tables] which constant is the coefficient */
    double *coefficient_factor;          /* [n_tables] and its factor */
    uint32_t *power_start, *power_species; /* rows of powers: CSR */
    double *power;

    uint32_t n_shapes;
    Shape *shapes;
    uint32_t n_forms;           /* linear forms: constant + sum weight x */
    uint32_t *form_start, *form_species;
    uint32_t *form_weight;      /* which constant */
    uint32_t *form_constant;    /* which constant */
    uint32_t longest_program, most_slots;
    int timed;

    /* S by reaction (columns), then as rows for S r */
    uint32_t *s_start, *s_species;
    double *s_value;
    SignedRows net;
    /* The same for the right-hand side, where many reactions undo one another (else n_pairs is 0): columns are reactions,
     * then the differences of the rates of pairs */
    uint32_t n_pairs;
    uint32_t *pair; /* [n_pairs * 2] */
    SignedRows paired;

    /* R = dr/dx by reaction: entries d[d_start[j] … d_start[j+1]) belong to species d_species; fixed pattern.
     * Entries of constant species are left out: d_species == NONE there. */
    uint32_t n_derivatives;
    uint32_t *d_start, *d_species;

    /* J = S R, compressed columns; the diagonal is always there */
    uint32_t n_jacobian;
    uint32_t *j_start, *j_row; /* j_start[n_species + 1] */
    uint32_t *j_diagonal;      /* place of each diagonal entry */
    SignedRows jacobian;       /* from derivatives d to values of J */

    /* One of these is there, the other NULL: which one says how integrators solve their linear systems */
    LuPlan *lu_plan;
    IluPlan *ilu_plan;
    ConservedLaws *laws; /* with an ilu_plan: what its approximate solutions have to be brought back to; else NULL */

    void *block; /* what owns the memory of the tables */
} Model;

#define NONE UINT32_MAX

/* Workspace of one thread. */
typedef struct Rates {
    const Model *model;
    double *inputs;    /* [n_inputs] */
    double *constants; /* [n_constants] */
    double *k;         /* [n_tables] coefficient times factor */
    double *r;         /* [n_reactions] rates of the last evaluation, then [n_pairs] for rates_rhs */
    double *d;         /* [n_derivatives] */
    double *forms;     /* [n_forms] */
    double *statics;   /* values of the program of statics */
    double *values, *adjoint, *tangents, *adjoint_tangents; /* [longest_program] each */
    double *arguments, *gradient, *argument_tangents;       /* [most_slots] each */
    uint64_t n_rhs, n_jacobian;
} Rates;

Rates *rates_new(const Model *model);
void rates_free(Rates *rates);
/* Initial concentrations [n_species] that parameter values [n_parameters] give; `scratch` is [initials.n_code]. */
void model_initials(const Model *model, const double *parameters, double *scratch, double *x0);
/* Parameters and initial concentrations [n_inputs] -> constants. */
void rates_set(Rates *rates, const double *inputs);

/* Rates r[n_reactions] in the model's own order, into rates->r. */
void rates_evaluate(Rates *rates, double t, const double *x);
/* dx/dt; not finite where a rate is not. */
void rates_rhs(Rates *rates, double t, const double *x, double *dx);
/* y = S q for any vector over reactions. */
void model_net(const Model *model, const double *q, double *y);
/* d[] = dr/dx entries into rates->d; what is not finite is 0. */
void rates_derivatives(Rates *rates, double t, const double *x);
/* The same, and dr/dc by reaction: for each row of a table the derivative by its coefficient; for each law, form by form,
 * those by the form's constant and weights, and then those by the law's own constants. */
void rates_all_derivatives(Rates *rates, double t, const double *x, double *by_constant);
/* Values of J [n_jacobian] from d[]. */
void model_jacobian(const Model *model, const double *d, double *values);
/* Values of J [n_jacobian] at (t, x); calls rates_derivatives. */
void rates_jacobian(Rates *rates, double t, const double *x, double *values);
/* y = J v and y = J^T v with the entries of the last rates_derivatives; `q` is scratch [n_reactions]. */
void rates_times(const Rates *rates, const double *v, double *q, double *y);
void rates_transposed_times(const Rates *rates, const double *v, double *q, double *y);
/* df/dt at fixed x [n_species]; zero unless model->timed; overwrites rates->r. */
void rates_by_time(Rates *rates, double t, const double *x, double *dfdt);

/* Whether all of x[n] are finite. */
int all_finite(const double *x, size_t n);

#endif

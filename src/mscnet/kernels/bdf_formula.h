/* Backward differentiation formulas of variable order and step in Nordsieck form, fixed leading coefficient. */
#ifndef MSCNET_BDF_FORMULA_H
#define MSCNET_BDF_FORMULA_H

#include <stdint.h>

#define BDF_MAX_ORDER 5

/* The formula of one step of size h, after steps of sizes past[0], past[1] … (the latest first). */
typedef struct {
    double corrector[BDF_MAX_ORDER + 1]; /* z_j = predicted z_j + corrector[j] e, with e = x - predicted x */
    double error;                        /* |local error| / |e| */
    double error_below;                  /* the same for one order less, over |z_order| */
    double error_above;                  /* the same for one order more, over |change of e|, see `rise` */
    double rise;                         /* scales e between steps, so that differences of e make sense */
} Formula;

/* Fills all of it. */
void formula_set(Formula *formula, int order, double h, const double *past);
/* Factors c[0 … order - 1] by which z_order is taken from z_j where the order falls by one: z_j -= c[j] z_order. */
void formula_lower(double *c, int order, double h, const double *past);
/* Factors where the order rises by one, after a step of size h = past[0]: the new row is c[order + 1] e and
 * z_j += c[j] times the new row. */
void formula_raise(double *c, int order, double h, const double *past);

#endif

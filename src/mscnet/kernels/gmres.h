/* GMRES for (I - gamma J) x = v with incomplete factors on the left, in the norm of an integrator's error test.
 *
 * Saad and Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856; scaling and use within Newton's method: Brown and
 * Hindmarsh, J. Appl. Math. Comput. 31 (1989) 40. */
#ifndef MSCNET_GMRES_H
#define MSCNET_GMRES_H

#include "ilu.h"

/* Directions of one solve; there is no restart, since one that needs more calls for better factors. */
enum { GMRES_MOST = 16 };

typedef struct Gmres Gmres;

/* NULL without memory. */
Gmres *gmres_new(const Model *model);
void gmres_free(Gmres *gmres);
/* Takes J, in the order of the model's pattern. */
void gmres_take(Gmres *gmres, const double *jacobian);
/* Makes incomplete factors of I - gamma J, for errors in units of 1/weight; 0 where it is done, 1 where they are singular. */
int gmres_factor(Gmres *gmres, double gamma, const double *weight);
/* Solves (I - gamma J) x = v in place until the length of the preconditioned residual times `weight` is at most
 * `tolerance`, and so every component; gamma need not be that of the factors.  The number of products with J, or -1 where GMRES_MOST do
 * not suffice: v is then the best that was found. */
int gmres_solve(Gmres *gmres, double gamma, const double *weight, double tolerance, double *v);

#endif

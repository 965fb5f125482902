/* Conserved totals of a model, l . x for each l with l S = 0, and the return to them of a state that has left them. */
#ifndef MSCNET_CONSERVED_H
#define MSCNET_CONSERVED_H

#include "model.h"

/* A basis of sparse laws: law k weighs species[start[k]] … with value[…].  Species that never change have none. */
struct ConservedLaws {
    uint32_t n_laws;
    uint32_t *start, *species;
    double *value;
};

/* The laws of the model's S; none where to find them would take too long.  NULL without memory. */
ConservedLaws *conserved_new(const Model *model);
void conserved_free(ConservedLaws *laws);
/* total[n_laws] = the totals of x. */
void conserved_totals(const ConservedLaws *laws, const double *x, double *total);
/* How a state is brought back to totals: its own weights, from the last conserved_weigh. */
typedef struct {
    const ConservedLaws *laws;
    uint32_t n;
    double *share;  /* [n] square of the size that a change of each species may have */
    double *factor; /* [n_laws][n_laws] Cholesky factor of L^T diag(share) L with ones on its diagonal, or NULL */
    double *scale;  /* [n_laws] what made its diagonal one */
    double *total;  /* [n_laws] */
    double *left, *change; /* [n_laws], [n] */
} Conserver;

/* NULL without memory. */
Conserver *conserver_new(const ConservedLaws *laws, uint32_t n);
void conserver_free(Conserver *conserver);
/* Takes the totals of x as those to return to. */
void conserver_begin(Conserver *conserver, const double *x);
/* Takes weights, by which changes of species are compared. */
void conserver_weigh(Conserver *conserver, const double *weight);
/* Brings x back to the totals by the change that is least in the weighted norm, and adds that change to e, too.  With
 * very many laws only most of what is missing is given back; a call after each step gives the rest. */
void conserver_return(Conserver *conserver, double *x, double *e);

#endif

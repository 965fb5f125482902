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
/* Numbers that conserved_return needs to work with, for n species. */
size_t conserved_room(const ConservedLaws *laws, size_t n);
/* Brings x back to the totals by the change that is least in the norm weighted with `weight`, and adds that to e, too. */
void conserved_return(const ConservedLaws *laws, size_t n, const double *total, const double *weight, double *work,
                      double *x, double *e);

#endif

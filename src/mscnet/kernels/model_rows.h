/* What is derived from S when a model is built, and the memory that a model owns. */
#ifndef MSCNET_MODEL_ROWS_H
#define MSCNET_MODEL_ROWS_H

#include "model.h"

typedef struct {
    uint32_t row, column;
    double value;
} Triple;

/* Zeroed memory that is freed with the model; NULL without memory. */
void *model_take(Model *model, size_t size);
/* Rows of the matrix that the triples make; 0 without memory. */
int model_signed_rows(Model *model, SignedRows *out, uint32_t n_rows, const Triple *triples, size_t n);
/* S by species, and the pairs of reactions that undo one another, from s_start, s_species and s_value; 0 without
 * memory. */
int model_rows(Model *model);

#endif

/* Weights to draw by, in sums of sixteen, of sixteen of those and so on; as many as are asked for. */
#include "nf.h"

#include <stdlib.h>
#include <string.h>

#define FAN 16u
#define FAN_BITS 4
/* Changes between two sums from scratch: differences leave an error no larger than the rounding of the largest total. */
#define REFRESH_EVERY 16384u
#define REFRESH_BELOW 1e-4

int nf_sums_reserve(NfSums *s, uint32_t n)
{
    if (n > s->room) {
        uint32_t room = s->room ? s->room : FAN;
        while (room < n)
            room = room > UINT32_MAX / 2 ? n : 2 * room;
        const uint32_t before = s->room;
        s->room = room;
        uint32_t top = 0;
        for (uint32_t size = room;; top++, size = (size + FAN - 1) / FAN) {
            s->length[top] = size;
            double *grown = realloc(s->level[top], ((size_t)size + FAN) * sizeof *grown);
            if (grown == NULL)
                return 0; /* the run ends */
            if (top == 0)
                memset(grown + before, 0, ((size_t)size + FAN - before) * sizeof *grown);
            s->level[top] = grown;
            if (size <= FAN)
                break;
        }
        s->top = top;
        s->n = n;
        nf_sums_refresh(s);
    } else if (n > s->n) {
        s->n = n;
    }
    return 1;
}

void nf_sums_free(NfSums *s)
{
    for (int level = 0; level < NF_LEVELS; level++)
        free(s->level[level]);
    memset(s, 0, sizeof *s);
}

void nf_sums_refresh(NfSums *s)
{
    if (s->room == 0)
        return;
    for (uint32_t level = 1; level <= s->top; level++) {
        const uint32_t below = s->length[level - 1], size = s->length[level];
        for (uint32_t i = 0; i < size; i++) {
            double sum = 0.0;
            for (uint32_t k = i * FAN; k < (i + 1) * FAN && k < below; k++)
                sum += s->level[level - 1][k];
            s->level[level][i] = sum;
        }
        memset(s->level[level] + size, 0, FAN * sizeof(double));
    }
    s->changes = 0;
    s->peak = nf_sums_total(s);
}

double nf_sums_total(const NfSums *s)
{
    double total = 0.0;
    if (s->room == 0)
        return total;
    const uint32_t n = s->length[s->top];
    for (uint32_t i = 0; i < n; i++)
        total += s->level[s->top][i];
    return total;
}

uint32_t nf_sums_find(const NfSums *s, double r)
{
    if (s->room == 0)
        return NF_NONE;
    uint32_t i = 0, end = s->length[s->top];
    for (uint32_t level = s->top;; level--) {
        const double *sums = s->level[level];
        while (i < end && r >= sums[i])
            r -= sums[i++];
        if (i == end)
            return NF_NONE;
        if (level == 0)
            return i;
        i *= FAN;
        const uint32_t below = s->length[level - 1];
        end = i + FAN < below ? i + FAN : below;
    }
}

void nf_sums_put(NfSums *s, uint32_t i, double value)
{
    const double difference = value - s->level[0][i];
    if (difference == 0.0)
        return;
    s->level[0][i] = value;
    for (uint32_t level = 1; level <= s->top; level++) {
        i >>= FAN_BITS;
        s->level[level][i] += difference;
    }
    if (++s->changes >= REFRESH_EVERY)
        nf_sums_refresh(s);
}

/* In proportion to its weight, one of those that have any; NF_NONE where none has. */
uint32_t nf_sums_draw(NfSums *s, Stream *stream)
{
    double total = nf_sums_total(s);
    if (total < REFRESH_BELOW * s->peak) {
        nf_sums_refresh(s);
        total = s->peak;
    }
    while (total > 0.0) {
        const uint32_t i = nf_sums_find(s, stream_uniform(stream) * total);
        if (i != NF_NONE && s->level[0][i] > 0.0)
            return i;
        nf_sums_refresh(s);
        total = s->peak;
    }
    return NF_NONE;
}

/* Streams of random numbers: one a run, told apart by (seed, run), whatever thread makes which.
 *
 * A stream is xoshiro256++ (Blackman and Vigna, ACM Trans. Math. Softw. 47 (2021) 36), whose 256 bits of state are the block
 * that the counter-based Philox4x64-10 (Salmon, Moraes, Dror, Shaw, SC11, 2011) makes of key = seed and counter = run.
 * As Philox maps counters of one key one to one, no two runs of a seed share a state. */
#ifndef MSCNET_RANDOM_H
#define MSCNET_RANDOM_H

#include <stdint.h>

typedef struct {
    uint64_t s[4];
} Stream;

/* The block of Philox4x64-10 for a key and a counter. */
void philox4x64(const uint64_t key[2], const uint64_t counter[4], uint64_t block[4]);

/* The stream of a run. */
void stream_start(Stream *stream, uint64_t seed, uint64_t run);

/* Fills the tables that `stream_exponential` reads; to be called once, before any thread draws. */
void random_prepare(void);

extern double ziggurat_x[257], ziggurat_y[257];
double exponential_tail(Stream *stream, uint64_t bits);

static inline uint64_t rotated(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

/* 64 random bits. */
static inline uint64_t stream_next(Stream *stream)
{
    uint64_t *s = stream->s;
    const uint64_t result = rotated(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double stream_uniform(Stream *stream)
{
    return (double)(int64_t)(stream_next(stream) >> 11) * 0x1.0p-53;
}

/* Exponential with mean 1, by the ziggurat of Marsaglia and Tsang (J. Stat. Softw. 5 (2000) 8) with 256 layers: the
 * low 8 bits choose the layer, the high 53 the place in it. */
static inline double stream_exponential(Stream *stream)
{
    const uint64_t bits = stream_next(stream);
    const uint32_t layer = (uint32_t)bits & 255u;
    const double x = (double)(int64_t)(bits >> 11) * 0x1.0p-53 * ziggurat_x[layer];
    if (x < ziggurat_x[layer + 1])
        return x;
    return exponential_tail(stream, bits);
}

#endif

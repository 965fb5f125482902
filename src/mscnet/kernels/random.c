/* Streams of random numbers. */
#include "random.h"

#include <math.h>

/* High 64 bits of a product; portable, as not every compiler has 128-bit integers. */
static uint64_t high_product(uint64_t a, uint64_t b)
{
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t low = a0 * b0, left = a1 * b0, right = a0 * b1;
    const uint64_t middle = (low >> 32) + (uint32_t)left + (uint32_t)right;
    return a1 * b1 + (left >> 32) + (right >> 32) + (middle >> 32);
}

void philox4x64(const uint64_t key[2], const uint64_t counter[4], uint64_t block[4])
{
    static const uint64_t FIRST = 0xD2E7470EE14C6C93u, SECOND = 0xCA5A826395121157u;
    static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u, ROOT = 0xBB67AE8584CAA73Bu;
    uint64_t k0 = key[0], k1 = key[1];
    for (int i = 0; i < 4; i++)
        block[i] = counter[i];
    for (int round = 0; round < 10; round++, k0 += GOLDEN, k1 += ROOT) {
        const uint64_t h0 = high_product(FIRST, block[0]), l0 = FIRST * block[0];
        const uint64_t h1 = high_product(SECOND, block[2]), l1 = SECOND * block[2];
        block[0] = h1 ^ block[1] ^ k0;
        block[1] = l1;
        block[2] = h0 ^ block[3] ^ k1;
        block[3] = l0;
    }
}

void stream_start(Stream *stream, uint64_t seed, uint64_t run)
{
    const uint64_t key[2] = {seed, 0}, counter[4] = {run, 0, 0, 0};
    philox4x64(key, counter, stream->s);
    if ((stream->s[0] | stream->s[1] | stream->s[2] | stream->s[3]) == 0)
        stream->s[0] = 1; /* the one state from which the generator does not move */
}

/* --- exponential numbers ------------------------------------------------------------------------- */

/* Layer i of the ziggurat reaches from 0 to ziggurat_x[i] and from ziggurat_y[i] up to ziggurat_y[i + 1];
 * all have the same area.  The lowest has the tail beyond R: its x[0] is area / exp(-R), and the part beyond x[1] = R
 * stands for the tail. */
#define R 7.69711747013104972
double ziggurat_x[257], ziggurat_y[257];

void random_prepare(void)
{
    const double area = (R + 1.0) * exp(-R);
    ziggurat_x[0] = area / exp(-R);
    ziggurat_x[1] = R;
    ziggurat_y[0] = 0.0;
    ziggurat_y[1] = exp(-R);
    for (int i = 2; i < 256; i++) {
        ziggurat_y[i] = ziggurat_y[i - 1] + area / ziggurat_x[i - 1];
        ziggurat_x[i] = -log(ziggurat_y[i]);
    }
    ziggurat_x[256] = 0.0;
    ziggurat_y[256] = 1.0;
}

double exponential_tail(Stream *stream, uint64_t bits)
{
    double shift = 0.0;
    for (;;) {
        const uint32_t layer = (uint32_t)bits & 255u;
        const double x = (double)(int64_t)(bits >> 11) * 0x1.0p-53 * ziggurat_x[layer];
        if (x < ziggurat_x[layer + 1])
            return shift + x;
        if (layer == 0)
            shift += R; /* the tail has the shape of the whole */
        else {
            const double low = ziggurat_y[layer], high = ziggurat_y[layer + 1];
            if (low + stream_uniform(stream) * (high - low) < exp(-x))
                return shift + x;
        }
        bits = stream_next(stream);
    }
}

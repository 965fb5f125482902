/* Functions compiled a second time for processors with 256-bit vectors.  Products are not fused with sums, so both
 * compute the same numbers. */
#ifndef MSCNET_WIDE_H
#define MSCNET_WIDE_H

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define WIDE __attribute__((target("avx2")))
static inline int has_wide(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#define WIDE
static inline int has_wide(void)
{
    return 0;
}
#endif

#endif

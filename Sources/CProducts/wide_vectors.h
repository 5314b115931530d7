/* Whether the processor and the operating system have what is compiled for vectors of 512 bits: AVX-512 F, DQ, BW, VL. */
#ifndef SNN_WIDE_VECTORS_H
#define SNN_WIDE_VECTORS_H

#include <stdbool.h>

#if defined(__x86_64__)
#include <cpuid.h>

static inline bool has_wide_vectors(void) {
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    const unsigned wanted = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
    return (low & 0xe6u) == 0xe6u && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & wanted) == wanted;
}
#else
static inline bool has_wide_vectors(void) { return false; }
#endif

#endif

/* Asks the processor for the instruction sets that the compiler was told it may use. Compiled together with the Swift
   code that imports it, so the macros below say what that code was built for. */
#ifndef SNN_PROCESSOR_H
#define SNN_PROCESSOR_H

#if defined(__x86_64__)
#include <cpuid.h>

/* The instruction set that is missing, or NULL. AVX needs the operating system to save its registers, too. */
static inline const char *snn_processor_lacks(void) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    (void)a, (void)b, (void)c, (void)d;
#if defined(__AVX2__) || defined(__FMA__)
    if (!__get_cpuid(1, &a, &b, &c, &d)) return "CPUID";
    if (!(c & (1u << 28)) || !(c & (1u << 27))) return "AVX";
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6u) != 6u) return "AVX (the operating system does not save its registers)";
    if (!(c & (1u << 12))) return "FMA";
    if (!(c & (1u << 29))) return "F16C";
    if (!(c & (1u << 22))) return "MOVBE";
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return "AVX2";
    if (!(b & (1u << 5))) return "AVX2";
    if (!(b & (1u << 3)) || !(b & (1u << 8))) return "BMI";
#if defined(__AVX512F__)
    if (!(b & (1u << 16)) || (low & 0xe6u) != 0xe6u) return "AVX-512F";
#endif
#endif
    return 0;
}

static inline const char *snn_processor_target(void) {
#if defined(__AVX512F__)
    return "x86-64 with AVX-512";
#elif defined(__AVX2__) && defined(__FMA__)
    return "x86-64-v3 (AVX2, FMA)";
#else
    return "x86-64";
#endif
}
#else
static inline const char *snn_processor_lacks(void) { return 0; }
static inline const char *snn_processor_target(void) {
#if defined(__aarch64__)
    return "arm64";
#else
    return "a generic processor";
#endif
}
#endif

#endif

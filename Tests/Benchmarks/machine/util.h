/* Shared by the probes: a clock, a short pause, the median over repetitions as one JSON line. */
#ifndef PROBE_UTIL_H
#define PROBE_UTIL_H
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* As wide as the processor's registers; where the processor has none so wide, the compiler splits it. */
#ifdef __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
typedef float Vector __attribute__((vector_size(4 * LANES)));

static inline double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What a waiting loop tells its core. */
static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts rate[0..n) and prints minimum, median and maximum. */
static inline void report(const char *what, const char *unit, int threads, double *rate, int n) {
    qsort(rate, (size_t)n, sizeof *rate, compare_doubles);
    printf("{\"what\": \"%s\", \"unit\": \"%s\", \"threads\": %d, ", what, unit, threads);
    printf("\"min\": %.4g, \"median\": %.4g, \"max\": %.4g}\n", rate[0], rate[n / 2], rate[n - 1]);
    fflush(stdout);
}
#endif

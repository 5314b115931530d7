/* What Swift cannot say. First: sixteen comparisons gathered into sixteen bits. Written with clang's
   portable vectors, so that each processor gets its own instructions (on x86-64 a move-mask). */
#ifndef SNN_LANES_H
#define SNN_LANES_H

#include <stdbool.h>
#include <stdint.h>

typedef float snn_lanes __attribute__((ext_vector_type(16)));
typedef bool snn_lane_mask __attribute__((ext_vector_type(16)));

/* One bit a lane, lane 0 lowest, set where the lane is not zero. */
static inline __attribute__((always_inline)) uint16_t snn_nonzero_bits(snn_lanes lanes) {
    return __builtin_bit_cast(uint16_t, __builtin_convertvector(lanes != 0, snn_lane_mask));
}

/* One bit a lane, lane 0 lowest, set where the lane is above zero. */
static inline __attribute__((always_inline)) uint16_t snn_positive_bits(snn_lanes lanes) {
    return __builtin_bit_cast(uint16_t, __builtin_convertvector(lanes > 0, snn_lane_mask));
}

/* Second: that memory will be read soon. Harmless for any address. */
static inline __attribute__((always_inline)) void snn_prefetch(const void *address) { __builtin_prefetch(address); }

/* Third: a number that one thread changes under a lock and others look at without. What was written before it was
   published is seen by whoever sees it. */
static inline __attribute__((always_inline)) void snn_publish(uint32_t *number, uint32_t value) {
    __atomic_store_n(number, value, __ATOMIC_RELEASE);
}

static inline __attribute__((always_inline)) uint32_t snn_look(const uint32_t *number) {
    return __atomic_load_n(number, __ATOMIC_ACQUIRE);
}

/* Lets the other threads of a core run for a moment. */
static inline __attribute__((always_inline)) void snn_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* Fourth: sixteen square roots. Swift's own go to the C library with numbers below zero, hence one by one. */
static inline __attribute__((always_inline)) snn_lanes snn_square_roots(snn_lanes lanes) {
    return __builtin_elementwise_sqrt(lanes);
}

#endif

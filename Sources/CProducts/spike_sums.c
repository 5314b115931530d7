#include "spike_sums.h"

#include "wide_vectors.h"

typedef float lanes __attribute__((vector_size(64)));

/* Always inlined, so that the number of vectors is known and the sums stay in registers. */
static inline __attribute__((always_inline)) void
add_rows(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh) {
    for (long row = 0; row < rows; row++) {
        lanes *target = (lanes *)sums + row * vectors;
        lanes sum[4] = {{0}};
        if (!fresh)
            for (long v = 0; v < vectors; v++) sum[v] = target[v];
        uint64_t bits = marks[row];
        int count = __builtin_popcountll(bits);
#define ADD_NEXT                                                                                \
    {                                                                                           \
        const lanes *addend = (const lanes *)addends + (long)__builtin_ctzll(bits) * vectors;   \
        bits &= bits - 1;                                                                       \
        for (long v = 0; v < vectors; v++) sum[v] += addend[v];                                 \
    }
        for (; count >= 4; count -= 4) { ADD_NEXT ADD_NEXT ADD_NEXT ADD_NEXT }
        if (count & 2) { ADD_NEXT ADD_NEXT }
        if (count & 1) ADD_NEXT
#undef ADD_NEXT
        for (long v = 0; v < vectors; v++) target[v] = sum[v];
    }
}

/* Half a word is eight groups of four bits: of every group the sums of all sixteen choices lie in a table, which for two
   vectors fill half of the first-level cache. */
static inline __attribute__((always_inline)) void
look_up_rows(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh, long width) {
    enum { GROUPS = 8, CHOICES = 16 };
    lanes table[GROUPS * CHOICES * 2];
    for (long half = 0; half < 2; half++) {
        const lanes *from = (const lanes *)addends + half * 4 * GROUPS * vectors;
        for (long group = 0; group < GROUPS; group++) {
            lanes *sum = table + group * CHOICES * width;
            for (long v = 0; v < width; v++) sum[v] = (lanes){0};
            for (long bit = 0; bit < 4; bit++)
                for (long choice = 0; choice < 1L << bit; choice++)
                    for (long v = 0; v < width; v++)
                        sum[((1L << bit) + choice) * width + v] =
                            sum[choice * width + v] + from[(4 * group + bit) * vectors + v];
        }
        for (long row = 0; row < rows; row++) {
            lanes *target = (lanes *)sums + row * vectors;
            uint64_t bits = marks[row] >> 32 * half;
            lanes sum[2] = {{0}};
            if (!fresh || half)
                for (long v = 0; v < width; v++) sum[v] = target[v];
#pragma clang loop unroll(full)
            for (long group = 0; group < GROUPS; group++) {
                const lanes *found = table + (group * CHOICES + (long)(bits >> 4 * group & 15)) * width;
                for (long v = 0; v < width; v++) sum[v] += found[v];
            }
            for (long v = 0; v < width; v++) target[v] = sum[v];
        }
    }
}

#define ADD_ROWS                                                                \
    switch (vectors) {                                                          \
    case 1: add_rows(marks, rows, addends, 1, sums, fresh); break;              \
    case 2: add_rows(marks, rows, addends, 2, sums, fresh); break;              \
    case 3: add_rows(marks, rows, addends, 3, sums, fresh); break;              \
    default: add_rows(marks, rows, addends, 4, sums, fresh);                    \
    }

#define LOOK_UP_ROWS                                                            \
    for (long v = 0; v < vectors; v += 2) {                                     \
        if (v + 2 <= vectors)                                                   \
            look_up_rows(marks, rows, addends + 16 * v, vectors, sums + 16 * v, fresh, 2);  \
        else                                                                    \
            look_up_rows(marks, rows, addends + 16 * v, vectors, sums + 16 * v, fresh, 1);  \
    }

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx512f,no-prefer-256-bit")))
#else
#define WIDE
#endif

WIDE static void
add_rows_wide(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh) {
    ADD_ROWS
}

WIDE static void
look_up_rows_wide(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh) {
    LOOK_UP_ROWS
}

static bool is_wide(void) {
    /* 1: no, 2: yes. Threads that come first at once all find the same. */
    static int known;
    if (!__atomic_load_n(&known, __ATOMIC_RELAXED)) __atomic_store_n(&known, has_wide_vectors() ? 2 : 1, __ATOMIC_RELAXED);
    return __atomic_load_n(&known, __ATOMIC_RELAXED) == 2;
}

void add_marked_rows(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh) {
    if (is_wide()) {
        add_rows_wide(marks, rows, addends, vectors, sums, fresh);
    } else {
        ADD_ROWS
    }
}

void look_up_marked_rows(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh) {
    if (is_wide()) {
        look_up_rows_wide(marks, rows, addends, vectors, sums, fresh);
    } else {
        LOOK_UP_ROWS
    }
}

void transpose_bits(const uint64_t *from, uint64_t *to) {
    for (int i = 0; i < 64; i++) to[i] = from[i];
    /* Swaps ever smaller squares across the diagonal. */
    uint64_t mask = 0x00000000ffffffff;
    for (int side = 32; side; side >>= 1, mask ^= mask << side)
        for (int i = 0; i < 64; i = ((i | side) + 1) & ~side) {
            uint64_t swapped = ((to[i] >> side) ^ to[i | side]) & mask;
            to[i] ^= swapped << side;
            to[i | side] ^= swapped;
        }
}

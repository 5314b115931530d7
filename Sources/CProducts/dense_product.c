#include "dense_product.h"

#include <blis.h>

#include "wide_vectors.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <string.h>

static bool is_intel(void) {
    unsigned a, b, c, d;
    return __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx && d == signature_INTEL_edx;
}

/* Whether the processor's name tells its series. BLIS reads off it how many units multiply 512 bits. */
static bool names_series(void) {
    union { unsigned words[12]; char text[49]; } name = {.text = ""};
    for (unsigned part = 0; part < 3; part++)
        if (!__get_cpuid(0x80000002u + part, &name.words[4 * part], &name.words[4 * part + 1], &name.words[4 * part + 2],
                         &name.words[4 * part + 3]))
            return false;
    return strstr(name.text, "Bronze") || strstr(name.text, "Silver") || strstr(name.text, "Gold") ||
           strstr(name.text, "Platinum") || strstr(name.text, "Core");
}

/* BLIS takes kernels of 256 bits on a Xeon that a cloud has renamed «Intel(R) Xeon(R) Processor», though those of 512 are
   1.5 times as fast there; with one unit, which nobody sells to clouds, they would be no slower. */
static const cntx_t *chosen(void) {
    bli_init();
    bool wide = bli_arch_query_id() == BLIS_ARCH_HASWELL && has_wide_vectors() && !names_series();
    return wide ? bli_gks_lookup_nat_cntx(BLIS_ARCH_SKX) : NULL;
}
#else
static bool is_intel(void) { return false; }
static const cntx_t *chosen(void) { return NULL; }
#endif

/* Found again by every thread that comes first: all find the same. */
static const cntx_t *kernels(void) {
    static const cntx_t *found;
    static int state;
    if (!__atomic_load_n(&state, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&found, chosen(), __ATOMIC_RELAXED);
        __atomic_store_n(&state, 1, __ATOMIC_RELEASE);
    }
    return __atomic_load_n(&found, __ATOMIC_RELAXED);
}

void dense_product(
    long m, long n, long k,
    const float *a, long a_row, long a_column,
    const float *b, long b_row, long b_column,
    float beta,
    float *c, long c_row,
    bool in_order) {
    float one = 1;
    rntm_t settings = BLIS_RNTM_INITIALIZER;
    bli_rntm_set_num_threads(1, &settings);
    if (in_order) bli_rntm_disable_l3_sup(&settings);
    /* BLIS only reads a, b and its kernels; its types do not say so. */
    bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, (float *)a, a_row, a_column, (float *)b, b_row,
                 b_column, &beta, c, c_row, 1, (cntx_t *)kernels(), &settings);
}

static long least(long a, long b) { return a < b ? a : b; }

long dense_product_packed(long rows, long columns) {
    /* Blocks of its kernels; not asked of BLIS, which would begin to take memory. Those of 512 bits, which it has for Intel
       alone, write columns, so that rows and columns change places. */
    return is_intel() && has_wide_vectors() ? least(columns, 480) + least(rows, 3072) : least(rows, 168) + least(columns, 4080);
}

#include "dense_product.h"

#include <blis.h>

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
    /* BLIS only reads a and b; its types do not say so. */
    bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, (float *)a, a_row, a_column, (float *)b, b_row,
                 b_column, &beta, c, c_row, 1, NULL, &settings);
}

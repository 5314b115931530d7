/* The dense matrix product, from BLIS: the only part of it that the library uses, on one thread, with no setting of
   this process changed. */
#ifndef SNN_DENSE_PRODUCT_H
#define SNN_DENSE_PRODUCT_H

#include <stdbool.h>

/* c[m, n] = a[m, k] b[k, n] + beta c, each matrix given by the distance of its rows and of its columns.

   `in_order` asks that every element be one chain of fused multiply-adds in ascending k, as the law of sums wants it for
   k up to 256: it turns off the kernels for small and thin shapes, which sum in orders of their own. Its name does not begin with snn_, as those do that
   libsnn.so exports. */
void dense_product(
    long m, long n, long k,
    const float *a, long a_row, long a_column,
    const float *b, long b_row, long b_column,
    float beta,
    float *c, long c_row,
    bool in_order);

/* The rows of a and columns of b that a product of so many packs at a time, in all. */
long dense_product_packed(long rows, long columns);

#endif

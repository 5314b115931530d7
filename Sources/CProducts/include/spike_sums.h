/* Sums of rows that bits name: the innermost loop of layers in which many inputs spike. In C, so that a processor with
   vectors of 512 bits uses them where the library at large is built for 256; the sums have the same bits with either. Names do not
   begin with snn_, as those do that libsnn.so exports. */
#ifndef SNN_SPIKE_SUMS_H
#define SNN_SPIKE_SUMS_H

#include <stdbool.h>
#include <stdint.h>

/* Adds to each of `rows` sums the addends whose bits are set in its word, in ascending order of the bits.

   `sums [rows, 16 vectors]` and `addends [64, 16 vectors]` are aligned to 64 bytes; vectors is 1 ... 4. With `fresh` the
   sums start from 0. */
void add_marked_rows(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh);

/* The same sums, four addends at a time from tables: faster where about a fifth of the bits or more are set. The order of
   additions differs: those of four neighbouring bits come first. */
void look_up_marked_rows(const uint64_t *marks, long rows, const float *addends, long vectors, float *sums, bool fresh);

/* Transposes 64 words of 64 bits: bit j of word i of `from` becomes bit i of word j of `to`. */
void transpose_bits(const uint64_t *from, uint64_t *to);

#endif

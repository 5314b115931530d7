/* Memory that the allocator keeps for itself, which Swift's Glibc module does not reach. */
#ifndef SNN_MEMORY_H
#define SNN_MEMORY_H

#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* Gives freed memory that is still mapped back to the system, where the allocator can. */
static inline void snn_memory_release_freed(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

#endif

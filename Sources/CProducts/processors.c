/* The library asks for x86-64-v3, and BLIS brings kernels for every x86-64 processor since 2008, seven megabytes of them.
   The definitions below take the place of those for processors that are older, or that run the kernels of a relative as
   well, and so keep them out of the link. */
#include <blis.h>

#if defined(__x86_64__) && defined(__AVX2__)

#define RELATIVE(name, relative)                                                                        \
    void bli_cntx_init_##name##_ref(cntx_t *context) { bli_cntx_init_##relative##_ref(context); }       \
    void bli_cntx_init_##name##_ind(ind_t method, cntx_t *context) {                                    \
        bli_cntx_init_##relative##_ind(method, context);                                                \
    }

/* Never seen: they lack what x86-64-v3 has, except for excavator and knl, which run the kernels of haswell. */
#define REPLACED(name)                                                                                  \
    RELATIVE(name, haswell)                                                                             \
    void bli_cntx_init_##name(cntx_t *context) { bli_cntx_init_haswell(context); }

REPLACED(penryn)
REPLACED(sandybridge)
REPLACED(bulldozer)
REPLACED(piledriver)
REPLACED(steamroller)
REPLACED(excavator)
REPLACED(knl)

/* Their own block sizes stay; what BLIS calls reference kernels, for types not used here, are those of zen3. */
RELATIVE(zen, zen3)
RELATIVE(zen2, zen3)

#endif

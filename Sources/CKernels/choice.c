#include "CKernels.h"

#if defined(__x86_64__)

#include <stdlib.h>

int fbk_has_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }

const char *fbk_wanted(void) { return getenv("FORGEBATCH_KERNELS"); }

#endif

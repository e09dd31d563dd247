// The loops for every x86-64 processor.
#if defined(__x86_64__)

#include <immintrin.h>

#define VECTOR 16
#define NAME(loop) fbk_##loop##_sse2
#include "vectors.h"

#include "detail.h"
#include "difference.h"
#include "luma.h"
#include "motion.h"

#endif

// The loops for processors with AVX2. Only what is defined here may use it: nothing of this file runs elsewhere.
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#define VECTOR 32
#define NAME(loop) fbk_##loop##_avx2
#include "vectors.h"

#include "detail.h"
#include "difference.h"
#include "hues.h"
#include "luma.h"
#include "motion.h"

#pragma clang attribute pop

#endif

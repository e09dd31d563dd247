// Vectors of VECTOR bytes, 16 or 32, and the few operations on them that C has no sign for. A file that is compiled for one
// width sets VECTOR and NAME, which makes the name of a function that others call, and includes this first, then the loops.
//
// 32-byte vectors are two halves to the processor: interleaving and packing work in each half by itself, so that packing
// puts back in order what interleaving took out of it.
#include "CKernels.h"

#include <string.h>

// A product and a sum rounded as one would be another number than Swift's.
#pragma clang fp contract(off)

typedef uint8_t Bytes __attribute__((vector_size(VECTOR)));
typedef uint8_t HalfBytes __attribute__((vector_size(VECTOR / 2)));
typedef int16_t Shorts __attribute__((vector_size(VECTOR)));
typedef uint16_t Words __attribute__((vector_size(VECTOR)));
typedef int32_t Ints __attribute__((vector_size(VECTOR)));
typedef uint64_t Longs __attribute__((vector_size(VECTOR)));
typedef float Floats __attribute__((vector_size(VECTOR)));

#define INLINE static inline __attribute__((always_inline))
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

#if VECTOR == 32
#define X86(name) CAT(_mm256_, name)
typedef __m256i Raw;
typedef __m256 RawFloats;
#else
#define X86(name) CAT(_mm_, name)
typedef __m128i Raw;
typedef __m128 RawFloats;
#endif

// From and to memory at any address.
INLINE Bytes load_bytes(const uint8_t *from) { Bytes v; memcpy(&v, from, sizeof v); return v; }
INLINE Shorts load_shorts(const int16_t *from) { Shorts v; memcpy(&v, from, sizeof v); return v; }
INLINE Words load_words(const uint16_t *from) { Words v; memcpy(&v, from, sizeof v); return v; }
INLINE void store_bytes(uint8_t *to, Bytes v) { memcpy(to, &v, sizeof v); }
INLINE void store_shorts(int16_t *to, Shorts v) { memcpy(to, &v, sizeof v); }
INLINE void store_words(uint16_t *to, Words v) { memcpy(to, &v, sizeof v); }

/// VECTOR / 2 bytes as 16-bit numbers, in order.
INLINE Shorts load_widened(const uint8_t *from) {
    HalfBytes v;
    memcpy(&v, from, sizeof v);
    return __builtin_convertvector(v, Shorts);
}

INLINE Bytes all_bytes(uint8_t value) { return (Bytes)X86(set1_epi8)((char)value); }
INLINE Shorts all_shorts(int16_t value) { return (Shorts)X86(set1_epi16)(value); }

/// Absolute differences, each eight added up.
INLINE Longs distances(Bytes a, Bytes b) { return (Longs)X86(sad_epu8)((Raw)a, (Raw)b); }
/// Products of signed numbers, each two neighbours added up.
INLINE Ints products(Shorts a, Shorts b) { return (Ints)X86(madd_epi16)((Raw)a, (Raw)b); }
/// The upper halves of products.
INLINE Words high_products(Words a, uint16_t b) { return (Words)X86(mulhi_epu16)((Raw)a, X86(set1_epi16)((short)b)); }
/// Numbers of `a` and `b` in turns: from the lower part of each half, and from the upper.
INLINE Shorts lower_turns(Shorts a, Shorts b) { return (Shorts)X86(unpacklo_epi16)((Raw)a, (Raw)b); }
INLINE Shorts upper_turns(Shorts a, Shorts b) { return (Shorts)X86(unpackhi_epi16)((Raw)a, (Raw)b); }
/// The bytes of those parts as 16-bit numbers.
INLINE Shorts lower_widened(Bytes a) { return (Shorts)X86(unpacklo_epi8)((Raw)a, (Raw)(Bytes){0}); }
INLINE Shorts upper_widened(Bytes a) { return (Shorts)X86(unpackhi_epi8)((Raw)a, (Raw)(Bytes){0}); }
/// The numbers of both in half the size, in the order that the above leaves them in, each held to the ends of its scale.
INLINE Shorts packed_shorts(Ints lower, Ints upper) { return (Shorts)X86(packs_epi32)((Raw)lower, (Raw)upper); }
INLINE Bytes packed_bytes(Shorts lower, Shorts upper) { return (Bytes)X86(packus_epi16)((Raw)lower, (Raw)upper); }
INLINE Bytes packed_masks(Shorts lower, Shorts upper) { return (Bytes)X86(packs_epi16)((Raw)lower, (Raw)upper); }

/// Sums of two neighbours each.
INLINE Words pair_sums(Bytes v) {
#if VECTOR == 32
    return (Words)_mm256_maddubs_epi16((Raw)v, _mm256_set1_epi8(1));
#else
    return ((Words)v & 255) + ((Words)v >> 8);
#endif
}

/// The nearest whole numbers, of two equally near ones the even one.
INLINE Ints nearest(Floats v) { return (Ints)X86(cvtps_epi32)((RawFloats)v); }

INLINE Bytes lesser_bytes(Bytes a, Bytes b) { return __builtin_elementwise_min(a, b); }
INLINE Bytes greater_bytes(Bytes a, Bytes b) { return __builtin_elementwise_max(a, b); }
INLINE Shorts lesser(Shorts a, Shorts b) { return __builtin_elementwise_min(a, b); }
INLINE Shorts greater(Shorts a, Shorts b) { return __builtin_elementwise_max(a, b); }
/// Sums held to 255.
INLINE Bytes sum_to_255(Bytes a, Bytes b) { return __builtin_elementwise_add_sat(a, b); }

/// `a` where the mask is all ones, `b` where it is 0.
INLINE Shorts choose(Shorts mask, Shorts a, Shorts b) { return (a & mask) | (b & ~mask); }

/// Bytes of a line of the cache; and rows ahead of which lines are fetched. The machine foresees rows, but not across pages,
/// and an earlier picture lies far away by now.
enum { LINE = 64, AHEAD = 2 };

/// How far from row `y` the one lies that is fetched meanwhile; 0 at the end of the plane.
INLINE ptrdiff_t ahead(struct fbk_plane plane, size_t y, size_t height) {
    return y + AHEAD < height ? AHEAD * plane.stride : 0;
}

#if VECTOR == 32
/// Bytes of `a` and `b` in turns: from the lower part of each half, and from the upper.
INLINE Bytes lower_byte_turns(Bytes a, Bytes b) { return (Bytes)_mm256_unpacklo_epi8((Raw)a, (Raw)b); }
INLINE Bytes upper_byte_turns(Bytes a, Bytes b) { return (Bytes)_mm256_unpackhi_epi8((Raw)a, (Raw)b); }
/// Products of bytes with signed bytes, each two neighbours added up.
INLINE Shorts byte_products(Bytes a, Bytes b) { return (Shorts)_mm256_maddubs_epi16((Raw)a, (Raw)b); }

// SSE2 cannot move bytes about.
typedef uint8_t Sixteen __attribute__((vector_size(16)));

INLINE Sixteen load_sixteen(const uint8_t *from) { Sixteen v; memcpy(&v, from, sizeof v); return v; }
/// The bytes at the places that `picks` names; 0 where it names none, by a number of 128 or more.
INLINE Sixteen picked(Sixteen v, Sixteen picks) { return (Sixteen)_mm_shuffle_epi8((__m128i)v, (__m128i)picks); }
#endif

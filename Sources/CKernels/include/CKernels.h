#ifndef FORGEBATCH_CKERNELS_H
#define FORGEBATCH_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Twins in C of loops in Sources/Frames/Kernels, which say what each computes and are the reference that tests hold these
// to, bit by bit. A loop has one for every x86-64 processor (16-byte vectors, SSE2) and one for those with AVX2 (32 bytes);
// where Swift is as fast as the first, there is the second alone. On other machines there are none, and the Swift loops do
// the work.
//
// No function reads or writes a byte outside of the samples and lists that its arguments describe.

/// Fetches the cache line of an address that is read soon. Any address will do.
static inline void fbk_fetch(const void *address) { __builtin_prefetch(address); }

#if defined(__x86_64__)

/// Whether this processor and system have AVX2.
int fbk_has_avx2(void);

/// The name that a way of the loops was asked for by, in FORGEBATCH_KERNELS; NULL for none.
const char *fbk_wanted(void);

// MARK: Luma

/// A plane of bytes: `stride` bytes from a row to the next, of any sign.
struct fbk_plane {
    const uint8_t *base;
    ptrdiff_t stride;
};

struct fbk_luma_sums {
    uint64_t sum;
    /// Of absolute differences to the other plane.
    uint64_t difference;
    /// Of absolute differences to the third plane; 0 without one.
    uint64_t to_reference;
    /// Samples that are at most the limit.
    uint64_t dark;
    uint8_t low;
    uint8_t high;
};

/// Sums of a plane, and the means of its blocks of `factor` x `factor` samples where `small` is given.
///
/// - other: of the same size; may be the plane itself.
/// - reference: of the same size; its base may be NULL.
/// - factor: 1 to 128, at most the width and the height where `small` is given; else any of those.
/// - small: (width / factor) * (height / factor) bytes, or NULL.
/// - columns: room for `width` numbers.
#define FBK_LUMA_ARGUMENTS \
    struct fbk_plane plane, struct fbk_plane other, struct fbk_plane reference, size_t width, size_t height, \
        uint8_t limit, size_t factor, uint8_t *small, uint16_t *columns, struct fbk_luma_sums *sums
void fbk_luma_sse2(FBK_LUMA_ARGUMENTS);
void fbk_luma_avx2(FBK_LUMA_ARGUMENTS);

/// The sum of absolute differences of two planes of one size.
uint64_t fbk_difference_sse2(struct fbk_plane plane, struct fbk_plane other, size_t width, size_t height);
uint64_t fbk_difference_avx2(struct fbk_plane plane, struct fbk_plane other, size_t width, size_t height);

// MARK: Hues

/// The two rows of a plane that a row of the image lies between.
struct fbk_hue_rows {
    const uint8_t *upper;
    /// Not read where its share is 0.
    const uint8_t *lower;
    /// The lower row's share in 128ths, 0 to 127; the same in both planes of colour differences.
    int32_t below;
};

/// Where the columns of the image lie in a row of a plane.
struct fbk_hue_places {
    /// The first of two neighbours, which is the only one that is read where all shares are 0.
    const int32_t *places;
    /// The second one's share in 512ths, 0 to 512.
    const int16_t *shares;
    /// Of four columns each, where sixteen bytes begin that have their neighbours, and which of these go where: the first of
    /// two groups fills the lower eight of sixteen bytes, the second the upper ones. NULL where they lie too far apart.
    const int32_t *groups;
    const uint8_t *picks;
};

struct fbk_hue_columns {
    struct fbk_hue_places luma;
    /// In both planes of colour differences.
    struct fbk_hue_places chroma;
    /// 16 to 256; a multiple of 8 where there are groups.
    size_t count;
    /// Whether all shares are 0.
    int is_flat;
};

/// A row of hues, saturations and brightnesses, `columns.count` bytes each.
void fbk_hues_avx2(
    struct fbk_hue_rows luma, struct fbk_hue_rows first, struct fbk_hue_rows second, struct fbk_hue_columns columns,
    int is_full_range, uint8_t *hues, uint8_t *saturations, uint8_t *brightnesses);

// MARK: Detail

struct fbk_detail_sums {
    double gradient;
    double gradient_squared;
    double laplacian;
    double laplacian_squared;
};

/// Adds the inner pixels of a picture without padding to the sums; both of its sides are 3 at least.
#define FBK_DETAIL_ARGUMENTS \
    const uint8_t *samples, size_t width, size_t height, struct fbk_detail_sums *sums
void fbk_detail_sse2(FBK_DETAIL_ARGUMENTS);
void fbk_detail_avx2(FBK_DETAIL_ARGUMENTS);

// MARK: Motion

/// Weights 1 2 1 across and down, /16, rounded, of a picture without padding; the border's samples are repeated beyond it.
///
/// - columns: room for `width` + 2 numbers.
#define FBK_SMOOTH_ARGUMENTS \
    const uint8_t *samples, size_t width, size_t height, int16_t *columns, uint8_t *smoothed
void fbk_smooth_sse2(FBK_SMOOTH_ARGUMENTS);
void fbk_smooth_avx2(FBK_SMOOTH_ARGUMENTS);

/// Levels from which a mark is weak and strong, and 128ths of a level from which a sample has changed: what is more.
struct fbk_mark_limits {
    uint8_t low;
    uint8_t high;
    int16_t change;
};

/// Marks of `count` samples by their distance to the background; averages are in 128ths of a level, 0 to 32640.
#define FBK_COMPARE_ARGUMENTS \
    const uint8_t *samples, const int16_t *average, const uint8_t *former, int16_t *recent, uint8_t *unrest, uint8_t *mask, \
        size_t count, struct fbk_mark_limits limits
void fbk_compare_sse2(FBK_COMPARE_ARGUMENTS);
void fbk_compare_avx2(FBK_COMPARE_ARGUMENTS);

/// One bit, 0 to 7, of each byte of a mask without padding: (width + 63) / 64 words a row, the first byte's bit the lowest.
#define FBK_MARKS_ARGUMENTS const uint8_t *mask, size_t width, size_t height, int bit, uint64_t *words
void fbk_marks_sse2(FBK_MARKS_ARGUMENTS);
void fbk_marks_avx2(FBK_MARKS_ARGUMENTS);

/// Lets the average follow where the mask has neither of the lowest two bits, and sets ages to 0 there.
///
/// - weight: in 256ths, 0 to 25.
/// - limit: in 128ths of a level, 0 to 5120.
#define FBK_FOLLOW_ARGUMENTS \
    const uint8_t *samples, int16_t *average, const uint8_t *former, const uint8_t *mask, uint8_t *ages, size_t count, \
        int16_t weight, int16_t limit
void fbk_follow_sse2(FBK_FOLLOW_ARGUMENTS);
void fbk_follow_avx2(FBK_FOLLOW_ARGUMENTS);

/// A change of exposure, as `Whole` in BackgroundKernels.swift has it.
struct fbk_exposure {
    int16_t factor;
    int16_t add;
    int16_t low;
    int16_t high;
    uint16_t most;
};
void fbk_expose_sse2(int16_t *levels, size_t count, struct fbk_exposure by);
void fbk_expose_avx2(int16_t *levels, size_t count, struct fbk_exposure by);

/// What is added to all levels from one on, in 256ths of the scale that wrap around.
struct fbk_level_step {
    uint8_t from;
    uint8_t add;
};
/// Adds to each level, and then by steps.
#define FBK_STEPS_ARGUMENTS \
    uint8_t *levels, size_t count, uint8_t add, const struct fbk_level_step *steps, size_t number
void fbk_steps_sse2(FBK_STEPS_ARGUMENTS);
void fbk_steps_avx2(FBK_STEPS_ARGUMENTS);

struct fbk_likeness_sums {
    uint64_t total, count, picture, background, background_squared, product, distance;
};

/// Sums over every so many samples across and down that are unmarked and near the background.
///
/// - step: 1 or more.
/// - limit: in 128ths of a level.
#define FBK_LIKENESS_ARGUMENTS \
    const uint8_t *samples, const int16_t *average, const uint8_t *mask, size_t width, size_t height, size_t step, \
        int16_t limit, struct fbk_likeness_sums *sums
void fbk_likeness_sse2(FBK_LIKENESS_ARGUMENTS);
void fbk_likeness_avx2(FBK_LIKENESS_ARGUMENTS);

#endif
#endif

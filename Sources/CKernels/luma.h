// The traversal of a luma plane: its sums, and the picture made smaller by means over square blocks.
//
// Rows are read one after the other, which the machine foresees. What the small picture needs of a row is added to sums of
// columns, which stay in the first-level cache; after as many rows as a block is high they become a row of it. A row is
// compared with that of a third picture while it is in that cache, too.

/// What is kept of the columns of a strip: nothing; sums of two neighbours, for blocks of 2, 4, 6 or 8; each by itself, for
/// blocks of any other side up to 128, of which a column of 255s is still a number of 16 bits.
enum kept { NOTHING, PAIRS, SINGLES };

/// What rows add up to, as far as whole vectors go.
struct strip {
    Bytes low;
    Bytes high;
    Longs sum;
    Longs difference;
};

/// Adds a vector of samples to the strip, and its columns to those of the rows before.
INLINE void add_vector(
    const uint8_t *samples, const uint8_t *others, enum kept kept, int is_summed, int is_first, uint16_t *columns,
    struct strip *strip) {
    const Bytes here = load_bytes(samples);
    strip->low = lesser_bytes(strip->low, here);
    strip->high = greater_bytes(strip->high, here);
    strip->difference += distances(here, load_bytes(others));
    if (is_summed) strip->sum += distances(here, (Bytes){0});
    if (kept == PAIRS) {
        Words pairs = pair_sums(here);
        if (!is_first) pairs += load_words(columns);
        store_words(columns, pairs);
    }
    if (kept == SINGLES) {
        Words left = (Words)load_widened(samples), right = (Words)load_widened(samples + VECTOR / 2);
        if (!is_first) {
            left += load_words(columns);
            right += load_words(columns + VECTOR / 2);
        }
        store_words(columns, left);
        store_words(columns + VECTOR / 2, right);
    }
}

/// Adds a row, as far as whole vectors go, and fetches lines of both pictures.
INLINE void add_row(
    const uint8_t *row, const uint8_t *other, ptrdiff_t row_ahead, ptrdiff_t other_ahead, size_t whole, enum kept kept,
    int is_summed, int is_first, uint16_t *columns, struct strip *strip) {
    const size_t each = kept == PAIRS ? 2 : 1;
    size_t x = 0;
    for (; x + LINE <= whole; x += LINE) {
        fbk_fetch(row + x + row_ahead);
        fbk_fetch(other + x + other_ahead);
        for (size_t part = 0; part < LINE; part += VECTOR)
            add_vector(
                row + x + part, other + x + part, kept, is_summed, is_first, columns + (x + part) / each, strip);
    }
    for (; x < whole; x += VECTOR)
        add_vector(row + x, other + x, kept, is_summed, is_first, columns + x / each, strip);
}

/// The same for the samples behind the last whole vector.
INLINE void add_rest(
    const uint8_t *row, const uint8_t *other, size_t whole, size_t width, enum kept kept, int is_first,
    uint16_t *columns, struct fbk_luma_sums *sums) {
    for (size_t x = whole; x < width; x++) {
        uint8_t here = row[x], there = other[x];
        if (here < sums->low) sums->low = here;
        if (here > sums->high) sums->high = here;
        sums->difference += here > there ? here - there : there - here;
        sums->sum += here;
        if (kept == NOTHING) continue;
        size_t place = kept == PAIRS ? x / 2 : x;
        // The first row begins the sums, and of a pair its first sample.
        int is_new = is_first && (kept == SINGLES || x % 2 == 0);
        columns[place] = (uint16_t)(is_new ? here : columns[place] + here);
    }
}

/// What sums of pairs add up to, of strips of up to 8 rows.
INLINE uint64_t sum_of_pairs(const uint16_t *pairs, size_t whole) {
    uint64_t sum = 0;
    for (size_t x = 0; x < whole;) {
        // A lane takes 8,160 at most in a step, and 65,536 steps of it stay below 2^31.
        const size_t most = (size_t)VECTOR << 16, end = whole - x < most ? whole : x + most;
        Ints four = {0};
        for (; x < end; x += VECTOR) four += products((Shorts)load_words(pairs + x / 2), all_shorts(1));
        for (size_t lane = 0; lane < VECTOR / 4; lane++) sum += (uint64_t)four[lane];
    }
    return sum;
}

/// The means of a row of blocks of 2, 4 or 8, as far as whole vectors of samples go, into `small` where it is given; and
/// what the samples add up to. A block's sum is that of its pairs, and half of a divisor added makes halves round up.
INLINE uint64_t whole_means(const uint16_t *pairs, size_t whole, size_t factor, uint8_t *small) {
    const size_t each = 16 / factor;
    Longs all = {0};
    for (size_t x = 0; x < whole; x += VECTOR) {
        Words two = load_words(pairs + x / 2);
        Longs four = (Longs)products((Shorts)two, all_shorts(1));
        Longs eight = (four & UINT32_MAX) + (four >> 32);
        all += eight;
        if (!small) continue;
        Shorts means;
        if (factor == 2) means = (Shorts)((two + 2) >> 2);
        if (factor == 4) means = packed_shorts(((Ints)four + 8) >> 4, (Ints){0});
        // The upper halves of these numbers are 0, and packed away with the lower ones.
        if (factor == 8) means = packed_shorts((Ints)packed_shorts((Ints)((eight + 32) >> 6), (Ints){0}), (Ints){0});
        Bytes bytes = packed_bytes(means, means);
        for (size_t half = 0; half < VECTOR / 16; half++) {
            memcpy(small, (const uint8_t *)&bytes + 16 * half, each);
            small += each;
        }
    }
    return total_of(all);
}

#if VECTOR == 32
/// The means of a row of blocks of 3 from sums of columns, or of 6 from sums of pairs: of three neighbours each, as long as
/// there are sixteen blocks more. Returns how many it made.
INLINE size_t means_of_threes(const uint16_t *columns, size_t count, size_t factor, uint8_t *small) {
    // Of 48 sums of three neighbours, every third is a block's.
    enum { NO = 128 };
    static const uint8_t picks[3][16] = {
        {0, 3, 6, 9, 12, 15, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO},
        {NO, NO, NO, NO, NO, NO, 2, 5, 8, 11, 14, NO, NO, NO, NO, NO},
        {NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 1, 4, 7, 10, 13},
    };
    size_t done = 0;
    // The last sums reach two columns further than the blocks.
    for (; done + 17 <= count; done += 16) {
        Sixteen bytes = {0};
        for (size_t part = 0; part < 3; part++) {
            const uint16_t *at = columns + 3 * done + 16 * part;
            Words sums = load_words(at) + load_words(at + 1) + load_words(at + 2);
            // A 36th is a ninth of a quarter; 7282 is 65536 / 9, rounded up, which is exact below 30,000.
            sums = factor == 6 ? (sums + 18) >> 2 : sums + 4;
            const Words means = high_products(sums, 7282);
            bytes |= picked(__builtin_convertvector(means, Sixteen), load_sixteen(picks[part]));
        }
        memcpy(small + done, &bytes, sizeof bytes);
    }
    return done;
}
#endif

/// The means of a row of blocks from sums of columns, from a block on.
INLINE void means(
    const uint16_t *columns, size_t from, size_t count, size_t factor, enum kept kept, uint8_t *small) {
    const size_t each = kept == PAIRS ? factor / 2 : factor;
    // Divides sums of up to 128 x 128 samples exactly: what rounding up adds stays below one in 2^40 / divisor.
    const uint64_t divisor = factor * factor, reciprocal = ((UINT64_C(1) << 40) + divisor - 1) / divisor;
    for (size_t block = from; block < count; block++) {
        uint64_t sum = divisor / 2;
        for (size_t place = block * each; place < (block + 1) * each; place++) sum += columns[place];
        small[block] = (uint8_t)(sum * reciprocal >> 40);
    }
}

/// How many samples of a row are at most the limit.
INLINE uint64_t count_dark(const uint8_t *row, size_t whole, size_t width, uint8_t limit) {
    const Bytes most = all_bytes(limit);
    uint64_t dark = 0;
    for (size_t x = 0; x < whole;) {
        // A byte counts to 255.
        size_t end = whole - x < 255 * VECTOR ? whole : x + 255 * VECTOR;
        Bytes count = {0};
        for (; x < end; x += VECTOR) count -= (Bytes)(greater_bytes(load_bytes(row + x), most) == most);
        dark += total_of(distances(count, (Bytes){0}));
    }
    for (size_t x = whole; x < width; x++) dark += row[x] <= limit;
    return dark;
}

/// The traversal, for one kind of columns; the factor is a constant where a case of `fbk_luma` has one.
INLINE void traverse(
    struct fbk_plane plane, struct fbk_plane other, struct fbk_plane reference, size_t width, size_t height, uint8_t limit,
    enum kept kept, size_t factor, uint8_t *small, uint16_t *columns, struct fbk_luma_sums *result) {
    const size_t whole = width - width % VECTOR;
    // Where there are no blocks a strip is as many rows as the first-level cache keeps for counting dark samples.
    const size_t strip_height = kept == NOTHING ? 4 : factor;
    // Pairs give the sum more cheaply than rows, and of these blocks the means as well.
    const int is_summed = kept != PAIRS, is_by_vectors = kept == PAIRS && factor != 6;
    struct fbk_luma_sums sums = {.low = UINT8_MAX};
    Longs to_reference = {0};
    struct strip all = {all_bytes(UINT8_MAX), {0}, {0}, {0}};
    for (size_t y = 0; y < height; y += strip_height) {
        const size_t rows = height - y < strip_height ? height - y : strip_height;
        const uint8_t *row = plane.base + (ptrdiff_t)y * plane.stride;
        const uint8_t *other_row = other.base + (ptrdiff_t)y * other.stride;
        struct strip strip = {all_bytes(UINT8_MAX), all.high, all.sum, all.difference};
        for (size_t j = 0; j < rows; j++) {
            const uint8_t *here = row + (ptrdiff_t)j * plane.stride, *there = other_row + (ptrdiff_t)j * other.stride;
            const ptrdiff_t next = ahead(plane, y + j, height), other_next = ahead(other, y + j, height);
            if (j == 0) add_row(here, there, next, other_next, whole, kept, is_summed, 1, columns, &strip);
            else add_row(here, there, next, other_next, whole, kept, is_summed, 0, columns, &strip);
            add_rest(here, there, whole, width, kept, j == 0, columns, &sums);
            if (reference.base) {
                const uint8_t *former = reference.base + (ptrdiff_t)(y + j) * reference.stride;
                add_differences(
                    here, former, 0, ahead(reference, y + j, height), 0, width, &to_reference, &sums.to_reference);
            }
        }
        if (kept != NOTHING) {
            const size_t count = width / factor;
            uint8_t *to = rows == factor ? small + y / factor * count : NULL;
            size_t done = is_by_vectors ? whole / factor : 0;
            if (is_by_vectors) sums.sum += whole_means(columns, whole, factor, to);
            else if (!is_summed) sums.sum += sum_of_pairs(columns, whole);
#if VECTOR == 32
            if (to && (factor == 3 || factor == 6)) done = means_of_threes(columns, count, factor, to);
#endif
            if (to) means(columns, done, count, factor, kept, to);
        }
        // Dark samples are only counted where there are any; many strips of most videos have none.
        const Bytes most = all_bytes(limit);
        const Longs seen = distances((Bytes)(greater_bytes(strip.low, most) == most), (Bytes){0});
        if (sums.low <= limit || total_of(seen) != 0) {
            for (size_t j = 0; j < rows; j++)
                sums.dark += count_dark(row + (ptrdiff_t)j * plane.stride, whole, width, limit);
        }
        strip.low = lesser_bytes(strip.low, all.low);
        all = strip;
    }
    for (size_t lane = 0; lane < VECTOR; lane++) {
        if (whole > 0 && all.low[lane] < sums.low) sums.low = all.low[lane];
        if (all.high[lane] > sums.high) sums.high = all.high[lane];
    }
    sums.sum += total_of(all.sum);
    sums.difference += total_of(all.difference);
    sums.to_reference += total_of(to_reference);
    *result = sums;
}

void NAME(luma)(FBK_LUMA_ARGUMENTS) {
    switch (small ? factor : 1) {
        case 1: traverse(plane, other, reference, width, height, limit, NOTHING, 1, NULL, columns, sums); break;
        case 2: traverse(plane, other, reference, width, height, limit, PAIRS, 2, small, columns, sums); break;
        case 4: traverse(plane, other, reference, width, height, limit, PAIRS, 4, small, columns, sums); break;
        case 8: traverse(plane, other, reference, width, height, limit, PAIRS, 8, small, columns, sums); break;
        case 3: traverse(plane, other, reference, width, height, limit, SINGLES, 3, small, columns, sums); break;
        case 5: traverse(plane, other, reference, width, height, limit, SINGLES, 5, small, columns, sums); break;
        case 6: traverse(plane, other, reference, width, height, limit, PAIRS, 6, small, columns, sums); break;
        default: traverse(plane, other, reference, width, height, limit, SINGLES, factor, small, columns, sums);
    }
    if (!small || factor != 1) return;
    for (size_t y = 0; y < height; y++) memcpy(small + y * width, plane.base + (ptrdiff_t)y * plane.stride, width);
}

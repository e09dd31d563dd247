// The background of `motion`: one small picture, smoothed, compared and followed. Lists are taken a vector at a time; what is
// left at their ends goes through copies that have room for a vector.
//
// Samples as 16-bit numbers are two vectors, in the order of their places. Packing them to bytes works in each half of a
// 32-byte vector by itself, so quarters have to change places behind it.

#if VECTOR == 32
INLINE Bytes in_order(Bytes v) { return (Bytes)_mm256_permute4x64_epi64((__m256i)v, 0xd8); }
#else
INLINE Bytes in_order(Bytes v) { return v; }
#endif

/// The upper halves of signed products.
INLINE Shorts signed_high_products(Shorts a, Shorts b) { return (Shorts)X86(mulhi_epi16)((Raw)a, (Raw)b); }
/// One bit for each byte: its highest.
INLINE uint64_t highest_bits(Bytes v) { return (uint32_t)X86(movemask_epi8)((Raw)v); }
INLINE Bytes byte_distance(Bytes a, Bytes b) { return greater_bytes(a, b) - lesser_bytes(a, b); }
/// Differences, 0 where they are negative.
INLINE Bytes difference_from_0(Bytes a, Bytes b) { return (Bytes)X86(subs_epu8)((Raw)a, (Raw)b); }
INLINE Shorts absolute(Shorts v) { return greater(v, -v); }

// MARK: Smoothing

/// Sums down the columns from three rows, weights 1 2 1.
INLINE void add_rows(const uint8_t *above, const uint8_t *row, const uint8_t *below, int16_t *columns) {
    store_shorts(columns, load_widened(above) + (load_widened(row) << 1) + load_widened(below));
}

/// The same across, from the sum to the left of the first place on, and rounded.
INLINE Shorts add_columns(const int16_t *columns) {
    const Shorts sum = load_shorts(columns) + (load_shorts(columns + 1) << 1) + load_shorts(columns + 2);
    return (sum + 8) >> 4;
}

void NAME(smooth)(FBK_SMOOTH_ARGUMENTS) {
    enum { STEP = VECTOR / 2 };
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = samples + y * width;
        const uint8_t *above = y > 0 ? row - width : row, *below = y + 1 < height ? row + width : row;
        uint8_t *target = smoothed + y * width;
        // The last vectors of a row overlap those before them.
        if (width >= STEP) {
            for (size_t x = 0; x + STEP <= width; x += STEP) add_rows(above + x, row + x, below + x, columns + 1 + x);
            const size_t last = width - STEP;
            add_rows(above + last, row + last, below + last, columns + 1 + last);
        } else {
            for (size_t x = 0; x < width; x++) columns[x + 1] = (int16_t)(above[x] + 2 * row[x] + below[x]);
        }
        columns[0] = columns[1];
        columns[width + 1] = columns[width];
        if (width >= VECTOR) {
            for (size_t x = 0;; x += VECTOR) {
                if (x + VECTOR > width) x = width - VECTOR;
                store_bytes(target + x, in_order(packed_bytes(add_columns(columns + x), add_columns(columns + x + STEP))));
                if (x + VECTOR == width) break;
            }
        } else {
            for (size_t x = 0; x < width; x++) {
                target[x] = (uint8_t)((columns[x] + 2 * columns[x + 1] + columns[x + 2] + 8) >> 4);
            }
        }
    }
}

// MARK: Marks

/// Lets the recent average follow by a quarter, and tells where it was far off.
INLINE Shorts follow_recent(const uint8_t *samples, int16_t *recent, int16_t change) {
    const Shorts old = load_shorts(recent), step = (load_widened(samples) << 7) - old;
    store_shorts(recent, old + ((step + 2) >> 2));
    return absolute(step) > change;
}

INLINE void compare_vector(
    const uint8_t *samples, const int16_t *average, const uint8_t *former, int16_t *recent, uint8_t *unrest, uint8_t *mask,
    struct fbk_mark_limits limits) {
    enum { HALF = VECTOR / 2 };
    const Bytes here = load_bytes(samples);
    const Bytes whole =
        in_order(packed_bytes((load_shorts(average) + 64) >> 7, (load_shorts(average + HALF) + 64) >> 7));
    const Bytes near = lesser_bytes(byte_distance(here, whole), byte_distance(here, load_bytes(former)));
    const Shorts first = follow_recent(samples, recent, limits.change);
    const Shorts second = follow_recent(samples + HALF, recent + HALF, limits.change);
    const Bytes changed = in_order(packed_masks(first, second)) & 4;
    const Bytes restless = load_bytes(unrest), off = difference_from_0(near, restless);
    const Bytes weak = (Bytes)(off > limits.low) & 1, strong = (Bytes)(off > limits.high) & 2;
    const Bytes flips = (weak ^ load_bytes(mask)) & 1, two = flips + flips;
    store_bytes(unrest, lesser_bytes(restless + two + two + two, all_bytes(60)));
    store_bytes(mask, weak | strong | changed);
}

void NAME(compare)(FBK_COMPARE_ARGUMENTS) {
    size_t x = 0;
    for (; x + VECTOR <= count; x += VECTOR) {
        compare_vector(samples + x, average + x, former + x, recent + x, unrest + x, mask + x, limits);
    }
    const size_t rest = count - x;
    if (rest == 0) return;
    uint8_t bytes[4][VECTOR] = {{0}};
    int16_t shorts[2][VECTOR] = {{0}};
    memcpy(bytes[0], samples + x, rest);
    memcpy(bytes[1], former + x, rest);
    memcpy(bytes[2], unrest + x, rest);
    memcpy(bytes[3], mask + x, rest);
    memcpy(shorts[0], average + x, 2 * rest);
    memcpy(shorts[1], recent + x, 2 * rest);
    compare_vector(bytes[0], shorts[0], bytes[1], shorts[1], bytes[2], bytes[3], limits);
    memcpy(unrest + x, bytes[2], rest);
    memcpy(mask + x, bytes[3], rest);
    memcpy(recent + x, shorts[1], 2 * rest);
}

/// One bit of each byte. It is moved to the highest place in numbers of 16 bits: what comes from the byte below does not get
/// there.
INLINE uint64_t bits_of(const uint8_t *bytes, int bit) {
    return highest_bits((Bytes)((Words)load_bytes(bytes) << (uint16_t)(7 - bit)));
}

void NAME(marks)(FBK_MARKS_ARGUMENTS) {
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = mask + y * width;
        size_t x = 0;
        for (; x + 64 <= width; x += 64) {
            uint64_t word = 0;
            for (size_t part = 0; part < 64; part += VECTOR) word |= bits_of(row + x + part, bit) << part;
            *words++ = word;
        }
        if (x == width) continue;
        uint64_t word = 0;
        size_t part = 0;
        for (; x + part + VECTOR <= width; part += VECTOR) word |= bits_of(row + x + part, bit) << part;
        const size_t rest = width - x - part;
        if (rest > 0 && width >= VECTOR) {
            // Those at the end, of which some have been before.
            word |= bits_of(row + width - VECTOR, bit) >> (VECTOR - rest) << part;
        } else {
            for (; x + part < width; part++) word |= (uint64_t)(row[x + part] >> bit & 1) << part;
        }
        *words++ = word;
    }
}

// MARK: The average

INLINE void follow_average(
    const uint8_t *samples, int16_t *average, const uint8_t *former, const uint8_t *mask, int16_t weight, int16_t limit) {
    const Shorts old = load_shorts(average), step = (load_widened(samples) << 7) - old;
    const Shorts small = lesser(greater(step, all_shorts((int16_t)-limit)), all_shorts(limit)) >> 2;
    const Shorts followed = old + ((small * weight + 32) >> 6);
    const Shorts new = choose(absolute(step) > (int16_t)(limit + 64), load_widened(former) << 7, followed);
    store_shorts(average, choose((load_widened(mask) & 3) == 0, new, old));
}

INLINE void follow_vector(
    const uint8_t *samples, int16_t *average, const uint8_t *former, const uint8_t *mask, uint8_t *ages, int16_t weight,
    int16_t limit) {
    enum { HALF = VECTOR / 2 };
    follow_average(samples, average, former, mask, weight, limit);
    follow_average(samples + HALF, average + HALF, former + HALF, mask + HALF, weight, limit);
    store_bytes(ages, load_bytes(ages) & ~(Bytes)((load_bytes(mask) & 3) == 0));
}

void NAME(follow)(FBK_FOLLOW_ARGUMENTS) {
    size_t x = 0;
    for (; x + VECTOR <= count; x += VECTOR) {
        follow_vector(samples + x, average + x, former + x, mask + x, ages + x, weight, limit);
    }
    const size_t rest = count - x;
    if (rest == 0) return;
    uint8_t bytes[4][VECTOR] = {{0}};
    int16_t levels[VECTOR] = {0};
    memcpy(bytes[0], samples + x, rest);
    memcpy(bytes[1], former + x, rest);
    memcpy(bytes[2], mask + x, rest);
    memcpy(bytes[3], ages + x, rest);
    memcpy(levels, average + x, 2 * rest);
    follow_vector(bytes[0], levels, bytes[1], bytes[2], bytes[3], weight, limit);
    memcpy(ages + x, bytes[3], rest);
    memcpy(average + x, levels, 2 * rest);
}

// MARK: Exposure

INLINE Shorts exposed(Shorts level, struct fbk_exposure by) {
    const Shorts inside = lesser(greater(level, all_shorts(by.low)), all_shorts(by.high));
    const Shorts change = signed_high_products(inside, all_shorts(by.factor)) + by.add;
    // Not below 0; above, there is room for the largest sum in 16 bits without a sign.
    const Words sum = (Words)(greater(level, -change) + change), most = (Words)all_shorts((int16_t)by.most);
    // The lesser: SSE2 has none for numbers without a sign.
    return (Shorts)(sum - (Words)X86(subs_epu16)((Raw)sum, (Raw)most));
}

void NAME(expose)(int16_t *levels, size_t count, struct fbk_exposure by) {
    enum { STEP = VECTOR / 2 };
    size_t x = 0;
    for (; x + STEP <= count; x += STEP) store_shorts(levels + x, exposed(load_shorts(levels + x), by));
    if (x == count) return;
    int16_t rest[STEP] = {0};
    memcpy(rest, levels + x, 2 * (count - x));
    store_shorts(rest, exposed(load_shorts(rest), by));
    memcpy(levels + x, rest, 2 * (count - x));
}

/// A level with what is added to all and, step by step, to those from a level on.
INLINE Bytes stepped(Bytes level, uint8_t add, const struct fbk_level_step *steps, size_t number) {
    Bytes sum = level + add;
    for (size_t step = 0; step < number; step++) {
        const Bytes from = all_bytes(steps[step].from);
        sum += (Bytes)(greater_bytes(level, from) == level) & all_bytes(steps[step].add);
    }
    return sum;
}

void NAME(steps)(FBK_STEPS_ARGUMENTS) {
    size_t x = 0;
    for (; x + VECTOR <= count; x += VECTOR) {
        store_bytes(levels + x, stepped(load_bytes(levels + x), add, steps, number));
    }
    if (x == count) return;
    uint8_t rest[VECTOR] = {0};
    memcpy(rest, levels + x, count - x);
    store_bytes(rest, stepped(load_bytes(rest), add, steps, number));
    memcpy(levels + x, rest, count - x);
}

// MARK: Likeness

/// Samples that lie apart, brought together.
struct gathered { int16_t samples[64], averages[64], marks[64]; };

/// Sums of pairs of numbers that are not negative, in 64 bits.
INLINE Longs widened(Ints v) { return ((Longs)v & 0xffffffff) + ((Longs)v >> 32); }

struct likeness_sums { Longs total, count, picture, background, background_squared, product, distance; };

INLINE void add_gathered(struct likeness_sums *sums, const struct gathered *from, size_t count, int16_t limit) {
    const Shorts ones = all_shorts(1);
    Ints total = {0}, alike = {0}, picture = {0}, background = {0}, product = {0}, distance = {0};
    for (size_t x = 0; x < count; x += VECTOR / 2) {
        Shorts sample = load_shorts(from->samples + x), average = load_shorts(from->averages + x);
        const Shorts free = (load_shorts(from->marks + x) & 3) == 0;
        Shorts off = absolute((sample << 7) - average);
        const Shorts good = free & ~(off > limit) & (sample < 252);
        sample &= good;
        average &= good;
        off &= good;
        total += products(free, free);
        alike += products(good, good);
        picture += products(sample, ones);
        background += products(average, ones);
        product += products(average, sample);
        distance += products(off, ones);
        // Two squares of 255 levels stay below 2^31.
        sums->background_squared += widened(products(average, average));
    }
    sums->total += widened(total);
    sums->count += widened(alike);
    sums->picture += widened(picture);
    sums->background += widened(background);
    sums->product += widened(product);
    sums->distance += widened(distance);
}

INLINE uint64_t all_of(Longs v) {
    uint64_t sum = 0;
    for (size_t lane = 0; lane < VECTOR / 8; lane++) sum += v[lane];
    return sum;
}

void NAME(likeness)(FBK_LIKENESS_ARGUMENTS) {
    struct likeness_sums all = {{0}, {0}, {0}, {0}, {0}, {0}, {0}};
    struct gathered some;
    size_t number = 0;
    for (size_t y = 0; y < height; y += step) {
        const size_t end = (y + 1) * width;
        for (size_t place = y * width; place < end; place += step) {
            some.samples[number] = samples[place];
            some.averages[number] = average[place];
            some.marks[number] = mask[place];
            if (++number == 64) {
                add_gathered(&all, &some, number, limit);
                number = 0;
            }
        }
    }
    // What is marked is not counted.
    const size_t rest = number;
    for (; number % (VECTOR / 2) != 0; number++) {
        (some.samples[number] = 0, some.averages[number] = 0, some.marks[number] = 3);
    }
    if (rest > 0) add_gathered(&all, &some, number, limit);
    sums->total = all_of(all.total);
    sums->count = all_of(all.count);
    sums->picture = all_of(all.picture);
    sums->background = all_of(all.background);
    sums->background_squared = all_of(all.background_squared);
    sums->product = all_of(all.product);
    sums->distance = all_of(all.distance);
}

// Hue, saturation and brightness of a row of the image for `cuts`.
//
// Samples between four neighbours are whole numbers here: the share of a column is a multiple of 1/512 where the longer side
// of the image is 256, and that of a row one of 1/128. They are exact, in 65536ths of a level, and below 2^24, so that they
// are exact as floats, too. Five products are rounded down in floats, as libswscale does; behind them all is in 16 bits.

/// Vectors of as many places of a row as there are 16-bit numbers, in the order that interleaving leaves them in.
struct ints { Ints lower, upper; };
struct floats { Floats lower, upper; };
#define PLACES (VECTOR / 2)

/// Pairs of neighbours, the left one in the lower byte, as they are read from a row.
struct pairs { const uint16_t *upper, *lower; };

/// The shares of two rows in 128ths, in turns, as bytes that are multiplied with signed ones. The upper one of 128 would be
/// none: where the lower row has no share, the upper one is taken twice, by half each.
INLINE Bytes row_shares(int below) {
    const int16_t shares = (int16_t)(below ? (128 - below) | below << 8 : 64 | 64 << 8);
    return (Bytes)all_shorts(shares);
}

/// The samples at some places less `zero`, which is a level, in 65536ths.
INLINE struct ints between(struct pairs from, Bytes rows, const int16_t *shares, int is_flat, int zero) {
    const Words here = load_words(from.upper);
    const Ints away = (Ints){0} - (zero << 16);
    // Put above 16 zeros, a byte is a number of 65536ths.
    if (is_flat) {
        const Shorts left = (Shorts)(here & 255);
        return (struct ints){(Ints)lower_turns((Shorts){0}, left) + away, (Ints)upper_turns((Shorts){0}, left) + away};
    }
    // Left and right samples of four columns in each half, each above the one below it.
    const Bytes upper = (Bytes)here, lower = (Bytes)load_words(from.lower);
    const Shorts share = load_shorts(shares), rest = 512 - share;
    return (struct ints){
        products(byte_products(lower_byte_turns(upper, lower), rows), lower_turns(rest, share)) + away,
        products(byte_products(upper_byte_turns(upper, lower), rows), upper_turns(rest, share)) + away,
    };
}

/// Products in floats, as levels.
INLINE struct floats scaled(struct ints v, float by) {
    // 65536 is a power of two: nothing is rounded but the product.
    by /= 65536;
    return (struct floats){__builtin_convertvector(v.lower, Floats) * by, __builtin_convertvector(v.upper, Floats) * by};
}

/// Rounded down to whole numbers. A hundred-thousandth below one is that number.
INLINE Shorts down(struct floats v) {
    return packed_shorts(nearest(v.lower - 0.49999f), nearest(v.upper - 0.49999f));
}

/// The part of a colour difference, rounded down by itself: the hue of nearly grey pixels hangs on it.
INLINE Shorts part(struct floats v, float by) { return down((struct floats){v.lower * by, v.upper * by}); }

INLINE Shorts pixel(Shorts v) { return greater(lesser(v, all_shorts(255)), (Shorts){0}); }

/// Signed 16-bit numbers as floats.
INLINE struct floats floats_of(Shorts v) {
    const Ints lower = (Ints)lower_turns(v, v) >> 16, upper = (Ints)upper_turns(v, v) >> 16;
    return (struct floats){__builtin_convertvector(lower, Floats), __builtin_convertvector(upper, Floats)};
}

/// The nearest whole numbers to quotients; what is divided by less than 1 is divided by 1.
INLINE Shorts quotients(Shorts of, float times, Shorts by) {
    const struct floats a = floats_of(of), b = floats_of(greater(by, all_shorts(1)));
    return packed_shorts(nearest(a.lower * times / b.lower), nearest(a.upper * times / b.upper));
}

INLINE void store_levels(uint8_t *to, Shorts v) {
    const Bytes bytes = packed_bytes(v, v);
    for (size_t half = 0; half < VECTOR / 16; half++) memcpy(to + 8 * half, (const uint8_t *)&bytes + 16 * half, 8);
}

/// Colours by BT.601, then OpenCV's hue, saturation and brightness in 8 bits.
INLINE void store_hues(
    Shorts luma, struct floats cb, struct floats cr, uint8_t *hues, uint8_t *saturations, uint8_t *brightnesses) {
    const Shorts red = pixel(luma + part(cr, 1.402f));
    const Shorts green = pixel(luma + part(cb, -0.344136f) + part(cr, -0.714136f));
    const Shorts blue = pixel(luma + part(cb, 1.772f));
    const Shorts high = greater(greater(red, green), blue), range = high - lesser(lesser(red, green), blue);
    // The first of red, green and blue that is the greatest decides the sector.
    const Shorts is_red = (Shorts)(red == high), is_green = (Shorts)(green == high);
    const Shorts from_grey = choose(is_red, green - blue, choose(is_green, blue - red, red - green));
    const Shorts sector = choose(is_red, (Shorts){0}, choose(is_green, all_shorts(60), all_shorts(120)));
    // Half-degrees from the sector's middle, 30 at most; below red comes what is just below 180.
    const Shorts hue = quotients(from_grey, 30, range) + sector;
    store_levels(hues, hue + ((hue >> 15) & 180));
    store_levels(saturations, quotients(range, 255, high));
    store_levels(brightnesses, high);
}

/// Reads the neighbours at the columns of the image, four columns at a time where they lie within sixteen bytes: in both rows
/// of a plane, or in the upper one alone where the lower one has no share.
INLINE void gather(
    struct fbk_hue_rows rows, int is_both, struct fbk_hue_places at, size_t count, int is_flat, uint16_t *upper,
    uint16_t *lower) {
    if (at.picks) {
        for (size_t x = 0; x < count; x += 8) {
            const int32_t first = at.groups[x / 4], second = at.groups[x / 4 + 1];
            const Sixteen of_first = load_sixteen(at.picks + 4 * x), of_second = load_sixteen(at.picks + 4 * x + 16);
            const Sixteen above =
                picked(load_sixteen(rows.upper + first), of_first) | picked(load_sixteen(rows.upper + second), of_second);
            memcpy(upper + x, &above, sizeof above);
            if (!is_both) continue;
            const Sixteen below =
                picked(load_sixteen(rows.lower + first), of_first) | picked(load_sixteen(rows.lower + second), of_second);
            memcpy(lower + x, &below, sizeof below);
        }
        return;
    }
    if (is_flat) {
        for (size_t x = 0; x < count; x++) upper[x] = rows.upper[at.places[x]];
        for (size_t x = 0; is_both && x < count; x++) lower[x] = rows.lower[at.places[x]];
        return;
    }
    for (size_t x = 0; x < count; x++) {
        const int32_t place = at.places[x];
        memcpy(upper + x, rows.upper + place, 2);
        if (is_both) memcpy(lower + x, rows.lower + place, 2);
    }
}

INLINE void gather_rows(
    struct fbk_hue_rows rows, struct fbk_hue_places at, size_t count, int is_flat, uint16_t *upper, uint16_t *lower) {
    if (rows.below) gather(rows, 1, at, count, is_flat, upper, lower);
    else gather(rows, 0, at, count, is_flat, upper, lower);
}

INLINE void hue_row(
    const struct pairs pairs[3], int below, int chroma_below, struct fbk_hue_columns columns, int is_flat,
    int is_full_range, uint8_t *hues, uint8_t *saturations, uint8_t *brightnesses) {
    // What spans 16 to 235, and 16 to 240 of colour differences, is stretched to 0 to 255.
    const int floor = is_full_range ? 0 : 16;
    const Bytes rows = row_shares(below), chroma_rows = row_shares(chroma_below);
    const float gain = is_full_range ? 1 : (float)(255.0 / 219), spread = is_full_range ? 1 : (float)(255.0 / 224);
    for (size_t next = 0; next < columns.count; next += PLACES) {
        // The last places are worked on with some before them, a second time, where no whole vector is left.
        const size_t x = next + PLACES <= columns.count ? next : columns.count - PLACES;
        struct pairs at[3];
        for (int i = 0; i < 3; i++) at[i] = (struct pairs){pairs[i].upper + x, pairs[i].lower + x};
        const struct ints y = between(at[0], rows, columns.luma.shares + x, is_flat, floor);
        const struct ints u = between(at[1], chroma_rows, columns.chroma.shares + x, is_flat, 128);
        const struct ints v = between(at[2], chroma_rows, columns.chroma.shares + x, is_flat, 128);
        store_hues(
            down(scaled(y, gain)), scaled(u, spread), scaled(v, spread), hues + x, saturations + x, brightnesses + x);
    }
}

void NAME(hues)(
    struct fbk_hue_rows luma, struct fbk_hue_rows first, struct fbk_hue_rows second, struct fbk_hue_columns columns,
    int is_full_range, uint8_t *hues, uint8_t *saturations, uint8_t *brightnesses) {
    // Neighbours in the upper and in the lower row of each plane.
    uint16_t room[6][256];
    const struct pairs pairs[3] = {
        {room[0], room[luma.below ? 1 : 0]}, {room[2], room[first.below ? 3 : 2]}, {room[4], room[first.below ? 5 : 4]},
    };
    gather_rows(luma, columns.luma, columns.count, columns.is_flat, room[0], room[1]);
    gather_rows(first, columns.chroma, columns.count, columns.is_flat, room[2], room[3]);
    gather_rows(second, columns.chroma, columns.count, columns.is_flat, room[4], room[5]);
    // Where neither rows nor columns have shares, as in 1280x720 or 768x576, samples are taken as they are.
    if (columns.is_flat && !luma.below && !first.below)
        hue_row(pairs, 0, 0, columns, 1, is_full_range, hues, saturations, brightnesses);
    else
        hue_row(pairs, luma.below, first.below, columns, 0, is_full_range, hues, saturations, brightnesses);
}

// Gradient and Laplacian of a picture. Sums of floats depend on their order: each row is added up in four lanes, eight
// pixels at a time, as the Swift loop does.

typedef float Four __attribute__((vector_size(16)));

/// The signed numbers at even and at odd places.
INLINE Floats even(Shorts v) { return __builtin_convertvector((Ints)v << 16 >> 16, Floats); }
INLINE Floats odd(Shorts v) { return __builtin_convertvector((Ints)v >> 16, Floats); }

/// Adds eight pixels, then the next eight.
INLINE Four plus(Four sum, Floats v) {
#if VECTOR == 32
    sum += __builtin_shufflevector(v, v, 0, 1, 2, 3);
    return sum + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
    return sum + v;
#endif
}

INLINE double total(Four v) { return (double)(v[0] + v[1] + v[2] + v[3]); }

struct row_sums { Four length, square, curve, curve_square; };

/// Sobel's gradients and the Laplacian of the pixels between three rows.
INLINE void take(struct row_sums *sums, Shorts across, Shorts down, Shorts curve) {
    const Floats x0 = even(across), x1 = odd(across), y0 = even(down), y1 = odd(down);
    const Floats first = x0 * x0 + y0 * y0, second = x1 * x1 + y1 * y1;
    const Floats c0 = even(curve), c1 = odd(curve);
    sums->square = plus(sums->square, first + second);
    sums->length = plus(sums->length, __builtin_elementwise_sqrt(first) + __builtin_elementwise_sqrt(second));
    sums->curve = plus(sums->curve, c0 + c1);
    sums->curve_square = plus(sums->curve_square, c0 * c0 + c1 * c1);
}

/// `count` bytes as 16-bit numbers, and zeros behind them.
INLINE Shorts load_first(const uint8_t *from, size_t count) {
    HalfBytes v = {0};
    memcpy(&v, from, count);
    return __builtin_convertvector(v, Shorts);
}

/// `count` pixels from three rows; those beyond add nothing.
INLINE void take_pixels(
    struct row_sums *sums, const uint8_t *above, const uint8_t *row, const uint8_t *below, size_t count) {
    const Shorts a = load_first(above, count), b = load_first(above + 1, count), c = load_first(above + 2, count);
    const Shorts d = load_first(row, count), e = load_first(row + 1, count), f = load_first(row + 2, count);
    const Shorts g = load_first(below, count), h = load_first(below + 1, count), i = load_first(below + 2, count);
    take(sums, (c - a) + ((f - d) << 1) + (i - g), (g - a) + ((h - b) << 1) + (i - c), b + d + f + h - (e << 2));
}

/// A pixel by itself.
INLINE void take_pixel(
    struct fbk_detail_sums *sums, const uint8_t *above, const uint8_t *row, const uint8_t *below) {
    const int across = above[2] - above[0] + 2 * (row[2] - row[0]) + below[2] - below[0];
    const int down = below[0] - above[0] + 2 * (below[1] - above[1]) + below[2] - above[2];
    const int curve = above[1] + below[1] + row[0] + row[2] - 4 * row[1];
    const float square = (float)(across * across + down * down);
    sums->gradient_squared += (double)square;
    sums->gradient += (double)__builtin_sqrtf(square);
    sums->laplacian += curve;
    sums->laplacian_squared += curve * curve;
}

void NAME(detail)(FBK_DETAIL_ARGUMENTS) {
    const size_t inner = width - 2;
    for (size_t y = 1; y + 1 < height; y++) {
        const uint8_t *row = samples + y * width, *above = row - width, *below = row + width;
        struct row_sums eight = {{0}, {0}, {0}, {0}};
        size_t x = 0;
        for (; x + VECTOR / 2 <= inner; x += VECTOR / 2) take_pixels(&eight, above + x, row + x, below + x, VECTOR / 2);
        for (; x + 8 <= inner; x += 8) take_pixels(&eight, above + x, row + x, below + x, 8);
        for (; x < inner; x++) take_pixel(sums, above + x, row + x, below + x);
        sums->gradient += total(eight.length);
        sums->gradient_squared += total(eight.square);
        sums->laplacian += total(eight.curve);
        sums->laplacian_squared += total(eight.curve_square);
    }
}

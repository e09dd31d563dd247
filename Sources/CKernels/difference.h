// The sum of absolute differences of two planes.

/// Adds those of two rows, vectors to `all` and what is behind the last whole one to `sum`. Lines are fetched that lie as far
/// ahead as is said: of the second row, and with `fetches_both` of the first.
INLINE void add_differences(
    const uint8_t *row, const uint8_t *other, ptrdiff_t row_ahead, ptrdiff_t other_ahead, int fetches_both, size_t width,
    Longs *all, uint64_t *sum) {
    const size_t whole = width - width % VECTOR;
    size_t x = 0;
    for (; x + LINE <= whole; x += LINE) {
        if (fetches_both) fbk_fetch(row + x + row_ahead);
        fbk_fetch(other + x + other_ahead);
        for (size_t part = 0; part < LINE; part += VECTOR)
            *all += distances(load_bytes(row + x + part), load_bytes(other + x + part));
    }
    for (; x < whole; x += VECTOR) *all += distances(load_bytes(row + x), load_bytes(other + x));
    for (; x < width; x++) *sum += row[x] > other[x] ? row[x] - other[x] : other[x] - row[x];
}

INLINE uint64_t total_of(Longs v) {
    uint64_t sum = 0;
    for (size_t lane = 0; lane < VECTOR / 8; lane++) sum += v[lane];
    return sum;
}

uint64_t NAME(difference)(struct fbk_plane plane, struct fbk_plane other, size_t width, size_t height) {
    Longs all = {0};
    uint64_t sum = 0;
    for (size_t y = 0; y < height; y++)
        add_differences(
            plane.base + (ptrdiff_t)y * plane.stride, other.base + (ptrdiff_t)y * other.stride, ahead(plane, y, height),
            ahead(other, y, height), 1, width, &all, &sum);
    return sum + total_of(all);
}

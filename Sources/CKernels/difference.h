// The sum of absolute differences of two planes.

uint64_t NAME(difference)(struct fbk_plane plane, struct fbk_plane other, size_t width, size_t height) {
    const size_t whole = width - width % VECTOR;
    Longs all = {0};
    uint64_t sum = 0;
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = plane.base + (ptrdiff_t)y * plane.stride, *other_row = other.base + (ptrdiff_t)y * other.stride;
        for (size_t x = 0; x < whole; x += VECTOR) all += distances(load_bytes(row + x), load_bytes(other_row + x));
        for (size_t x = whole; x < width; x++) sum += row[x] > other_row[x] ? row[x] - other_row[x] : other_row[x] - row[x];
    }
    for (size_t lane = 0; lane < VECTOR / 8; lane++) sum += all[lane];
    return sum;
}

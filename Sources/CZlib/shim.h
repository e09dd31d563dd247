// zlib, which libpng and FFmpeg's libraries bring along anyway.
#ifndef FORGEBATCH_CZLIB_SHIM_H
#define FORGEBATCH_CZLIB_SHIM_H
#include <zlib.h>

// Macros in zlib.h. Raw deflate (RFC 1951) with the largest window.
static inline int fb_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}

// A gzip member (RFC 1952) with its header and its check sum.
static inline int fb_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
#endif

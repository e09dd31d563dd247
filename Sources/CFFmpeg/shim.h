// The whole C surface of FFmpeg that forgebatch uses. Wrapped is what Swift cannot import, such as macros whose value is
// an expression, and what differs between FFmpeg 5.1 and 9: nothing but this file asks which version it is.
#ifndef FORGEBATCH_CFFMPEG_SHIM_H
#define FORGEBATCH_CFFMPEG_SHIM_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/buffer.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/encryption_info.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Side data of a whole stream. Since libavformat 61 it lies beside the parameters of the codec.
static inline const uint8_t *fb_stream_side_data(
    const AVStream *stream, enum AVPacketSideDataType type, size_t *size)
{
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVPacketSideData *data = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type);
    *size = data ? data->size : 0;
    return data ? data->data : NULL;
#else
    *size = 0;
    return av_stream_get_side_data(stream, type, size);
#endif
}

// The display matrix of a stream, or NULL.
static inline const int32_t *fb_display_matrix(const AVStream *stream)
{
    size_t size = 0;
    const uint8_t *data = fb_stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return data && size >= 9 * sizeof(int32_t) ? (const int32_t *)data : NULL;
}

// Pixels that the container cuts off at the top, bottom, left and right. FFmpeg 7.1 and later tell; 0 for none.
static inline int fb_frame_cropping(const AVStream *stream, uint32_t margins[4])
{
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 19, 100)
    size_t size = 0;
    const uint8_t *data = fb_stream_side_data(stream, AV_PKT_DATA_FRAME_CROPPING, &size);
    if (data && size >= 16) {
        for (int side = 0; side < 4; side++, data += 4) {
            margins[side] = data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24;
        }
        return 1;
    }
#endif
    (void)stream;
    (void)margins;
    return 0;
}

static inline int64_t fb_nopts(void) { return AV_NOPTS_VALUE; }
static inline int fb_error_again(void) { return AVERROR(EAGAIN); }
static inline int fb_error_eof(void) { return AVERROR_EOF; }
static inline int fb_error_invalid_data(void) { return AVERROR_INVALIDDATA; }
static inline int fb_error_io(void) { return AVERROR(EIO); }
static inline int fb_error_nomem(void) { return AVERROR(ENOMEM); }

// A converter between sizes and pixel formats: libswscale's context, behind a type and flags that are the same for all
// versions. Up to libswscale 8 the context has no visible fields and the flags are macros; since 9 both are types.
typedef struct fb_scaler fb_scaler;

// Bit-exact, with accurate rounding and chroma at full resolution; `smaller` takes the mean over the area, else bicubic.
// NULL when the conversion is not possible or there is no memory. To be freed by fb_scaler_free.
static inline fb_scaler *fb_scaler_make(
    int width, int height, enum AVPixelFormat format, int to_width, int to_height, enum AVPixelFormat to_format,
    int smaller)
{
    int flags = SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;
    flags |= smaller ? SWS_AREA : SWS_BICUBIC;
    return (fb_scaler *)sws_getContext(
        width, height, format, to_width, to_height, to_format, flags, NULL, NULL, NULL);
}

// Lets YUV and grey keep range and matrix, whatever their format's name says of them: both sides are told the same.
static inline void fb_scaler_keep_codes(fb_scaler *scaler) {
    const int *table = sws_getCoefficients(SWS_CS_DEFAULT);
    if (table) sws_setColorspaceDetails((struct SwsContext *)scaler, table, 0, table, 0, 0, 1 << 16, 1 << 16);
}

// Converts a frame into another with buffers of its own; negative when that fails.
static inline int fb_scaler_convert(fb_scaler *scaler, AVFrame *target, const AVFrame *source) {
    return sws_scale_frame((struct SwsContext *)scaler, target, source);
}

static inline void fb_scaler_free(fb_scaler *scaler) { sws_freeContext((struct SwsContext *)scaler); }

// Ticks for which the container or the codec says a frame is shown; 0 when neither does.
static inline int64_t fb_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}

// What is noticed of a decoder's pictures, on any of its threads.
typedef struct fb_watch {
    // There was no memory for one: decoders turn that into an error of the stream.
    int no_memory;
    // One was done with parts that the decoder did not write. It says nothing of that where the data of a picture end too
    // early (VP8) or a part of it is missing (HEVC): what is seen there is left of another picture. Or with parts that were
    // made up, of which the picture's own flags may not tell when threads decode it.
    int has_holes;
    // Whether holes are looked for.
    int looks;
} fb_watch;

// A plane of a picture whose holes are looked for: marks in it, which a decoder writes over, and its memory.
typedef struct fb_plane {
    uint64_t kind;
    AVBufferRef *memory;
    fb_watch *watch;
    uint8_t *first;
    ptrdiff_t stride;
    // In bytes and rows; bytes between two marks.
    int width, height, step;
    int is_checked;
} fb_plane;

// One mark for every 16 rows and 16 samples, in the first row or, so that each field has some, in the second. No part of a
// picture that is decoded by itself is smaller in luma. The bytes are none that pictures have.
static const uint8_t fb_mark[8] = {0x17, 0xe8, 0x01, 0xfe, 0x5a, 0xa5, 0x00, 0xff};
static const uint64_t fb_plane_kind = 0x6662706c616e6531;

// Sets the marks, or returns whether one is still there.
static inline int fb_plane_visit(const fb_plane *plane, int sets) {
    for (int y = 0; y + 1 < plane->height; y += 16) {
        for (int x = 0, row = y; x + 8 <= plane->width; x += plane->step, row ^= 1) {
            uint8_t *place = plane->first + row * plane->stride + x;
            if (sets) memcpy(place, fb_mark, sizeof fb_mark);
            else if (memcmp(place, fb_mark, sizeof fb_mark) == 0) return 1;
        }
    }
    return 0;
}

static inline void fb_plane_free(void *opaque, uint8_t *data) {
    fb_plane *plane = (fb_plane *)opaque;
    (void)data;
    // Pictures that were handed out are checked by then, and may outlive the watch.
    if (!plane->is_checked && fb_plane_visit(plane, 0)) __atomic_store_n(&plane->watch->has_holes, 1, __ATOMIC_RELAXED);
    av_buffer_unref(&plane->memory);
    av_free(plane);
}

// Marks the planes of a picture that is to be decoded. Returns 0, or an error when there is no memory.
static inline int fb_mark_picture(AVCodecContext *context, fb_watch *watch, AVFrame *frame) {
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    const uint64_t other = AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL;
    if (!format || (format->flags & other)) return 0;
    // What lies beyond the size that is shown need not be written.
    int width = FFMIN(frame->width, context->width), height = FFMIN(frame->height, context->height);
    for (int i = 0; i < 4 && frame->buf[i] && frame->data[i]; i++) {
        int isChroma = i == 1 || i == 2;
        fb_plane *plane = (fb_plane *)av_mallocz(sizeof *plane);
        if (!plane) return AVERROR(ENOMEM);
        plane->kind = fb_plane_kind;
        plane->watch = watch;
        plane->first = frame->data[i];
        plane->stride = frame->linesize[i];
        plane->width = av_image_get_linesize((enum AVPixelFormat)frame->format, width, i);
        plane->height = isChroma ? AV_CEIL_RSHIFT(height, format->log2_chroma_h) : height;
        plane->step = format->comp[0].depth > 8 ? 32 : 16;
        AVBufferRef *marked = av_buffer_create(frame->buf[i]->data, frame->buf[i]->size, fb_plane_free, plane, 0);
        if (!marked) {
            av_free(plane);
            return AVERROR(ENOMEM);
        }
        plane->memory = frame->buf[i];
        frame->buf[i] = marked;
        fb_plane_visit(plane, 1);
    }
    return 0;
}

// Whether a picture that the decoder gave has holes.
static inline int fb_picture_has_holes(const AVFrame *frame) {
    int found = 0;
    for (int i = 0; i < 4 && frame->buf[i]; i++) {
        fb_plane *plane = (fb_plane *)av_buffer_get_opaque(frame->buf[i]);
        if (!plane || plane->kind != fb_plane_kind || plane->is_checked) continue;
        found |= fb_plane_visit(plane, 0);
        plane->is_checked = 1;
    }
    return found;
}

// Allocates a picture. Called on any decoder thread.
static inline int fb_get_buffer(AVCodecContext *context, AVFrame *frame, int flags) {
    fb_watch *watch = (fb_watch *)context->opaque;
    int status = avcodec_default_get_buffer2(context, frame, flags);
    if (status >= 0 && watch && watch->looks) status = fb_mark_picture(context, watch, frame);
    if (status == AVERROR(ENOMEM) && watch) __atomic_store_n(&watch->no_memory, 1, __ATOMIC_RELAXED);
    return status;
}

// Lets a context allocate its pictures so; `watch` lives longer than the context. Until libavcodec 60, frame threads wait
// for the reading one with each picture unless they are told that any thread may allocate it.
static inline void fb_watch_pictures(AVCodecContext *context, fb_watch *watch) {
    context->opaque = watch;
    context->get_buffer2 = fb_get_buffer;
#if LIBAVCODEC_VERSION_MAJOR < 60
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    context->thread_safe_callbacks = 1;
#pragma clang diagnostic pop
#endif
}

static inline int fb_lacked_memory(const fb_watch *watch) { return __atomic_load_n(&watch->no_memory, __ATOMIC_RELAXED); }
static inline int fb_saw_holes(const fb_watch *watch) { return __atomic_load_n(&watch->has_holes, __ATOMIC_RELAXED); }

// The four characters of the scheme that a packet is encrypted with, big end first; 0 for one that is not.
static inline uint32_t fb_encryption_scheme(const AVPacket *packet) {
    size_t size = 0;
    const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, &size);
    return data && size >= 4 ? (uint32_t)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3] : 0;
}

// Whether a logging object reads a container.
static inline int fb_log_is_demuxer(void *context) {
    const AVClass *class = context ? *(const AVClass **)context : NULL;
    if (!class) return 0;
    AVClassCategory category = class->get_category ? class->get_category(context) : class->category;
    return category == AV_CLASS_CATEGORY_DEMUXER;
}

// Where lines of FFmpeg's log go: level as in libavutil/log.h, text without a prefix. Called on any thread.
typedef void (*fb_log_sink)(void *context, int level, const char *text);
static inline fb_log_sink *fb_log_current(void) {
    static fb_log_sink sink = NULL;
    return &sink;
}

// The list of arguments stays in C: it is another kind of type on every processor, and Swift knows not all of them well.
static inline void fb_log_format(void *context, int level, const char *format, va_list arguments) {
    char text[512];
    int prefix = 0;
    // What libavcodec says, as information, of each picture in which it conceals errors.
    if (format && !strncmp(format, "concealing", 10) && context && *(const AVClass **)context == avcodec_get_class()) {
        fb_watch *watch = (fb_watch *)((AVCodecContext *)context)->opaque;
        if (watch) __atomic_store_n(&watch->has_holes, 1, __ATOMIC_RELAXED);
    }
    if (!format || level > AV_LOG_WARNING || (level > AV_LOG_ERROR && !fb_log_is_demuxer(context))) return;
    if (av_log_format_line2(context, level, format, arguments, text, sizeof text, &prefix) < 0) return;
    fb_log_sink sink = __atomic_load_n(fb_log_current(), __ATOMIC_RELAXED);
    if (sink) sink(context, level, text);
}

// Sends errors, and of demuxers warnings too, to `sink` from here on. Only one file may call this: each would have a
// sink of its own.
static inline void fb_log_install(fb_log_sink sink) {
    __atomic_store_n(fb_log_current(), sink, __ATOMIC_RELAXED);
    av_log_set_callback(fb_log_format);
}

// What a logging object is called: "h264", "mov,mp4,m4a,3gp,3g2,mj2"; NULL where it has no name of its own, as parsers.
static inline const char *fb_log_name(void *context) {
    const AVClass *class = context ? *(const AVClass **)context : NULL;
    return class && class->item_name ? class->item_name(context) : NULL;
}

#endif

// The whole C surface of FFmpeg that forgebatch uses. Only what Swift cannot import is wrapped:
// macros whose value is an expression, and fields that are deprecated but still the ones filled in.
#ifndef FORGEBATCH_CFFMPEG_SHIM_H
#define FORGEBATCH_CFFMPEG_SHIM_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdarg.h>
#include <stdio.h>

static inline int64_t fb_nopts(void) { return AV_NOPTS_VALUE; }
static inline int fb_error_again(void) { return AVERROR(EAGAIN); }
static inline int fb_error_eof(void) { return AVERROR_EOF; }
static inline int fb_error_invalid_data(void) { return AVERROR_INVALIDDATA; }
static inline int fb_error_io(void) { return AVERROR(EIO); }
static inline int fb_error_nomem(void) { return AVERROR(ENOMEM); }

#endif

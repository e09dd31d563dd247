// SHA-1 and SHA-256 of libavutil, which the binary links for FFmpeg's other libraries anyway. Nothing else of FFmpeg is here.
#ifndef FORGEBATCH_CSHA_SHIM_H
#define FORGEBATCH_CSHA_SHIM_H
#include <libavutil/sha.h>
#endif

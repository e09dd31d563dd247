// libpng's simplified API needs no setjmp, so it is the only part of libpng that Swift calls.
#ifndef FORGEBATCH_CPNG_SHIM_H
#define FORGEBATCH_CPNG_SHIM_H
#include <png.h>
#endif

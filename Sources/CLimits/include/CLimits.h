#ifndef FORGEBATCH_CLIMITS_H
#define FORGEBATCH_CLIMITS_H

#include <stdint.h>

/// Sets the worker's resource limits: address space (bytes, 0 = unlimited) and how far it may be raised later, CPU seconds (0 = unlimited), no core
/// files, open descriptors, file size (bytes, 0 = unlimited). Returns 0, or the errno of the first that failed.
int fb_set_limits(
    uint64_t address_space, uint64_t address_space_most, uint64_t cpu_seconds, uint64_t descriptors, uint64_t file_size);

/// Sets the limit of address space in force, at most to what `fb_set_limits` allowed. Returns 0 or errno.
int fb_limit_memory(uint64_t bytes);

/// The limit of address space in force in bytes; 0 for none.
uint64_t fb_memory_limit(void);

/// prctl(PR_SET_NO_NEW_PRIVS). Returns 0 or errno.
int fb_no_new_privileges(void);

/// Confines this process with Landlock: `input` may be read, everything below each of the
/// `output_count` directories `outputs` may be read and written, nothing else may be opened; where the kernel knows how,
/// no TCP connection may be made. Returns the ABI in force, 0 when the kernel has none, or -errno.
int fb_landlock(const char *input, const char *const *outputs, int output_count);

#endif

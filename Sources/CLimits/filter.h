#ifndef FORGEBATCH_FILTER_H
#define FORGEBATCH_FILTER_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

// Filters of system calls, for those within this target that confine a process: what is refused to all, and the words for
// what only some are refused. Where the architecture has no list, there is none of it.

#if defined(__x86_64__)
#define FB_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define FB_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef FB_ARCHITECTURE

#define FBI_STEPS 512

struct fbi_program {
    struct sock_filter steps[FBI_STEPS];
    unsigned short count;
};

#define FBI_ERROR(error) (SECCOMP_RET_ERRNO | (error))
#define FBI_LOAD (BPF_LD | BPF_W | BPF_ABS)
#define FBI_IS (BPF_JMP | BPF_JEQ | BPF_K)
#define FBI_HAS (BPF_JMP | BPF_JSET | BPF_K)
#define FBI_LEAST (BPF_JMP | BPF_JGE | BPF_K)
#define FBI_RETURN (BPF_RET | BPF_K)

/// Starts a filter: other architectures, and calls that are newer than the lists.
void fbi_begin(struct fbi_program *program);
/// Adds what is refused to all, and puts it in force. Returns 0 or errno.
///
/// With a place for it, the descriptor is put there by which another process is asked about calls; only this thread is
/// filtered then.
int fbi_install(struct fbi_program *program, int *listener);

/// Adds one instruction, whose jumps count from the next one.
void fbi_step(struct fbi_program *program, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false);
/// Loads the lower half of an argument: that is all that the kernel looks at in those for which this is used.
void fbi_load(struct fbi_program *program, int argument);
/// Answers one call.
void fbi_answer(struct fbi_program *program, uint32_t call, uint32_t action);
/// Refuses calls with EPERM.
void fbi_refuse(struct fbi_program *program, const uint32_t *calls, size_t count);
/// Lets one call through, or refuses it, when an argument passes a test with one of two values.
void fbi_decide(
    struct fbi_program *program, uint32_t call, int argument, uint16_t test, uint32_t one, uint32_t other, int lets);

#endif

#endif

#ifndef FORGEBATCH_CLIMITS_H
#define FORGEBATCH_CLIMITS_H

#include <stdint.h>

// MARK: Limits

/// Sets the worker's limits: address space (bytes, 0 = unlimited) and how far it may be raised later, open descriptors,
/// size of a file (bytes, 0 = unlimited; a longer one is EFBIG), no core files. Returns 0, or the errno of the first that
/// failed.
int fb_set_limits(uint64_t address_space, uint64_t address_space_most, uint64_t descriptors, uint64_t file_size);

/// Sets the limit of processor seconds of all threads together; when it is passed, SIGXCPU ends the process. A final one
/// cannot be raised any more. Returns 0 or errno.
int fb_limit_processor(uint64_t seconds, int is_final);

/// The limit of a file's size in force in bytes; 0 for none.
uint64_t fb_file_size_limit(void);

/// Sets the limit of address space in force, at most to what `fb_set_limits` allowed. Returns 0 or errno.
int fb_limit_memory(uint64_t bytes);

/// The limit of address space in force in bytes; 0 for none.
uint64_t fb_memory_limit(void);

/// Has the kernel take this process before others when memory runs out: its oom_score_adj is 500 at least. Returns 0 or errno.
int fb_offer_to_oom_killer(void);

/// Sets the niceness of this process, which may have one thread only, unless it is higher already. Returns 0 or errno.
int fb_lower_priority(int niceness);

// MARK: Sandbox

/// What confines this process.
struct fb_sandbox {
    /// The ABI of Landlock in force; 0 where the kernel has none.
    int landlock;
    /// Whether system calls are filtered; 0 where the kernel cannot.
    int filter;
    /// What could not be done, in a word or two; NULL when all was.
    const char *failed;
};

/// Closes all descriptors from `first` on.
void fb_close_from(int first);

/// prctl(PR_SET_NO_NEW_PRIVS). Returns 0 or errno.
int fb_no_new_privileges(void);

/// The ABI of Landlock that the kernel offers, 0 when it has none, or -errno when it may not be used.
int fb_landlock_abi(void);

/// Whether the kernel can filter system calls.
int fb_has_filter(void);

/// Confines this process, which may have one thread only, for good: no new privileges, no capabilities but to look for
/// names, by Landlock no file or folder to be opened, changed or made, no TCP, no signal and no abstract socket out of
/// the process; by seccomp no other program, process or socket. Descriptors that are open stay usable.
///
/// What the kernel does not have at all is left out and told by `result`. Returns 0, or the errno of what failed; the
/// process may then be confined in part.
int fb_confine(struct fb_sandbox *result);

/// What a confined process was answered: an errno for each attempt, 0 where it was let.
struct fb_probe {
    struct fb_sandbox sandbox;
    /// Of `fb_confine`; the rest means nothing unless it is 0.
    int confined;
    int open_file, make_file, change_mode, tcp_socket, unix_socket, signal_parent, start_process, run_program;
    /// Whether a thread could be started, which has to go on.
    int thread;
};

/// Confines a child process and has it try to leave. Returns 0, or the errno of what kept it from being tried.
int fb_probe(struct fb_probe *result);

#endif

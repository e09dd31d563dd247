#ifndef FORGEBATCH_CONFINE_H
#define FORGEBATCH_CONFINE_H

#include <stdint.h>

// What the confinement of workers and that of tools share.

/// setrlimit, as far as the limit in force allows. Returns 0 or errno.
int fbi_set_limit(int which, uint64_t value, uint64_t most);

/// Closes all descriptors from `first` on but one; -1 for none.
void fbi_close(int first, int but);

/// Gives up all capabilities but those given, of the first 32. Returns 0 or errno.
int fbi_drop_capabilities(unsigned kept);

/// Whether this process has a second thread; 0 where there is no /proc.
int fbi_has_threads(void);

// MARK: Landlock

// The kernel's Landlock interface, written out so that old kernel headers build it too
// (landlock(7); system calls 444 to 446 on every architecture).
#define FB_CREATE_RULESET 444
#define FB_ADD_RULE 445
#define FB_RESTRICT_SELF 446
#define FB_CREATE_RULESET_VERSION 1u
#define FB_RULE_BENEATH 1
#define FB_EXECUTE (1ull << 0)
#define FB_WRITE_FILE (1ull << 1)
#define FB_READ_FILE (1ull << 2)
#define FB_READ_FOLDER (1ull << 3)
#define FB_MAKE_DEVICES (1ull << 6 | 1ull << 11)
#define FB_REFER (1ull << 13)
#define FB_TRUNCATE (1ull << 14)
#define FB_IOCTL_DEV (1ull << 15)
#define FB_ALL_ABI1 ((1ull << 13) - 1)
#define FB_NET_BIND_TCP (1ull << 0)
#define FB_NET_CONNECT_TCP (1ull << 1)
#define FB_SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define FB_SCOPE_SIGNAL (1ull << 1)

struct fbi_ruleset { uint64_t handled_access_fs; uint64_t handled_access_net; uint64_t scoped; };

struct fbi_beneath { uint64_t allowed; int32_t folder; } __attribute__((packed));

/// A ruleset that handles every right of this ABI, and grants none.
///
/// Returns its descriptor, or -1 and errno; `*files` are the rights to files and folders that it handles.
int fbi_make_ruleset(int abi, uint64_t *files);

#endif

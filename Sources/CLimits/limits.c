#define _GNU_SOURCE
#include "CLimits.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int set_limit(int which, uint64_t value, uint64_t most) {
    struct rlimit limit = {value, most};
    struct rlimit old;
    if (getrlimit(which, &old) == 0 && old.rlim_max != RLIM_INFINITY) {
        if (limit.rlim_max > old.rlim_max) limit.rlim_max = old.rlim_max;
        if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    }
    return setrlimit(which, &limit) == 0 ? 0 : errno;
}

int fb_set_limits(
    uint64_t address_space, uint64_t address_space_most, uint64_t cpu_seconds, uint64_t descriptors, uint64_t file_size) {
    int failed = 0;
    if ((failed = set_limit(RLIMIT_CORE, 0, 0))) return failed;
    if (address_space && (failed = set_limit(RLIMIT_AS, address_space, address_space_most))) return failed;
    if (cpu_seconds && (failed = set_limit(RLIMIT_CPU, cpu_seconds, cpu_seconds))) return failed;
    if (descriptors && (failed = set_limit(RLIMIT_NOFILE, descriptors, descriptors))) return failed;
    if (file_size && (failed = set_limit(RLIMIT_FSIZE, file_size, file_size))) return failed;
    return 0;
}

int fb_limit_memory(uint64_t bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0) return errno;
    limit.rlim_cur = limit.rlim_max != RLIM_INFINITY && bytes > limit.rlim_max ? limit.rlim_max : bytes;
    return setrlimit(RLIMIT_AS, &limit) == 0 ? 0 : errno;
}

uint64_t fb_memory_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : 0;
}

int fb_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

// The kernel's Landlock interface, written out so that old kernel headers build it too
// (landlock(7); system calls 444 to 446 on every architecture).
#define FB_CREATE_RULESET 444
#define FB_ADD_RULE 445
#define FB_RESTRICT_SELF 446
#define FB_CREATE_RULESET_VERSION 1u
#define FB_RULE_PATH_BENEATH 1
#define FB_EXECUTE (1ull << 0)
#define FB_WRITE_FILE (1ull << 1)
#define FB_READ_FILE (1ull << 2)
#define FB_READ_DIR (1ull << 3)
#define FB_REFER (1ull << 13)
#define FB_TRUNCATE (1ull << 14)
#define FB_IOCTL_DEV (1ull << 15)
#define FB_ALL_ABI1 ((1ull << 13) - 1)
#define FB_NET_BIND_TCP (1ull << 0)
#define FB_NET_CONNECT_TCP (1ull << 1)

struct fb_ruleset { uint64_t handled_access_fs; uint64_t handled_access_net; uint64_t scoped; };
struct fb_path_rule { uint64_t allowed_access; int32_t parent_fd; } __attribute__((packed));

static int add_path(int ruleset, const char *path, uint64_t access) {
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) return errno;
    struct fb_path_rule rule = {access, descriptor};
    long result = syscall(FB_ADD_RULE, ruleset, FB_RULE_PATH_BENEATH, &rule, 0u);
    int failed = result == 0 ? 0 : errno;
    close(descriptor);
    return failed;
}

int fb_landlock(const char *input, const char *const *outputs, int output_count) {
    long abi = syscall(FB_CREATE_RULESET, NULL, (size_t)0, FB_CREATE_RULESET_VERSION);
    if (abi <= 0) return 0;
    uint64_t access = FB_ALL_ABI1;
    if (abi >= 2) access |= FB_REFER;
    if (abi >= 3) access |= FB_TRUNCATE;
    if (abi >= 5) access |= FB_IOCTL_DEV;
    struct fb_ruleset set = {access, abi >= 4 ? (FB_NET_BIND_TCP | FB_NET_CONNECT_TCP) : 0, 0};
    size_t size = abi >= 4 ? 16 : 8;
    int ruleset = (int)syscall(FB_CREATE_RULESET, &set, size, 0u);
    if (ruleset < 0) return -errno;
    int failed = add_path(ruleset, input, FB_READ_FILE);
    for (int i = 0; !failed && i < output_count; i++) {
        failed = add_path(ruleset, outputs[i], access & ~(FB_EXECUTE | FB_IOCTL_DEV));
    }
    if (!failed && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) failed = errno;
    if (!failed && syscall(FB_RESTRICT_SELF, ruleset, 0u) != 0) failed = errno;
    close(ruleset);
    return failed ? -failed : (int)abi;
}

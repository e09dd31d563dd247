#define _GNU_SOURCE
#include "ctestsupport.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int fbt_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int fbt_add_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int fbt_fresh_session(posix_spawnattr_t *attributes) {
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(attributes, &signals);
    return posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
}

int fbt_terminal(unsigned short columns, int *terminal) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -1;
    char name[128];
    if (grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, name, sizeof name) == 0) {
        struct winsize size = {.ws_row = 30, .ws_col = columns};
        *terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (*terminal >= 0 && ioctl(*terminal, TIOCSWINSZ, &size) == 0) return master;
    }
    close(master);
    return -1;
}

int fbt_heed_permissions(int heed) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    unsigned files = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH;
    data[0].effective = heed ? data[0].effective & ~files : data[0].effective | (data[0].permitted & files);
    return (int)syscall(SYS_capset, &header, data);
}

int fbt_landlock_abi(void) { return (int)syscall(444, NULL, (size_t)0, 1u); }

/// Runs before the test library reads its options, so that a plain `swift test` has the bound as well: one test more
/// than there are processors, for tests that only wait. By itself the library would start all tests at once.
__attribute__((constructor)) static void bound_parallelism(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char width[24];
    snprintf(width, sizeof width, "%ld", processors < 1 ? 2 : processors + 1);
    setenv("SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH", width, 0);
}

__attribute__((noinline)) void fbt_mark(void) { __asm__ volatile(""); }

const char *fbt_compiler(void) { return __VERSION__; }

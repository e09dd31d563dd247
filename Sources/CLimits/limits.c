#define _GNU_SOURCE
#include "CLimits.h"
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

int fbi_set_limit(int which, uint64_t value, uint64_t most) {
    struct rlimit limit = {value, most};
    struct rlimit old;
    if (getrlimit(which, &old) == 0 && old.rlim_max != RLIM_INFINITY) {
        if (limit.rlim_max > old.rlim_max) limit.rlim_max = old.rlim_max;
        if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    }
    return setrlimit(which, &limit) == 0 ? 0 : errno;
}

int fb_set_limits(uint64_t address_space, uint64_t address_space_most, uint64_t descriptors, uint64_t file_size) {
    int failed = 0;
    // Too large a file is then an error of `write`, and no death.
    signal(SIGXFSZ, SIG_IGN);
    if ((failed = fbi_set_limit(RLIMIT_CORE, 0, 0))) return failed;
    if (address_space && (failed = fbi_set_limit(RLIMIT_AS, address_space, address_space_most))) return failed;
    if (descriptors && (failed = fbi_set_limit(RLIMIT_NOFILE, descriptors, descriptors))) return failed;
    if (file_size && (failed = fbi_set_limit(RLIMIT_FSIZE, file_size, file_size))) return failed;
    return 0;
}

int fb_limit_processor(uint64_t seconds, int is_final) {
    // At the first it is SIGXCPU, which says what happened; at the second SIGKILL.
    return fbi_set_limit(RLIMIT_CPU, seconds, is_final ? seconds + 5 : RLIM_INFINITY);
}

uint64_t fb_file_size_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : 0;
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

void fb_use_one_heap(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
#endif
}

int fb_offer_to_oom_killer(void) {
    int file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (file < 0) return errno;
    char text[16] = {0};
    int failed = 0;
    if (pread(file, text, sizeof text - 1, 0) < 0) {
        failed = errno;
    } else {
        if (strtol(text, NULL, 10) < 500 && pwrite(file, "500", 3, 0) != 3) failed = errno;
    }
    close(file);
    return failed;
}

int fb_lower_priority(int niceness) {
    errno = 0;
    int own = getpriority(PRIO_PROCESS, 0);
    if (own == -1 && errno != 0) return errno;
    return own >= niceness || setpriority(PRIO_PROCESS, 0, niceness) == 0 ? 0 : errno;
}

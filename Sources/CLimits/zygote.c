#define _GNU_SOURCE
#include "CLimits.h"
#include "confine.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// Makes a copy of this process that is a child of this one's parent. Returns its number, 0 in the copy, or -errno.
///
/// It is clone(2) itself, for no function of the C library has CLONE_PARENT. What fork(3) does besides for a process of one
/// thread is done here: the copy's own number where the library keeps it, and the list of its robust mutexes.
static int32_t fork_sibling(void) {
#if defined(__x86_64__) || defined(__aarch64__)
    // In the copy only this thread goes on: a lock that another one held would stay locked.
    if (fbi_has_threads()) return -EBUSY;
    pid_t *number = NULL;
    if (prctl(PR_GET_TID_ADDRESS, &number) != 0 || !number || *number != (pid_t)syscall(SYS_gettid)) return -ENOSYS;
    void *mutexes = NULL;
    size_t length = 0;
    if (syscall(SYS_get_robust_list, 0, &mutexes, &length) != 0) return -errno;
    const unsigned long flags = CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
#ifdef __x86_64__
    long child = syscall(SYS_clone, flags, NULL, NULL, number, 0ul);
#else
    long child = syscall(SYS_clone, flags, NULL, NULL, 0ul, number);
#endif
    if (child < 0) return -errno;
    if (child == 0) syscall(SYS_set_robust_list, mutexes, length);
    return (int32_t)child;
#else
    return -ENOSYS;
#endif
}

/// In the copy: a session of its own, its standard streams, and nothing else open. It tells its number, once what it is told
/// by can be killed as a group.
static void become_sibling(const int *descriptors) {
    int32_t own = getpid();
    if (setsid() < 0) _exit(71);
    for (int stream = 0; stream < 3; stream++) {
        if (dup2(descriptors[stream], stream) < 0) _exit(71);
    }
    // Who asked is gone, or does not wait any more.
    if (fb_write_some(descriptors[3], &own, sizeof own) != sizeof own) _exit(71);
    fb_close_from(3);
}

int fb_serve_forks(int control, unsigned char *role) {
    // A number that nobody reads any more is no reason to end, but in a copy.
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int descriptors[4], count;
        long got = fb_receive(control, role, 1, descriptors, 4, &count);
        if (got == 0) return 0;
        if (got < 0 && got != -E2BIG) return (int)got;
        if (count == 4) {
            int32_t child = fork_sibling();
            if (child == 0) {
                become_sibling(descriptors);
                signal(SIGPIPE, before);
                return 1;
            }
            if (child < 0) (void)fb_write_some(descriptors[3], &child, sizeof child);
        }
        while (count > 0) close(descriptors[--count]);
    }
}

int fb_wait_for(int process, int *status) {
    pid_t got;
    do got = waitpid(process, status, 0);
    while (got < 0 && errno == EINTR);
    return got == process ? 0 : errno;
}

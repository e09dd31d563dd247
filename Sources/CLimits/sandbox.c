#define _GNU_SOURCE
#include "CLimits.h"
#include "confine.h"
#include "filter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void fb_close_from(int first) { fbi_close(first, -1); }

void fbi_close(int first, int but) {
    // close_range, on every architecture, since Linux 5.9.
    int from = first, failed = 0;
    if (but >= first) {
        if (but > first) failed = syscall(436, (unsigned)first, (unsigned)but - 1, 0u) != 0;
        from = but + 1;
    }
    if (!failed && syscall(436, (unsigned)from, ~0u, 0u) == 0) return;
    long most = sysconf(_SC_OPEN_MAX);
    for (int descriptor = first; descriptor < (most > 0 && most < 65536 ? most : 65536); descriptor++) {
        if (descriptor != but) close(descriptor);
    }
}

int fb_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

int fbi_has_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    // Without /proc nothing is known.
    if (!tasks) return 0;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count > 1;
}

int fbi_drop_capabilities(unsigned kept) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return errno;
    kept &= data[0].permitted;
    data[0] = (struct __user_cap_data_struct){.effective = data[0].effective & kept, .permitted = kept};
    data[1] = (struct __user_cap_data_struct){0};
    return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}

// MARK: Landlock

int fb_landlock_abi(void) {
    long abi = syscall(FB_CREATE_RULESET, NULL, (size_t)0, FB_CREATE_RULESET_VERSION);
    if (abi >= 0) return (int)abi;
    return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
}

int fbi_make_ruleset(int abi, uint64_t *files) {
    struct fbi_ruleset set = {FB_ALL_ABI1, 0, 0};
    if (abi >= 2) set.handled_access_fs |= FB_REFER;
    if (abi >= 3) set.handled_access_fs |= FB_TRUNCATE;
    if (abi >= 4) set.handled_access_net = FB_NET_BIND_TCP | FB_NET_CONNECT_TCP;
    if (abi >= 5) set.handled_access_fs |= FB_IOCTL_DEV;
    if (abi >= 6) set.scoped = FB_SCOPE_ABSTRACT_UNIX_SOCKET | FB_SCOPE_SIGNAL;
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    if (files) *files = set.handled_access_fs;
    return (int)syscall(FB_CREATE_RULESET, &set, size, 0u);
}

/// Grants none of the rights that the kernel knows.
static int restrict_files(int abi) {
    int ruleset = fbi_make_ruleset(abi, NULL);
    if (ruleset < 0) return errno;
    int failed = syscall(FB_RESTRICT_SELF, ruleset, 0u) == 0 ? 0 : errno;
    close(ruleset);
    return failed;
}

// MARK: seccomp

#ifdef FB_ARCHITECTURE

/// Refused to workers besides what is refused to all.
static const uint32_t refused[] = {
    // other programs and processes
    SYS_execve, SYS_execveat, SYS_tkill,
    // sockets, also such as are open
    SYS_socket, SYS_socketpair, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
    SYS_shutdown, SYS_setsockopt, SYS_getsockopt, SYS_getsockname, SYS_getpeername,
#ifdef __x86_64__
    SYS_fork, SYS_vfork,
#endif
};

static int filter_calls(void) {
    static struct fbi_program program;
    struct fbi_program *p = &program;
    uint32_t own = (uint32_t)getpid();
    fbi_begin(p);
    fbi_decide(p, SYS_clone, 0, FBI_HAS, CLONE_THREAD, CLONE_THREAD, 1);
    fbi_decide(p, SYS_kill, 0, FBI_IS, own, own, 1);
    fbi_decide(p, SYS_tgkill, 0, FBI_IS, own, own, 1);
    fbi_decide(p, SYS_rt_sigqueueinfo, 0, FBI_IS, own, own, 1);
    fbi_decide(p, SYS_rt_tgsigqueueinfo, 0, FBI_IS, own, own, 1);
    fbi_decide(p, SYS_prlimit64, 0, FBI_IS, 0, own, 1);
    // Signals by way of a descriptor, and keys pressed on a terminal.
    fbi_decide(p, SYS_fcntl, 1, FBI_IS, F_SETOWN, F_SETOWN_EX, 0);
    fbi_decide(p, SYS_ioctl, 1, FBI_IS, FIOSETOWN, SIOCSPGRP, 0);
    fbi_refuse(p, refused, sizeof refused / sizeof *refused);
    return fbi_install(p, NULL);
}

#else

static int filter_calls(void) { return ENOTSUP; }

#endif

int fb_has_filter(void) { return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 || errno != EINVAL; }

// MARK: All together

int fb_confine(struct fb_sandbox *result) {
    *result = (struct fb_sandbox){0};
    int failed = 0;
    result->failed = "a second thread";
    // A sandbox holds for the thread that sets it up and those that it starts.
    if (fbi_has_threads()) return EBUSY;
    result->failed = "no_new_privs";
    if ((failed = fb_no_new_privileges())) return failed;
    result->failed = "capabilities";
    // What root may, but to see the names and times in folders of others: with it a worker could raise its limits.
    if ((failed = fbi_drop_capabilities(1u << CAP_DAC_READ_SEARCH))) return failed;
    result->failed = "Landlock";
    int abi = fb_landlock_abi();
    if (abi < 0) return -abi;
    if (abi > 0 && (failed = restrict_files(abi))) return failed;
    result->landlock = abi;
    result->failed = "seccomp";
    if (fb_has_filter()) {
        if ((failed = filter_calls())) return failed;
        result->filter = 1;
    }
    result->failed = NULL;
    return 0;
}

// MARK: Trying it

static void *nothing(void *argument) { return argument; }

/// The errno of a call that should have been refused, 0 when it was not.
static int refusal(long result) { return result < 0 ? errno : 0; }

static void try_to_leave(struct fb_probe *probe) {
    probe->confined = fb_confine(&probe->sandbox);
    if (probe->confined) return;
    probe->open_file = refusal(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    probe->make_file = refusal(open("/dev/shm/.fb-probe", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!probe->make_file) unlink("/dev/shm/.fb-probe");
    // The parent's own mode: nothing changes where it is let.
    struct stat status;
    probe->change_mode = fstat(0, &status) == 0 ? refusal(fchmod(0, status.st_mode & 07777)) : errno;
    probe->tcp_socket = refusal(socket(AF_INET, SOCK_STREAM, 0));
    probe->unix_socket = refusal(socket(AF_UNIX, SOCK_STREAM, 0));
    probe->signal_parent = refusal(kill(getppid(), 0));
    pid_t child = fork();
    if (child == 0) _exit(0);
    probe->start_process = refusal(child);
    if (child > 0) waitpid(child, NULL, 0);
    char *const words[] = {"false", NULL};
    char *const variables[] = {NULL};
    // An empty name is ENOENT where programs may be run.
    probe->run_program = execve("", words, variables) < 0 && errno != ENOENT ? errno : 0;
    pthread_t thread;
    probe->thread = pthread_create(&thread, NULL, nothing, NULL);
    if (!probe->thread) pthread_join(thread, NULL);
}

int fb_probe(struct fb_probe *result) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    memset(result, 0, sizeof *result);
    pid_t child = fork();
    if (child < 0) {
        int failed = errno;
        close(ends[0]);
        close(ends[1]);
        return failed;
    }
    if (child == 0) {
        struct fb_probe probe;
        memset(&probe, 0, sizeof probe);
        try_to_leave(&probe);
        // The name is at the same address in the parent, which is the same program.
        _exit(write(ends[1], &probe, sizeof probe) == sizeof probe ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got;
    do got = read(ends[0], result, sizeof *result);
    while (got < 0 && errno == EINTR);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return got == sizeof *result ? 0 : ECHILD;
}

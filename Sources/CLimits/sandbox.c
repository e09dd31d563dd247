#define _GNU_SOURCE
#include "CLimits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
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

void fb_close_from(int first) {
    // close_range, on every architecture, since Linux 5.9.
    if (syscall(436, (unsigned)first, ~0u, 0u) == 0) return;
    long most = sysconf(_SC_OPEN_MAX);
    for (int descriptor = first; descriptor < (most > 0 && most < 65536 ? most : 65536); descriptor++) {
        close(descriptor);
    }
}

int fb_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

/// Whether there is a second thread: a sandbox holds for the thread that sets it up and those that it starts.
static int has_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    // Without /proc nothing is known.
    if (!tasks) return 0;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count > 1;
}

/// Gives up what root may, but to see the names and times in folders of others: with it a worker could raise its limits.
static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return errno;
    unsigned kept = data[0].permitted & 1u << CAP_DAC_READ_SEARCH;
    data[0] = (struct __user_cap_data_struct){.effective = data[0].effective & kept, .permitted = kept};
    data[1] = (struct __user_cap_data_struct){0};
    return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}

// MARK: Landlock

// The kernel's Landlock interface, written out so that old kernel headers build it too
// (landlock(7); system calls 444 to 446 on every architecture).
#define FB_CREATE_RULESET 444
#define FB_RESTRICT_SELF 446
#define FB_CREATE_RULESET_VERSION 1u
#define FB_REFER (1ull << 13)
#define FB_TRUNCATE (1ull << 14)
#define FB_IOCTL_DEV (1ull << 15)
#define FB_ALL_ABI1 ((1ull << 13) - 1)
#define FB_NET_BIND_TCP (1ull << 0)
#define FB_NET_CONNECT_TCP (1ull << 1)
#define FB_SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define FB_SCOPE_SIGNAL (1ull << 1)

struct fb_ruleset { uint64_t handled_access_fs; uint64_t handled_access_net; uint64_t scoped; };

int fb_landlock_abi(void) {
    long abi = syscall(FB_CREATE_RULESET, NULL, (size_t)0, FB_CREATE_RULESET_VERSION);
    if (abi >= 0) return (int)abi;
    return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
}

/// Handles every right that the kernel knows, and grants none.
static int restrict_files(int abi) {
    struct fb_ruleset set = {FB_ALL_ABI1, 0, 0};
    if (abi >= 2) set.handled_access_fs |= FB_REFER;
    if (abi >= 3) set.handled_access_fs |= FB_TRUNCATE;
    if (abi >= 4) set.handled_access_net = FB_NET_BIND_TCP | FB_NET_CONNECT_TCP;
    if (abi >= 5) set.handled_access_fs |= FB_IOCTL_DEV;
    if (abi >= 6) set.scoped = FB_SCOPE_ABSTRACT_UNIX_SOCKET | FB_SCOPE_SIGNAL;
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    int ruleset = (int)syscall(FB_CREATE_RULESET, &set, size, 0u);
    if (ruleset < 0) return errno;
    int failed = syscall(FB_RESTRICT_SELF, ruleset, 0u) == 0 ? 0 : errno;
    close(ruleset);
    return failed;
}

// MARK: seccomp

#if defined(__x86_64__)
#define FB_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define FB_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef FB_ARCHITECTURE

/// The last number that this list was made with: what is newer is as if the kernel did not have it.
#define FB_LAST_CALL 469

/// Refused with EPERM whatever the arguments. Numbers from 424 on are the same on all architectures, and written out
/// where the headers may be older.
static const uint32_t refused[] = {
    // other programs and processes
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_unshare, SYS_setns,
    SYS_setpgid, SYS_setsid, SYS_setpriority, SYS_ioprio_set, SYS_sched_setaffinity, SYS_sched_setattr,
    SYS_sched_setparam, SYS_sched_setscheduler, SYS_migrate_pages, SYS_move_pages, 424 /* pidfd_send_signal */,
    434 /* pidfd_open */, 438 /* pidfd_getfd */, 440 /* process_madvise */, 448 /* process_mrelease */, SYS_tkill,
    // sockets, also such as are open
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg,
    SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_shutdown, SYS_setsockopt, SYS_getsockopt,
    SYS_getsockname, SYS_getpeername, 425, 426, 427 /* io_uring_setup, _enter, _register */,
    // memory and queues that outlive a process, or that no limit counts
    SYS_memfd_create, 447 /* memfd_secret */, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semget, SYS_semop,
    SYS_semtimedop, SYS_semctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_mq_open, SYS_mq_unlink,
    SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify, SYS_mq_getsetattr,
    // what Landlock does not know of files: modes, owners, attributes, times; and the length in its first versions
    SYS_fchmod, SYS_fchmodat, 452 /* fchmodat2 */, SYS_fchown, SYS_fchownat, SYS_setxattr, SYS_lsetxattr,
    SYS_fsetxattr, 463 /* setxattrat */, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, 466 /* removexattrat */,
    SYS_utimensat, SYS_truncate, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_fanotify_init, SYS_fanotify_mark,
    SYS_inotify_init1, SYS_inotify_add_watch, 469 /* file_setattr */,
    // the machine
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, 428 /* open_tree */, 429 /* move_mount */, 430 /* fsopen */,
    431 /* fsconfig */, 432 /* fsmount */, 433 /* fspick */, 442 /* mount_setattr */, 467 /* open_tree_attr */,
    SYS_swapon, SYS_swapoff, SYS_quotactl, 443 /* quotactl_fd */, SYS_acct, SYS_reboot, SYS_sethostname,
    SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_syslog, SYS_vhangup,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_bpf,
    SYS_perf_event_open, SYS_userfaultfd, SYS_personality, SYS_keyctl, SYS_add_key, SYS_request_key,
    // who this process is
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,
    SYS_setgroups, SYS_capset,
#ifdef __x86_64__
    SYS_fork, SYS_vfork, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_inotify_init,
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib,
#endif
};

struct program {
    struct sock_filter steps[2 * sizeof refused / sizeof *refused + 96];
    unsigned short count;
};

static void add(struct program *program, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    program->steps[program->count++] = (struct sock_filter)BPF_JUMP(code, value, if_true, if_false);
}

#define FB_REFUSE(error) (SECCOMP_RET_ERRNO | (error))
#define FB_LOAD (BPF_LD | BPF_W | BPF_ABS)
#define FB_IS (BPF_JMP | BPF_JEQ | BPF_K)
#define FB_HAS (BPF_JMP | BPF_JSET | BPF_K)
#define FB_RETURN (BPF_RET | BPF_K)

/// Answers one call.
static void answer(struct program *program, uint32_t call, uint32_t action) {
    add(program, FB_IS, call, 0, 1);
    add(program, FB_RETURN, action, 0, 0);
}

/// Lets one call through, or refuses it, by one or two values of the lower half of an argument: that is all that the kernel
/// looks at in those for which this is used.
static void decide(
    struct program *program, uint32_t call, int argument, uint16_t test, uint32_t one, uint32_t other, int lets) {
    uint32_t allow = SECCOMP_RET_ALLOW, refuse = FB_REFUSE(EPERM);
    add(program, FB_IS, call, 0, 5);
    // Both architectures are little-endian.
    add(program, FB_LOAD, offsetof(struct seccomp_data, args) + 8 * argument, 0, 0);
    add(program, test, one, 1, 0);
    add(program, test, other, 0, 1);
    add(program, FB_RETURN, lets ? allow : refuse, 0, 0);
    add(program, FB_RETURN, lets ? refuse : allow, 0, 0);
}

static int filter_calls(void) {
    static struct program program;
    struct program *p = &program;
    uint32_t own = (uint32_t)getpid();
    p->count = 0;
    add(p, FB_LOAD, offsetof(struct seccomp_data, arch), 0, 0);
    add(p, FB_IS, FB_ARCHITECTURE, 1, 0);
    add(p, FB_RETURN, FB_REFUSE(EPERM), 0, 0);
    add(p, FB_LOAD, offsetof(struct seccomp_data, nr), 0, 0);
    // Those of x32 have a high bit.
    add(p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    add(p, FB_RETURN, FB_REFUSE(EPERM), 0, 0);
    add(p, BPF_JMP | BPF_JGT | BPF_K, FB_LAST_CALL, 0, 1);
    add(p, FB_RETURN, FB_REFUSE(ENOSYS), 0, 0);
    // A filter cannot see the flags of clone3; without it the C library takes clone.
    answer(p, 435, FB_REFUSE(ENOSYS));
    decide(p, SYS_clone, 0, FB_HAS, CLONE_THREAD, CLONE_THREAD, 1);
    decide(p, SYS_kill, 0, FB_IS, own, own, 1);
    decide(p, SYS_tgkill, 0, FB_IS, own, own, 1);
    decide(p, SYS_rt_sigqueueinfo, 0, FB_IS, own, own, 1);
    decide(p, SYS_rt_tgsigqueueinfo, 0, FB_IS, own, own, 1);
    decide(p, SYS_prlimit64, 0, FB_IS, 0, own, 1);
    // Signals by way of a descriptor, and keys pressed on a terminal.
    decide(p, SYS_fcntl, 1, FB_IS, F_SETOWN, F_SETOWN_EX, 0);
    decide(p, SYS_ioctl, 1, FB_IS, FIOSETOWN, SIOCSPGRP, 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) answer(p, refused[i], FB_REFUSE(EPERM));
    add(p, FB_RETURN, SECCOMP_RET_ALLOW, 0, 0);
    struct sock_fprog code = {p->count, p->steps};
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &code);
    return result == 0 ? 0 : result > 0 ? EBUSY : errno;
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
    if (has_threads()) return EBUSY;
    result->failed = "no_new_privs";
    if ((failed = fb_no_new_privileges())) return failed;
    result->failed = "capabilities";
    if ((failed = drop_capabilities())) return failed;
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

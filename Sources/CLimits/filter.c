#define _GNU_SOURCE
#include "filter.h"

#ifdef FB_ARCHITECTURE

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The last number that the lists were made with: what is newer is as if the kernel did not have it.
#define FB_LAST_CALL 469

/// Refused with EPERM to workers and tools alike, whatever the arguments. Numbers from 424 on are the same on all
/// architectures, and written out where the headers may be older.
static const uint32_t refused[] = {
    // other processes
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_unshare, SYS_setns,
    SYS_setpgid, SYS_setsid, SYS_setpriority, SYS_ioprio_set, SYS_sched_setaffinity, SYS_sched_setattr,
    SYS_sched_setparam, SYS_sched_setscheduler, SYS_migrate_pages, SYS_move_pages, 424 /* pidfd_send_signal */,
    434 /* pidfd_open */, 438 /* pidfd_getfd */, 440 /* process_madvise */, 448 /* process_mrelease */,
    // sockets with names, and calls that no filter sees
    SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, 425, 426, 427 /* io_uring_setup, _enter, _register */,
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
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_inotify_init,
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib,
#endif
};

void fbi_step(struct fbi_program *program, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    if (program->count < FBI_STEPS) {
        program->steps[program->count] = (struct sock_filter)BPF_JUMP(code, value, if_true, if_false);
    }
    program->count++;
}

void fbi_load(struct fbi_program *program, int argument) {
    // Both architectures are little-endian.
    fbi_step(program, FBI_LOAD, offsetof(struct seccomp_data, args) + 8 * argument, 0, 0);
}

void fbi_answer(struct fbi_program *program, uint32_t call, uint32_t action) {
    fbi_step(program, FBI_IS, call, 0, 1);
    fbi_step(program, FBI_RETURN, action, 0, 0);
}

void fbi_refuse(struct fbi_program *program, const uint32_t *calls, size_t count) {
    for (size_t i = 0; i < count; i++) fbi_answer(program, calls[i], FBI_ERROR(EPERM));
}

void fbi_decide(
    struct fbi_program *program, uint32_t call, int argument, uint16_t test, uint32_t one, uint32_t other, int lets) {
    uint32_t allow = SECCOMP_RET_ALLOW, refuse = FBI_ERROR(EPERM);
    fbi_step(program, FBI_IS, call, 0, 5);
    fbi_load(program, argument);
    fbi_step(program, test, one, 1, 0);
    fbi_step(program, test, other, 0, 1);
    fbi_step(program, FBI_RETURN, lets ? allow : refuse, 0, 0);
    fbi_step(program, FBI_RETURN, lets ? refuse : allow, 0, 0);
}

void fbi_begin(struct fbi_program *p) {
    p->count = 0;
    fbi_step(p, FBI_LOAD, offsetof(struct seccomp_data, arch), 0, 0);
    fbi_step(p, FBI_IS, FB_ARCHITECTURE, 1, 0);
    fbi_step(p, FBI_RETURN, FBI_ERROR(EPERM), 0, 0);
    fbi_step(p, FBI_LOAD, offsetof(struct seccomp_data, nr), 0, 0);
    // Those of x32 have a high bit.
    fbi_step(p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    fbi_step(p, FBI_RETURN, FBI_ERROR(EPERM), 0, 0);
    fbi_step(p, BPF_JMP | BPF_JGT | BPF_K, FB_LAST_CALL, 0, 1);
    fbi_step(p, FBI_RETURN, FBI_ERROR(ENOSYS), 0, 0);
    // A filter cannot see the flags of clone3; without it the C library takes clone.
    fbi_answer(p, 435, FBI_ERROR(ENOSYS));
}

int fbi_install(struct fbi_program *p, int *listener) {
    fbi_refuse(p, refused, sizeof refused / sizeof *refused);
    fbi_step(p, FBI_RETURN, SECCOMP_RET_ALLOW, 0, 0);
    if (p->count > FBI_STEPS) return E2BIG;
    struct sock_fprog code = {p->count, p->steps};
    if (listener) {
        // SECCOMP_FILTER_FLAG_NEW_LISTENER; closed on exec.
        *listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1ul << 3, &code);
        return *listener >= 0 ? 0 : errno;
    }
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &code);
    return result == 0 ? 0 : result > 0 ? EBUSY : errno;
}

#endif

#define _GNU_SOURCE
#include "CLimits.h"
#include "confine.h"
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// MARK: Landlock

/// Grants rights to what lies at a path and below it. What is not there is left out.
static int grant(int ruleset, const char *path, uint64_t rights) {
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : errno;
    struct stat status;
    int failed = fstat(place, &status) == 0 ? 0 : errno;
    // A file takes none of the rights that only a folder can have.
    if (!failed && !S_ISDIR(status.st_mode)) {
        rights &= FB_EXECUTE | FB_WRITE_FILE | FB_READ_FILE | FB_TRUNCATE | FB_IOCTL_DEV;
    }
    struct fbi_beneath rule = {rights, place};
    if (!failed && syscall(FB_ADD_RULE, ruleset, FB_RULE_BENEATH, &rule, 0u) != 0) failed = errno;
    close(place);
    return failed;
}

/// What every tool may read of the kernel's own files: how the machine is made, and about itself. The process that is
/// granted `/proc/self` is the one that becomes the tool; those that it starts have none.
static const char *const facts[] = {
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node",
};

static int restrict_tool(const struct fb_tool *tool, int abi) {
    uint64_t all = 0;
    int ruleset = fbi_make_ruleset(abi, &all), failed = 0;
    if (ruleset < 0) return errno;
    uint64_t reading = FB_READ_FILE | FB_READ_FOLDER, running = reading | FB_EXECUTE;
    uint64_t changing = FB_READ_FILE | FB_WRITE_FILE | (all & FB_TRUNCATE);
    for (size_t i = 0; !failed && tool->readable[i]; i++) failed = grant(ruleset, tool->readable[i], running);
    for (size_t i = 0; !failed && i < sizeof facts / sizeof *facts; i++) failed = grant(ruleset, facts[i], reading);
    const char *const sources[] = {"/dev/random", "/dev/urandom"}, *const sinks[] = {"/dev/null", "/dev/zero"};
    for (int i = 0; !failed && i < 2; i++) failed = grant(ruleset, sources[i], FB_READ_FILE);
    for (int i = 0; !failed && i < 2; i++) failed = grant(ruleset, sinks[i], changing);
    for (size_t i = 0; !failed && tool->devices[i]; i++) {
        failed = grant(ruleset, tool->devices[i], changing | FB_READ_FOLDER | (all & FB_IOCTL_DEV));
    }
    // Programs are not run from there, and no devices are made.
    uint64_t own = all & ~(FB_EXECUTE | FB_MAKE_DEVICES | FB_IOCTL_DEV);
    if (!failed) failed = grant(ruleset, tool->writable, own);
    if (!failed && syscall(FB_RESTRICT_SELF, ruleset, 0u) != 0) failed = errno;
    close(ruleset);
    return failed;
}

// MARK: seccomp

#ifdef FB_ARCHITECTURE

/// Lets a signal go to a process, unless it is one of those that watch the tool, the first one, or a group.
static void guard(struct fbi_program *p, uint32_t call, uint32_t supervisor, uint32_t run) {
    fbi_step(p, FBI_IS, call, 0, 8);
    fbi_load(p, 0);
    fbi_step(p, FBI_IS, supervisor, 5, 0);
    fbi_step(p, FBI_IS, run, 4, 0);
    fbi_step(p, FBI_IS, 0, 3, 0);
    fbi_step(p, FBI_IS, 1, 2, 0);
    fbi_step(p, FBI_LEAST, 0x80000000, 1, 0);
    fbi_step(p, FBI_RETURN, SECCOMP_RET_ALLOW, 0, 0);
    fbi_step(p, FBI_RETURN, FBI_ERROR(EPERM), 0, 0);
}

/// Lets only sockets within the family of Unix be made that cannot send to a name.
static void only_unix(struct fbi_program *p, uint32_t call) {
    fbi_step(p, FBI_IS, call, 0, 8);
    fbi_load(p, 0);
    fbi_step(p, FBI_IS, AF_UNIX, 0, 5);
    fbi_load(p, 1);
    fbi_step(p, BPF_ALU | BPF_AND | BPF_K, 0xf, 0, 0);
    fbi_step(p, FBI_IS, SOCK_STREAM, 1, 0);
    fbi_step(p, FBI_IS, SOCK_SEQPACKET, 0, 1);
    fbi_step(p, FBI_RETURN, SECCOMP_RET_ALLOW, 0, 0);
    fbi_step(p, FBI_RETURN, FBI_ERROR(EPERM), 0, 0);
}

/// SECCOMP_RET_USER_NOTIF: the supervisor decides.
#define FBI_ASK 0x7fc00000u

/// Lets threads be started, asks about processes, and refuses namespaces.
static void ask_about_processes(struct fbi_program *p, uint32_t action) {
    const uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID
        | CLONE_NEWNET;
    fbi_step(p, FBI_IS, SYS_clone, 0, 6);
    fbi_load(p, 0);
    fbi_step(p, FBI_HAS, spaces, 3, 0);
    fbi_step(p, FBI_HAS, CLONE_THREAD, 1, 0);
    fbi_step(p, FBI_RETURN, action, 0, 0);
    fbi_step(p, FBI_RETURN, SECCOMP_RET_ALLOW, 0, 0);
    fbi_step(p, FBI_RETURN, FBI_ERROR(EPERM), 0, 0);
#ifdef __x86_64__
    fbi_answer(p, SYS_fork, action);
    fbi_answer(p, SYS_vfork, action);
#endif
}

/// The supervisor is asked where the kernel lets it answer that a call may go on: since Linux 5.5, told by pidfd_getfd of 5.6.
static int can_ask(void) { return syscall(438, -1, -1, 0u) < 0 && errno != ENOSYS; }

static int filter_tool(uint32_t supervisor, uint32_t run, int has_device, int *listener) {
    static struct fbi_program program;
    struct fbi_program *p = &program;
    const uint32_t signals[] = {SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo};
    fbi_begin(p);
    int asks = can_ask();
    ask_about_processes(p, asks ? FBI_ASK : SECCOMP_RET_ALLOW);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) guard(p, signals[i], supervisor, run);
    only_unix(p, SYS_socket);
    only_unix(p, SYS_socketpair);
    fbi_decide(p, SYS_prlimit64, 0, FBI_IS, 0, 0, 1);
    // Signals by way of a descriptor.
    fbi_decide(p, SYS_fcntl, 1, FBI_IS, F_SETOWN, F_SETOWN_EX, 0);
    fbi_decide(p, SYS_ioctl, 1, FBI_IS, FIOSETOWN, SIOCSPGRP, 0);
    // Drivers of GPUs share memory by it.
    if (has_device) fbi_answer(p, SYS_memfd_create, SECCOMP_RET_ALLOW);
    return fbi_install(p, asks ? listener : NULL);
}

#else

static int filter_tool(uint32_t supervisor, uint32_t run, int has_device, int *listener) { return ENOTSUP; }

#endif

int fb_next_question(int listener, uint64_t *question) {
    // As large as the kernel's may become; it has to be zero.
    union { struct seccomp_notif asked; char room[512]; } buffer;
    memset(&buffer, 0, sizeof buffer);
    // SECCOMP_IOCTL_NOTIF_RECV
    if (ioctl(listener, _IOWR('!', 0, struct seccomp_notif), &buffer) != 0) return errno;
    *question = buffer.asked.id;
    return 0;
}

void fb_let_go_on(int listener, uint64_t question) {
    union { struct seccomp_notif_resp answer; char room[512]; } buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.answer.id = question;
    // SECCOMP_USER_NOTIF_FLAG_CONTINUE
    buffer.answer.flags = 1;
    // Who asked may be gone meanwhile. SECCOMP_IOCTL_NOTIF_SEND
    (void)ioctl(listener, _IOWR('!', 1, struct seccomp_notif_resp), &buffer);
}

int fb_has_filter_list(void) {
#ifdef FB_ARCHITECTURE
    return 1;
#else
    return 0;
#endif
}

// MARK: Starting

/// Puts the pipes and the log where a tool finds them, and closes everything else but `report`.
static int place_descriptors(int log, int report) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return errno;
    // Behind those that are written over.
    null = fcntl(null, F_DUPFD_CLOEXEC, 16);
    if (null < 0) return errno;
    if (dup2(STDIN_FILENO, 3) < 0 || dup2(STDOUT_FILENO, 4) < 0 || dup2(null, STDIN_FILENO) < 0
        || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
        return errno;
    }
    fbi_close(5, report);
    return 0;
}

static void reset_signals(void) {
    // The kernel's own call: the C library does not touch the two signals that it keeps for itself, and its posix_spawn
    // leaves them ignored. All zero is SIG_DFL on every architecture.
    const unsigned long standard[8] = {0};
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, standard, NULL, sizeof(uint64_t));
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int limit(const struct fb_tool *tool) {
    int failed = fbi_set_limit(RLIMIT_CORE, 0, 0);
    if (!failed) failed = fbi_set_limit(RLIMIT_NOFILE, tool->descriptors, tool->descriptors);
    if (!failed) failed = fbi_set_limit(RLIMIT_FSIZE, tool->file_size, tool->file_size);
    if (!failed && tool->memory) failed = fbi_set_limit(RLIMIT_AS, tool->memory, tool->memory);
    return failed;
}

/// In the child: everything up to the program. Returns the errno of what failed, which `tool->failed` names.
static int become(struct fb_tool *tool, pid_t supervisor, pid_t run, int log, int report) {
    int failed = 0;
    tool->failed = "prctl";
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (getppid() != supervisor) return ESRCH;
    tool->failed = "descriptors";
    if ((failed = place_descriptors(log, report))) return failed;
    reset_signals();
    umask(077);
    // The supervisor stays as it is: it has to come to its turn beside many.
    if (tool->niceness > 0) (void)fb_lower_priority(tool->niceness);
    tool->failed = "chdir";
    if (chdir(tool->folder) != 0) return errno;
    tool->failed = "no_new_privs";
    if ((failed = fb_no_new_privileges())) return failed;
    tool->failed = "capabilities";
    if ((failed = fbi_drop_capabilities(0))) return failed;
    tool->failed = "Landlock";
    if (tool->landlock > 0 && (failed = restrict_tool(tool, tool->landlock))) return failed;
    tool->failed = "limits";
    if ((failed = limit(tool))) return failed;
    tool->failed = "seccomp";
    int listener = -1;
    if (tool->filter) {
        failed = filter_tool((uint32_t)supervisor, (uint32_t)run, tool->devices[0] != NULL, &listener);
        if (failed) return failed;
    }
    // Closed by exec here.
    if (listener >= 0 && fb_send_descriptors(report, "", 1, &listener, 1) != 1) return errno;
    tool->failed = "exec";
    execve(tool->program, tool->words, tool->variables);
    return errno;
}

/// What a child says that did not become the tool. The name is at the same address in both, which are the same program.
struct report { int failed; const char *stage; };

int fb_start_tool(struct fb_tool *tool) {
    int log[2], told[2], failed;
    tool->failed = "pipe";
    tool->process = tool->listener = -1;
    if (pipe2(log, O_CLOEXEC) != 0) return errno;
    if ((failed = fb_socket_pair(told)) != 0) {
        close(log[0]);
        close(log[1]);
        return failed;
    }
    // Behind those that are written over.
    int report = fcntl(told[1], F_DUPFD_CLOEXEC, 16), theirs = fcntl(log[1], F_DUPFD_CLOEXEC, 16);
    if (report < 0 || theirs < 0) failed = errno;
    close(told[1]);
    close(log[1]);
    pid_t supervisor = getpid(), run = getppid(), child = -1;
    if (!failed) {
        tool->failed = "fork";
        child = fork();
        if (child < 0) failed = errno;
    }
    if (child == 0) {
        struct report said = {become(tool, supervisor, run, theirs, report), tool->failed};
        _exit(write(report, &said, sizeof said) == sizeof said ? 126 : 125);
    }
    if (report >= 0) close(report);
    if (theirs >= 0) close(theirs);
    if (!failed) {
        // The listener, if there is one, and then a report or the end.
        struct report said;
        int count = 0;
        long got = fb_receive(told[0], &said, sizeof said, &tool->listener, 1, &count);
        if (count == 1) got = fb_receive(told[0], &said, sizeof said, NULL, 0, &count);
        if (got == sizeof said) {
            tool->failed = said.stage;
            failed = said.failed;
        }
    }
    close(told[0]);
    if (failed) {
        if (child > 0) while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        if (tool->listener >= 0) close(tool->listener);
        tool->listener = -1;
        close(log[0]);
        return failed;
    }
    // Only the tool holds them now, so that they end with it.
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0) {
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
    }
    if (null > STDERR_FILENO) close(null);
    fcntl(log[0], F_SETFL, O_NONBLOCK);
    // Holding its folder keeps the kernel from making another one, which the rule would not be about.
    char name[32];
    snprintf(name, sizeof name, "/proc/%d", (int)child);
    (void)!open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    tool->failed = NULL;
    tool->process = child;
    tool->log = log[0];
    return 0;
}

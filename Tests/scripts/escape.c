// To be preloaded into workers: code that has taken over the decoder, and tries to leave the worker by every way that it
// has, on the thread that decodes and, by a signal, on every other one. Each thread writes a line on standard error,
//
//     escape THREAD refused COUNT let ATTEMPT=ERRNO ATTEMPT=ERRNO …
//
// where what is let is all that did not fail with EPERM, EACCES or, for a long file, EFBIG. ESCAPE says what it does:
// `try` the attempts, then SIGABRT; `go on` the attempts, then the video; `cpu` use up processor seconds; `disk` meet the
// limit of a file's size; `thread` start a thread before anything else; `landlock=ERRNO` and `seccomp=ERRNO` have these
// refused, as a container's policy or an old kernel does.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *what;
static int denied_call = -1, denied_errno;
static pid_t threads[64];
static atomic_int thread_count, answered;

static const char *path(const char *name) {
    const char *value = getenv(name);
    return value ? value : "/nonexistent";
}

static void *wait_for_ever(void *argument) {
    pause();
    return argument;
}

__attribute__((constructor)) static void begin(void) {
    char words[4096] = {0};
    int descriptor = open("/proc/self/cmdline", O_RDONLY);
    ssize_t length = read(descriptor, words, sizeof words - 1);
    close(descriptor);
    size_t first = strlen(words) + 1;
    if (length > (ssize_t)first && strcmp(words + first, "worker") == 0) what = getenv("ESCAPE");
    if (what && sscanf(what, "landlock=%d", &denied_errno) == 1) denied_call = 444;
    if (what && sscanf(what, "seccomp=%d", &denied_errno) == 1) denied_call = SYS_seccomp;
    if (what && strcmp(what, "thread") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_for_ever, NULL);
    }
}

// MARK: Attempts: where they are let they harm nothing but this run

struct line { char text[1024]; size_t length; int refused; };

static void tell(struct line *line, const char *name, long result) {
    int code = result < 0 ? errno : 0;
    if (code == EPERM || code == EACCES || code == EFBIG) {
        line->refused++;
    } else if (line->length < sizeof line->text - 64) {
        line->length += snprintf(line->text + line->length, 64, " %s=%d", name, code);
    }
}

static long send_to(int family, int type, const void *address, socklen_t length) {
    int descriptor = socket(family, type, 0);
    if (descriptor < 0) return -1;
    long result = type == SOCK_DGRAM ? sendto(descriptor, "x", 1, 0, address, length)
                                     : connect(descriptor, address, length);
    int code = errno;
    close(descriptor);
    errno = code;
    return result;
}

static void files(struct line *line) {
    const char *result = path("ESCAPE_RESULT"), *folder = path("ESCAPE_FOLDER");
    char name[4096];
    snprintf(name, sizeof name, "%s/escaped", folder);
    tell(line, "secret", open(path("ESCAPE_SECRET"), O_RDONLY));
    tell(line, "input", open(path("ESCAPE_INPUT"), O_RDONLY));
    tell(line, "result", open(result, O_WRONLY));
    tell(line, "read-result", open(result, O_RDONLY));
    tell(line, "make", open(name, O_WRONLY | O_CREAT, 0600));
    tell(line, "list", open(folder, O_RDONLY | O_DIRECTORY));
    tell(line, "proc", open("/proc/self/mem", O_RDWR));
    tell(line, "unlink", unlink(result));
    tell(line, "rename", rename(result, name));
    tell(line, "link", link(result, name));
    tell(line, "symlink", symlink(result, name));
    tell(line, "mkdir", mkdir(name, 0700));
    tell(line, "truncate", truncate(result, 0));
    tell(line, "chmod", chmod(result, 0));
    tell(line, "fchmod", fchmod(2, 0777));
    tell(line, "chown", chown(result, getuid(), getgid()));
    tell(line, "utime", utimensat(AT_FDCWD, result, NULL, 0));
    tell(line, "xattr", syscall(SYS_setxattr, result, "user.x", "x", 1L, 0));
}

static void sockets(struct line *line) {
    struct sockaddr_in loopback = {
        .sin_family = AF_INET, .sin_port = htons(atoi(path("ESCAPE_PORT"))),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    snprintf(local.sun_path, sizeof local.sun_path, "%s", path("ESCAPE_SOCKET"));
    tell(line, "tcp", send_to(AF_INET, SOCK_STREAM, &loopback, sizeof loopback));
    tell(line, "udp", send_to(AF_INET, SOCK_DGRAM, &loopback, sizeof loopback));
    tell(line, "unix", send_to(AF_UNIX, SOCK_STREAM, &local, sizeof local));
    local.sun_path[0] = 0;
    tell(line, "abstract", send_to(AF_UNIX, SOCK_STREAM, &local, sizeof local));
    int pair[2];
    tell(line, "socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static void processes(struct line *line) {
    pid_t parent = getppid();
    union sigval value = {0};
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)8, 1};
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    int ends[2] = {-1, -1};
    tell(line, "look", kill(parent, 0));
    tell(line, "term", kill(parent, SIGTERM));
    tell(line, "all", kill(-1, 0));
    tell(line, "queue", sigqueue(parent, SIGTERM, value));
    tell(line, "tgkill", syscall(SYS_tgkill, parent, parent, SIGTERM));
    tell(line, "tkill", syscall(SYS_tkill, parent, 0));
    tell(line, "own", pipe(ends) == 0 ? fcntl(ends[0], F_SETOWN, parent) : -1);
    tell(line, "setsig", fcntl(ends[0], F_SETSIG, SIGKILL) < 0 ? -1 : fcntl(ends[0], F_SETOWN, parent));
    tell(line, "fiosetown", ioctl(ends[0], FIOSETOWN, &parent));
    close(ends[0]);
    close(ends[1]);
    tell(line, "ptrace", ptrace(PTRACE_SEIZE, parent, 0, 0));
    tell(line, "readv", process_vm_readv(parent, &here, 1, &there, 1, 0));
    tell(line, "writev", process_vm_writev(parent, &here, 1, &there, 1, 0));
    tell(line, "pidfd", syscall(434, parent, 0));
    tell(line, "prlimit", prlimit(parent, RLIMIT_CORE, NULL, &limit));
    tell(line, "priority", setpriority(PRIO_PROCESS, parent, 0));
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(0, &processors);
    tell(line, "affinity", sched_setaffinity(parent, sizeof processors, &processors));
    pid_t child = fork();
    if (child == 0) _exit(0);
    tell(line, "fork", child);
    child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    tell(line, "clone", child);
    char *const words[] = {(char *)"nothing", NULL};
    tell(line, "exec", execve("/nonexistent", words, words));
    tell(line, "setsid", setsid());
    limit = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    tell(line, "raise", setrlimit(RLIMIT_NOFILE, &limit));
}

static void machine(struct line *line) {
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event};
    tell(line, "memfd", memfd_create("x", 0));
    tell(line, "shm", syscall(SYS_shmget, 0, 0L, 01600));
    tell(line, "io_uring", syscall(425, 1, event));
    tell(line, "unshare", unshare(CLONE_NEWNS));
    tell(line, "mount", mount("x", "/nonexistent", "tmpfs", 0, ""));
    tell(line, "chroot", chroot("/"));
    tell(line, "keyctl", syscall(SYS_keyctl, 0, -3, 1));
    tell(line, "bpf", syscall(SYS_bpf, 0, NULL, 0));
    tell(line, "perf", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    tell(line, "userfaultfd", syscall(SYS_userfaultfd, 1));
    tell(line, "personality", personality(0xffffffff));
    tell(line, "handle", syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0));
    tell(line, "setuid", setuid(getuid()));
#ifdef __x86_64__
    tell(line, "x32", syscall(0x40000000 | SYS_getpid));
#endif
}

/// Writes where the limit of a file's size is, to every file that is open for it.
static void disk(struct line *line) {
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    int tried = 0;
    for (int descriptor = 3; descriptor < 64; descriptor++) {
        struct stat status;
        int flags = fcntl(descriptor, F_GETFL);
        if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) continue;
        if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) continue;
        tried++;
        tell(line, "fill", limit.rlim_cur == RLIM_INFINITY ? 0 : pwrite(descriptor, "x", 1, limit.rlim_cur));
    }
    errno = ENOENT;
    if (!tried) tell(line, "fill", -1);
}

static void attempts(void) {
    struct line line = {.length = 0};
    files(&line);
    sockets(&line);
    processes(&line);
    machine(&line);
    disk(&line);
    char text[1200];
    int length = snprintf(
        text, sizeof text, "escape %d refused %d let%.*s\n", (int)syscall(SYS_gettid), line.refused, (int)line.length,
        line.text);
    (void)!write(2, text, length);
}

static void answer(int signal) {
    (void)signal;
    int code = errno;
    attempts();
    atomic_fetch_add(&answered, 1);
    errno = code;
}

static void escape(void) {
    signal(SIGTERM, SIG_IGN);
    attempts();
    struct sigaction action = {.sa_handler = answer, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, NULL);
    for (int index = 0; index < atomic_load(&thread_count); index++) {
        int before = atomic_load(&answered);
        if (syscall(SYS_tgkill, getpid(), threads[index], SIGUSR2) != 0) continue;
        while (atomic_load(&answered) == before) usleep(1000);
    }
    char end[64];
    (void)!write(2, end, snprintf(end, sizeof end, "escape done %d\n", atomic_load(&thread_count)));
    if (strcmp(what, "try") == 0) abort();
}

// MARK: Hooks

struct start { void *(*routine)(void *); void *argument; };

static void *started(void *opaque) {
    struct start start = *(struct start *)opaque;
    free(opaque);
    threads[atomic_fetch_add(&thread_count, 1) % 64] = (pid_t)syscall(SYS_gettid);
    return start.routine(start.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *argument) {
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (!what) return real(thread, attributes, routine, argument);
    struct start *start = malloc(sizeof *start);
    *start = (struct start){routine, argument};
    return real(thread, attributes, started, start);
}

int avcodec_send_packet(void *context, const void *packet) {
    static int (*real)(void *, const void *);
    static int calls;
    if (!real) *(int **)&real = dlsym(RTLD_NEXT, "avcodec_send_packet");
    if (what && ++calls == 3) {
        struct rlimit limit = {1, 10};
        if (strcmp(what, "try") == 0 || strcmp(what, "go on") == 0) escape();
        if (strcmp(what, "cpu") == 0 && setrlimit(RLIMIT_CPU, &limit) == 0) for (;;) {}
        limit = (struct rlimit){100, 100};
        if (strcmp(what, "disk") == 0) setrlimit(RLIMIT_FSIZE, &limit);
    }
    return real(context, packet);
}

long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    if (number == denied_call) {
        errno = denied_errno;
        return -1;
    }
    va_list list;
    va_start(list, number);
    long a[6];
    for (int index = 0; index < 6; index++) a[index] = va_arg(list, long);
    va_end(list);
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// To be preloaded into forgebatch and so into all processes that it starts.
//
// DEAD_PATH stands for a share that does not answer: calls that open it, list it or look at it, or at anything below,
// never return, whatever signal comes but SIGKILL. DEAD_CALLS limits them to some of `open`, `opendir`, `stat`, `realpath`.
//
// DECODER says what a decoder does that was taken over, at the first packet that it is sent: `mute` closes the worker's
// pipes and hangs, with the thread stuck that would see the parent's end; `notes`, `steps`, `opened`, `empty` and
// `garbage` write such lines without end; `errors` the same on standard error; `hang` only hangs.
//
// PIPE says which calls of the run on the pipes of its children fail with EIO: `write:3` its third write, since it has
// written to the process that looks twice by then, `read:3` every read from its third write on. `look` is the first answer
// of the process that looks, which it cannot write. `wake` is every write of the run that would wake one of its threads.
//
// MEMORY is a file to which the run itself, and no process that it started, adds its largest size in kB at its end.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void hang(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    for (;;) pause();
}

static void look(const char *call, const char *path) {
    const char *dead = getenv("DEAD_PATH"), *calls = getenv("DEAD_CALLS");
    if (!dead || !path || strncmp(path, dead, strlen(dead)) != 0) return;
    char next = path[strlen(dead)];
    if (next != 0 && next != '/') return;
    char word[32], list[256];
    snprintf(word, sizeof word, " %s ", call);
    snprintf(list, sizeof list, " %s ", calls ? calls : call);
    if (strstr(list, word)) hang();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

DIR *opendir(const char *path) {
    look("opendir", path);
    return REAL(opendir)(path);
}

int stat(const char *path, struct stat *status) {
    look("stat", path);
    return REAL(stat)(path, status);
}

int lstat(const char *path, struct stat *status) {
    look("stat", path);
    return REAL(lstat)(path, status);
}

char *realpath(const char *path, char *result) {
    look("realpath", path);
    return REAL(realpath)(path, result);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    look("open", path);
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    look("open", path);
    return REAL(open64)(path, flags, mode);
}

/// ARGUMENTS: the maps of a process, in which Swift looks for its arguments, cannot be read.
FILE *fopen(const char *path, const char *mode) {
    if (!getenv("ARGUMENTS") || strcmp(path, "/proc/self/maps") != 0) return REAL(fopen)(path, mode);
    errno = EIO;
    return NULL;
}

static char role[32];

__attribute__((constructor)) static void find_role(void) {
    char words[4096] = {0};
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY);
    if (descriptor < 0) return;
    if (syscall(SYS_read, descriptor, words, sizeof words - 1) > 0) {
        snprintf(role, sizeof role, "%s", words + strlen(words) + 1);
    }
    close(descriptor);
}

static int requests;

/// Whether a descriptor of the run is a pipe of one of its children.
static int is_child_pipe(int descriptor) {
    struct stat status;
    return descriptor > 2 && strcmp(role, "run") == 0 && fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

/// Whether a descriptor of the run wakes a thread: an eventfd.
static int is_bell(int descriptor) {
    char link[64], target[64] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    return strcmp(role, "run") == 0 && readlink(link, target, sizeof target - 1) > 0 && strstr(target, "[eventfd]");
}

ssize_t write(int descriptor, const void *buffer, size_t count) {
    const char *what = getenv("PIPE");
    int fails = 0;
    if (what && is_child_pipe(descriptor)) {
        int number = __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST);
        fails = strncmp(what, "write:", 6) == 0 && number == atoi(what + 6);
    } else if (what && strcmp(what, "wake") == 0) {
        fails = is_bell(descriptor);
    } else if (what && strcmp(what, "look") == 0 && (strcmp(role, "look") == 0 || strcmp(role, "worker") == 0) && descriptor == 1) {
        fails = __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST) == 1;
    }
    if (!fails) return REAL(write)(descriptor, buffer, count);
    errno = EIO;
    return -1;
}

ssize_t read(int descriptor, void *buffer, size_t count) {
    const char *pipe = getenv("PIPE");
    if (pipe && strncmp(pipe, "read:", 5) == 0 && is_child_pipe(descriptor)
        && __atomic_load_n(&requests, __ATOMIC_SEQ_CST) >= atoi(pipe + 5)) {
        errno = EIO;
        return -1;
    }
    const char *what = getenv("DECODER");
    // The thread that waits for the parent's end is not the first one.
    if (what && strcmp(what, "mute") == 0 && descriptor == 0 && strcmp(role, "worker") == 0) {
        if (getpid() != (pid_t)syscall(SYS_gettid)) hang();
    }
    return REAL(read)(descriptor, buffer, count);
}

static void flood(int descriptor, const char *line) {
    static char block[1 << 16];
    size_t length = strlen(line), used = 0;
    while (used + length < sizeof block) {
        memcpy(block + used, line, length);
        used += length;
    }
    for (;;) {
        if (write(descriptor, block, used) < 0) _exit(1);
    }
}

int avcodec_send_packet(void *context, const void *packet) {
    const char *what = getenv("DECODER");
    if (!what) return ((int (*)(void *, const void *))dlsym(RTLD_NEXT, "avcodec_send_packet"))(context, packet);
    if (strcmp(what, "mute") == 0) {
        close(1);
        close(2);
    }
    if (strcmp(what, "notes") == 0) flood(1, "{\"type\":\"note\",\"text\":\"n\"}\n");
    if (strcmp(what, "steps") == 0) flood(1, "{\"type\":\"step\",\"current\":1,\"total\":100}\n");
    if (strcmp(what, "opened") == 0) flood(1, "{\"type\":\"opened\",\"total_frames\":4}\n");
    if (strcmp(what, "empty") == 0) flood(1, "\n");
    if (strcmp(what, "garbage") == 0) flood(1, "no line at all");
    if (strcmp(what, "errors") == 0) flood(2, "nonsense\n");
    hang();
    return -1;
}

__attribute__((destructor)) static void tell_memory(void) {
    const char *file = getenv("MEMORY");
    if (!file || strcmp(role, "run") != 0) return;
    char status[8192] = {0};
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY);
    if (descriptor < 0 || read(descriptor, status, sizeof status - 1) < 0) return;
    close(descriptor);
    char *most = strstr(status, "VmHWM:");
    int out = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (most && out >= 0) dprintf(out, "%ld\n", strtol(most + 6, NULL, 10));
}

// To be preloaded into forgebatch and so into all processes that it starts: notes in which order files below ORDER_FOLDER are
// written, brought to the disk and given their names, as lines of the file ORDER_LOG: `write PATH`, `sync PATH`,
// `name PATH PATH`, with a tab between.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int notes = -1;

static int path_of(int descriptor, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

/// Whether the notes are open: a worker closes all that it did not open itself.
static int is_open(void) {
    char path[4096];
    const char *file = getenv("ORDER_LOG");
    return file && notes >= 0 && path_of(notes, path, sizeof path) && strcmp(path, file) == 0;
}

static void note(const char *call, const char *path, const char *other) {
    int before = errno;
    char line[9000];
    const char *folder = getenv("ORDER_FOLDER");
    if (folder && strncmp(path, folder, strlen(folder)) == 0 && is_open()) {
        int length = snprintf(line, sizeof line, "%s\t%s%s%s\n", call, path, other ? "\t" : "", other ? other : "");
        if (syscall(SYS_write, notes, line, length) != length) abort();
    }
    errno = before;
}

static void note_descriptor(const char *call, int descriptor) {
    int before = errno;
    char path[4096];
    if (path_of(descriptor, path, sizeof path)) note(call, path, NULL);
    errno = before;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    // A worker can open nothing later.
    if (getenv("ORDER_LOG") && !is_open()) {
        notes = (int)syscall(SYS_openat, AT_FDCWD, getenv("ORDER_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    }
    return REAL(open)(path, flags, mode);
}

ssize_t write(int descriptor, const void *buffer, size_t count) {
    note_descriptor("write", descriptor);
    return REAL(write)(descriptor, buffer, count);
}

int fsync(int descriptor) {
    int result = REAL(fsync)(descriptor);
    if (result == 0) note_descriptor("sync", descriptor);
    return result;
}

int fdatasync(int descriptor) {
    int result = REAL(fdatasync)(descriptor);
    if (result == 0) note_descriptor("sync", descriptor);
    return result;
}

int rename(const char *from, const char *to) {
    int result = REAL(rename)(from, to);
    if (result == 0) note("name", from, to);
    return result;
}

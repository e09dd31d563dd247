// To be preloaded into forgebatch and so into all processes that it starts.
//
// COST is a file to which each process that ends by itself adds a line: the first word of its command line, its largest size
// in kB, the bytes that it has read by calls, of files and pipes, and the size in kB of the largest process that it has waited for.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void take(const char *path, char *text, size_t size) {
    memset(text, 0, size);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    if (read(descriptor, text, size - 1) < 0) text[0] = 0;
    close(descriptor);
}

static long number(const char *text, const char *name) {
    const char *found = strstr(text, name);
    return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

__attribute__((destructor)) static void tell_cost(void) {
    const char *file = getenv("COST");
    if (!file) return;
    char counts[1024], status[8192], words[4096];
    // First of all, for what follows is read, too.
    take("/proc/self/io", counts, sizeof counts);
    take("/proc/self/status", status, sizeof status);
    take("/proc/self/cmdline", words, sizeof words);
    struct rusage children;
    if (getrusage(RUSAGE_CHILDREN, &children) != 0) abort();
    char line[256];
    int length = snprintf(
        line, sizeof line, "%.32s %ld %ld %ld\n", words + strlen(words) + 1, number(status, "VmHWM:"),
        number(counts, "rchar:"), children.ru_maxrss);
    int out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (out < 0) return;
    if (write(out, line, length) != length) abort();
    close(out);
}

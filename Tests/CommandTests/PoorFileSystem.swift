import Bytes
import TestSupport
import Testing

/// A library to preload that makes a file system poor below one folder. What is refused, and with which error, is told by
/// the environment.
enum PoorFileSystem {
    static let compiler = ExternalProgram.find("cc") ?? ExternalProgram.find("clang")

    /// POOR_FOLDER: the folder. The others are numbers of errors: POOR_NAMES for names that FAT does not take, POOR_LONG
    /// for those over 90 bytes, POOR_WORD for those with `bad`; POOR_LINKS, POOR_MODES, POOR_LOCKS; POOR_OVER for renaming
    /// over a file, POOR_SYNC for bringing a folder to the disk. POOR_ENDS: dots and spaces at the ends of names count for
    /// nothing, as on FAT, which is no error. POOR_WRITES: nothing can be written any more once the
    /// file POOR_WHEN is there.
    private static let source = #"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/file.h>
        #include <sys/stat.h>
        #include <sys/types.h>
        #include <time.h>
        #include <unistd.h>

        #define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

        static int number(const char *key) { const char *text = getenv(key); return text ? atoi(text) : 0; }
        static int inside(const char *path) {
            const char *folder = getenv("POOR_FOLDER");
            return folder && !strncmp(path, folder, strlen(folder));
        }
        static int fail(int code) { errno = code; return -1; }
        /// The path that the file system takes a path for.
        static const char *meant(const char *path, char *buffer) {
            if (!getenv("POOR_ENDS") || !inside(path) || strlen(path) > 4000) return path;
            char *end = buffer;
            for (const char *c = path; *c; c++) {
                if (*c == '/') while (end > buffer && (end[-1] == '.' || end[-1] == ' ')) end--;
                *end++ = *c;
            }
            while (end > buffer && (end[-1] == '.' || end[-1] == ' ')) end--;
            *end = 0;
            return buffer;
        }
        static int frozen(void) {
            const char *when = getenv("POOR_WHEN");
            int before = errno, is = when && access(when, F_OK) == 0;
            errno = before;
            return is ? number("POOR_WRITES") : 0;
        }
        /// What making a name is answered with; 0 where nothing is wrong with it.
        static int name(const char *path) {
            if (!inside(path)) return 0;
            if (frozen()) return frozen();
            const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
            size_t length = strlen(last);
            int odd = length && (last[length - 1] == '.' || last[length - 1] == ' ');
            for (const char *c = last; *c; c++) odd |= (unsigned char)*c >= 0x80 || *c < 0x20 || strchr(":?*<>|\"\\", *c);
            if (odd && number("POOR_NAMES")) return number("POOR_NAMES");
            if (length > 90 && number("POOR_LONG")) return number("POOR_LONG");
            if (strstr(last, "bad") && number("POOR_WORD")) return number("POOR_WORD");
            return 0;
        }
        static int opening(const char *path, int flags) {
            if (flags & O_CREAT && access(path, F_OK)) return name(path);
            return inside(path) && flags & (O_WRONLY | O_RDWR) ? frozen() : 0;
        }
        int open(const char *path, int flags, ...) {
            va_list list;
            va_start(list, flags);
            mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
            va_end(list);
            char buffer[4096];
            path = meant(path, buffer);
            int code = opening(path, flags);
            return code ? fail(code) : REAL(open)(path, flags, mode);
        }
        int open64(const char *path, int flags, ...) {
            va_list list;
            va_start(list, flags);
            mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
            va_end(list);
            return open(path, flags, mode);
        }
        int mkdir(const char *path, mode_t mode) {
            char buffer[4096];
            path = meant(path, buffer);
            int code = access(path, F_OK) ? name(path) : 0;
            return code ? fail(code) : REAL(mkdir)(path, mode);
        }
        int rename(const char *from, const char *to) {
            char first[4096], second[4096];
            from = meant(from, first), to = meant(to, second);
            int code = name(to);
            if (!code && inside(to) && access(to, F_OK) == 0) code = number("POOR_OVER");
            return code ? fail(code) : REAL(rename)(from, to);
        }
        int stat(const char *path, struct stat *status) {
            char buffer[4096];
            return REAL(stat)(meant(path, buffer), status);
        }
        int lstat(const char *path, struct stat *status) {
            char buffer[4096];
            return REAL(lstat)(meant(path, buffer), status);
        }
        int unlink(const char *path) {
            char buffer[4096];
            return REAL(unlink)(meant(path, buffer));
        }
        int symlink(const char *target, const char *path) {
            int code = inside(path) ? number("POOR_LINKS") : 0;
            if (!code) code = name(path);
            return code ? fail(code) : REAL(symlink)(target, path);
        }
        int link(const char *from, const char *to) { return fail(number("POOR_LINKS") ? number("POOR_LINKS") : EPERM); }
        int flock(int descriptor, int how) {
            int code = number("POOR_LOCKS");
            return code ? fail(code) : REAL(flock)(descriptor, how);
        }
        int chmod(const char *path, mode_t mode) {
            return number("POOR_MODES") ? fail(number("POOR_MODES")) : REAL(chmod)(path, mode);
        }
        int fchmod(int descriptor, mode_t mode) {
            return number("POOR_MODES") ? fail(number("POOR_MODES")) : REAL(fchmod)(descriptor, mode);
        }
        int utimensat(int folder, const char *path, const struct timespec times[2], int flags) {
            return number("POOR_MODES") ? fail(number("POOR_MODES")) : REAL(utimensat)(folder, path, times, flags);
        }
        int fsync(int descriptor) {
            struct stat status;
            int folder = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
            return folder && number("POOR_SYNC") ? fail(number("POOR_SYNC")) : REAL(fsync)(descriptor);
        }
        /* Whether this is the write that fails: the first one to the file whose path ends so. */
        static int once(int descriptor) {
            static int done;
            const char *end = getenv("POOR_ONCE");
            char link[64], target[4096];
            if (!end || done) return 0;
            snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
            ssize_t length = readlink(link, target, sizeof target - 1), wanted = strlen(end);
            if (length < wanted || memcmp(target + length - wanted, end, wanted)) return 0;
            return done = 1;
        }
        ssize_t write(int descriptor, const void *bytes, size_t count) {
            struct stat status;
            if (once(descriptor)) return fail(ENOSPC);
            if (getenv("POOR_WHEN") && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && frozen())
                return fail(frozen());
            return REAL(write)(descriptor, bytes, count);
        }
        """#

    /// The environment of a run below whose output folder the file system is poor.
    static func environment(_ forge: Forge, _ refusals: [String: Int32]) async throws -> [String: String] {
        let library = forge.home.appending("poor.so")
        if !Files.exists(library) {
            let source = forge.home.appending("poor.c")
            try forge.write(self.source, to: source)
            let made = try await #require(compiler).run([
                "-shared", "-fPIC", "-o", library.display, source.display, "-ldl",
            ])
            try #require(made.status == 0, "\(made.errorText)")
        }
        var environment = ["LD_PRELOAD": library.display, "POOR_FOLDER": forge.output.display]
        for (key, code) in refusals { environment["POOR_" + key] = String(code) }
        return environment
    }
}

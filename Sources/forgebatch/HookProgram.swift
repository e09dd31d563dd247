internal import BatchRun
internal import Bytes
internal import Glibc

/// The process that runs a command of the user's for a run, `forgebatch hook`, and ends it when the run's process is gone.
enum HookProgram {
    /// Reads a request from standard input and runs its command. What that writes comes out as standard error.
    ///
    /// - Returns: the command's status; 128 and the number of the signal that ended it; 127 when it cannot be started; 70 when
    ///   there was no request.
    static func main() -> Int32 {
        guard let request = readRequest() else {
            Terminal.error("forgebatch: this subcommand is for forgebatch itself; use `forgebatch run`")
            return 70
        }
        Files.ignoreBrokenPipes()
        for (name, value) in request.environment { setenv(name, value, 1) }
        // A run that the command starts would start it again.
        for name in ["FORGEBATCH_ON_COMPLETE", "FORGEBATCH_ON_FAILURE"] { unsetenv(name) }
        do throws(SystemError) {
            let pipe = try Files.pipe()
            let process = try spawn(request.words, input: pipe.reading)
            Files.close(pipe.reading)
            onThread(endWithParent)
            // Its own thread: a command need not read.
            onThread {
                try? Files.write(request.input, to: pipe.writing, path: RawPath("pipe"))
                Files.close(pipe.writing)
            }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        } catch {
            Terminal.error("\(error.path): \(error.reason)")
            return 127
        }
    }

    private static func readRequest() -> HookRequest? {
        var line: [UInt8] = []
        while line.last != 0x0a {
            guard let piece = try? Files.read(.standardInput, count: 1 << 16, path: RawPath("standard input")),
                !piece.isEmpty
            else { return nil }
            line += piece
        }
        return HookRequest(line)
    }

    private static func spawn(_ words: [String], input: FileDescriptor) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.number, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        // Signals that this process ignores are no business of the command's.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let pointers = words.map { (word: String) in strdup(word) }
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, words[0], &actions, &attributes, pointers + [nil], environ)
        guard code == 0 else { throw SystemError("posix_spawnp", RawPath(words[0]), code: code) }
        return process
    }

    /// Ends this process and all of its group when its standard input ends: the run's process, which holds the other end,
    /// is then gone.
    private static func endWithParent() {
        while let bytes = try? Files.read(.standardInput, count: 64, path: RawPath("standard input")), !bytes.isEmpty {}
        // Started by hand it may be of a shell's group.
        if getpgrp() == getpid() { kill(0, SIGKILL) }
        _exit(1)
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { opaque in
                guard let opaque else { return nil }
                Unmanaged<Work>.fromOpaque(opaque).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(Work(body)).toOpaque())
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

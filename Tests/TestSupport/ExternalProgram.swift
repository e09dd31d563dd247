package import Bytes
internal import Dispatch
internal import Glibc

/// Another program that tests run: FFmpeg's, Python, or forgebatch as it was built beside the tests.
package struct ExternalProgram: Sendable {
    package let path: RawPath

    package init(path: RawPath) { self.path = path }

    /// The program of this name in `PATH`, or nil.
    package static func find(_ name: String) -> ExternalProgram? {
        guard let list = getenv("PATH") else { return nil }
        for folder in String(cString: list).split(separator: ":") {
            let path = RawPath(String(folder)).appending(name)
            if path.withCString({ access($0, X_OK) }) == 0 { return ExternalProgram(path: path) }
        }
        return nil
    }

    package static let ffmpeg = find("ffmpeg")
    package static let ffprobe = find("ffprobe")
    package static let python = find("python3")

    /// The checkout's own Python with the modules of `make deps-test`.
    package static let checkoutPython: ExternalProgram? = {
        let path = Samples.root.appending(".venv/bin/python")
        return Files.exists(path) ? ExternalProgram(path: path) : nil
    }()

    /// forgebatch as it was built with these tests: it lies beside them.
    package static let forgebatch: ExternalProgram = {
        let tests = (try? Files.linkTarget(RawPath("/proc/self/exe"))) ?? RawPath(".")
        let beside = tests.parent.appending("forgebatch")
        let path = Files.exists(beside) ? beside : Samples.root.appending(".build/debug/forgebatch")
        return ExternalProgram(path: path)
    }()

    /// Seconds, after which a program hangs.
    package static let patience = Int(2 * Patience.hang)

    package struct Outcome: Sendable {
        /// The exit status, or 128 and the signal's number.
        package let status: Int32
        package let output: [UInt8]
        package let errors: [UInt8]

        package var text: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errors, as: UTF8.self) }
    }

    /// Runs the program to its end, with nothing to read; it is killed after `seconds`, with status 137.
    ///
    /// Tests share a few threads, and one that waited here on its own would hold up all others: so the wait is
    /// elsewhere, and only as many programs run at once as there are processors.
    package func run(_ arguments: [String], seconds: Int = ExternalProgram.patience) async throws -> Outcome {
        await Gate.shared.enter()
        let outcome = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { try runAndWait(arguments, seconds: seconds) })
            }
        }
        await Gate.shared.leave()
        return try outcome.get()
    }

    private actor Gate {
        static let shared = Gate()

        private var free = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func enter() async {
            if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
        }

        func leave() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }

    /// The same for a short command, where nothing can be awaited.
    package func runAndWait(_ arguments: [String], seconds: Int = ExternalProgram.patience) throws -> Outcome {
        let folder = try TemporaryFolder()
        let (output, errors) = (folder.path.appending("out"), folder.path.appending("err"))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (descriptor, file) in [(Int32(1), output), (2, errors)] {
            file.withCString {
                _ = posix_spawn_file_actions_addopen(&actions, descriptor, $0, O_WRONLY | O_CREAT, 0o600)
            }
        }
        let words = ["timeout", "-s", "KILL", String(seconds), String(decoding: path.bytes, as: UTF8.self)] + arguments
        var pointers = words.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var process: pid_t = 0
        let failed = posix_spawnp(&process, "timeout", &actions, nil, pointers, environ)
        guard failed == 0 else { throw SystemError("posix_spawn", path, code: failed) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError("waitpid", path) }
        }
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return Outcome(status: code, output: try Files.read(output), errors: try Files.read(errors))
    }
}

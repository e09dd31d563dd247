import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// What builds the library that the tests preload.
private let compiler = ExternalProgram.find("cc") ?? ExternalProgram.find("clang")

/// Workers whose decoder was taken over: `Tests/scripts/escape.c`, preloaded into them.
@Suite("The sandbox of workers", .enabled(if: compiler != nil, "needs a C compiler"))
struct SandboxTests {
    /// A video of H.264, which has decoder threads, and beside it what a worker must not reach.
    private final class Bench {
        static let video = "h264-scenes.mp4"
        let forge: Forge
        private let library: RawPath
        let secret: RawPath
        let neighbour: RawPath
        let result: RawPath

        init() async throws {
            forge = try Forge()
            try forge.addSample(Bench.video)
            library = forge.home.appending("escape.so")
            secret = forge.home.appending("secret")
            neighbour = forge.home.appending("neighbour.mp4")
            result = forge.layout.results.appending("other.mp4.json")
            try forge.write("secret", to: secret)
            try forge.write("neighbour", to: neighbour)
            try forge.write("{}", to: result)
            let source = Samples.root.appending("Tests/scripts/escape.c").display
            let made = try await #require(compiler).run([
                "-shared", "-fPIC", "-o", library.display, source, "-ldl", "-pthread",
            ])
            try #require(made.status == 0, "\(made.errorText)")
        }

        /// - Parameter what: see the library's source.
        func run(_ what: String, _ flags: String...) async throws -> ProcessResult {
            let words = ["run", "in", "-o", "out", "--no-config", "--threads-per-job", "2", "--retries", "0"] + flags
            return try await forge.forgebatch(
                words.map { RawPath($0) },
                environment: [
                    "LD_PRELOAD": library.display, "ESCAPE": what, "ESCAPE_SECRET": secret.display,
                    "ESCAPE_INPUT": neighbour.display, "ESCAPE_RESULT": result.display,
                    "ESCAPE_FOLDER": result.parent.display, "ESCAPE_SOCKET": forge.home.appending("socket").display,
                    "ESCAPE_PORT": "9",
                ])
        }

        func job() throws -> JSON { try #require(try forge.record()["jobs"]?.array?.first) }

        var message: String { (try? job())?["message"]?.string ?? "" }

        /// The temporary files that are left in the output folder.
        func leftovers() throws -> [RawPath] {
            func walk(_ folder: RawPath) throws -> [RawPath] {
                try Files.list(folder).flatMap { name -> [RawPath] in
                    let path = folder.appending(name)
                    if try Files.status(path, follow: false).kind == .directory { return try walk(path) }
                    return name.display.hasPrefix(Files.temporaryPrefix) ? [path] : []
                }
            }
            return try walk(forge.output)
        }
    }

    @Test(
        "Code in the decoder reaches no other file, socket, process or program, on any thread of its worker",
        .enabled(if: Kernel.confines, "needs a kernel with Landlock (ABI 6) and seccomp"))
    func escape() async throws {
        let bench = try await Bench()
        let before = try [bench.secret, bench.neighbour, bench.result].map { try Files.status($0) }
        let result = try await bench.run("try")
        #expect(result.status == 3, "\(result.error)")
        #expect(bench.message == "killed by signal 6", "abort goes on to work")
        let lines = try #require(try bench.job()["stderr"]?.array).compactMap(\.string)
            .filter { $0.hasPrefix("escape ") }
        // The one that decodes, the one that watches for the parent's end, and the decoder's two.
        #expect(lines.last == "escape done 3" && lines.count == 5, "\(lines)")
        for line in lines.dropLast() {
            let words = line.split(separator: " ")
            #expect(words.last == "let", "was let: \(line)")
            #expect((words.count > 3 ? Int(words[3]) : nil) ?? 0 >= 60, "\(line)")
        }
        #expect(try [bench.secret, bench.neighbour, bench.result].map { try Files.status($0) } == before)
        #expect(try Files.list(bench.result.parent) == [bench.result.lastComponent])
        #expect(try bench.leftovers() == [])
    }

    @Test("A worker whose code tried to leave goes on, and its result is as any other's")
    func goOn() async throws {
        let bench = try await Bench()
        #expect(try await bench.run("go on").status == 0)
        let expected = try bench.forge.results(in: bench.forge.output)
        let plain = try await bench.forge.forgebatch(
            "run", "in", "-o", "plain", "--no-config", "--threads-per-job", "2")
        #expect(plain.status == 0)
        for (path, bytes) in try bench.forge.results(in: bench.forge.home.appending("plain")) {
            #expect(expected[path] == bytes)
        }
    }

    @Test(
        "Every task of a live worker is confined, with limits, few descriptors and no capability to raise them",
        .enabled(if: Kernel.confines, "needs a kernel with Landlock (ABI 6) and seccomp"))
    func tasks() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start("--timeout", "100s", "--threads-per-job", "2")
        let worker = try await poll { () -> pid_t?? in
            if run.hasEnded { return .some(nil) }
            guard let worker = Processes.workers(of: run, reading: "/a.y4m").first,
                let tasks = try? Files.list(RawPath("/proc/\(worker)/task")), tasks.count > 1
            else { return nil }
            kill(worker, SIGSTOP)
            return worker
        }
        let process = try #require(worker ?? nil, "the run ended before its worker was caught")
        let folder = RawPath("/proc/\(process)")
        let tasks = try Files.list(folder.appending("task"))
        #expect(tasks.count > 1)
        for task in tasks {
            let members = Kernel.members(folder.appending("task").appending(task).appending("status"))
            #expect(members["NoNewPrivs"] == "1" && members["Seccomp"] == "2", "\(task.display): \(members)")
            let capabilities = members["CapPrm"].flatMap { UInt64($0, radix: 16) }
            // CAP_DAC_READ_SEARCH, which root keeps.
            #expect(capabilities.map { $0 & ~4 } == 0, "\(members["CapPrm"] ?? "")")
        }
        let limits = String(decoding: try Files.read(folder.appending("limits")), as: UTF8.self)
            .split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        let size = try Files.status(forge.input.appending("a.y4m")).size
        for line in [
            "Max cpu time 460 465 seconds", "Max core file size 0 0 bytes", "Max open files 64 64 files",
            "Max file size \((256 << 20) + 128 * size) \((256 << 20) + 128 * size) bytes",
        ] { #expect(limits.contains(line), "\(line) in \(limits)") }
        #expect(limits.contains { $0.hasPrefix("Max address space 1073741824 ") })
        // Standard streams, the video twice, as it may have to be read again, the result and its spool, four stills.
        let open = try Files.list(folder.appending("fd"))
        #expect(
            open.count == 11, "\(open.map { (try? Files.linkTarget(folder.appending("fd").appending($0)))?.display })")
        kill(process, SIGCONT)
        #expect(await run.result().status == 0)
    }

    @Test("A worker that uses up its processor seconds fails its video, and the report says why")
    func processorTime() async throws {
        let bench = try await Bench()
        #expect(try await bench.run("cpu").status == 3)
        #expect(
            bench.message == "used more processor time than its --timeout allows; raise --timeout if it only is slow")
    }

    @Test("A result that would be longer than a file may be fails its video alone, in words")
    func fileSize() async throws {
        let bench = try await Bench()
        try bench.forge.add("z.y4m")
        #expect(try await bench.run("disk", "-j1").status == 3)
        #expect(try bench.forge.record()["jobs"]?.array?.count == 2)
        #expect(
            try bench.forge.message(Bench.video)
                == "result: larger than 100 bytes, the limit for a video of this size or the file system's")
        #expect(try bench.leftovers() == [])
    }

    @Test(
        "A worker that cannot be confined fails its video, with what to do",
        arguments: [
            ("thread", "a second thread"), ("landlock=\(EPERM)", "Landlock"), ("seccomp=\(EPERM)", "seccomp"),
        ])
    func unconfined(_ what: String, _ barrier: String) async throws {
        let bench = try await Bench()
        #expect(try await bench.run(what).status == 3)
        #expect(try bench.job()["kind"]?.string == "sandbox")
        #expect(bench.message.hasPrefix("sandbox: \(barrier): ") && bench.message.contains("--sandbox off"))
        #expect(try bench.leftovers() == [])
    }

    @Test("--sandbox: auto does without what the kernel lacks and says so once, require does not, off confines nothing")
    func modes() async throws {
        let bench = try await Bench()
        try bench.forge.add("z.y4m")
        let lacking = "landlock=\(ENOSYS)"
        #expect(try await bench.run(lacking, "--force").status == 0)
        func notes() throws -> [String] { try bench.forge.record()["notes"]?.array?.compactMap(\.string) ?? [] }
        #expect(try notes() == ["this kernel has no Landlock: workers run without it"])
        #expect(try bench.forge.record()["settings"]?["sandbox"] == nil)
        #expect(try await bench.run(lacking, "--force", "--sandbox", "require").status == 3)
        #expect(try bench.forge.count("failed") == 2)
        #expect(bench.message.hasPrefix("sandbox: this kernel has no Landlock"))
        #expect(try await bench.run("landlock=\(EPERM)", "--force", "--sandbox", "off").status == 0)
        #expect(try notes() == ["--sandbox off: workers run without Landlock and seccomp"])
        #expect(try bench.forge.record()["settings"]?["sandbox"]?.string == "off")
        #expect(try await bench.run("", "--sandbox", "maybe").status == 64)
    }

    @Test("A video that vanishes between plan and start fails as one that cannot be read, and nothing runs unconfined")
    func vanished() async throws {
        let forge = try Forge(["z.y4m"])
        try forge.addLong("a.y4m")
        let run = try forge.start("-j1")
        let worker = try await run.holdWorker(of: "a.y4m")
        Files.remove(forge.input.appending("z.y4m"))
        kill(worker, SIGCONT)
        #expect(await run.result().status == 3)
        #expect(try forge.message("z.y4m") == "open: No such file or directory")
        let job = try forge.record()["jobs"]?.array?.first { $0["path"]?.string == "z.y4m" }
        #expect(job?["kind"]?.string == "input")
        #expect(try forge.record()["notes"] == nil)
    }
}

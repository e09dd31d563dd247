import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// Slurm sends CONT and TERM to every process of a step, up to three times, and other signals likewise when it is told to.
@Suite("A scheduler's signals to every process of a shard")
struct ShardSignalTests {
    private static let cases: [(signal: Int32, times: Int, status: Int32)] = [
        (SIGTERM, 3, 75), (SIGINT, 1, 130), (SIGHUP, 1, 129), (SIGUSR1, 3, 0),
    ]

    private func send(_ signal: Int32, times: Int, to task: RunningProcess) {
        for _ in 0..<times {
            for process in Processes.tree(of: task.pid) {
                kill(process, SIGCONT)
                kill(process, signal)
            }
        }
    }

    /// The process that works in a folder and has handlers for signals.
    private func listening(_ folder: RawPath) -> Int32? {
        ((try? Files.list(RawPath("/proc"))) ?? []).compactMap { Int32($0.display) }.first { process in
            guard let place = try? Files.linkTarget(RawPath("/proc/\(process)/cwd")), place == folder,
                let status = try? Files.read(RawPath("/proc/\(process)/status"))
            else { return false }
            let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
            let caught = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
            return caught & (1 << UInt64(SIGTERM - 1)) != 0
        }
    }

    @Test("No video under way is lost within the grace", arguments: cases)
    func videos(signal: Int32, times: Int, status: Int32) async throws {
        func library() throws -> Forge {
            let forge = try Forge()
            for name in ["a.y4m", "b.y4m"] { try forge.addLong(name) }
            return forge
        }
        let (forge, alone) = (try library(), try library())
        try await alone.run(expecting: 0, "--report", "none")
        let shards = try await ShardForge(forge, 1, ["--report", "none", "--retries", "0"])
        let task = try shards.start(0, ["-j2", "--grace", "10m"])
        for name in ["a.y4m", "b.y4m"] { _ = try await task.holdWorker(of: name) }
        send(signal, times: times, to: task)
        let result = await task.result()
        #expect(result.status == status, "\(result.error)")
        #expect(try await shards.done() == 2)
        try await shards.merge()
        #expect(try forge.results() == alone.results())
        #expect(try forge.count("completed") == 2 && forge.count("failed") == 0)
    }

    @Test(
        "No external tool is lost within the grace that answers as the helper for Python does",
        .enabled(if: ExternalProgram.python != nil, "needs python3"))
    func tools() async throws {
        func library() throws -> Forge {
            let forge = try Forge()
            try forge.add("a.y4m", frames: 3000)
            try forge.addPlugin("brightness")
            return forge
        }
        let flags = [
            "--report", "none", "--retries", "0", "--plugin-dir", "plugins", "--tools", "luma,brightness/brightness",
        ]
        let (forge, alone) = (try library(), try library())
        let words = ["run", "in", "-o", "out", "--no-config"] + flags
        #expect(try await alone.forgebatch(words.map { RawPath($0) }).status == 0)
        let shards = try await ShardForge(forge, 1, flags)
        let task = try shards.start(0, ["-j1", "--grace", "10m"])
        let worker = try await task.holdWorker(of: "a.y4m")
        kill(worker, SIGCONT)
        let tool = try await poll { () -> Int32?? in
            if task.hasEnded { return .some(nil) }
            guard let tool = self.listening(forge.home.appending("plugins/brightness")) else { return nil }
            kill(tool, SIGSTOP)
            return tool
        }
        _ = try #require(tool ?? nil, "the tool was not caught at work")
        send(SIGTERM, times: 3, to: task)
        let result = await task.result()
        #expect(result.status == 75, "\(result.error)")
        try await shards.merge()
        #expect(try forge.results() == alone.results())
    }

    /// The script for the shell in a sample for containers, with the word PLAN for the plan's folder.
    private func script(_ name: String) throws -> String {
        let text = String(decoding: try Files.read(Samples.folder.appending(RawPath("cluster/" + name))), as: UTF8.self)
        if name.hasSuffix(".json") {
            let command = try JSONReader.parse(text)["containerOverrides"]?["command"]?.array?.last?.string
            return try #require(command).replacing("/results/runs/RUN", with: "PLAN")
        }
        let indent = String(repeating: " ", count: 14)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix(indent) && !$0.hasPrefix(indent + " ") }
        return lines.map { String($0.dropFirst(14)) }.joined(separator: "\n").replacing("\"$PLAN\"", with: "PLAN")
    }

    @Test("The samples for containers hand TERM on to the task, tell 75 then, and take failed videos for done")
    func containers() async throws {
        let script = try script("aws-batch.json")
        #expect(try self.script("kubernetes.yaml") == script && script.contains("--plan PLAN "))
        let forge = try Forge()
        try forge.addLong("a.y4m")
        try forge.addBroken("bad.mp4")
        let shards = try await ShardForge(forge, 1, ["--report", "none"])
        var launch = Launch(RawPath("/bin/sh"), [])
        let words = script.replacing("PLAN", with: "'\(shards.folder)' --stall 10m -j1")
        launch.arguments = ["-c", words].map { RawPath($0) }
        launch.environment["PATH"] = "\(Forge.executable.parent.display):/usr/bin:/bin"
        launch.environment["AWS_BATCH_JOB_ARRAY_INDEX"] = "0"
        let task = try RunningProcess.start(launch)
        let worker = try await poll { () -> Int32?? in
            if task.hasEnded { return .some(nil) }
            guard let worker = Processes.tree(of: task.pid).first(where: { Processes.holds($0, "/a.y4m") }) else {
                return nil
            }
            kill(worker, SIGSTOP)
            return worker
        }
        let held = try #require(worker ?? nil, "the task ended before its worker was caught")
        task.send(SIGTERM)
        kill(held, SIGCONT)
        let result = await task.result()
        #expect(result.status == 75, "\(result.error)")
        #expect(try await shards.done() == 1)
        let rest = try await RunningProcess.run(launch)
        #expect(rest.status == 0, "\(rest.error)")
        #expect(try await shards.done() == 2)
    }
}

import Bytes
import Glibc
import Jobs
import Store
import TestSupport
import Testing

@Suite("Plans by what there is to decode: plan --probe")
struct ProbeTests {
    /// By shard, the names of its videos.
    private func names(_ shards: ShardForge) throws -> [[String]] {
        let plan = try PlanFile.open(RawPath(shards.folder)).plan
        return try (0..<shards.shards).map { try plan.jobs(of: $0).map(\.path.display) }
    }

    /// Noise that takes many bytes and little time, two videos of the contrary, and one that is none.
    private func misleading() async throws -> Forge {
        let forge = try Forge()
        let noise = "-f lavfi -i nullsrc=s=320x240:r=25:d=2,geq=random(1)*255:128:128 -c:v ffv1"
        try await FFmpegCommand.make(forge.input.appending("noise.mkv"), noise)
        for (name, seconds) in [("long.mp4", 100), ("longer.mp4", 110)] {
            try await FFmpegCommand.make(
                forge.input.appending(name),
                "-f lavfi -i testsrc=s=160x120:r=25:d=\(seconds) -c:v libx264 -preset ultrafast -threads 1 -crf 40")
        }
        try forge.addBroken("bad.mp4")
        return forge
    }

    @Test("--probe cuts by what there is to decode, where bytes mislead, and says what it could not probe")
    func misled() async throws {
        let forge = try await misleading()
        let sizes = try ["noise.mkv", "long.mp4", "longer.mp4"].map {
            try Files.status(forge.input.appending($0)).size
        }
        try #require(sizes[0] > sizes[1] + sizes[2], "\(sizes)")
        let bytes = try await ShardForge(forge, 2)
        #expect(try names(bytes) == [["noise.mkv"], ["longer.mp4", "long.mp4", "bad.mp4"]])
        // 53 million pixels | 48, then 4 and 33 million bits to the second, which has more then; the text has a few bytes.
        let probed = try await ShardForge(forge, 2, ["--probe"])
        #expect(try names(probed) == [["longer.mp4", "bad.mp4"], ["long.mp4", "noise.mkv"]])
        let words = ["plan", "in", "-o", "out", "--no-config", "--shards", "2", "--probe"]
        let told = try await forge.forgebatch(words.map { RawPath($0) })
        #expect(
            told.output.contains(
                "\nprobed 3 of 4 videos; 1 counts by its bytes at the median of the others: 1 could not be opened\n"),
            "\(told.output)")
        // Nothing of a flag of the plan alone is told to shards, or asked of a run that is done again.
        let plan = try PlanFile.open(RawPath(probed.folder)).plan
        #expect(plan.head.flags.isEmpty)
        #expect(try plan.document().invocation?.options.contains { $0.name == "probe" } == false)
        #expect(try plan.document().invocation?.inputs == [RawPath("in")])
        let dry = try await forge.forgebatch((words + ["--dry-run"]).map { RawPath($0) })
        #expect(dry.status == 0 && dry.output.contains("run  noise.mkv") && !dry.output.contains("probed"))
    }

    @Test("What comes of the shards is the same with --probe as without")
    func results() async throws {
        let names = (0..<5).map { "cam\($0 % 2)/clip\($0).y4m" }
        func merged(_ flags: [String]) async throws -> Forge {
            let forge = try Forge(names)
            try forge.addBroken("bad.mp4")
            let shards = try await ShardForge(forge, 2, ["--report", "none"] + flags)
            let bad = try shards.shard(of: "bad.mp4")
            for number in 0..<2 { try await shards.work(number, expecting: number == bad ? 3 : 0) }
            try await shards.merge(expecting: 3)
            return forge
        }
        let (probed, plain) = (try await merged(["--probe"]), try await merged([]))
        #expect(try probed.results() == plain.results())
        #expect(try probed.catalogButTimes() == plain.catalogButTimes())
        #expect(try probed.record()["notes"] == nil)
        #expect(try probed.count("completed") == 5 && probed.count("failed") == 1)
        #expect(try await probed.forgebatch("validate", "out").status == 0)
        // The next night there is nothing to do, and nothing to probe.
        let next = try await probed.forgebatch("plan", "in", "-o", "out", "--no-config", "--shards", "2", "--probe")
        #expect(next.status == 0 && next.output.contains("\nprobed 0 of 0 videos\n"), "\(next.output)\(next.error)")
    }

    @Test("One worker or several, in one language or another: the plan has the same lines")
    func same() async throws {
        let forge = try Forge()
        for number in 0..<24 { try forge.add("cam\(number % 5)/clip\(number).y4m", frames: 1 + number % 3) }
        try forge.addBroken("bad.mp4")
        func lines(_ flags: [String], _ environment: [String: String] = [:]) async throws -> [[PlanLine]] {
            let words = ["plan", "in", "-o", "out", "--no-config", "--json", "--shards", "5", "--probe"] + flags
            let result = try await forge.forgebatch(words.map { RawPath($0) }, environment: environment)
            #expect(result.status == 0, "\(result.error)")
            let json = try JSONReader.parse(result.output)
            #expect(json["probe"]?["probed"]?.int == 24 && json["probe"]?["unopened"]?.int == 1)
            let plan = try PlanFile.open(RawPath(try #require(json["plan"]?.string))).plan
            return try (0..<5).map { try plan.jobs(of: $0) }
        }
        let expected = try await lines(["-j1"])
        #expect(expected.joined().count == 25)
        #expect(try await lines(["-j4"]) == expected)
        #expect(try await lines(["-j2"], ["LC_ALL": "de_DE.UTF-8"]) == expected)
    }

    @Test("Progress is drawn and taken off the screen again, and --quiet says nothing")
    func display() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        let words = ["plan", "in", "-o", "out", "--no-config", "--shards", "2", "--probe"]
        let drawn = try await forge.forgebatch((words + ["--progress", "bar"]).map { RawPath($0) })
        #expect(drawn.status == 0 && drawn.error.contains("probed 0 of 2 videos"), "\(drawn.error)")
        #expect(drawn.error.hasSuffix("\u{1B}[1A\r\u{1B}[J"), "\(drawn.error)")
        #expect(drawn.output.contains("\nprobed 2 of 2 videos\n"))
        let quiet = try await forge.forgebatch((words + ["--quiet"]).map { RawPath($0) })
        #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.error.isEmpty)
        #expect(try RunFolders.ids(forge.layout).count == 2)
        #expect(!Files.exists(forge.layout.results) && !Files.exists(forge.layout.stills))
    }

    @Test("Probes are confined as the workers of a run are, and say when they are not")
    func confined() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        let words = [
            "plan", "in", "-o", "out", "--no-config", "--shards", "1", "--probe", "--json", "--sandbox", "off",
        ]
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        let note = "--sandbox off: workers run without Landlock and seccomp"
        #expect(result.status == 0 && result.error == "forgebatch: \(note)\n")
        let json = try JSONReader.parse(result.output)
        #expect(json["notes"]?.array == [.string(note)] && json["probe"]?["probed"]?.int == 2)
        // The shards say so themselves.
        let plan = try PlanFile.open(RawPath(try #require(json["plan"]?.string))).plan
        #expect(try plan.document().notes.isEmpty)
    }

    /// A plan of many videos in mid-probe, with the worker of one of them held.
    private func held(_ forge: Forge, _ flags: [String]) async throws -> (plan: RunningProcess, worker: pid_t) {
        for number in 0..<300 { try forge.add("clip\(number).y4m", frames: 1) }
        let words = [
            "plan", "in", "-o", "out", "--no-config", "--shards", "2", "--probe", "-j1", "--progress", "plain",
        ]
        let plan = try RunningProcess.start(forge.launch((words + flags).map { RawPath($0) }))
        let worker = try await poll { () -> pid_t?? in
            if plan.hasEnded { return .some(nil) }
            guard plan.errorSoFar.contains("probed 0 of 300 videos"),
                let worker = Processes.workers(of: plan, reading: ".y4m").first
            else { return nil }
            kill(worker, SIGSTOP)
            // It may have been at its end.
            return Processes.isAlive(worker) && Processes.holds(worker, ".y4m") ? worker : nil
        }
        return (plan, try #require(worker ?? nil, "the plan ended before a worker was caught"))
    }

    @Test("A signal in the midst of probes ends the plan at once, without a plan or a process that is left")
    func signal() async throws {
        for (signal, status) in [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)] {
            let forge = try Forge()
            let (plan, worker) = try await held(forge, ["--stall", "10m"])
            // A question for the state is answered as in a run.
            plan.send(SIGUSR1)
            try await eventually("it tells") { plan.errorSoFar.ranges(of: " of 300 videos").count > 1 }
            plan.send(signal)
            let result = await plan.result()
            #expect(result.status == status)
            #expect(result.error.contains("while videos are probed"), "\(result.error)")
            #expect(result.stdout.isEmpty && !Files.exists(forge.layout.runs))
            #expect(!Processes.isAlive(worker) && Kernel.processes(session: worker).isEmpty)
        }
    }

    @Test("A video whose opening crashes or never ends stays in the plan", arguments: [SIGSEGV, SIGSTOP])
    func opening(_ signal: Int32) async throws {
        let forge = try Forge()
        let (plan, worker) = try await held(forge, ["--stall", "5s", "--json"])
        kill(worker, signal)
        if signal != SIGSTOP { kill(worker, SIGCONT) }
        let result = await plan.result()
        #expect(result.status == 0, "\(result.error)")
        let json = try JSONReader.parse(result.output)
        #expect(json["jobs"]?.int == 300 && json["notes"] == nil)
        // It may have been caught when it had told what was asked.
        let probe = try #require(json["probe"])
        let lost = probe[signal == SIGSTOP ? "late" : "crashed"]?.int ?? 0
        #expect(lost <= 1 && probe["by_bytes"]?.int == lost && probe["probed"]?.int == 300 - lost, "\(probe)")
    }
}

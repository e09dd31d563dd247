import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing

@Suite("tail, list and show")
struct LookCommandTests {
    private func processed() async throws -> Forge {
        let forge = try Forge(["a.y4m", "sub/b.y4m"])
        try forge.addBroken("bad\u{1b}.mp4")
        try await forge.run(expecting: 3)
        return forge
    }

    @Test("list shows each video once with its status, --status chooses, names are escaped")
    func list() async throws {
        let forge = try await processed()
        let all = try await forge.forgebatch("list", "out")
        #expect(all.status == 0)
        let lines = all.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.map(\.first) == ["STATUS", "ok", "failed", "ok"])
        #expect(lines.map(\.last) == ["VIDEO", "a.y4m", "bad\\u{1b}.mp4", "sub/b.y4m"])
        let failed = try await forge.forgebatch("list", "out", "--status", "failed", "--json")
        let json = try JSONReader.parse(Array(failed.stdout.dropLast()))
        #expect(json["status"]?.string == "failed" && json["path"]?.string == "bad\u{1b}.mp4")
        #expect(try await forge.forgebatch("list", "out", "--status", "wrong").status == 64)
        #expect(try await forge.forgebatch("list", "in").status == 66)
    }

    @Test("list --runs shows each run with its end, newest first")
    func runs() async throws {
        let forge = try await processed()
        try await forge.run(expecting: 0)
        let text = try await forge.forgebatch("list", "out", "--runs")
        let lines = text.output.split(separator: "\n")
        #expect(lines.count == 3 && lines[1].hasSuffix("0") && lines[2].hasSuffix("3"))
        let json = try await forge.forgebatch("list", "out", "--runs", "--json")
        let ids = try json.stdout.split(separator: 0x0a).map { try JSONReader.parse(Array($0))["run_id"]?.string }
        #expect(ids.count == 2 && ids.compactMap { $0 } == ids.compactMap { $0 }.sorted(by: >))
    }

    @Test("show takes a path or an id; of a result --json is the head, of a failure what is remembered")
    func show() async throws {
        let forge = try await processed()
        let job = JobID(video: RawPath("sub/b.y4m"))
        let byPath = try await forge.forgebatch("show", "out", "sub/b.y4m")
        let byID = try await forge.forgebatch("show", "out", job.text.uppercased())
        #expect(byPath.status == 0 && byPath.stdout == byID.stdout)
        #expect(byPath.output.contains("frames      5"))
        let head = try JSONReader.parse(try await forge.forgebatch("show", "out", "a.y4m", "--json").stdout)
        #expect(head["total_frames"]?.int == 5 && head["frames"] == nil)
        let failed = try JSONReader.parse(try await forge.forgebatch("show", "out", "bad\u{1b}.mp4", "--json").stdout)
        #expect(failed["message"]?.string?.contains("container") == true)
        #expect(try await forge.forgebatch("show", "out", "none").status == 66)
        #expect(try await forge.forgebatch("show", "in", "a.y4m").status == 66)
    }

    /// One video with two classes, on which a tool failed, from a log of three passes.
    private func external() throws -> Forge {
        let forge = try Forge()
        let made = MadeOutputFolder(forge.output)
        let (run, path) = ("20260101T000000Z-aaaaaa", RawPath("a.mp4"))
        let job = JobID(video: path)
        try made.addRun(
            run,
            [
                .done("a.mp4") {
                    $0.toolsFailed = [FailedTool(id: MadePeople.failing, message: "killed by signal 11", frame: 12)]
                    $0.facts.classes = ["person", "bicycle"]
                }
            ])
        try made.writeResult(path, frames: MadePeople.frames(40)) { MadePeople.tell(&$0, frames: 40) }
        var events: [LogEvent] = [
            .runStarted(runID: run, version: "1.0.0", jobs: 1, settings: "d"),
            .jobStarted(job: job, path: path, totalFrames: 40, size: 100),
        ]
        for (index, tool) in ["forgebatch/frames", MadePeople.tool, "faces/faces"].enumerated() {
            for frame in [1, 40] {
                let pass = Progress.Pass(tool: tool, completed: index, total: 3)
                events.append(.progress(job: job, Progress(currentFrame: frame, totalFrames: 40, pass: pass)))
            }
        }
        events += [.completed(job: job), .runFinished(counts: .members(["completed": 1]), exitStatus: 3)]
        try made.writeLog(run, events.enumerated().map { (Int64($0) * 1000, $1) })
        return forge
    }

    @Test("list and show tell which tool failed, and the classes of what was found")
    func failedTools() async throws {
        let forge = try external()
        let list = try await forge.forgebatch("list", "out")
        #expect(list.output.contains("a.mp4  (failed: shots/shots)\n"))
        let shown = try await forge.forgebatch("show", "out", "a.mp4").output
        #expect(shown.contains("shots/shots, after 12 frames: killed by signal 11"))
        #expect(shown.contains("person, bicycle\n"))
    }

    @Test("tail of one video names the pass")
    func passes() async throws {
        let lines = try await external().forgebatch("tail", "out", "a.mp4").output.split(separator: "\n")
        let told = lines.compactMap { line in line.split(separator: " %, ").dropFirst().first.map(String.init) }
        #expect(
            told == [
                "forgebatch/frames 1/3, frame 1 of 40", "forgebatch/frames 1/3, frame 40 of 40",
                "people/people 2/3, frame 1 of 40", "people/people 2/3, frame 40 of 40",
                "faces/faces 3/3, frame 1 of 40", "faces/faces 3/3, frame 40 of 40",
            ])
    }

    @Test("tail of a run that ended tells all of it; --json is the log byte for byte")
    func tail() async throws {
        let forge = try await processed()
        let run = try #require(try forge.record()["run_id"]?.string)
        let log = try Files.read(forge.layout.log(run: run))
        let human = try await forge.forgebatch("tail", "out")
        #expect(human.status == 0)
        #expect(human.output.contains("a.y4m: completed\n"))
        #expect(human.output.contains("finished, 2 completed, 1 failed, exit status 3"))
        #expect(human.output.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
        #expect(try await forge.forgebatch("tail", "out", "--json").stdout == log)
        #expect(
            try await forge.forgebatch("tail", "out", "--run", String(run.prefix(20)), "--json").stdout == log)
    }

    @Test("tail of one video prints its lines alone, and is 3 when it failed")
    func tailOfOne() async throws {
        let forge = try await processed()
        let job = JobID(video: RawPath("a.y4m"))
        let one = try await forge.forgebatch("tail", "out", "a.y4m", "--json")
        #expect(one.status == 0)
        let lines = try one.stdout.split(separator: 0x0a).map { try LogLine.parse(Array($0)) }
        #expect(lines.count >= 3 && lines.allSatisfy { $0.event.job == job } && lines.last?.event.isTerminal == true)
        // Such a file does not tell how many frames it has.
        let human = try await forge.forgebatch("tail", "out", "a.y4m").output
        #expect(human.contains(": about 20 %, frame 1\n") && human.contains("100 %, frame 5 of 5"), "\(human)")
        #expect(try await forge.forgebatch("tail", "out", "bad\u{1b}.mp4").status == 3)
        #expect(try await forge.forgebatch("tail", "out", "none").status == 66)
        #expect(try await forge.forgebatch("tail", "out", "--run", "2020").status == 66)
        #expect(try await forge.forgebatch("tail", "gone").status == 66)
    }

    @Test("tail follows a run that goes on, and ends with it")
    func following() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.addLong("long.y4m")
        let run = try forge.start()
        _ = try await poll {
            (try? Files.list(forge.layout.runs))?.first.map { Files.exists(forge.layout.log(run: $0.text ?? "")) }
                == true
                ? true : nil
        }
        let tail = try await forge.forgebatch("tail", "out")
        #expect(tail.status == 0 && tail.output.contains("finished, 2 completed"))
        #expect(await run.result().status == 0)
    }

    @Test("A video whose container declares only duration and rate has an estimate in the log, and tail draws from it")
    func estimate() async throws {
        let forge = try Forge()
        try forge.addSample("hevc-10bit.mkv")
        try await forge.run(expecting: 0)
        let start = try #require(forge.log().map(\.event).first { $0.kind == .jobStarted })
        guard case .jobStarted(_, _, 0, _, let estimate?) = start else {
            Issue.record("\(start)")
            return
        }
        let tail = try await forge.forgebatch("tail", "out", "hevc-10bit.mkv").output
        #expect(tail.contains(": started, about \(estimate) frames\n"), "\(tail)")
    }

    @Test("tail of a video that the run left alone says how it stands, at once")
    func tailOfSkipped() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        try forge.add("b.y4m")
        try await forge.run(expecting: 0)
        let tail = try await forge.forgebatch("tail", "out", "a.y4m")
        #expect(tail.status == 0 && tail.output.hasPrefix("a.y4m: not part of run "), "\(tail)")
        #expect(tail.output.hasSuffix("; it stands as ok\n"), "\(tail)")
        let lines = try await forge.forgebatch("tail", "out", "a.y4m", "--json")
        #expect(lines.status == 0 && lines.output.isEmpty)
        #expect(try await forge.forgebatch("tail", "out", "none.y4m").status == 66)
        let whole = try await forge.forgebatch("tail", "out").output
        #expect(whole.contains("1 video skipped: 1 up to date\n"), "\(whole)")
    }

    @Test("tail says so when the run was killed")
    func killed() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        let run = try #require(try forge.record()["run_id"]?.string)
        let path = forge.layout.log(run: run)
        let lines = try Files.read(path).split(separator: 0x0a)
        try forge.write(Array(lines.dropLast(2).joined(separator: [0x0a])) + Array("\n{\"torn".utf8), to: path)
        let result = try await forge.forgebatch("tail", "out")
        #expect(result.status == 1 && result.error.contains("killed"))
    }
}

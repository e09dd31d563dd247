import Bytes
import Jobs
import Store
import Testing

@testable import BatchRun

@Suite("What stays of external tools, and which that failed are tried again")
struct ExternalToolReuseTests {
    private static func tool(_ id: String, _ version: String = "1.0.0", threshold: Double = 10) -> JSON {
        .members([
            "id": .string(id), "version": .string(version),
            "settings": .members(["pixel": 1, "threshold": .double(threshold)]),
        ])
    }

    private static func external(
        _ id: String, files: String = "p1:aa", device: String = "cpu", pixel: Int = 1, threshold: Double = 10
    ) -> JSON {
        .members([
            "id": .string(id), "version": "1.0.0", "fingerprint": .string(files), "device": .string(device),
            "settings": .members(["pixel": .int(pixel), "threshold": .double(threshold)]),
        ])
    }

    private static func failed(
        _ tool: JSON, _ kind: ToolFailure.Kind = .crash, runs: Int = 1, version: String = "1"
    ) -> FailedTool {
        var failed = FailedTool(ToolFailure(tool: ResultTools.id(tool), kind: kind, message: "killed by signal 11"))
        (failed.runs, failed.version, failed.settings) = (runs, version, SettingsDigest.of(tool: tool))
        return failed
    }

    private let a = tool("a")
    private let b = tool("b")
    private let people = external("people/people")
    private let shots = external("shots/shots")

    private func made(_ tools: [JSON], rules: Int = 2) -> ResultTools {
        ResultTools(tools: tools, threads: 1, rules: rules)
    }

    private func reuse(_ asked: [JSON], _ change: (inout ToolReuse) -> Void = { _ in }) -> ToolReuse {
        let available = [a, b] + asked.filter(ResultTools.isExternal)
        var reuse = ToolReuse(
            asked: made(asked),
            available: available.map { AvailableTool(description: $0, measuring: ["pixel"]) },
            memory: ToolMemory(version: "1"))
        reuse.manifest = { plugin, fingerprint in
            plugin == "gone" ? nil : .members(["id": .string(plugin), "of": .string(fingerprint)])
        }
        change(&reuse)
        return reuse
    }

    private func run(
        _ reuse: ToolReuse, _ stored: ResultTools, _ failed: [FailedTool] = []
    ) -> (reason: String, ids: [String], kept: [String])? {
        guard case .run(let reason, let job) = reuse.answer(stored, failed: failed) else { return nil }
        return (reason, job.made.tools.map(ResultTools.id), job.kept)
    }

    @Test("External tools follow the built-in ones: those of the result first, then new ones as they were named")
    func order() throws {
        let new = Self.external("cars/cars")
        let one = try #require(run(reuse([a, new, people]), made([b, shots, people])))
        #expect(
            one == (
                "a, cars/cars added", ["a", "b", "shots/shots", "people/people", "cars/cars"],
                ["b", "shots/shots", "people/people"]
            ))
    }

    @Test("What a run does not name stays, with the manifest that the output folder keeps")
    func unnamed() throws {
        let stored = made([a, people])
        #expect(reuse([a]).answer(stored) == .covered)
        guard case .run(let reason, let job) = reuse([a, b]).answer(stored) else {
            Issue.record("it stays")
            return
        }
        #expect(reason == "b added" && job.kept == ["a", "people/people"])
        let request = try #require(job.requests([]).last)
        #expect(request.plugin?.fingerprint == "p1:aa" && request.plugin?.device == "cpu")
        #expect(request.plugin?.manifest["id"]?.string == "people")
        // Of the run's own tools the run knows it.
        let own = JobRequest.PluginReference(manifest: .object([]), fingerprint: "p1:aa", device: "cpu", place: "cpu")
        let asked = JobRequest.Tool(id: "people/people", settings: [:], plugin: own)
        guard case .run(_, let joined) = reuse([b, people]).answer(stored) else {
            Issue.record("it stays")
            return
        }
        #expect(joined.requests([asked]).last?.plugin == own && joined.references.isEmpty)
    }

    @Test("What nobody can measure again goes with other rules, and where its manifest is gone")
    func lost() throws {
        let gone = Self.external("gone/x")
        let one = try #require(run(reuse([a, b]), made([a, gone, people])))
        #expect(one.reason == "b added; gone/x not named by this run, and lost")
        #expect(one.ids == ["a", "b", "people/people"] && one.kept == ["a", "people/people"])
        let rules = try #require(run(reuse([a]), made([a, people], rules: 1)))
        let lost = "people/people not named by this run, and lost"
        #expect(rules == ("made by older rules of decoding and verdicts; \(lost)", ["a"], []))
        #expect(reuse([a, people]).complete(made([a, shots, people])).made.tools == [a, people])
    }

    @Test("A byte of its files or another device measures that tool alone again; a threshold measures nothing")
    func changes() throws {
        let stored = made([a, people, shots])
        let files = try #require(run(reuse([a, Self.external("people/people", files: "p1:bb")]), stored))
        #expect(
            files == ("people/people: its files changed", ["a", "people/people", "shots/shots"], ["a", "shots/shots"]))
        let device = try #require(run(reuse([a, Self.external("people/people", device: "cuda")]), stored))
        #expect(device.reason == "people/people: another device" && device.kept == ["a", "shots/shots"])
        let pixel = try #require(run(reuse([a, Self.external("people/people", pixel: 2)]), stored))
        #expect(pixel.reason == "measured again: people/people.pixel" && pixel.kept == ["a", "shots/shots"])
        let threshold = try #require(run(reuse([a, Self.external("people/people", threshold: 11)]), stored))
        #expect(threshold.reason == "re-evaluated: people/people.threshold")
        #expect(threshold.kept == ["a", "people/people", "shots/shots"])
    }

    @Test("A tool that failed counts as not there: it is tried again, and other measures stay")
    func again() throws {
        let one = try #require(run(reuse([a, people]), made([a, people]), [Self.failed(people)]))
        #expect(one == ("failed before: people/people", ["a", "people/people"], ["a"]))
        // A result that tells so itself, where the catalog was lost.
        let told = JSON.object((people.members ?? []) + [JSON.Member("error", "why"), JSON.Member("log", "x")])
        #expect(try #require(run(reuse([a, people]), made([a, told]))) == one)
        #expect(made([a, told]).digest == made([a, people]).digest)
        // Who does not ask for it has nothing of it.
        #expect(reuse([a]).answer(made([a, told]), failed: [Self.failed(people)]) == .covered)
        #expect(try #require(run(reuse([a, b]), made([a, told]))) == ("b added", ["a", "b"], ["a"]))
    }

    @Test("After two runs a tool is left out of that video until something changes")
    func quarantine() throws {
        let stored = made([a, people])
        let twice = Self.failed(people, runs: 2)
        #expect(reuse([a, people]).answer(stored, failed: [twice]) == .covered)
        guard case .run(let reason, let job) = reuse([a, b, people]).answer(stored, failed: [twice]) else {
            Issue.record("it is run")
            return
        }
        #expect(reason == "b added" && job.kept == ["a"] && job.leftOut.map(\.tool) == ["people/people"])
        let request = try #require(job.requests([]).last)
        #expect(request.leftOut?.kind == .leftOut)
        #expect(
            request.leftOut?.message
                == "left out, because it failed in 2 runs: killed by signal 11; --retry-quarantined tries it again")
        for change: (inout ToolReuse) -> Void in [
            { $0.memory.retryQuarantined = true }, { $0.memory.version = "2" },
        ] {
            #expect(reuse([a, people], change).answer(stored, failed: [twice]) != .covered)
        }
        for other in [
            Self.external("people/people", files: "p1:bb"), Self.external("people/people", device: "cuda"),
            Self.external("people/people", threshold: 11),
        ] {
            #expect(reuse([a, other]).answer(stored, failed: [twice]) != .covered)
        }
        #expect(reuse([a, people]).answer(stored, failed: [Self.failed(people, .answer, runs: 2)]) == .covered)
    }

    @Test("What a plugin itself says that it cannot do is not tried again but by --retry-failed")
    func refused() {
        let stored = made([a, people])
        let refused = Self.failed(people, .refused)
        #expect(reuse([a, people]).answer(stored, failed: [refused]) == .covered)
        let retry = reuse([a, people]) { $0.memory.retryFailed = true }
        #expect(retry.answer(stored, failed: [refused]) != .covered)
        let other = reuse([a, people]) { $0.memory.retryQuarantined = true }
        #expect(other.answer(stored, failed: [refused]) == .covered)
    }

    @Test("Failures of one tool on one video are counted while nothing changes")
    func memory() {
        let memory = ToolMemory(version: "1")
        let video = Planned.candidate("a.mkv")
        var known = Planned.known("a.mkv")
        func entries(_ kind: ToolFailure.Kind, _ tool: JSON? = nil, size: Int64 = 1000) -> [FailedTool] {
            let failure = ToolFailure(tool: "people/people", kind: kind, message: "m", frames: 3)
            let status = Planned.candidate("a.mkv", size: size).status
            return memory.entries([failure], of: [a, tool ?? people], video: status, known: known)
        }
        #expect(memory.entries([], of: [a], video: video.status, known: nil).isEmpty)
        #expect(entries(.crash).map(\.runs) == [1])
        known.toolsFailed = entries(.crash)
        #expect(entries(.stall).map(\.runs) == [2] && entries(.stall).map(\.frame) == [3])
        #expect(entries(.crash, size: 999).map(\.runs) == [1])
        #expect(entries(.crash, Self.external("people/people", threshold: 11)).map(\.runs) == [1])
        #expect(entries(.refused).map(\.runs) == [1])
        // What is left out is remembered as it was.
        known.toolsFailed = entries(.stall)
        #expect(entries(.leftOut) == known.toolsFailed && known.toolsFailed[0].kind == .stall)
        #expect(FailedTool(known.toolsFailed[0].json) == known.toolsFailed[0])
    }

    @Test("The policy looks at results whose tools failed, and says what a result is without")
    func policy() {
        var policy = ReusePolicy(
            digest: "d", oldDigest: "old", version: "1", now: 0, resultFault: { _ in nil }, fingerprint: { _ in nil })
        policy.tools = reuse([a, people])
        policy.resultTools = { _ in self.made([self.a, self.people]) }
        let video = Planned.candidate("a.mkv")
        var entry = Planned.known("a.mkv")
        entry.toolsFailed = [Self.failed(people)]
        guard case .run("failed before: people/people", let tools?) = policy.decide(video, entry, nil) else {
            Issue.record("it is tried again")
            return
        }
        #expect(tools.kept == ["a"])
        entry.toolsFailed = [Self.failed(people, runs: 2)]
        let without = "done in run r1; without people/people, which failed: killed by signal 11"
        #expect(policy.decide(video, entry, nil) == .skip(.skipped, without))
        policy.tools = reuse([a])
        #expect(policy.decide(video, entry, nil) == .skip(.skipped, "done in run r1"))
    }

    @Test("A moved video keeps what its result has, but for tools that failed and are not asked for")
    func moved() {
        let stored = made([a, people, shots])
        let kept = reuse([a]).keep(stored, failed: [Self.failed(shots)])
        #expect(kept.made.tools == [a, people] && kept.kept == ["a", "people/people"])
        #expect(kept.references["people/people"] != nil)
        let asked = reuse([a, shots]).keep(stored, failed: [Self.failed(shots, runs: 2)])
        #expect(asked.made.tools == stored.tools && asked.kept == ["a", "people/people"])
        #expect(asked.leftOut.map(\.tool) == ["shots/shots"])
    }
}

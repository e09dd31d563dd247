import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

@Suite("What of a result stays when tools or settings change")
struct ToolReuseTests {
    private static func tool(_ id: String, _ version: String = "1.0.0", pixel: Int = 1, threshold: Double = 10) -> JSON
    {
        .members([
            "id": .string(id), "version": .string(version),
            "settings": .members(["pixel": .int(pixel), "threshold": .double(threshold)]),
        ])
    }

    private static func made(_ tools: [JSON], threads: Int = 1, rules: Int = 2) -> ResultTools {
        ResultTools(tools: tools, threads: threads, rules: rules)
    }

    private func reuse(_ asked: [JSON]) -> ToolReuse {
        ToolReuse(
            asked: ToolReuseTests.made(asked),
            available: ["a", "b", "c"].map {
                AvailableTool(description: ToolReuseTests.tool($0), measuring: ["pixel"])
            })
    }

    private func run(_ asked: [JSON], _ stored: ResultTools) -> (reason: String, ids: [String], kept: [String])? {
        guard case .run(let reason, let job) = reuse(asked).answer(stored) else { return nil }
        return (reason, job.requests([]).map(\.id), job.kept)
    }

    private let a = tool("a")
    private let b = tool("b")
    private let c = tool("c")

    @Test("A result with all that is asked for, and more, stays")
    func covered() {
        let stored = ToolReuseTests.made([a, b])
        #expect(reuse([a]).answer(stored) == .covered)
        #expect(reuse([]).answer(stored) == .covered)
        // What nobody asked for may be of an older version.
        #expect(reuse([a]).answer(ToolReuseTests.made([a, ToolReuseTests.tool("b", "0.9.0")])) == .covered)
    }

    @Test("A tool that is asked for later is measured alone, and no other tool goes")
    func added() throws {
        let one = try #require(run([b], ToolReuseTests.made([a, c])))
        #expect(one == ("b added", ["a", "b", "c"], ["a", "c"]))
        let two = try #require(run([a, b, c], ToolReuseTests.made([b])))
        #expect(two == ("a, c added", ["a", "b", "c"], ["b"]))
    }

    @Test("Thresholds keep all measures; what changes measuring, or another version, keeps those of the other tools")
    func settings() throws {
        let stored = ToolReuseTests.made([a, b])
        let threshold = try #require(run([ToolReuseTests.tool("a", threshold: 11), b], stored))
        #expect(threshold == ("re-evaluated: a.threshold", ["a", "b"], ["a", "b"]))
        let pixel = try #require(run([ToolReuseTests.tool("a", pixel: 2, threshold: 11), b], stored))
        #expect(pixel == ("measured again: a.pixel", ["a", "b"], ["b"]))
        let older = try #require(run([a, b], ToolReuseTests.made([ToolReuseTests.tool("a", "0.10.0"), b])))
        #expect(older == ("made by older versions of a", ["a", "b"], ["b"]))
        let newer = try #require(run([a, b], ToolReuseTests.made([ToolReuseTests.tool("a", "1.0.1"), b])))
        #expect(newer == ("made by newer versions of a", ["a", "b"], ["b"]))
    }

    @Test("Other rules, or the threads of an older version, keep no measure, and no tool is lost")
    func decoding() throws {
        let old = ToolReuseTests.made([a, ToolReuseTests.tool("c", "0.9.0", threshold: 12)], rules: 1)
        guard case .run(let reason, let job) = reuse([a]).answer(old) else {
            Issue.record("it stays")
            return
        }
        #expect(reason == "made by older rules of decoding and verdicts and older versions of c")
        #expect(job.kept == [] && job.made.tools == [a, ToolReuseTests.tool("c", threshold: 12)])
        #expect(job.made.digest == ToolReuseTests.made([ToolReuseTests.tool("c", threshold: 12), a]).digest)
        let threads = try #require(run([a], ToolReuseTests.made([a], threads: 4)))
        #expect(threads == ("made by several decoder threads of an older version", ["a"], []))
    }

    @Test("A tool that this version does not have cannot stay")
    func unknown() throws {
        let stored = ToolReuseTests.made([a, ToolReuseTests.tool("z")])
        #expect(try #require(run([a, b], stored)) == ("b added", ["a", "b"], ["a"]))
    }

    @Test("The policy asks for the tools of a result only where the digest is another one")
    func policy() {
        var asked = 0
        var policy = ReusePolicy(
            digest: "e", oldDigest: "old", version: "1", now: 0, resultFault: { _ in nil }, fingerprint: { _ in nil })
        policy.tools = reuse([a])
        policy.resultTools = { _ in
            asked += 1
            return ToolReuseTests.made([self.a, self.b])
        }
        let video = Planned.candidate("a.mkv")
        #expect(
            policy.decide(video, Planned.known("a.mkv"), nil) == .skip(.skipped, "done in run r1, with more tools"))
        policy.digest = "d"
        #expect(policy.decide(video, Planned.known("a.mkv"), nil) == .skip(.skipped, "done in run r1"))
        #expect(asked == 1)
        policy.digest = "e"
        policy.retryFailed = true
        let again = policy.decide(video, Planned.known("a.mkv", verdict: .damaged), nil)
        #expect(again == .run("--retry-failed", JobTools(made: ToolReuseTests.made([a, b]))))
    }

    @Test("Results of older versions are counted in one note a reason, and every reason says it")
    func notes() throws {
        let folder = try TemporaryFolder()
        let older = ToolReuseTests.made([ToolReuseTests.tool("a", "0.9.0"), b])
        var options = RunOptions(
            output: folder.path, version: "1", worker: RawPath("/none"), now: UTCTime(milliseconds: 0))
        options.toolDescriptions = [a, b]
        options.rules = 2
        options.availableTools = reuse([]).available
        options.resultTools = { _ in older }
        var discovery = Discovery()
        var prior: [CatalogEntry] = []
        func plan(_ names: [String]) throws -> Plan {
            for name in names {
                var entry = Planned.entry(name)
                entry.digest = older.digest
                prior.append(entry)
                discovery.candidates.append(Planned.candidate(name))
                try AtomicFile.write(Array("\n]}\n".utf8), to: folder.path.appending(entry.result), durable: false)
            }
            return try Plan(
                discovery, prior: PriorResults(catalog: prior), options: options, now: UTCTime(milliseconds: 0))
        }
        let one = try plan(["x.mp4"])
        #expect(one.olderNotes == ["1 result was made by older versions of a; it is done again, once"])
        #expect(one.jobs.map(\.tools?.kept) == [["b"]])
        let three = try plan(["y.mp4", "z.mp4"])
        #expect(three.olderNotes == ["3 results were made by older versions of a; they are done again, once"])
        #expect(three.jobs.allSatisfy { $0.reason == "made by older versions of a" })
    }
}

import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("Streams that are JSON")
struct EventStreamTests {
    private static let python: ExternalProgram? = [ExternalProgram.checkoutPython, ExternalProgram.python]
        .compactMap { $0 }
        .first { (try? $0.runAndWait(["-c", "import jsonschema"]))?.status == 0 }

    /// What was written, by what wrote it, to be held against the schema.
    private final class Streams {
        let forge: Forge
        private(set) var errors: [RawPath] = []
        private(set) var outputs: [RawPath] = []

        init(_ forge: Forge) { self.forge = forge }

        /// Reads the objects of a run's standard error, of which each line has to be one.
        @discardableResult
        func take(
            _ result: ProcessResult, status: Int32, last: String, location: SourceLocation = #_sourceLocation
        ) throws -> [JSON] {
            #expect(result.status == status, "\(result.error)", sourceLocation: location)
            let file = forge.home.appending("stream-\(errors.count)")
            try forge.write(result.stderr, to: file)
            errors.append(file)
            if !result.stdout.isEmpty {
                let file = forge.home.appending("summary-\(outputs.count)")
                try forge.write(result.stdout, to: file)
                outputs.append(file)
            }
            var objects: [JSON] = []
            for line in result.error.split(separator: "\n") {
                let object = try JSONReader.parse(String(line))
                #expect(object["schema"]?.string == "forgebatch/progress/1", "\(line)", sourceLocation: location)
                objects.append(object)
            }
            #expect(objects.last?["type"]?.string == last, "\(result.error)", sourceLocation: location)
            return objects
        }
    }

    @Test(
        "With --progress json every line of standard error is an object, whatever happens; so is --json's line",
        .enabled(if: python != nil, "needs Python with jsonschema (make deps-test)"))
    func everything() async throws {
        let streams = Streams(try Forge(["a.y4m"]))
        let forge = streams.forge
        let json = ["--progress", "json"]
        func run(_ words: [String], environment: [String: String] = [:]) async throws -> ProcessResult {
            try await forge.forgebatch((["run"] + words).map { RawPath($0) }, environment: environment)
        }
        let all = ["in", "-o", "out"] + json
        let good = try streams.take(try await run(all), status: 0, last: "summary")
        #expect(good.first?["type"]?.string == "progress" && good.last?["summary"]?["counts"]?["ok"]?.int == 1)
        try streams.take(try await run(all), status: 0, last: "summary")
        try forge.addBroken("bad.mp4")
        try forge.write("text", to: forge.input.appending("list.m3u8"))
        let quiet = try streams.take(try await run(all + ["-q"]), status: 3, last: "summary")
        #expect(quiet.last?["summary"]?["failures"]?.array?.first?["path"]?.string == "bad.mp4")
        try streams.take(try await run(all + ["-q", "--json", "--retry-failed"]), status: 3, last: "summary")
        try streams.take(
            try await run(all + ["--on-complete", "sh -c 'exit 7'"]), status: 0, last: "message")
        let lost = try streams.take(try await run(["gone"] + all + ["--json"]), status: 66, last: "summary")
        #expect(lost.last?["summary"]?["unreadable"]?.array?.first?["path"]?.string == "gone")
        let bare = try streams.take(
            try await run(all + ["--force", "--templates", "gone"]), status: 3, last: "summary")
        #expect(bare.last?["summary"]?["not_written"]?.array?.count == 1)
        let name = RawPath(bytes: [0xff, 0x0a] + Array(".mp4".utf8))
        try forge.write("no video", to: forge.input.appending(name))
        try streams.take(try await run(all + ["--json"]), status: 3, last: "summary")
        // What goes wrong before there is a run.
        for (words, status) in [
            (["gone", "-o", "out"] + json, 66), (all + ["--jobs", "many"], 64), (all + ["--bogus"], 64),
            (["in", "--progress=json", "--retries", "1000"], 64), (json, 64), (all + ["--set", "no.such=1"], 64),
            (all + ["--config", "gone.yaml"], 78), (["in", "-o", "in"] + json, 64),
            (all + ["--on-failure", "a|b"], 64),
        ] as [([String], Int32)] {
            let objects = try streams.take(try await run(words), status: status, last: "error")
            #expect(objects.count == 1 && objects[0]["exit_status"]?.int == Int(status), "\(words)")
            #expect(objects[0]["text"]?.string?.contains("Usage:") == false, "\(words)")
        }
        let layer = ["FORGEBATCH_PROGRESS": "json"]
        try streams.take(try await run(["in", "--bogus"], environment: layer), status: 64, last: "error")
        // The flag counts more than the environment.
        let other = try await run(["in", "--bogus", "--progress", "none"], environment: layer)
        #expect(other.error.hasPrefix("Error: "))
        let dry = try await run(["in", "gone", "-o", "out", "--dry-run"] + json)
        try forge.write(dry.stderr, to: forge.home.appending("dry"))
        #expect(dry.status == 66)
        for line in dry.error.split(separator: "\n") {
            #expect((try? JSONReader.parse(String(line))) != nil, "\(line)")
        }
        try await held(streams, all)
        try await planned(streams)
        try await check(streams)
    }

    /// What `plan` tells, and why it tells of none.
    private func planned(_ streams: Streams) async throws {
        let words = ["-o", "new", "--shards", "2", "--probe", "--progress", "json", "-q"]
        func plan(_ inputs: String...) async throws -> ProcessResult {
            try await streams.forge.forgebatch((["plan"] + inputs + words).map { RawPath($0) })
        }
        let told = try streams.take(try await plan("in"), status: 0, last: "planned")
        #expect(told.first?["type"]?.string == "progress" && told.first?["stage"]?.string == "probe")
        #expect(told.last?["plan"]?["probe"]?["probed"]?.int == 1)
        try streams.take(try await plan(), status: 64, last: "error")
        let lost = try streams.take(try await plan("in", "gone"), status: 66, last: "planned")
        #expect(lost.contains { $0["type"]?.string == "message" && $0["level"]?.string == "warning" })
    }

    /// The lock is another's, or waited for when a signal comes.
    private func held(_ streams: Streams, _ words: [String]) async throws {
        let forge = streams.forge
        let lock = try Files.open(forge.layout.lock, Files.readWriteOrCreate)
        defer { Files.close(lock) }
        #expect(try Files.lock(lock, path: forge.layout.lock))
        try streams.take(try await forge.run("--progress", "json"), status: 11, last: "error")
        let skipped = try streams.take(
            try await forge.run("--progress", "json", "--json", "--lock", "skip"), status: 0, last: "message")
        #expect(skipped.count == 1 && skipped[0]["level"]?.string == "note")
        let waiting = try forge.start("--progress", "json", "--lock", "wait")
        try await eventually("the run waits") { Processes.holds(waiting.pid, "/out/lock") }
        waiting.send(SIGTERM)
        try streams.take(await waiting.result(), status: 143, last: "error")
    }

    private func check(_ streams: Streams) async throws {
        let python = try #require(EventStreamTests.python)
        let script = Samples.root.appending("Tests/scripts/check_stream.py").display
        let schema = Samples.root.appending("docs/schema/progress-1.json").display
        for (kind, files) in [("progress", streams.errors), ("summary", streams.outputs)] {
            let outcome = try await python.run([script, schema, kind] + files.map(\.display))
            #expect(outcome.text == "\(files.count)\n", "\(kind): \(outcome.errorText)")
        }
    }

    @Test("--json of every command prints JSON alone, also of names and failures")
    func others() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.addBroken("n\nl.mp4")
        try forge.write("no video", to: forge.input.appending(RawPath(bytes: [0xff] + Array(".mp4".utf8))))
        try await forge.run(expecting: 3)
        try await forge.run(expecting: 3, "--retry-failed")
        let runs = try Files.list(forge.layout.runs).sorted().map(\.display)
        for words in [
            ["list", "out", "--json"], ["list", "out", "--runs", "--json"], ["show", "out", "a.y4m", "--json"],
            ["diff", "out", runs[0], runs[1], "--json"], ["validate", "out", "--json"], ["doctor", "out", "--json"],
            ["tools", "--json"], ["formats", "--json"], ["tail", "out", "--json"],
            ["run", "in", "-o", "out", "--json", "--dry-run"], ["run", "in", "-o", "out", "--json", "-v"],
        ] {
            let result = try await forge.forgebatch(words.map { RawPath($0) })
            let isWhole = (try? JSONReader.parse(result.stdout)) != nil
            let lines = result.output.split(separator: "\n").map { (try? JSONReader.parse(String($0))) != nil }
            #expect(isWhole || lines.allSatisfy { $0 }, "\(words): \(result.output)")
        }
    }

    @Test(
        "A signal and a question for the state leave it a stream of objects",
        .enabled(if: python != nil, "needs Python with jsonschema (make deps-test)"))
    func signals() async throws {
        let streams = Streams(try Forge())
        try streams.forge.addLong("a.y4m")
        let run = try streams.forge.start("--progress", "json", "--grace", "0")
        _ = try await run.holdWorker(of: "a.y4m")
        run.send(SIGUSR1)
        run.send(SIGTERM)
        let objects = try streams.take(await run.result(), status: 143, last: "summary")
        #expect(objects.last?["summary"]?["stopped"]?.string == "SIGTERM")
        #expect(objects.contains { $0["type"]?.string == "progress" })
        try await check(streams)
    }
}

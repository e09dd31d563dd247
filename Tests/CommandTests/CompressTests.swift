import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing

/// Results and logs that are compressed.
@Suite("Compressed results")
struct CompressTests {
    private static let clips = ["moving-objects.mp4", "vfr.mkv", "truncated.mp4"]

    private func samples() throws -> Forge {
        let forge = try Forge()
        for clip in CompressTests.clips { try forge.addSample(clip) }
        return forge
    }

    /// What each result says, by the path of its plain form.
    private func contents(_ forge: Forge) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in try forge.results().keys {
            let bytes = try ContentReader(forge.layout.results.appending(name)).readAll()
            #expect(found.updateValue(bytes, forKey: OutputLayout.bareName(name).display) == nil, "in both forms")
        }
        return found
    }

    private func forms(_ forge: Forge) throws -> Set<Bool> {
        try Set(forge.results().keys.map { OutputLayout.isCompressed($0) })
    }

    private func text(_ forge: Forge, _ words: String...) async throws -> String {
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        #expect(result.status == 0, "\(words): \(result.error)")
        return result.output
    }

    @Test("--compress writes the same results compressed, and every command reads them")
    func compress() async throws {
        let plain = try samples()
        let packed = try samples()
        try await plain.run(expecting: 3, "--report", "full")
        try await packed.run(expecting: 3, "--report", "full", "--compress")
        #expect(try forms(plain) == [false] && forms(packed) == [true])
        #expect(try contents(packed) == contents(plain))
        let before = try plain.layout.catalogLines.latest().records
        for (job, entry) in try packed.layout.catalogLines.latest().records {
            let other = try #require(before[job])
            let size = try Files.status(packed.output.appending(entry.result)).size
            #expect(entry.sha256 == other.sha256 && entry.resultSize == size)
            #expect(entry.contentSize == other.resultSize && other.contentSize == nil)
            #expect(size * 3 < other.resultSize ?? 0)
        }
        let record = try #require(try packed.record()["jobs"]?.array?.first)
        #expect(record["content_size"]?.int ?? 0 > record["result_size"]?.int ?? .max)
        for words in [
            ["show", "out", "vfr.mkv", "--json"], ["export", "out", "--format", "csv"],
            ["export", "out", "--format", "ndjson"], ["export", "out", "--format", "coco"],
            ["export", "out", "--format", "csv", "--table", "objects"], ["list", "out"],
        ] {
            let one = try await plain.forgebatch(words.map { RawPath($0) })
            let two = try await packed.forgebatch(words.map { RawPath($0) })
            #expect(one.status == 0 && two.status == 0 && one.stdout == two.stdout, "\(words)")
        }
        #expect(try await text(packed, "validate", "out").contains("3 results and 1 log checked, no breach"))
        let file = packed.layout.results.appending("vfr.mkv.json.gz").display
        #expect(try await text(packed, "validate", file).contains("no breach"))
        #expect(try await text(packed, "show", "out", "vfr.mkv").contains("vfr.mkv.json.gz"))
        // A file for each video is called as that of a plain result.
        _ = try await text(packed, "export", "out", "--format", "csv", "--output", "tables/")
        #expect(try Files.list(packed.home.appending("tables")).contains(RawPath("vfr.mkv.csv")))
        // The pages of videos have the same measures.
        func page(_ forge: Forge) throws -> [UInt8] {
            let job = JobID(video: RawPath("vfr.mkv"))
            return try Files.read(forge.layout.reportPages.appending("\(job.text.prefix(2))/\(job.text).js"))
        }
        #expect(try page(plain) == page(packed))
        let again = try await packed.forgebatch("report", "out", "--set", "scene.threshold=2")
        #expect(again.status == 0, "\(again.error)")
        let index = try String(decoding: Files.read(packed.layout.reportIndex), as: UTF8.self)
        #expect(!index.contains("result missing") && !index.contains("cannot be read"))
    }

    @Test("Results that are up to date stay in either form; what is made again gets the form of its run, undecoded")
    func switching() async throws {
        let forge = try samples()
        try await forge.run(expecting: 3, "--no-stills", "--report", "none")
        let plain = try forge.results()
        try await forge.run("--no-stills", "--report", "none", "--compress")
        #expect(try forge.results() == plain)
        #expect(try forge.count("processed") ?? 0 == 0)
        // Other thresholds: made again of what is stored.
        let plan = try await text(forge, "run", "in", "-o", "out", "--no-config", "-n", "--set", "scene.threshold=2")
        #expect(plan.contains("re-evaluated: scene.threshold"))
        try await forge.run("--no-stills", "--report", "none", "--compress", "--set", "scene.threshold=2")
        #expect(try forms(forge) == [true])
        let fresh = try samples()
        try await fresh.run(expecting: 3, "--no-stills", "--report", "none", "--set", "scene.threshold=2")
        #expect(try contents(forge) == contents(fresh))
        let log = try forge.log()
        #expect(log.contains { if case .jobStarted = $0.event { true } else { false } })
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        // And back.
        try await forge.run("--no-stills", "--report", "none")
        #expect(try forms(forge) == [false])
        #expect(try forge.results() == plain)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("The form that a killed run left beside a new result is named by validate, and goes with the next result")
    func leftForm() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        let plain = forge.layout.results.appending("a.y4m.json")
        let bytes = try Files.read(plain)
        try await forge.run(expecting: 0, "--compress", "--force")
        #expect(!Files.exists(plain))
        // As if the run had ended between the catalog's line and the last step.
        try forge.write(bytes, to: plain)
        let found = try await forge.forgebatch("validate", "out")
        #expect(found.status == 3)
        #expect(found.output.contains("a.y4m.json: not in the catalog, which names its other form"))
        try await forge.run(expecting: 0, "--compress", "--force")
        #expect(!Files.exists(plain))
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        // A file of that name that is no result of the video is nobody's business.
        try forge.write("mine\n", to: plain)
        try await forge.run(expecting: 0, "--compress", "--force")
        #expect(try Files.read(plain) == Array("mine\n".utf8))
    }

    @Test("A lost catalog is made again from compressed results, and nothing is done again")
    func rebuilt() async throws {
        let forge = try samples()
        try await forge.run(expecting: 3, "--no-stills", "--report", "none", "--compress")
        let before = try forge.layout.catalogLines.latest().records
        Files.remove(forge.layout.catalog)
        let again = try await forge.run("--no-stills", "--report", "none", "--compress")
        #expect(again.status == 0, "\(again.error)")
        let after = try forge.layout.catalogLines.latest().records
        #expect(after.count == before.count)
        for (job, entry) in after {
            #expect(entry.resultSize == before[job]?.resultSize && entry.contentSize == before[job]?.contentSize)
            #expect(entry.sha256 == before[job]?.sha256 && entry.result == before[job]?.result)
        }
    }

    @Test("The report of an older run finds results that have another form since")
    func olderReport() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--report", "full")
        let first = try #require(try forge.record()["run_id"]?.string)
        try await forge.run(expecting: 0, "--compress", "--force", "--report", "full")
        #expect(try await forge.forgebatch("report", "out", "--run", first, "--report", "full").status == 0)
        let index = try String(decoding: Files.read(forge.layout.reportIndex), as: UTF8.self)
        #expect(!index.contains("result missing"))
    }

    @Test("compress is a key and a variable; --no-compress takes it back")
    func layers() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run("--force", environment: ["FORGEBATCH_COMPRESS": "true"])
        #expect(try forms(forge) == [true])
        try await forge.run("--force", "--no-compress", environment: ["FORGEBATCH_COMPRESS": "true"])
        #expect(try forms(forge) == [false])
        try forge.write("compress: true\nforce: true\n", to: forge.home.appending("c.yaml"))
        #expect(try await forge.forgebatch("run", "in", "-o", "out", "--config", "c.yaml").status == 0)
        #expect(try forms(forge) == [true])
        #expect(try forge.record()["settings"]?["compress"]?.bool == true)
    }

    @Test("A log that was compressed by hand is listed, followed and reported; one packed otherwise is named")
    func logs() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        let run = try #require(try forge.record()["run_id"]?.string)
        let log = forge.layout.log(run: run)
        let list = try await text(forge, "list", "out", "--runs")
        let tail = try await text(forge, "tail", "out", "--json")
        let gzip = try #require(ExternalProgram.find("gzip"))
        #expect(try await gzip.run(["-9", log.display]).status == 0)
        #expect(!Files.exists(log))
        #expect(try await text(forge, "list", "out", "--runs") == list)
        #expect(try await text(forge, "tail", "out", "--json") == tail)
        #expect(try await text(forge, "validate", "out").contains("1 result and 1 log checked, no breach"))
        #expect(try await forge.forgebatch("report", "out").status == 0)
        try Files.rename(log.suffixed(".gz"), to: log.suffixed(".zst"))
        let lost = try await forge.forgebatch("list", "out", "--runs")
        #expect(lost.error.contains(run) && lost.error.contains("progress.ndjson.zst"))
        for command in ["tail", "replay"] {
            let refused = try await forge.forgebatch([command, "out", "--run", run].map { RawPath($0) })
            #expect(refused.status == 66 && refused.error.contains("progress.ndjson.zst"), "\(refused.error)")
        }
        #expect(try await forge.forgebatch("validate", "out").output.contains("progress.ndjson.zst"))
    }
}

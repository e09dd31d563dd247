import Bytes
import Jobs
import TestSupport
import Testing

/// What stays in an output folder over many runs, and what becomes of it when something is lost.
@Suite("The output folder over many runs")
struct OutputFolderTests {
    private func lines(_ path: RawPath) throws -> [[UInt8]] {
        try Files.read(path).split(separator: 0x0a).map { Array($0) }
    }

    @Test("An output folder may be named with slashes at its end", arguments: ["out/", "out//"])
    func slashes(name: String) async throws {
        let forge = try Forge(["a.y4m", "cam/b.y4m"])
        func run() async throws -> Int32? {
            try await forge.forgebatch("run", "in", "-o", name, "--no-config").status
        }
        #expect(try await run() == 0)
        let validation = try await forge.forgebatch("validate", name)
        #expect(validation.status == 0, "\(validation.output)")
        Files.remove(forge.layout.catalog)
        #expect(try await run() == 0)
        #expect(try forge.count("skipped") == 2)
        #expect(try forge.count("completed") == 0)
        let folders = try Files.list(forge.output)
        #expect(folders.filter { $0.display.hasSuffix("esults") } == [RawPath("results")])
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("A report has a page for each video, however many lines the catalog has")
    func pages() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        try await forge.run(expecting: 0)
        let once = try Files.read(forge.layout.catalog)
        try forge.write(Array(repeatElement(once, count: 700).joined()), to: forge.layout.catalog)
        #expect(try await forge.forgebatch("report", "out").status == 0)
        let page = forge.layout.report.appending("v")
        let pages = try Files.list(page).flatMap { try Files.list(page.appending($0)) }
        #expect(pages.count { $0.lowercasedExtension == "html" } == 3)
    }

    /// What may become of a result on a disk that filled up, or was not synced when the machine went down.
    enum Loss: String, CaseIterable { case all, half, lastByte, lastLine, moreThanThere }

    @Test("A result that is empty or cut is made again", arguments: Loss.allCases, [true, false])
    func cut(loss: Loss, knowsSize: Bool) async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try await forge.run(expecting: 0)
        let path = forge.layout.results.appending("a.y4m.json")
        let whole = try Files.read(path)
        switch loss {
        case .all: try forge.write([], to: path)
        case .half: try forge.write(Array(whole.prefix(whole.count / 2)), to: path)
        case .lastByte: try forge.write(Array(whole.dropLast()), to: path)
        case .lastLine: try forge.write(Array(whole.dropLast("]}\n".utf8.count)), to: path)
        case .moreThanThere: try forge.write(whole + [0, 0, 0], to: path)
        }
        if !knowsSize {
            // As 0.1.0 wrote it.
            let old = try lines(forge.layout.catalog).map { line in
                let members = try #require(try JSONReader.parse(line).members)
                return JSONWriter.encode(.object(members.filter { $0.key != "result_size" })) + [0x0a]
            }
            try forge.write(Array(old.joined()), to: forge.layout.catalog)
        }
        let dry = try await forge.run("--dry-run")
        #expect(dry.output.contains("run  a.y4m (its result is cut)"), "\(dry.output)")
        try await forge.run(expecting: 0)
        #expect(try forge.count("completed") == 1)
        #expect(try forge.count("skipped") == 1)
        #expect(try Files.read(path) == whole)
    }

    @Test("A catalog that is made anew says what the lost one said")
    func rebuilt() async throws {
        let forge = try Forge(["still.y4m"])
        try forge.addSample("moving-objects.mp4")
        try await forge.run(expecting: 0)
        let first = try forge.record()["run_id"]
        // It ends before its container says that it does.
        let half = try Files.read(Samples.folder.appending("gray.mkv"))
        try forge.write(Array(half.prefix(half.count * 6 / 10)), to: forge.input.appending("cut.mkv"))
        try await forge.run()
        #expect(try forge.record()["run_id"] != first)
        let before = try await forge.forgebatch("list", "out", "--json")
        let entries = try lines(forge.layout.catalog)
        Files.remove(forge.layout.catalog)
        try await forge.run()
        #expect(try forge.count("completed") == 0)
        let after = try await forge.forgebatch("list", "out", "--json")
        #expect(after.output == before.output)
        // All but what only the file system knew.
        func known(_ line: [UInt8]) throws -> String {
            let members = try #require(try JSONReader.parse(line).members)
            return JSONWriter.text(.object(members.filter { !["mtime", "inode"].contains($0.key) }))
        }
        #expect(try lines(forge.layout.catalog).map(known).sorted() == entries.map(known).sorted())
        #expect(before.output.contains("\"run_id\":\"\(first?.string ?? "")\""))
    }

    @Test("Catalog and failure memory stay under twice the size of what they say")
    func compaction() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try forge.addBroken("bad.mp4")
        for count in 1...6 {
            try await forge.run(expecting: 3, "--force")
            for path in [forge.layout.catalog, forge.layout.failures] {
                let lines = try lines(path)
                let jobs = Set(try lines.map { try JSONReader.parse($0)["job_id"]?.string })
                #expect(lines.count <= 2 * jobs.count, "\(path.display) after \(count) runs")
            }
        }
        let last = try forge.record()["run_id"]
        #expect(try JSONReader.parse(try #require(try lines(forge.layout.catalog).last))["run_id"] == last)
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped") == 2)
        #expect(try forge.count("skipped_failed") == 1)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }
}

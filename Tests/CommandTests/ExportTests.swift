import Bytes
import FrameResults
import Glibc
import Jobs
import Store
import TestSupport
import Testing

@Suite("export")
struct ExportTests {
    private static let python: ExternalProgram? = [ExternalProgram.checkoutPython, ExternalProgram.python]
        .compactMap { $0 }.first {
            let modules = "import pandas, pycocotools, junitparser, prometheus_client, duckdb"
            return (try? $0.runAndWait(["-c", modules]))?.status == 0
        }

    /// Holds an export against what it was made of, with the programs that others read it with.
    private func check(_ kind: String, _ source: RawPath, _ export: RawPath) async throws {
        let script = Samples.root.appending("Tests/scripts/check_exports.py").display
        let outcome = try await #require(ExportTests.python).run([script, kind, source.display, export.display])
        #expect(outcome.status == 0 && outcome.text == "\(kind): equal\n", "\(outcome.text)\(outcome.errorText)")
    }

    /// Results with objects, with events, and of videos with names that get in the way.
    private func forge(_ flags: [String] = []) async throws -> Forge {
        let forge = try Forge(["NA.y4m", "-dash,comma.y4m", "a \"quote\"\nand line.y4m"])
        for sample in ["moving-objects.mp4", "h264-scenes.mp4", "vfr.mkv"] { try forge.addSample(sample) }
        try forge.add(RawPath(bytes: Array("byte-".utf8) + [0xff, 0xfe] + Array(".y4m".utf8)))
        try forge.add("cam1/" + String(repeating: "long", count: 60) + ".y4m")
        let words = ["run", "in", "-o", "out", "--no-config", "--report", "none", "--no-stills"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        #expect(result.status == 0, "\(result.error)")
        return forge
    }

    @Test(
        "--format csv: pandas reads every table of --table, and every number is the result's",
        .enabled(if: python != nil, "needs Python with the modules of make deps-test"))
    func csv() async throws {
        let forge = try await forge()
        for table in ["videos", "frames", "events", "objects"] {
            let file = forge.home.appending("csv/\(table).csv")
            let words = ["export", "out", "--format", "csv", "--table", table, "--out", file.display]
            let result = try await forge.forgebatch(words.map { RawPath($0) })
            #expect(result.status == 0 && result.stdout.isEmpty && result.stderr.isEmpty)
            // Standard output gets the same.
            let stream = try await forge.forgebatch("export", "out", "--format", "csv", "--table", table)
            #expect(try stream.status == 0 && stream.stdout == Files.read(file))
        }
        try await check("csv", forge.layout.results, forge.home.appending("csv"))
    }

    @Test("--spreadsheet-safe: a name that looks like a formula gets an apostrophe; else it is exact")
    func formulas() async throws {
        let names = ["+1.y4m", "-2.y4m", "=1+1.y4m", "@sum.y4m", "\tx.y4m", "a=b.y4m"]
        let forge = try Forge(names)
        try await forge.run(expecting: 0, "--report", "none", "--no-stills")
        func paths(_ flags: String...) async throws -> Set<String> {
            let words = ["export", "out", "--format", "csv", "--table", "videos"] + flags
            let result = try await forge.forgebatch(words.map { RawPath($0) })
            #expect(result.status == 0, "\(result.error)")
            let rows = result.output.split(separator: "\r\n").dropFirst()
            return Set(rows.map { String($0.split(separator: ",", omittingEmptySubsequences: false)[1]) })
        }
        #expect(try await paths() == Set(names))
        #expect(
            try await paths("--spreadsheet-safe") == [
                "'+1.y4m", "'-2.y4m", "'=1+1.y4m", "'@sum.y4m", "'\tx.y4m", "a=b.y4m",
            ])
        // Numbers stay numbers.
        let frames = try await forge.forgebatch("export", "out", "--format", "csv")
        let safe = try await forge.forgebatch("export", "out", "--format", "csv", "--spreadsheet-safe")
        func numbers(_ output: String) -> [String] {
            output.split(separator: "\r\n").map { $0.split(separator: ",").dropFirst(2).joined(separator: ",") }
        }
        #expect(numbers(frames.output) == numbers(safe.output))
        let refused = try await forge.forgebatch("export", "out", "--format", "ndjson", "--spreadsheet-safe")
        #expect(refused.status == 64 && refused.error.contains("--spreadsheet-safe"))
    }

    @Test(
        "The lines of docs/exports.md for pandas, DuckDB and jq do what they say, of compressed results, too",
        .enabled(if: python != nil, "needs Python with the modules of make deps-test"),
        arguments: [[], ["--compress"]])
    func documented(_ flags: [String]) async throws {
        let forge = try await forge(flags)
        let script = Samples.root.appending("Tests/scripts/check_documented.py").display
        let docs = Samples.root.appending("docs/exports.md").display
        let outcome = try await #require(ExportTests.python)
            .run([script, docs, Forge.executable.display, forge.home.display])
        #expect(outcome.status == 0 && outcome.text.hasSuffix("equal\n"), "\(outcome.text)\(outcome.errorText)")
    }

    @Test(
        "--format coco: pycocotools reads it, and every box is the result's",
        .enabled(if: python != nil, "needs Python with the modules of make deps-test"))
    func coco() async throws {
        let forge = try await forge()
        let result = try await forge.forgebatch("export", "out", "--format", "coco", "--output", "coco.json")
        #expect(result.status == 0 && result.stdout.isEmpty && result.stderr.isEmpty)
        try await check("coco", forge.layout.results, forge.home.appending("coco.json"))
    }

    @Test(
        "Tables and COCO follow a turned video with pixels of 4:3 and one that changes its size",
        .enabled(if: python != nil && ExternalProgram.ffmpeg != nil, "needs ffmpeg and the modules of make deps-test"))
    func geometry() async throws {
        let forge = try Forge()
        func make(_ name: String, _ size: String) async throws -> [UInt8] {
            let path = forge.home.appending(name)
            let square = "overlay=x=n*3:y=20:shortest=1,setsar=4/3"
            try await FFmpegCommand.make(
                path,
                [
                    "-f lavfi -i color=0x303030:s=\(size):r=25:d=3 -f lavfi -i color=white:s=30x30:r=25:d=3",
                    "-filter_complex \(square) -g 25 -bf 0",
                ])
            defer { Files.remove(path) }
            return try Files.read(path)
        }
        var turned = try await make("a.mp4", "320x180")
        let header = try #require(turned.firstRange(of: Array("tkhd".utf8))).lowerBound + 4
        for (place, number) in [(40, 0), (44, -1), (52, 1), (56, 0)] {
            turned.replaceSubrange(
                header + place..<header + place + 2, with: number < 0 ? [0xff, 0xff] : [0, UInt8(number)])
        }
        try AtomicFile.write(turned, to: forge.input.appending("turned.mp4"), durable: false)
        let joined = try await make("a.m2v", "320x180") + make("a.m2v", "160x90") + make("a.m2v", "320x180")
        try AtomicFile.write(joined, to: forge.input.appending("changing.m2v"), durable: false)
        try await forge.run(expecting: 0, "--report", "none", "--no-stills")
        let document = try forge.result("turned.mp4")["video"]
        #expect(document?["rotation"] == 270 && document?["display"] == ["width": 180, "height": 427])
        #expect(try forge.result("changing.m2v")["video"]?["sizes"]?.array?.count == 3)
        let words = ["export", "out", "--format", "coco", "--output", "coco.json"]
        #expect(try await forge.forgebatch(words.map { RawPath($0) }).status == 0)
        try await check("coco", forge.layout.results, forge.home.appending("coco.json"))
        for table in ["videos", "frames", "events", "objects"] {
            let words = ["export", "out", "--format", "csv", "--table", table, "--output", "csv/\(table).csv"]
            #expect(try await forge.forgebatch(words.map { RawPath($0) }).status == 0)
        }
        try await check("csv", forge.layout.results, forge.home.appending("csv"))
    }

    @Test(
        "--format mot: a file a video, ten columns, frames from 1, every box the result's",
        .enabled(if: python != nil, "needs Python with the modules of make deps-test"))
    func mot() async throws {
        let forge = try await forge()
        let refused = try await forge.forgebatch("export", "out", "--format", "mot")
        #expect(refused.status == 64 && refused.error.contains("--out DIR/"))
        #expect(try await forge.forgebatch("export", "out", "--format", "mot", "-o", "mot/").status == 0)
        try await check("mot", forge.layout.results, forge.home.appending("mot"))
        // One video needs no folder.
        let one = try await forge.forgebatch("export", "out", "--format", "mot", "--job", "moving-objects.mp4")
        #expect(try one.stdout == Files.read(forge.home.appending("mot/moving-objects.mp4.txt")))
    }

    @Test(
        "Objects of an external tool, with class and confidence, are read back from every format",
        .enabled(if: python != nil, "needs Python with the modules of make deps-test"))
    func namedObjects() async throws {
        let forge = try Forge()
        let made = MadeOutputFolder(forge.output)
        try made.addRun("20260101T000000Z-aaaaaa", [.done("a.mp4")])
        try made.writeResult(RawPath("a.mp4"), frames: MadePeople.frames(40)) {
            MadePeople.tell(&$0, frames: 40)
            let size: KeyValuePairs<String, JSON> = ["rotation": 0, "display": ["width": 64, "height": 48]]
            $0.video = .object(($0.video.members ?? []) + size.map { JSON.Member($0.key, $0.value) })
        }
        func export(_ words: String...) async throws {
            let result = try await forge.forgebatch((["export", "out", "--format"] + words).map { RawPath($0) })
            #expect(result.status == 0 && result.stderr.isEmpty, "\(result.error)")
        }
        try await export("coco", "--output", "coco.json")
        try await check("coco", forge.layout.results, forge.home.appending("coco.json"))
        try await export("mot", "--output", "mot/")
        try await check("mot", forge.layout.results, forge.home.appending("mot"))
        for table in ["videos", "frames", "events", "objects"] {
            try await export("csv", "--table", table, "--output", "csv/\(table).csv")
        }
        try await check("csv", forge.layout.results, forge.home.appending("csv"))
    }

    @Test("--format ndjson: a line is the frame that the result holds, behind the video's names")
    func ndjson() async throws {
        let forge = try await forge()
        let result = try await forge.forgebatch("export", "out", "--format", "ndjson", "--job", "moving-objects.mp4")
        let document = try forge.result("moving-objects.mp4")
        let frames = try #require(document["frames"]?.array)
        let lines = try result.output.split(separator: "\n").map { try JSONReader.parse(String($0)) }
        #expect(lines.count == frames.count)
        for (line, frame) in zip(lines, frames) {
            #expect(line["job_id"] == document["job_id"] && line["path"] == "moving-objects.mp4")
            #expect(Array((line.members ?? []).dropFirst(2)) == frame.members)
        }
        let events = try await forge.forgebatch("export", "out", "--format", "ndjson", "--table", "events")
        let listed = try events.output.split(separator: "\n").map { try JSONReader.parse(String($0)) }
        #expect(listed.count { $0["path"] == "moving-objects.mp4" } == document["events"]?.array?.count)
        // By the exact bytes of a name that is no text, too.
        let odd = RawPath(bytes: Array("byte-".utf8) + [0xff, 0xfe] + Array(".y4m".utf8))
        let words = ["export", "out", "--format", "ndjson", "--job"].map { RawPath($0) }
        #expect(try await forge.forgebatch(words + [odd]).output.split(separator: "\n").count == 5)
    }

    @Test("export --job takes an id or a path; what is not there is 66, a slip 64, and nothing is left behind")
    func refusals() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        #expect(try await forge.forgebatch("export", "out", "--format", "csv").status == 66)
        try await forge.run(expecting: 0, "--report", "none")
        let id = try #require(try forge.result("a.y4m")["job_id"]?.string)
        let byID = try await forge.forgebatch("export", "out", "--format", "csv", "--job", id)
        let byPath = try await forge.forgebatch("export", "out", "--format", "csv", "--job", "a.y4m")
        #expect(byID.status == 0 && byID.stdout == byPath.stdout && byID.output.split(separator: "\r\n").count == 6)
        #expect(try await forge.forgebatch("export", "out", "--format", "csv", "--job", "c.y4m").status == 66)
        let format = try await forge.forgebatch("export", "out", "--format", "csw")
        #expect(format.status == 64 && format.error.contains("did you mean 'csv'?"))
        #expect(try await forge.forgebatch("export", "out").status == 64)
        #expect(try await forge.forgebatch("export", "out", "--format", "csv", "--table", "rows").status == 64)
        let table = try await forge.forgebatch("export", "out", "--format", "coco", "--table", "videos")
        #expect(table.status == 64 && table.error.contains("always tells of objects"))
        // A result that is broken is named, and no half of an export appears.
        try forge.write("{", to: forge.layout.results.appending("b.y4m.json"))
        let broken = try await forge.forgebatch("export", "out", "--format", "coco", "--output", "x/all.json")
        #expect(broken.status == 66 && broken.error.contains("b.y4m: its result cannot be read"))
        #expect(try Files.list(forge.home.appending("x")) == [])
        // Without the catalog the results are found all the same.
        try await forge.run(expecting: 0, "--force", "--report", "none")
        Files.remove(forge.layout.catalog)
        let again = try await forge.forgebatch("export", "out", "--format", "csv", "--job", "a.y4m")
        #expect(again.stdout == byPath.stdout)
    }

    @Test(
        "--junit and --metrics-textfile are read by their own parsers, after a good run and a bad one",
        .enabled(if: python != nil, "needs Python with the modules of make deps-test"))
    func outputs() async throws {
        let forge = try Forge(["a.y4m", "cam1/b \"<&>'\n.y4m"])
        try forge.addBroken("cam1/bad\u{1b}.mp4")
        try forge.addSample("truncated.mp4")
        try forge.add(RawPath(bytes: [0x62, 0xff, 0x2e, 0x79, 0x34, 0x6d]))
        for status: Int32 in [3, 0] {
            try await forge.run(
                expecting: status, "--junit", "ci/junit.xml", "--metrics-textfile", "metrics/forgebatch.prom")
            let record = forge.layout.latest.appending("run.json")
            try await check("junit", record, forge.home.appending("ci/junit.xml"))
            try await check("metrics", record, forge.home.appending("metrics/forgebatch.prom"))
        }
        #expect(try Files.list(forge.home.appending("metrics")) == [RawPath("forgebatch.prom")])
    }

    @Test("5: --junit or --metrics-textfile cannot be written; the results are good and the old files stay")
    func noticesFail() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write("", to: forge.home.appending("plain"))
        let junit = try await forge.run(expecting: 5, "--junit", "plain/junit.xml")
        #expect(junit.error.contains("JUnit file not written: plain"))
        let metrics = try await forge.run(expecting: 5, "--force", "--metrics-textfile", "plain/a.prom")
        #expect(metrics.error.contains("metrics file not written: plain"))
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        #expect(try forge.record()["exit_status"] == 0 && forge.names() == ["a.y4m"])
    }
}

import Bytes
import TestSupport
import Testing

/// The benchmark: that the page of speed is what was measured, and that it measures where little is there to compare with.
@Suite("The benchmark and its page")
struct BenchmarkTests {
    private static let python = ExternalProgram.python
    private static let canMeasure = python != nil && ExternalProgram.ffmpeg != nil

    private let folder: TemporaryFolder
    private var page: RawPath { folder.path.appending("page.md") }
    private var figures: RawPath { folder.path.appending("figures.json") }

    init() throws { folder = try TemporaryFolder() }

    private func bench(_ arguments: [String]) async throws -> ExternalProgram.Outcome {
        let python = try #require(Self.python)
        return try await python.run(["-B", Samples.root.appending("Benchmarks/bench.py").display] + arguments)
    }

    /// The benchmark with files of the test's own instead of the repository's, and no other program to compare with.
    private func benchHere(_ arguments: String...) async throws -> ExternalProgram.Outcome {
        try await bench(
            arguments + [
                "--figures", figures.display, "--document", page.display, "--peers",
                folder.path.appending("nothing").display,
            ])
    }

    private func copy(_ from: String, to path: RawPath) throws {
        try AtomicFile.write(Files.read(Samples.root.appending(from)), to: path, durable: false)
    }

    private func write(_ text: String, to path: RawPath) throws {
        try AtomicFile.write(Array(text.utf8), to: path, durable: false)
    }

    /// Every line of a table has as many cells as its head.
    private func checkTables(_ text: String) {
        var cells = 0
        var lines = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                cells = 0
                continue
            }
            let count = line.replacing("\\|", with: "").count { $0 == "|" }
            if cells != 0 { #expect(count == cells, "\(line)") }
            cells = count
            lines += 1
        }
        #expect(lines > 3)
    }

    @Test("The page says what is recorded, in tables without a gap", .enabled(if: python != nil, "needs python3"))
    func recorded() async throws {
        let outcome = try await bench(["--check"])
        #expect(outcome.status == 0, "\(outcome.errorText)")
        checkTables(String(decoding: try Files.read(Samples.root.appending("docs/performance.md")), as: UTF8.self))
    }

    @Test(
        "A figure changed by hand, and figures that cannot be, are found", .enabled(if: python != nil, "needs python3"))
    func changed() async throws {
        let content = String(decoding: try Files.read(Samples.root.appending("docs/performance.md")), as: UTF8.self)
        let recorded = String(
            decoding: try Files.read(Samples.root.appending("Benchmarks/figures.json")), as: UTF8.self)
        try write(recorded, to: figures)
        try write(content, to: page)
        #expect(try await benchHere("--check").status == 0)

        try write(content.replacing("; load ", with: "; load 1"), to: page)
        let other = try await benchHere("--check")
        #expect(other.status == 1)
        #expect(other.errorText.contains("does not say what figures.json says"))
        #expect(try await benchHere("--page").status == 0)
        #expect(String(decoding: try Files.read(page), as: UTF8.self) == content)

        try write(recorded.replacing("\"median\": ", with: "\"median\": 9"), to: figures)
        let impossible = try await benchHere("--check")
        #expect(impossible.status == 1)
        #expect(impossible.errorText.contains("the median lies outside its range"))
    }

    @Test(
        "What is missing is told, and the rest is measured and recorded",
        .enabled(if: canMeasure, "needs python3 and ffmpeg"))
    func missing() async throws {
        let videos = folder.path.appending("videos")
        try Files.makeDirectory(videos.appending("sd"), durable: false)
        try copy("samples/h264-scenes.mp4", to: videos.appending("b1.mp4"))
        try copy("samples/vfr.mkv", to: videos.appending("sd/clip.mkv"))
        let recorded = String(decoding: try Files.read(Samples.root.appending("docs/performance.md")), as: UTF8.self)
        try write(recorded, to: page)
        let outcome = try await benchHere(
            "--rounds", "1", "--only", "hd,sd,long,small,scenedetect,motion,stages", "--record", "--binary",
            ExternalProgram.forgebatch.path.display, videos.display)
        #expect(outcome.status == 0, "\(outcome.errorText)")
        for text in ["no scenedetect", "no dvr-scan", "videos/long", "videos/small"] {
            #expect(outcome.errorText.contains(text), "\(text)")
        }
        let made = try JSONReader.parse(Files.read(figures))
        let sections = try #require(made["sections"])
        #expect(sections.members?.map(\.key) == ["hd", "sd", "stages"])
        #expect(sections["hd"]?["rows"]?.array?.map { $0["what"]?.string?.hasPrefix("HD set") } == [true, false])
        #expect(sections["sd"]?["rows"]?.array?.count == 3)
        #expect((sections["hd"]?["rows"]?.array?.first?["median"]?.double ?? 0) > 0)
        let stages = try #require(sections["stages"]?["stages"]?.array)
        #expect(stages.map { $0["file"]?.string } == ["b1.mp4", "all", "clip.mkv", "all"])
        for line in stages {
            for stage in [
                "decode", "luma traversal", "cuts", "motion", "folds and records", "JSON", "stills", "fold of cuts",
            ] {
                #expect((line["stages"]?[stage]?.double ?? 0) > 0, "\(stage)")
            }
        }
        #expect(try await benchHere("--check").status == 0)
        let text = String(decoding: try Files.read(page), as: UTF8.self)
        #expect(text.contains("Not measured: P4, no scenedetect"))
        checkTables(text)
    }

    @Test("Words that are no section are refused", .enabled(if: python != nil, "needs python3"))
    func refused() async throws {
        #expect(try await benchHere("--only", "everything").status == 64)
        #expect(try await benchHere("--rounds", "0").status == 64)
        #expect(try await benchHere("--no-such-flag").status == 64)
    }

    @Test("A stage program that is told nothing, or of no video, says what it needs")
    func stageProgram() async throws {
        let program = ExternalProgram(path: ExternalProgram.forgebatch.path.parent.appending("Stages"))
        let use = try await program.run([])
        #expect(use.status == 1)
        #expect(use.errorText.contains("usage: Stages"))
        let nothing = folder.path.appending("nothing").display
        let failed = try await program.run(["video", nothing, folder.path.display, "cuts"])
        #expect(failed.status == 1)
        #expect(failed.errorText.contains("nothing"))
    }
}

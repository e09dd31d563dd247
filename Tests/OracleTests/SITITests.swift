import Bytes
import TestSupport
import Testing

/// Spatial and temporal information against values published by others, against siti-tools itself and against
/// FFmpeg's filter.
@Suite("SI and TI against others", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct SITITests {
    /// siti-tools, where a checkout has it in an environment of its own.
    static let sitiTools: ExternalProgram? = {
        let path = Samples.root.appending(".venv-bench/bin/siti-tools")
        return Files.exists(path) ? ExternalProgram(path: path) : nil
    }()

    struct Clip: Sendable, CustomTestStringConvertible {
        let name: String
        let filters: String
        let format: String
        /// Full range, for siti-tools and for the file.
        var isFull = false
        var depth = 8
        var testDescription: String { name }
    }

    static let clips = [
        Clip(name: "testsrc", filters: "testsrc=s=320x240", format: "yuv420p"),
        Clip(name: "testsrc-10bit", filters: "testsrc=s=320x240", format: "yuv420p10le", depth: 10),
        Clip(name: "testsrc2-full", filters: "testsrc2=s=201x99", format: "yuvj444p", isFull: true),
        Clip(name: "mandelbrot-12bit", filters: "mandelbrot=s=160x120", format: "yuv420p12le", depth: 12),
    ]

    /// Clips of three frames, processed once. They are raw: siti-tools takes no rows with padding between them.
    private final class Folder: Sendable {
        let source: TemporaryFolder
        let run: ResultFolder

        init() async throws {
            source = try TemporaryFolder()
            let ffmpeg = try #require(ExternalProgram.ffmpeg)
            for clip in SITITests.clips {
                let outcome = try await ffmpeg.run([
                    "-nostdin", "-v", "error", "-f", "lavfi", "-i", clip.filters, "-frames:v", "3", "-pix_fmt",
                    clip.format, "-color_range", clip.isFull ? "pc" : "tv", "-strict", "-1",
                    source.path.appending(clip.name + ".y4m").display,
                ])
                try #require(outcome.status == 0, "\(clip.name): \(outcome.errorText)")
            }
            run = try await ResultFolder(
                source.path, into: source.path.appending("out"), options: ["--tools", "siti"])
        }

        func video(_ clip: Clip) -> RawPath { source.path.appending(clip.name + ".y4m") }

        func values(_ clip: Clip, _ key: String) throws -> [Double?] {
            let frames = try run.result(clip.name + ".y4m")["frames"]?.array ?? []
            return frames.map { $0["siti"]?[key]?.double }
        }
    }

    private static let folder = Task { try await Folder() }

    @Test("testsrc of 320x240 has the published values")
    func published() async throws {
        let folder = try await Self.folder.value
        #expect(try folder.values(Self.clips[0], "si") == [146.5798, 146.7514, 146.9677])
        #expect(try folder.values(Self.clips[0], "ti") == [nil, 1.4733, 1.4615])
        let summary = try folder.run.result("testsrc.y4m")["summary"]?["siti"]
        #expect(summary?["si_max"]?.double == 146.9677)
        #expect(summary?["si_median"]?.double == 146.7514)
        #expect(summary?["ti_max"]?.double == 1.4733)
    }

    @Test("Ten bits give what eight bits give, not four times as much")
    func tenBits() async throws {
        let folder = try await Self.folder.value
        for (eight, ten) in zip(try folder.values(Self.clips[0], "si"), try folder.values(Self.clips[1], "si")) {
            let (eight, ten) = (try #require(eight), try #require(ten))
            #expect(abs(eight - ten) < 0.5)
        }
    }

    @Test(
        "siti-tools gives the same to four digits", .enabled(if: sitiTools != nil, "needs siti-tools"),
        arguments: clips)
    func tools(_ clip: Clip) async throws {
        let folder = try await Self.folder.value
        let outcome = try await #require(Self.sitiTools).run([
            "--legacy", "-q", "-f", "json", "-b", String(clip.depth), "-r", clip.isFull ? "full" : "limited",
            folder.video(clip).display,
        ])
        try #require(outcome.status == 0, "\(outcome.errorText)")
        let theirs = try JSONReader.parse(outcome.output)
        for key in ["si", "ti"] {
            // siti-tools leaves out the missing first value of TI.
            let mine = try folder.values(clip, key).compactMap { $0 }
            let values = theirs[key]?.array?.compactMap(\.double) ?? []
            #expect(values.count == mine.count && !mine.isEmpty)
            for (mine, value) in zip(mine, values) { #expect(abs(mine - value) <= 0.00011, "\(key)") }
        }
    }

    @Test("FFmpeg's filter gives the same in full range, where it maps nothing, and nearly in limited range")
    func filter() async throws {
        for (name, tolerance) in [("fullrange.mp4", 0.0051), ("h264-scenes.mp4", 0.6)] {
            let result = try await ResultFolder.samples.value.result(name)
            let oracle = try await FilterOracle(Samples.folder.appending(name), stream: 0, chain: "siti")
            let frames = result["frames"]?.array ?? []
            try #require(frames.count == oracle.frames.count && !frames.isEmpty)
            for (index, (frame, other)) in zip(frames, oracle.frames).enumerated() {
                let si = try #require(other.number("siti.si"))
                let ti = try #require(other.number("siti.ti"))
                #expect(frame["siti"]?["si"]?.double.map { abs($0 - si) <= tolerance } == true, "\(name) \(index)")
                // The filter takes the difference of the first frame for 0.
                guard index > 0 else { continue }
                #expect(frame["siti"]?["ti"]?.double.map { abs($0 - ti) <= tolerance } == true, "\(name) \(index)")
            }
        }
    }
}

import Bytes
import TestSupport
import Testing

/// The tools that look at all planes, over the ways in which chroma may lie, in raw clips made on the fly.
@Suite("Layouts of planes against FFmpeg's filters", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct PlaneLayoutTests {
    struct Format: Sendable, CustomTestStringConvertible {
        let name: String
        /// A format that the filters take, which holds the very same samples.
        var known: String?
        /// What samples are divided by to land on the 8-bit scale.
        var scale = 1.0
        var testDescription: String { name }
    }

    static let formats = [
        Format(name: "nv12", known: "yuv420p"), Format(name: "nv21", known: "yuv420p"), Format(name: "yuv411p"),
        Format(name: "yuv422p"), Format(name: "yuv440p"), Format(name: "yuv444p"),
        Format(name: "yuva420p", known: "yuv420p"), Format(name: "yuv422p10le", scale: 4),
        Format(name: "yuv444p12le", scale: 16), Format(name: "yuv420p16le", scale: 256),
    ]

    /// Matroska has no code for NV12.
    static func name(_ format: String) -> String { format + (format == "nv12" ? ".mov" : ".mkv") }

    /// Clips of four frames of odd size, the last two with bars; processed once.
    private final class Folder: Sendable {
        let source: TemporaryFolder
        let run: ResultFolder

        init() async throws {
            source = try TemporaryFolder()
            let ffmpeg = try #require(ExternalProgram.ffmpeg)
            for format in PlaneLayoutTests.formats.map(\.name) {
                let raw = ["nv12", "nv21"].contains(format)
                let outcome = try await ffmpeg.run([
                    "-nostdin", "-v", "error", "-f", "lavfi", "-i",
                    "testsrc2=s=99x61:d=0.2:r=20,scale=99:61,hue=H=t*20,drawbox=h=9:c=black:t=fill:enable='gte(n,2)'",
                    "-pix_fmt", format, "-c:v", raw ? "rawvideo" : "ffv1", "-strict", "-1",
                    source.path.appending(PlaneLayoutTests.name(format)).display,
                ])
                try #require(outcome.status == 0, "\(format): \(outcome.errorText)")
            }
            run = try await ResultFolder(
                source.path, into: source.path.appending("out"),
                options: ["--tools", "luma,crop,chroma", "--set", "luma.histogram=full"])
        }
    }

    private static let folder = Task { try await Folder() }

    @Test("Every layout of planes is measured as the filters measure it", arguments: formats)
    func layouts(_ format: Format) async throws {
        let folder = try await Self.folder.value
        let name = Self.name(format.name)
        let result = try folder.run.result(name)
        #expect(result["video"]?["pixel_format"]?.string == format.name)
        #expect(result["video"]?["converted_to"] == nil)
        let chain = (format.known.map { "format=\($0)," } ?? "") + "cropdetect,signalstats"
        let oracle = try await FilterOracle(folder.source.path.appending(name), stream: 0, chain: chain)
        let comparison = FilterComparison(name: name, result: result, oracle: oracle)
        let frames = result["frames"]?.array ?? []
        try #require(frames.count == 4 && oracle.frames.count == 4)
        for (index, (frame, expected)) in zip(frames, oracle.frames).enumerated() {
            // U and V differ, so that one cannot stand for the other.
            #expect(frame["chroma"]?["u_avg"]?.double != frame["chroma"]?["v_avg"]?.double)
            #expect(comparison.exactBreaches(frame, expected, index: index, scale: format.scale) == [], "\(index)")
        }
    }
}

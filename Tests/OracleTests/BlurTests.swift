import Bytes
import TestSupport
import Testing

/// The widths of edges of every frame against FFmpeg's blurdetect.
@Suite("Blur against FFmpeg's blurdetect", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct BlurTests {
    @Test("Every frame of every sample is as blurred as blurdetect says", arguments: FilterTests.clips)
    func samples(_ path: String) async throws {
        let result = try await BlurRuns.samples.value.result(path)
        try await BlurComparison(path, Samples.folder.appending(path), result).check()
    }

    @Test("Every 8-bit format is as blurred as blurdetect says, and deeper ones as their samples of 8 bits")
    func formats() async throws {
        let workshop = try Workshop()
        // Sharp, noisy and blurred parts; three seconds, the second of them flat.
        let source = "testsrc2=s=148x94:r=5:d=3,noise=alls=12:all_seed=3,gblur=sigma=2:enable=gt(t\\,1.9)"
        let flat = "drawbox=w=iw:h=ih:t=fill:color=gray:enable=between(t\\,1\\,1.9)"
        for video in FormatTests.videos {
            try await workshop.make(video.name, "-f lavfi -i \(source),\(flat)", video.options)
        }
        let run = try await workshop.run("--no-stills", "--tools", "blur")
        #expect(run.status == 0, "\(run.messages)")
        for video in FormatTests.videos {
            let result = try run.result(video.name)
            #expect(result.verdict == "ok", "\(video.name): \(result.reasons)")
            try await BlurComparison(video.name, workshop.input.appending(video.name), result).check()
        }
    }

    @Test("Pictures of any size are as blurred as blurdetect says, with any limits and any radius")
    func sizes() async throws {
        let workshop = try Workshop()
        let sizes = ["17x33", "64x10", "131x5", "5x131", "200x120"]
        for size in sizes {
            try await workshop.make(
                "\(size).mkv",
                "-f lavfi -i mandelbrot=s=\(size):r=5:start_scale=0.5:end_scale=0.01:end_pts=20,format=gray,gblur=1",
                "-frames:v 4 -c:v ffv1 -pix_fmt gray")
        }
        for (low, high, radius) in [(0, 0, 1), (2, 40, 8), (60, 20, 100)] {
            let run = try await workshop.run(
                "--no-stills", "--tools", "blur", "--set", "blur.low=\(low)", "--set", "blur.high=\(high)",
                "--set", "blur.radius=\(radius)")
            #expect(run.status == 0, "\(run.messages)")
            for size in sizes {
                let name = "\(size).mkv"
                let options = "low=\(low)/255:high=\(high)/255:radius=\(radius)"
                try await BlurComparison(
                    name, workshop.input.appending(name), try run.result(name), options: "=" + options
                ).check()
            }
        }
    }
}

/// The same on real videos, where a checkout has some beside it.
@Suite(
    "Blur of real videos against FFmpeg's blurdetect",
    .enabled(if: !SharedVideos.names.isEmpty && ExternalProgram.ffmpeg != nil, "needs ../shared/videos and ffmpeg"))
struct SharedBlurTests {
    @Test("The first frames of a real video are as blurred as blurdetect says", arguments: SharedVideos.names)
    func blur(_ name: String) async throws {
        let result = try await BlurRuns.videos.value.result(name)
        // blurdetect takes up to ten times as long as it takes to decode.
        try await BlurComparison(name, SharedVideos.folder.appending(name), result, frames: 60).check()
    }
}

/// Runs with the tool alone, once for all tests.
private enum BlurRuns {
    static let samples = Task { try await run(Samples.folder, "blur-samples") }
    static let videos = Task { try await run(SharedVideos.folder, "blur-videos") }

    private static func run(_ input: RawPath, _ name: String) async throws -> ResultFolder {
        try await ResultFolder(
            input, into: ResultFolder.scratch.appending(name), options: ["--tools", "blur", "--no-stills"])
    }
}

/// Holds the blur of a result's frames against what blurdetect says of the same stream.
struct BlurComparison {
    let name: String
    let result: JSON
    let oracle: FilterOracle
    /// How many frames are compared, from the first; nil for all.
    let limit: Int?

    /// Results are rounded to four digits, blurdetect counts in floating point of 24 bits.
    static let tolerance = 6e-5

    init(
        _ name: String, _ video: RawPath, _ result: JSON, frames limit: Int? = nil, options: String = ""
    ) async throws {
        self.name = name
        self.result = result
        self.limit = limit
        let stream = try #require(result["video"]?["stream_index"]?.int)
        let pixelFormat = try #require(result["video"]?["pixel_format"]?.string)
        let conversion = result["video"]?["converted_to"]?.string
        var chain = "blurdetect\(options)"
        if let limit { chain = "trim=end_frame=\(limit),\(chain)" }
        let way = BlurComparison.eightBits(conversion ?? pixelFormat)
        let filters = [conversion.map { FilterOracle.conversion(to: $0) }, way, chain].compactMap(\.self)
        oracle = try await FilterOracle(video, stream: stream, chain: filters.joined(separator: ","))
    }

    /// The way to a format that blurdetect takes, which must not touch a sample of luma, or round it to 8 bits.
    private static func eightBits(_ format: String) -> String? {
        if format == "nv12" { return "format=yuv420p" }
        for (depth, scale) in [("10le", 4), ("12le", 16)] where format.hasSuffix(depth) {
            // Rounded first, because the conversion alone would cut off.
            let rounded = "min(floor((val+\(scale / 2))/\(scale))\\,255)*\(scale)"
            return
                "lutyuv=y='\(rounded)',scale=sws_dither=none:in_range=tv:out_range=tv,format=\(format.dropLast(depth.count))"
        }
        return nil
    }

    func check() {
        let frames = result["frames"]?.array ?? []
        #expect(oracle.frames.count == min(limit ?? .max, frames.count), "\(name)")
        #expect(!oracle.frames.isEmpty, "\(name)")
        var breaches: [String] = []
        for (index, pair) in zip(frames, oracle.frames).enumerated() {
            let mine = pair.0["blur"]?["blur"]?.double
            // Where there is no edge blurdetect divides 0 by 0.
            let theirs = pair.1.number("blur").flatMap { $0.isNaN ? nil : $0 }
            let isEqual =
                switch (mine, theirs) {
                case (nil, nil): pair.1.values["lavfi.blur"] != nil
                case (let mine?, let theirs?): abs(mine - theirs) <= BlurComparison.tolerance
                default: false
                }
            if !isEqual { breaches.append("frame \(index): \(mine ?? .nan), blurdetect \(theirs ?? .nan)") }
        }
        #expect(breaches.isEmpty, "\(name): \(breaches.count) differences, first \(breaches.prefix(5))")
    }
}

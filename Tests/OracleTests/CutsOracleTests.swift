import Bytes
import TestSupport
import Testing

/// Cuts against the program that defines them, PySceneDetect 0.7.2, which decodes by OpenCV.
@Suite(
    "Cuts against PySceneDetect",
    .enabled(if: CutsOracle.python != nil, "needs .venv-bench with scenedetect 0.7.2 (make bench-peers)"))
struct CutsOracleTests {
    @Test("Change and cuts of the samples are PySceneDetect's", arguments: try CutsOracle.samples())
    func samples(_ name: String) async throws {
        let result = try await ResultFolder.samples.value.result(name)
        try await CutsOracle(name: name, video: Samples.folder.appending(name), result: result).check()
    }

    @Test(
        "Change and cuts of real videos are PySceneDetect's",
        .enabled(if: !SharedVideos.names.isEmpty, "needs ../shared/videos"), arguments: SharedVideos.names)
    func videos(_ name: String) async throws {
        let result = try await ResultFolder.videos.value.result(name)
        try await CutsOracle(name: name, video: SharedVideos.folder.appending(name), result: result).check()
    }
}

/// One video, as forgebatch and as PySceneDetect sees it.
///
/// Frames are compared in the order in which they come. PySceneDetect's own numbers are made of timestamps: of
/// opencvdoc__box.mp4, whose timestamps step back behind a slice that both decoders refuse, they begin 2, 3, 2, 4, 1, 7
/// and the contents seem to differ by 0.66 on average; by order they differ by 0.07. Variable frame rates and
/// opencvdoc__Megamind_bugy.avi are numbered as oddly.
struct CutsOracle {
    let name: String
    let video: RawPath
    let result: JSON

    /// What a video may differ by.
    private struct Tolerance {
        /// The mean difference of the content over all frames; contents go up to 255.
        var mean = 0.1
        /// What PySceneDetect's content is multiplied by.
        var scale = 1.0
    }

    /// Clips that differ more, and why.
    private static let exceptions: [String: Tolerance] = [
        // libswscale takes grey for full range whatever the stream says; we take it for limited.
        "gray.mkv": Tolerance(scale: 255.0 / 219),
        // Hue alone differs, by 0.4: most of the picture is nearly grey, where a level more or less of red, green or blue
        // turns the hue far.
        "moving-objects.mp4": Tolerance(mean: 0.2),
        // Saturation differs by 0.2 and hue by 0.1, of 3.4 each.
        "interlaced.mpg": Tolerance(mean: 0.15),
        // Hue and saturation differ by 0.5, brightness by 0.2: OpenCV brings 10 bits to 8 before it looks at colours.
        "hevc-10bit.mkv": Tolerance(mean: 0.45),
    ]

    static let python: ExternalProgram? = {
        let path = Samples.root.appending(".venv-bench/bin/python")
        guard Files.exists(path) else { return nil }
        let program = ExternalProgram(path: path)
        let version = try? program.runAndWait(["-c", "import scenedetect; print(scenedetect.__version__)"])
        return version?.text == "0.7.2\n" ? program : nil
    }()

    static func samples() throws -> [String] { try Samples.clips().filter { $0.frames != nil }.map(\.path) }

    func check() async throws {
        let peer = try await askPeer()
        let expected = try #require(peer["content"]?.array).compactMap(\.double)
        let frames = try #require(result["frames"]?.array)
        // A first frame, or one of another size than the one before, has no content; PySceneDetect says 0.
        let found = frames.map { $0["cuts"]?["content"]?.double ?? 0 }
        try #require(found.count == expected.count, "\(name): frames")
        let tolerance = CutsOracle.exceptions[name] ?? Tolerance()
        let sum = zip(found, expected).reduce(0) { $0 + abs($1.0 - $1.1 * tolerance.scale) }
        let mean = sum / Double(max(1, found.count))
        #expect(mean < tolerance.mean, "\(name): the contents differ by \(mean) on average")
        #expect(cuts("cut") == places(peer["cuts"]), "\(name): adaptive detector")
        #expect(cuts("content_cut") == places(peer["content_cuts"]), "\(name): content detector")
    }

    private func askPeer() async throws -> JSON {
        let script = Samples.root.appending("Tests/scripts/peer_cuts.py").display
        let python = try #require(CutsOracle.python)
        let outcome = try await python.run([script, video.display])
        try #require(outcome.status == 0, "\(outcome.errorText)")
        return try JSONReader.parse(outcome.output)
    }

    private func cuts(_ type: String) -> [Int] {
        result.events("cuts").filter { $0["type"]?.string == type }.compactMap { $0["start_frame"]?.int }
    }

    private func places(_ list: JSON?) -> [Int]? { list?.array?.compactMap(\.int) }
}

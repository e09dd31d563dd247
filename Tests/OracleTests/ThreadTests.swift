import Bytes
import TestSupport
import Testing

/// What a run leaves is the same, byte for byte, however many threads its decoders have.
@Suite("Any number of decoder threads")
struct ThreadTests {
    static let sources = [
        "h264-scenes.mp4", "hevc-10bit.mkv", "mpeg4.avi", "vp9.webm", "moving-objects.mp4", "vfr.mkv", "fullrange.mp4",
        "black-freeze.mp4", "audio-cover.mp4",
    ]

    @Test("Samples and damaged copies of them come to the same results, stills and failures with 1, 2, 4 and 8 threads")
    func samples() async throws {
        let workshop = try Workshop()
        for clip in Samples.decodable {
            let name = String(decoding: RawPath(clip.path).lastComponent.bytes, as: UTF8.self)
            try workshop.put(name, Files.read(Samples.folder.appending(clip.path)))
        }
        // Damage that is concealed without a message.
        var concealed = try Files.read(Samples.folder.appending("h264-scenes.mp4"))
        for index in 107_031..<107_053 { concealed[index] = 32 }
        try workshop.put("concealed.mp4", concealed)
        for index in 0..<36 {
            let source = ThreadTests.sources[index % ThreadTests.sources.count]
            var mutator = Mutator(seed: UInt64(18_000 + index))
            try workshop.put("m\(index)-\(source)", mutator.damage(Files.read(Samples.folder.appending(source))))
        }
        try await ThreadTests.compare(workshop.input, in: workshop.folder.path, [1, 2, 4, 8, 2], ["--retries", "0"])
    }

    @Test(
        "Pictures whose decoder says nothing of what it lacks come to the same with 1, 2, 4 and 8 threads",
        .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
    func silent() async throws {
        let workshop = try Workshop()
        let source = "-f lavfi -i testsrc2=s=320x240:r=25:d=3"
        let codecs = [("vp8.webm", "-c:v libvpx -b:v 600k"), ("hevc.mkv", "-c:v libx265 -preset ultrafast -g 25")]
        for (name, codec) in codecs {
            let path = try await workshop.make(name, "\(source) \(codec) -pix_fmt yuv420p")
            let bytes = try Files.read(path)
            for index in 0..<15 {
                var mutator = Mutator(seed: UInt64(34_000 + index))
                try workshop.put("m\(index)-\(name)", mutator.damage(bytes))
            }
        }
        try await ThreadTests.compare(
            workshop.input, in: workshop.folder.path, [1, 2, 4, 8], ["--tools", "luma", "--no-stills"])
    }

    @Test(
        "Clips by others come to the same results with 1, 2, 4 and 8 threads",
        .enabled(if: !SharedVideos.names.isEmpty, "needs ../shared/videos"))
    func videos() async throws {
        let workshop = try Workshop()
        try await ThreadTests.compare(
            SharedVideos.folder, in: workshop.folder.path, [1, 2, 4, 8],
            ["--tools", "luma,motion", "--set", "luma.histogram=full", "--no-stills"])
    }

    /// Runs a folder with each number of threads, and holds what is left against the first.
    private static func compare(
        _ input: RawPath, in folder: RawPath, _ counts: [Int], _ options: [String]
    ) async throws {
        var first: (files: [RawPath: [UInt8]], ends: [String])?
        for (number, count) in counts.enumerated() {
            let root = folder.appending("out\(number)")
            let run = try await ResultFolder(input, into: root, options: options + ["--threads-per-job", "\(count)"])
            #expect(run.status == 0 || run.status == 3, "\(run.messages)")
            var files: [RawPath: [UInt8]] = [:]
            for name in ["results", "stills"] { try add(root.appending(name), RawPath(name), to: &files) }
            let record = try JSONReader.parse(Files.read(root.appending("latest/run.json")))
            let ends = (record["jobs"]?.array ?? []).map { job in
                ["path", "status", "verdict", "message", "kind", "tries"].map { key in
                    job[key].map { JSONWriter.text($0) } ?? ""
                }.joined(separator: " ")
            }
            guard let known = first else {
                #expect(!files.isEmpty && !ends.isEmpty)
                first = (files, ends)
                continue
            }
            #expect(ends.sorted() == known.ends.sorted(), "\(count) threads")
            #expect(files.keys.sorted() == known.files.keys.sorted(), "\(count) threads")
            for (name, bytes) in files { #expect(bytes == known.files[name], "\(name.display), \(count) threads") }
        }
    }

    private static func add(_ folder: RawPath, _ relative: RawPath, to files: inout [RawPath: [UInt8]]) throws {
        guard Files.exists(folder) else { return }
        for name in try Files.list(folder) {
            let path = folder.appending(name)
            if try Files.status(path).kind == .directory {
                try add(path, relative.appending(name), to: &files)
            } else {
                files[relative.appending(name)] = try Files.read(path)
            }
        }
    }
}

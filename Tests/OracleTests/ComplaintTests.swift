import Bytes
import TestSupport
import Testing

/// What FFmpeg complains of and what that is worth: pictures that are equal are not damaged, and what was marked as
/// corrupt on its way is said.
@Suite("Complaints of FFmpeg", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct ComplaintTests {
    private static let picture = "-f lavfi -i testsrc2=s=160x120:r=25:d=6"

    /// The elementary stream of a codec with a unit put before every tenth start of an access unit.
    private func stream(_ name: String, _ codec: String, unit: [UInt8], isStart: ([UInt8], Int) -> Bool) async throws
        -> [UInt8]
    {
        let folder = try TemporaryFolder()
        let path = folder.path.appending(name)
        try await FFmpegCommand.make(path, [ComplaintTests.picture, codec])
        let bytes = try Files.read(path)
        var result: [UInt8] = []
        var count = 0
        var place = 0
        while place < bytes.count {
            if place + 5 < bytes.count, bytes[place..<place + 3].elementsEqual([0, 0, 1]), isStart(bytes, place + 3) {
                count += 1
                if count % 10 == 0 { result += unit }
            }
            result.append(bytes[place])
            place += 1
        }
        return result
    }

    @Test("Broken supplemental information changes no picture: ok, and noted", arguments: ["mkv", "ts", "mp4"])
    func metadata(_ container: String) async throws {
        let workshop = try Workshop()
        // A message of type 4 that claims 200 bytes and has three, in H.264 (unit 6) and in HEVC (unit 39).
        let h264 = try await stream(
            "a.h264", "-c:v libx264 -bf 0 -threads 1 -pix_fmt yuv420p", unit: [0, 0, 1, 6, 4, 200, 1, 2, 3],
            isStart: { $0[$1] & 31 == 1 })
        let hevc = try await stream(
            "a.hevc", "-c:v libx265 -x265-params bframes=0:log-level=none -pix_fmt yuv420p",
            unit: [0, 0, 1, 78, 1, 4, 200, 1, 2, 3], isStart: { $0[$1] >> 1 & 63 < 10 })
        try workshop.put("x/h.h264", h264)
        try workshop.put("x/h.hevc", hevc)
        for codec in ["h264", "hevc"] {
            try await workshop.make(
                "\(codec).\(container)", "-r 25 -i \(workshop.input.display)/x/h.\(codec) -c copy")
        }
        let run = try await workshop.run("--exclude", "x")
        for codec in ["h264", "hevc"] {
            let result = try run.result("\(codec).\(container)")
            #expect(result.totalFrames == 150)
            #expect(result.reasons == [], "\(result["decode"].map { "\($0)" } ?? "")")
        }
        // FFmpeg says nothing of HEVC's.
        #expect(try run.result("h264.\(container)")["decode"]?["note_count"]?.int ?? 0 > 0)
    }

    @Test("Application fields of a JPEG that are cut short change no picture: ok, and noted")
    func applicationFields() async throws {
        let workshop = try Workshop()
        let path = try await workshop.make("x.mov", ComplaintTests.picture, "-c:v mjpeg")
        var bytes = try Files.read(path)
        // Each picture's own APP0 (JFIF, 16 bytes) becomes an Exif field of the same length that holds nothing of one.
        let jfif: [UInt8] = [0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46]
        var replaced = 0
        for place in bytes.places(of: jfif) {
            bytes.replaceSubrange(place..<place + 10, with: [0xff, 0xe1, 0, 16, 0x45, 0x78, 0x69, 0x66, 0, 0])
            replaced += 1
        }
        try workshop.put("x.mov", bytes)
        let result = try await workshop.run().result("x.mov")
        #expect(result.totalFrames == 150)
        #expect(result.verdict == "ok", "\(replaced) \(result["decode"].map { "\($0)" } ?? "")")
    }

    @Test("A lossless cut at an open group of pictures is ok", arguments: ["mkv", "mp4", "mov"])
    func openGroup(_ container: String) async throws {
        let workshop = try Workshop()
        let h264 = "-c:v libx264 -threads 1 -pix_fmt yuv420p -x264-params open-gop=1:keyint=40:min-keyint=40:bframes=3"
        let hevc = "-c:v libx265 -pix_fmt yuv420p -x265-params open-gop=1:keyint=40:bframes=4:log-level=none"
        for (name, codec) in [("h264", h264), ("hevc", hevc)] {
            let source = workshop.folder.path.appending("\(name).mp4")
            try await FFmpegCommand.make(source, [ComplaintTests.picture, codec])
            try await workshop.make("\(name).\(container)", "-ss 3.2 -i \(source.display) -c copy")
        }
        let run = try await workshop.run()
        for name in ["h264", "hevc"] {
            let result = try run.result("\(name).\(container)")
            #expect(result.verdict == "ok", "\(name): \(result["decode"].map { "\($0)" } ?? "")")
        }
    }

    @Test("A recording that begins inside a group of pictures is ok")
    func insideGroup() async throws {
        let workshop = try Workshop()
        let path = try await workshop.make(
            "a.ts", ComplaintTests.picture, "-c:v libx264 -g 60 -bf 2 -threads 1 -pix_fmt yuv420p")
        let bytes = try Files.read(path)
        try workshop.put("a.ts", Array(bytes.dropFirst(188 * (bytes.count / 188 / 6))))
        let result = try await workshop.run().result("a.ts")
        #expect(result.totalFrames.map { $0 > 50 && $0 < 150 } == true)
        #expect(result.verdict == "ok", "\(result["decode"].map { "\($0)" } ?? "")")
    }

    @Test("Packets of a transport stream that are marked or missing are a warning at least")
    func transport() async throws {
        let workshop = try Workshop()
        let codec = "-c:v mpeg2video -g 12 -bf 2 -b:v 600k"
        let bytes = try Files.read(try await workshop.make("a.ts", ComplaintTests.picture, codec))
        let packets = stride(from: 0, to: bytes.count - 187, by: 188).filter { place in
            // The picture's, by the identifier that FFmpeg gives to its first stream.
            Int(bytes[place + 1] & 31) << 8 | Int(bytes[place + 2]) == 256
        }
        var marked = bytes
        marked[packets[packets.count / 2] + 1] |= 0x80
        try workshop.put("marked.ts", marked)
        var short = bytes
        let lost = packets[packets.count / 3]
        short.removeSubrange(lost..<lost + 188)
        try workshop.put("short.ts", short)
        let run = try await workshop.run()
        #expect(try run.result("a.ts").verdict == "ok")
        for name in ["marked.ts", "short.ts"] {
            let result = try run.result(name)
            #expect(result.verdict != "ok", "\(name)")
            #expect(result.reasons.contains("corrupt_packets"), "\(name): \(result.reasons)")
            #expect(result["decode"]?["corrupt_packets"]?.int ?? 0 > 0)
        }
    }

    @Test("A trim by edit list, at both ends, is ok and its preroll is not missing")
    func trim() async throws {
        let workshop = try Workshop()
        let source = workshop.folder.path.appending("a.mp4")
        try await FFmpegCommand.make(
            source, [ComplaintTests.picture, "-c:v libx264 -g 50 -bf 2 -threads 1 -pix_fmt yuv420p"])
        try await workshop.make("a.mp4", "-ss 2.7 -i \(source.display) -t 2 -c copy")
        try await workshop.make("b.mov", "-ss 1.1 -i \(source.display) -c copy")
        let run = try await workshop.run()
        for name in ["a.mp4", "b.mov"] {
            let result = try run.result(name)
            #expect(result.reasons == [], "\(name): \(result["decode"].map { "\($0)" } ?? "")")
            #expect(result.declaredFrames ?? 0 > result.totalFrames ?? 0, "\(name)")
        }
    }

    @Test("What cannot be read says why in words that its owner knows")
    func words() async throws {
        let workshop = try Workshop()
        try await workshop.make(
            "encrypted.mov", ComplaintTests.picture, "-c:v libx264 -threads 1 -pix_fmt yuv420p -f mp4",
            "-encryption_scheme cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff",
            "-encryption_kid 0123456789abcdef0123456789abcdef")
        let whole = try Files.read(try await workshop.make("whole.mp4", ComplaintTests.picture, "-c:v mpeg4"))
        let index = try #require(whole.places(of: Array("moov".utf8)).first)
        try workshop.put("unfinished.mp4", Array(whole.prefix(index - 4)))
        try await workshop.make(
            "huge.mkv", "-f lavfi -i color=c=red:s=16000x9000:r=1 -frames:v 1 -c:v png -pix_fmt gray")
        let run = try await workshop.run()
        #expect(run.messages.contains("encrypted.mov: open: the video is encrypted (cenc)"), "\(run.messages)")
        #expect(run.messages.contains("unfinished.mp4: open: the recording was never finished"), "\(run.messages)")
        #expect(
            run.messages.contains("huge.mkv: decode: a picture of 16000x9000 is over the limit of 134 million pixels"),
            "\(run.messages)")
        #expect(!run.messages.contains("NULL"))
    }
}

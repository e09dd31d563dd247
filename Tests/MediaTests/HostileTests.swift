import Bytes
import Glibc
import Media
import TestSupport
import Testing

/// Files that want the reader to open something else, to wait, or to fill the memory.
@Suite("Hostile files")
struct HostileTests {
    /// Texts that name another video.
    static func texts(_ video: String) -> [(name: String, text: String)] {
        [
            ("HLS", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n\(video)\n#EXT-X-ENDLIST\n"),
            ("live HLS", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n\(video)\n"),
            ("HLS of a page", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n"),
            ("ffconcat", "ffconcat version 1.0\nfile '\(video)'\n"),
            (
                "DASH",
                """
                <?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" \
                mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>\
                <AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>\(video)</BaseURL>\
                </Representation></AdaptationSet></Period></MPD>
                """
            ),
            (
                "SDP",
                "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 4000 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
            ),
            (
                "IMF",
                "<?xml version=\"1.0\"?><CompositionPlaylist xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2013\"><Id>urn:uuid:0</Id></CompositionPlaylist>"
            ),
            ("SMIL", "<smil><body><video src=\"\(video)\"/></body></smil>"),
            ("subtitles", "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nThere\n"),
            ("WebVTT", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"),
            (
                "ASS",
                "[Script Info]\nScriptType: v4.00+\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hi\n"
            ),
            ("plain text", String(repeating: "This is not a video. ", count: 500)),
            ("a list of names", "\(video)\n\(video)\n"),
            ("ffmetadata", ";FFMETADATA1\ntitle=x\n"),
            ("one byte", "x"),
            ("nothing", ""),
        ]
    }

    @Test(
        "Playlists, scripts and texts named like a video are refused at once, and open nothing else",
        arguments: texts("").map(\.name))
    func refused(_ name: String) throws {
        let folder = try TemporaryFolder()
        let other = folder.path.appending("private.avi")
        try AtomicFile.write(Files.read(Samples.folder.appending("mpeg4.avi")), to: other, durable: false)
        let text = try #require(HostileTests.texts(other.display).first { $0.name == name }?.text)
        let watch = try OpenWatch(other)
        for file in ["a.mp4", "a.mkv", "a.avi", "a.ts"] {
            let path = folder.path.appending(file)
            try AtomicFile.write(Array(text.utf8), to: path, durable: false)
            let begun = ThreadTime.now
            #expect(throws: DecodeError.self, "\(file)") { try Reading(path) }
            // What it computed, however busy the machine is; a wait for something would be told by the watch below.
            #expect(ThreadTime.now - begun < 1, "\(file)")
        }
        #expect(!watch.wasOpened())
        // The watch does see an opening.
        Files.close(try Files.openInput(other))
        #expect(watch.wasOpened())
    }

    @Test("Names that FFmpeg takes for protocols or patterns are ordinary files")
    func names() throws {
        let folder = try TemporaryFolder()
        let bytes = try Files.read(Samples.folder.appending("mpeg4.avi"))
        for name in ["http:x.mp4", "concat:a|b", "data:,x", "pipe:0", "-i.mp4", "img%03d.mp4", "glob*?[a]", "a\nb.avi"]
        {
            let path = folder.path.appending(name)
            try AtomicFile.write(bytes, to: path, durable: false)
            #expect(try Reading(path).frames.count == 45, "\(path.display)")
        }
    }

    @Test("A FIFO never blocks: opening it returns, and nothing is read from it")
    func fifo() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.mp4")
        try #require(path.withCString { mkfifo($0, 0o600) } == 0)
        let descriptor = try Files.openInput(path)
        #expect(try Files.status(descriptor: descriptor, path: path).kind == .fifo)
        #expect(throws: DecodeError.self) { try VideoReader(descriptor: descriptor) }
    }

    @Test("A directory is no video")
    func directory() throws {
        let folder = try TemporaryFolder()
        let descriptor = try Files.openInput(folder.path)
        #expect(throws: DecodeError.self) { try VideoReader(descriptor: descriptor) }
    }

    @Test("A file of zeros as long as a video is refused fast")
    func zeros() throws {
        let clip = try Clip("a.mp4", bytes: [])
        let descriptor = try Files.open(clip.path, O_RDWR)
        try Files.truncate(descriptor, to: 8 << 30, path: clip.path)
        Files.close(descriptor)
        let begun = ThreadTime.now
        #expect(throws: DecodeError.self) { try clip.read() }
        // 8 GiB take seconds to read, a refusal by the first bytes none.
        #expect(ThreadTime.now - begun < 1)
    }

    @Test(
        "A picture over the pixel limit gives no frame and takes no memory",
        .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func hugePicture() async throws {
        let clip = try await Clip("a.avi", "-f lavfi -i color=black:s=2000x2000:r=1:d=1 -c:v png -pix_fmt gray")
        var limits = MediaLimits()
        limits.pixels = 1_000_000
        do {
            let reading = try clip.read(limits: limits)
            #expect(reading.frames.isEmpty)
            #expect(reading.account.errorCount > 0)
        } catch let error as DecodeError {
            #expect(error.description.contains("decode"))
        }
        #expect(try clip.read().frames.count == 1)
    }

    @Test("A PNG that claims 16000x16000 in an AVI is over the limit", .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func pictureBomb() async throws {
        let clip = try await Clip("a.avi", "-f lavfi -i color=black:s=64x64:r=1:d=1 -c:v png -pix_fmt gray")
        var bytes = try clip.bytes()
        // The claim in the picture's own header; its checksum no longer fits, which the decoder does not mind.
        let header = try #require(bytes.firstIndex(of: Array("IHDR".utf8)))
        bytes.replaceSubrange(header + 4..<header + 12, with: [0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80])
        do {
            let reading = try Clip("b.avi", bytes: bytes).read()
            #expect(reading.frames.isEmpty)
            #expect(reading.account.errorCount > 0)
        } catch let error as DecodeError {
            #expect(error.description.hasPrefix("decode") || error.description.hasPrefix("open"))
        }
    }
}

/// Sees whether anybody opens a file.
private final class OpenWatch {
    private let descriptor: Int32

    init(_ path: RawPath) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK))
        let isWatched = path.withCString { inotify_add_watch(descriptor, $0, UInt32(IN_OPEN)) } >= 0
        try #require(isWatched)
    }

    deinit { close(descriptor) }

    /// Whether it was opened since the last call.
    func wasOpened() -> Bool {
        var events = [UInt8](repeating: 0, count: 4096)
        return read(descriptor, &events, events.count) > 0
    }
}

extension [UInt8] {
    /// The first place of other bytes in these.
    func firstIndex(of other: [UInt8]) -> Int? {
        guard count >= other.count else { return nil }
        return (0...count - other.count).first { self[$0..<$0 + other.count].elementsEqual(other) }
    }
}

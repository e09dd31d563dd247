import Bytes
import TestSupport
import Testing

@Suite("What is found in a folder")
struct FormatFolderTests {
    /// Names under which videos lie there, and how they are made.
    static let videos: [(name: String, options: String)] = [
        ("CARD0001.MXF", "-s 720x576 -c:v mpeg2video -f mxf"),
        ("opatom.bak", "-s 1920x1080 -c:v dnxhd -b:v 120M -pix_fmt yuv422p -f mxf_opatom"),
        ("studio.gxf", "-s 720x480 -r 30000/1001 -c:v mpeg2video -f gxf"),
        ("Tape 3.DV", "-s 720x480 -r 30000/1001 -pix_fmt yuv411p -c:v dvvideo -f dv"),
        ("tape-without-name", "-s 720x480 -r 30000/1001 -pix_fmt yuv411p -c:v dvvideo -f dv"),
        ("Old.RmVb", "-s 176x144 -c:v rv10 -f rm"),
        ("cam.MJPEG", "-c:v mjpeg -f mjpeg"),
        ("door.mjpg", "-c:v mjpeg -f mpjpeg"),
        ("toy.mjpg", "-c:v mjpeg -f smjpeg"),
        ("lossless.bin", "-c:v ffv1 -f nut"),
        ("TV.WTV", "-c:v mpeg2video -f wtv"),
        ("MOV001.TOD", "-c:v mpeg2video -f mpegts -mpegts_m2ts_mode 1"),
        ("00001.rec", "-c:v mpeg1video -f mpegts"),
        ("AVSEQ01.DAT", "-c:v mpeg1video -f mpeg"),
        ("MOV00A.MOD", "-c:v mpeg2video -f vob"),
        ("intro.m1v", "-c:v mpeg1video -f mpeg1video"),
        ("intro.roq", "-s 128x64 -r 30 -c:v roqvideo -f roq"),
        ("call.h261", "-s 176x144 -c:v h261 -f h261"),
        ("call.h263", "-s 176x144 -c:v h263 -f h263"),
        ("raw.M4V", "-c:v mpeg4 -f m4v"),
        (
            "player.amv",
            "-f lavfi -i sine=r=22050:d=0.4 -s 160x128 -c:v amv -c:a adpcm_ima_amv -ac 1 -block_size 882 -f amv"
        ),
        ("wavelet.drc", "-c:v vc2 -f dirac"),
        ("saturn.cpk", "-c:v cinepak -s 64x48 -f film_cpk"),
        ("page.swf", "-c:v flv1 -f swf"),
        ("talk", "-c:v libtheora -f ogg"),
        ("stream.obu", "-c:v libaom-av1 -cpu-used 8 -frames:v 4 -f obu"),
        ("cinema.mj2", "-c:v jpeg2000 -f mov"),
    ]

    private func text(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    /// An animation of Autodesk Animator: a colour table, then whole pictures of one colour each.
    private func flic(frames: Int) -> [UInt8] {
        func chunk(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
            little(payload.count + 6, 4) + little(type, 2) + payload
        }
        let palette = chunk(4, little(1, 2) + [0, 0] + (0..<256).flatMap { [UInt8($0), UInt8($0), UInt8(255 - $0)] })
        var body: [UInt8] = []
        for index in 0..<frames {
            let picture = chunk(16, [UInt8](repeating: UInt8(index * 20 + 10), count: 32 * 24))
            let parts = index == 0 ? palette + picture : picture
            body += chunk(0xf1fa, little(index == 0 ? 2 : 1, 2) + [UInt8](repeating: 0, count: 8) + parts)
        }
        var head = little(128 + body.count, 4) + little(0xaf12, 2) + little(frames, 2) + little(32, 2) + little(24, 2)
        head += little(8, 2) + little(3, 2) + little(40, 4)
        return head + [UInt8](repeating: 0, count: 128 - head.count) + body
    }

    private func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> ($0 * 8) & 0xff) } }

    /// A recording of an astronomer's camera: a header of 178 bytes, then grey pictures.
    private func astronomy(frames: Int) -> [UInt8] {
        var head = text("LUCAM-RECORDER") + [0, 0, 0, 64, 48, 8, frames].flatMap { little($0, 4) }
        head += [UInt8](repeating: 0, count: 178 - head.count)
        return head + (0..<frames).flatMap { [UInt8](repeating: UInt8($0 * 30 + 20), count: 64 * 48) }
    }

    /// A Video CD's stream as it is copied off the disc: sectors of 2352 bytes in a RIFF file.
    private func sectors(_ stream: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        for start in stride(from: 0, to: stream.count, by: 2324) {
            let data = stream[start..<min(start + 2324, stream.count)]
            body += [0] + [UInt8](repeating: 0xff, count: 10) + [0, 0, 2, 0, 2] + [1, 1, 0x62, 0x0f, 1, 1, 0x62, 0x0f]
            body += data + [UInt8](repeating: 0, count: 2324 - data.count + 4)
        }
        let format = text("CDXAfmt ") + little(16, 4) + [UInt8](repeating: 0, count: 16)
        return text("RIFF") + little(body.count + 36, 4) + format + text("data") + little(body.count, 4) + body
    }

    private func frames(_ path: RawPath) async throws -> Int? {
        let outcome = try await #require(ExternalProgram.ffprobe).run([
            "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames", "-of",
            "csv=p=0", path.display,
        ])
        return Int(outcome.text.prefix { $0.isNumber })
    }

    @Test(
        "Every format is found under its own name or a foreign one, with ffprobe's number of frames; decoys are not",
        .enabled(if: ExternalProgram.ffmpeg != nil && ExternalProgram.ffprobe != nil, "needs ffmpeg and ffprobe"))
    func folder() async throws {
        let forge = try Forge()
        var names = ["x.y4m", "ship.FLC", "moon.SER", "quick.skip"]
        for video in FormatFolderTests.videos {
            do {
                try await FFmpegCommand.make(
                    forge.input.appending(video.name), "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4", video.options)
                names.append(video.name)
            } catch let failure as FFmpegCommand.Failure {
                // Other builds have other encoders.
                let isMissing = ["Unknown encoder", "suitable output format", "Unrecognized"].contains {
                    failure.description.contains($0)
                }
                #expect(isMissing, "\(video.name): \(failure)")
            }
        }
        try #require(names.count >= 15, "\(names)")
        try forge.add("x.y4m")
        try forge.write(flic(frames: 7), to: forge.input.appending("ship.FLC"))
        try forge.write(astronomy(frames: 6), to: forge.input.appending("moon.SER"))
        let disc = forge.home.appending("disc.mpg")
        if (try? await FFmpegCommand.make(
            disc, "-f lavfi -i testsrc2=s=352x288:r=25:d=0.4 -c:v mpeg1video -f vcd")) != nil
        {
            try forge.write(sectors(Files.read(disc)), to: forge.input.appending("MUSIC01.DAT"))
            names.append("MUSIC01.DAT")
        }
        // QuickTime whose first box is one that is skipped.
        let film = forge.input.appending("quick.skip")
        try await FFmpegCommand.make(film, "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4 -c:v mjpeg -f mov")
        var bytes = try Files.read(film)
        try #require(Array(bytes[4..<8]) == text("ftyp"))
        bytes.replaceSubrange(4..<8, with: text("skip"))
        try forge.write(bytes, to: film)

        try forge.write("export const answer: number = 42;\n", to: forge.input.appending("main.ts"))
        try forge.write("export default { größe: 1 };\n", to: forge.input.appending("lib/util.MTS"))
        try forge.write(
            text("\0\0\0\u{18}ftypheic\0\0\0\0mif1heic\0\0\0\u{8}mdat"), to: forge.input.appending("IMG_1.HEIC"))
        try forge.write(
            text("\0\0\0\u{18}ftypavif\0\0\0\0mif1avif\0\0\0\u{8}mdat"), to: forge.input.appending("still.avif"))
        try forge.write(
            text("\0\0\0\u{18}ftypcrx \0\0\0\u{1}crx isom\0\0\0\u{8}moov"), to: forge.input.appending("photo.raw"))
        for (name, options) in [
            ("voice.m4a", "-c:a aac -f ipod"), ("voice.memo", "-c:a aac -f ipod"), ("song.WMA", "-c:a wmav2 -f asf"),
            ("song.mka", "-c:a flac -f matroska"),
        ] {
            try await FFmpegCommand.make(forge.input.appending(name), "-f lavfi -i sine=d=0.3", options)
        }
        // Ogg with sound alone, under a name that videos have too.
        let page = text("OggS\0\u{2}") + [UInt8](repeating: 0, count: 20) + [1, 8] + text("OpusHead")
        try forge.write(page, to: forge.input.appending("podcast.ogg"))
        try forge.write(
            text("RIFF\u{20}\0\0\0WEBPVP8X\u{A}\0\0\0\u{10}\0\0\0"), to: forge.input.appending("still.webp"))
        try forge.write("raw", to: forge.input.appending("A001.braw"))
        try forge.write("#EXTM3U\n", to: forge.input.appending("index.m3u8"))

        let result = try await forge.forgebatch("run", "in", "-o", "out", "--no-config", "--min-free", "0", "-v")
        #expect(try forge.names() == names.sorted { RawPath($0) < RawPath($1) }, "\(result.output)\(result.error)")
        #expect(try forge.count("found") == names.count)
        #expect(try forge.count("failed") == 0)
        #expect(
            result.output.contains(
                "2 files look like video but are not supported: .braw 1 (Blackmagic RAW: FFmpeg has no decoder"))
        for name in names {
            let result = try forge.result(name)
            #expect(result["total_frames"]?.int == (try await frames(forge.input.appending(name))), "\(name)")
            let reasons = result["decode"]?["reasons"]?.array?.compactMap(\.string) ?? []
            #expect(!reasons.contains("truncated") && !reasons.contains("ends_early"), "\(name): \(reasons)")
        }
    }

    @Test("A folder of nothing but unsupported videos says what they are and what to do, and ends with 0")
    func unsupportedOnly() async throws {
        let forge = try Forge()
        for name in ["A1.BRAW", "day/A2.braw", "B.r3d"] { try forge.write("x", to: forge.input.appending(name)) }
        let dry = try await forge.run(expecting: 0, "--dry-run")
        let line = """
            3 files look like video but are not supported: \
            .braw 2 (Blackmagic RAW: FFmpeg has no decoder: export it from DaVinci Resolve as MOV or MXF), \
            .r3d 1 (REDCODE RAW, N-RAW: FFmpeg has no decoder: export it from REDCINE-X or DaVinci Resolve as MOV or MXF); \
            see forgebatch formats
            """
        #expect(dry.stdout.isEmpty)
        #expect(dry.error == "forgebatch: no videos found; there is nothing to do\nforgebatch: \(line)\n")
        let result = try await forge.run(expecting: 0)
        #expect(result.stdout.isEmpty && result.error.hasPrefix("forgebatch: no videos found\n"))
        #expect(result.error.contains(line))
        let listed = try #require(try forge.record()["not_supported"]?.array)
        #expect(listed.compactMap { $0["path"]?.string } == ["A1.BRAW", "B.r3d", "day/A2.braw"])
        #expect(listed.first?["format"]?.string == "Blackmagic RAW")
        #expect(try await forge.run(expecting: 0, "--quiet").error.isEmpty)
        try await forge.run(expecting: 9, "--error-if-empty")
        let json = try JSONReader.parse(try await forge.run(expecting: 0, "--json").stdout)
        #expect(json["not_supported"]?.array?.count == 3)
    }

    @Test(
        "Beside a video that is done they are no news, but -v tells; --ext takes them, a name on the command line too")
    func unsupportedBeside() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write("not to be read", to: forge.input.appending("b.mng"))
        let silent = try await forge.run(expecting: 0)
        #expect(silent.stdout.isEmpty && silent.stderr.isEmpty)
        let told = try await forge.run(expecting: 0, "-v")
        #expect(told.output.contains("1 file looks like video but is not supported: .mng 1 (MNG animation: "))
        try await forge.run(expecting: 3, "--ext", "mng")
        #expect(try forge.message("b.mng")?.contains("not a video container that forgebatch reads") == true)
        let named = try await forge.forgebatch("run", "in/b.mng", "in", "-o", "two", "--no-config", "-v")
        #expect(named.status == 3 && !named.output.contains("look"), "\(named.output)")
    }

    @Test("An output folder that had videos is not called unmounted when only unsupported ones are left")
    func unsupportedLeft() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        Files.remove(forge.input.appending("a.y4m"))
        try forge.write("x", to: forge.input.appending("b.braw"))
        try await forge.run(expecting: 0)
        Files.remove(forge.input.appending("b.braw"))
        try await forge.run(expecting: 9)
    }

    @Test("Empty and damaged files keep their names: they fail in words, texts are left out")
    func words() async throws {
        let forge = try Forge()
        try forge.write([], to: forge.input.appending("empty.ts"))
        try forge.write([], to: forge.input.appending("empty.dv"))
        try forge.write([], to: forge.input.appending("empty"))
        try forge.write([UInt8](repeating: 0, count: 300_000), to: forge.input.appending("zeros.m2ts"))
        try forge.write([UInt8](repeating: 0, count: 10), to: forge.input.appending("few.mp4"))
        try forge.write((0..<3000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }, to: forge.input.appending("junk.ts"))
        try forge.write("let a = 1\n", to: forge.input.appending("code.ts"))
        try await forge.run(expecting: 3)
        for name in ["empty.ts", "empty.dv"] { #expect(try forge.message(name) == "open: empty file") }
        for name in ["zeros.m2ts", "few.mp4"] {
            #expect(try forge.message(name) == "open: only zero bytes: the recording was never written")
        }
        #expect(try forge.message("junk.ts")?.contains("forgebatch formats") == true)
        #expect(try forge.count("found") == 5)
        let photo = text("\0\0\0\u{18}ftypheic\0\0\0\0mif1heic\0\0\0\u{8}mdat")
        try forge.write(photo, to: forge.home.appending("a.heic"))
        let named = try await forge.forgebatch("run", "a.heic", "-o", "one", "--no-config")
        #expect(named.status == 3 && named.error.contains("a.heic: open: a photo, not a video"))
    }

    @Test("formats lists what is taken and what is not; --json has the same, and docs/formats.md too")
    func formats() async throws {
        let forge = try Forge()
        let text = try await forge.forgebatch("formats")
        let json = try await forge.forgebatch("formats", "--json")
        #expect(text.status == 0 && json.status == 0 && text.stderr.isEmpty && json.stderr.isEmpty)
        #expect(json.output.split(separator: "\n").count == 1)
        let listed = try JSONReader.parse(json.output)
        let taken = try #require(listed["taken"]?.array)
        let untaken = try #require(listed["not_taken"]?.array)
        let page = String(decoding: try Files.read(Samples.root.appending("docs/formats.md")), as: UTF8.self)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
        for format in taken + untaken {
            let title = try #require(format["title"]?.string)
            let line = text.output.split(separator: "\n").first { $0.hasPrefix(title + "  ") }
            let row = rows.first { $0.hasPrefix("| \(title) |") }
            #expect(line != nil && row != nil, "\(title)")
            for list in ["extensions", "other_extensions"] {
                for name in format[list]?.array?.compactMap(\.string) ?? [] {
                    let isIn = { (line: Substring?) in
                        line?.split { !($0.isLetter || $0.isNumber || "-+".contains($0)) }.contains { $0 == name }
                            == true
                    }
                    #expect(isIn(line) && isIn(row), "\(title): \(name)")
                }
            }
        }
        let all = (taken + untaken).flatMap { $0["extensions"]?.array?.compactMap(\.string) ?? [] }
        for name in ["mp4", "mkv", "mxf", "dv", "rmvb", "mjpeg", "braw"] { #expect(all.contains(name)) }
    }
}

import Testing

@testable import VideoFormats

struct SignatureTests {
    private func text(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    private func format(_ bytes: [UInt8], size: Int64? = nil) -> String? {
        FormatTable.recognise(FileHead(bytes, size: size ?? Int64(bytes.count)))?.id
    }

    private func box(_ type: String, _ payload: [UInt8] = [], size: UInt32? = nil) -> [UInt8] {
        let size = size ?? UInt32(payload.count + 8)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + text(type) + payload
    }

    private func ftyp(_ brands: String...) -> [UInt8] {
        box("ftyp", text(brands[0]) + [0, 0, 2, 0] + brands.dropFirst().flatMap { text($0) })
    }

    @Test(arguments: [
        ["isom", "iso2", "avc1", "mp41"], ["qt  "], ["3gp4"], ["M4V ", "M4A ", "mp42"], ["msf1", "hevc"],
        ["avis", "avif"],
        ["heic", "mif1", "hevc"], ["f4v "], ["dash"],
    ])
    func `brands of moving pictures are videos`(brands: [String]) {
        let head = box("ftyp", text(brands[0]) + [0, 0, 0, 0] + brands.dropFirst().flatMap { text($0) })
        #expect(format(head + box("moov")) == "mov")
    }

    @Test(arguments: [
        ["heic", "mif1", "heic"], ["mif1", "heic", "miaf"], ["avif", "mif1", "miaf", "MA1B"], ["crx ", "crx ", "isom"],
        ["M4A ", "isom", "mp42"], ["M4B "], ["heix"], ["jp2 "],
    ])
    func `brands of photos and sound are none`(brands: [String]) {
        let head = box("ftyp", text(brands[0]) + [0, 0, 0, 0] + brands.dropFirst().flatMap { text($0) })
        #expect(format(head + box("moov")) == nil)
    }

    @Test func `QuickTime may begin with other boxes than its brand`() {
        #expect(format(box("wide") + box("mdat", [1, 2, 3])) == "mov")
        #expect(format(box("free", [0, 0, 0, 0]) + ftyp("qt  ")) == "mov")
        #expect(format(box("skip", [1, 1]) + box("moov")) == "mov")
        #expect(format(box("pnot", [0, 0, 0, 0]) + box("PICT", [1]) + box("moov")) == "mov")
        #expect(format(box("wide") + box("mdat", size: 1)) == nil)
        #expect(format(box("free", [0, 0]) + ftyp("M4A ")) == nil)
        // A box that would end behind the file, or before anything that is known.
        #expect(format(box("free", [0, 0], size: 4000) + [0]) == nil)
        #expect(format(box("free", [UInt8](repeating: 0, count: 4088), size: 5000), size: 100_000) == "mov")
        #expect(format(box("free", [0, 0]) + text("\0\0\0\u{10}abcd")) == nil)
        // A box whose size takes eight bytes.
        #expect(format(box("wide") + box("mdat", [0, 0, 0, 2, 0, 0, 0, 0], size: 1)) == "mov")
        #expect(format(box("jP  ", [0x0d, 0x0a, 0x87, 0x0a]) + ftyp("mjp2")) == "mov")
        #expect(format(box("jP  ", [0x0d, 0x0a, 0x87, 0x0a]) + ftyp("jp2 ")) == nil)
    }

    /// A page of an Ogg stream.
    private func page(_ payload: [UInt8], first: Bool = true) -> [UInt8] {
        text("OggS") + [0, first ? 2 : 0] + [UInt8](repeating: 0, count: 20) + [1, UInt8(payload.count)] + payload
    }

    @Test func `Ogg is a video when one of its streams is`() {
        let vorbis = page(text("\u{1}vorbis") + [0, 0, 0, 0])
        let opus = page(text("OpusHead\u{1}"))
        let theora = page(text("\u{80}theora") + [3, 2, 1])
        #expect(format(vorbis + page([1], first: false)) == nil)
        #expect(format(opus) == nil)
        #expect(format(page(text("\u{7F}FLAC")) + page([3], first: false)) == nil)
        #expect(format(theora) == "ogg")
        #expect(format(opus + theora + page([1], first: false)) == "ogg")
        #expect(format(page(text("fishead\0")) + vorbis + theora) == "ogg")
        #expect(format(page(text("fishead\0")) + vorbis + page([1], first: false)) == nil)
        #expect(format(page(text("\u{1}video\0\0\0"))) == "ogg")
        // What begins behind the first page that is none of a beginning does not count.
        #expect(format(vorbis + page([1], first: false) + theora) == nil)
    }

    @Test func `transport streams have packets of 188, 192 and 204 bytes, and may begin within one`() {
        func packets(_ stride: Int, _ phase: Int, count: Int) -> [UInt8] {
            (0..<count).map { ($0 + stride - phase) % stride == 0 ? 0x47 : UInt8($0 % 7) }
        }
        #expect(format(packets(188, 0, count: 600)) == "mpegts")
        #expect(format(packets(192, 4, count: 600)) == "mpegts")
        #expect(format(packets(204, 0, count: 600)) == "mpegts")
        #expect(format(packets(188, 100, count: 4096)) == "mpegts")
        #expect(format(packets(188, 100, count: 600)) == nil)
        #expect(format(packets(190, 0, count: 4096)) == nil)
        var broken = packets(188, 0, count: 4096)
        broken[376] = 0
        #expect(format(broken) == nil)
    }

    @Test func `raw streams are known by their start codes`() {
        #expect(format([0, 0, 1, 0x67, 0x42, 0]) == "h264")
        #expect(format([0, 0, 0, 1, 0x27, 0x64, 0]) == "h264")
        #expect(format([0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1]) == "h264")
        #expect(format([0, 0, 0, 1, 9, 0xff]) == nil)
        #expect(format([0, 0, 1, 0x40, 1, 0x0c]) == "hevc")
        #expect(format([0, 0, 0, 1, 0x46, 1, 0x50]) == "hevc")
        #expect(format([0, 0, 1, 0xb3, 0x14, 0]) == "mpegvideo")
        #expect(format([0, 0, 1, 0xba, 0x44]) == "mpeg")
        #expect(format([0, 0, 1, 0xb0, 3, 0, 0, 1, 0xb5]) == "mpeg4")
        #expect(format([0, 0, 1, 0xb0, 0x48, 0x20, 0, 0, 1]) == nil)
        #expect(format([0x12, 0, 0x0a, 0x0b, 0]) == "av1")
        #expect(format([0x12, 0, 0x32]) == nil)
        var dv = [UInt8](repeating: 0xff, count: 200)
        dv.replaceSubrange(0..<4, with: [0x1f, 7, 0, 0xbf])
        dv[80] = 0x3f
        #expect(format(dv) == "dv")
        dv[80] = 0x1f
        #expect(format(dv) == nil)
    }

    @Test func `MXF is known behind a run-in`() {
        let key: [UInt8] = [6, 0x0e, 0x2b, 0x34, 2, 5, 1, 1, 0x0d, 1, 2, 1, 1, 2, 4, 0]
        #expect(format(key) == "mxf")
        #expect(format([UInt8](repeating: 0, count: 700) + key) == "mxf")
        #expect(format(Array(key.dropFirst(2))) == nil)
    }

    @Test func `only the animated kind of WebP and PNG is a video`() {
        func webp(_ kind: String, flags: UInt8) -> [UInt8] {
            text("RIFF\u{20}\0\0\0WEBP\(kind)\u{0A}\0\0\0") + [flags, 0, 0, 0]
        }
        #expect(format(webp("VP8X", flags: 0x12)) == "webp")
        #expect(format(webp("VP8X", flags: 0x10)) == nil)
        #expect(format(webp("VP8 ", flags: 0x02)) == nil)
        func png(_ chunks: String...) -> [UInt8] {
            [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
                + chunks.flatMap { [0, 0, 0, 4] + text($0) + [0, 0, 0, 0, 1, 2, 3, 4] }
        }
        #expect(format(png("IHDR", "acTL", "IDAT")) == "apng")
        #expect(format(png("IHDR", "IDAT", "acTL")) == nil)
    }

    @Test func `Flash is a video when it defines a stream of one`() {
        // A rectangle of four numbers of 5 bits, rate, count, then tags.
        func flash(_ tags: [UInt8], signature: String = "FWS") -> [UInt8] {
            text(signature) + [6, 0, 1, 0, 0, 5 << 3, 0, 0, 0] + [0, 25, 1, 0] + tags
        }
        func tag(_ code: UInt16, _ payload: [UInt8]) -> [UInt8] {
            let short = code << 6 | UInt16(payload.count)
            return [UInt8(truncatingIfNeeded: short), UInt8(truncatingIfNeeded: short >> 8)] + payload
        }
        let long: [UInt8] = [0x7f, 0x02, 3, 0, 0, 0, 1, 2, 3]
        #expect(format(flash(tag(69, [8, 0, 0, 0]) + long + tag(60, [1, 0]))) == "swf")
        #expect(format(flash(tag(69, [8, 0, 0, 0]) + tag(1, []))) == nil)
        #expect(format(flash(tag(60, [1, 0]), signature: "CWS")) == nil)
    }

    @Test(arguments: [
        ("avi", "RIFF\u{10}\0\0\0AVI LIST"), ("avi", "RIFF\0\0\0\0AMV LIST"), ("rm", ".RMF\0\0\0\u{12}"),
        ("nut", "nut/multimedia container\0N"), ("gxf", "\0\0\0\0\u{1}\u{BC}\0\0\0@\0\0\0\0\u{E1}\u{E2}"),
        ("flv", "FLV\u{1}\u{5}\0"),
        ("ivf", "DKIF\0\0"), ("y4m", "YUV4MPEG2 W2 H2"), ("gif", "GIF89a\u{1}\0"),
        ("roq", "\u{84}\u{10}\u{FF}\u{FF}\u{FF}\u{FF}"),
        ("mpeg", "RIFF\0\0\0\0CDXAfmt "), ("film", "FILM\0\0\0\0\0\0\0\0\0\0\0\0FDSC"), ("smk", "SMK2\0\0"),
        ("flic", "\0\u{1}\0\0\u{12}\u{AF}\u{5}\0@\u{1}\u{C8}\0\u{8}\0"),
        ("mpjpeg", "--next\r\nContent-Type: image/jpeg\r\n\r\n\u{FF}\u{D8}\0"),
        ("dhav", "DHAV\u{FD}\0"), ("ser", "LUCAM-RECORDER\0"), ("matroska", "\u{1A}\u{45}\u{DF}\u{A3}"),
        (
            "wtv",
            "\u{B7}\u{D8}\0\u{20}\u{37}\u{49}\u{DA}\u{11}\u{A6}\u{4E}\0\u{7}\u{E9}\u{5E}\u{AD}\u{8D}"
        ),
    ])
    func `fixed signatures`(id: String, head: String) { #expect(format(text(head)) == id) }

    @Test(arguments: [
        "RIFF\u{10}\0\0\0WAVEfmt ", "FLVidea\0", "BIKES are\nfun", "MOVIE list\n", "GIF87 is a word\n", "THP", "",
        "\0\0\0\u{10}ftyM", "\u{FF}\u{D8}\u{FF}\u{E0}\0\u{10}JFIF\0", "ID3\u{3}\0",
        "--next\r\nContent-Type: text/html\r\n",
    ])
    func `what only resembles a signature is none`(head: String) { #expect(format(text(head)) == nil) }

    @Test func `text is told from recordings`() {
        func isText(_ bytes: [UInt8]) -> Bool { FileHead(bytes, size: Int64(bytes.count)).isText }
        #expect(isText(text("export const a = 1;\n")))
        #expect(isText(Array("// größer\n".utf8)) && isText(Array("// größer\n".utf8.dropLast(5))))
        #expect(isText(Array("これは".utf8).dropLast()))
        // Latin-1, and UTF-16 with its mark.
        #expect(isText(text("// gr\u{F6}\u{DF}er als alles andere hier\n")))
        #expect(isText([0xff, 0xfe, 0x61, 0]))
        #expect(!isText([]))
        #expect(!isText(text("abc\0")) && !isText([0xb1, 0x47, 0xee, 0x90]))
        #expect(!isText([0x47, 0x40, 0x11, 0x10]))
    }
}

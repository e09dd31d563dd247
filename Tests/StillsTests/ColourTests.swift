import Bytes
import TestSupport
import Testing

@Suite("Colours of stills", .enabled(if: ColourCard.isPossible, "needs ffmpeg")) struct ColourTests {
    struct Source: Sendable, CustomTestStringConvertible {
        let file: String
        let options: String
        var height = 288
        var limit = 12.0
        var testDescription: String { "\(file): \(options)" }
    }

    /// Every matrix at both ranges, tagged and guessed, in 8 bits and more.
    static let standard: [Source] = [
        Source(file: "a.mpg", options: "-vf scale=out_color_matrix=bt601,format=yuv420p -c:v mpeg2video -q:v 1"),
        Source(file: "a.avi", options: "-pix_fmt yuvj444p -c:v mjpeg -q:v 1 -huffman default"),
        Source(
            file: "a.mkv",
            options: "-vf scale=out_color_matrix=bt601:out_range=pc,format=yuv422p10le -c:v ffv1"
                + " -colorspace bt470bg -color_range pc"),
        Source(
            file: "a.mov",
            options: "-vf scale=out_color_matrix=bt601:out_range=tv,format=yuv422p10le -c:v prores"
                + " -colorspace smpte170m -color_primaries smpte170m -color_trc bt709"),
        Source(
            file: "a.mp4",
            options: "-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p -c:v libx264 -qp 2"
                + " -colorspace bt709 -color_primaries bt709 -color_trc bt709"),
        Source(
            file: "full.mp4",
            options: "-vf scale=out_color_matrix=bt709:out_range=pc,format=yuv420p -c:v libx264 -qp 2"
                + " -colorspace bt709 -color_range pc"),
        Source(
            file: "full.mkv",
            options: "-vf scale=out_color_matrix=bt709:out_range=pc,format=yuv444p12le -c:v ffv1"
                + " -colorspace bt709 -color_range pc -strict -1"),
        // Nothing is tagged: the size decides.
        Source(
            file: "hd.avi", options: "-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p -c:v ffv1",
            height: 720),
        Source(
            file: "packed.mov",
            options: "-vf scale=out_color_matrix=bt709,format=uyvy422 -c:v rawvideo"
                + " -colorspace bt709 -color_primaries bt709 -color_trc bt709"),
        // Only the matrix is that of BT.2020, and nothing says that the primaries are.
        Source(
            file: "wide.mkv",
            options: "-vf scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p -c:v ffv1"
                + " -colorspace bt2020nc -color_range tv"),
        Source(
            file: "wide-full.mkv",
            options: "-vf scale=out_color_matrix=bt2020:out_range=pc,format=yuv420p -c:v ffv1"
                + " -colorspace bt2020nc -color_range pc"),
        Source(
            file: "wide10.mkv",
            options: "-vf scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le"
                + " -c:v ffv1 -colorspace bt2020nc -color_trc bt2020-10 -color_range tv"),
        Source(
            file: "wide10-full.mkv",
            options: "-vf scale=out_color_matrix=bt2020:out_range=pc,format=yuv444p10le"
                + " -c:v ffv1 -colorspace bt2020nc -color_range pc"),
        Source(
            file: "240.mkv",
            options: "-vf scale=out_color_matrix=smpte240m:out_range=tv,format=yuv444p -c:v ffv1"
                + " -colorspace smpte240m"),
        Source(
            file: "fcc.mkv",
            options: "-vf scale=out_color_matrix=fcc:out_range=tv,format=yuv444p -c:v ffv1"
                + " -colorspace fcc"),
    ]

    static let rgb: [Source] = [
        Source(file: "rgb.mp4", options: "-c:v libx264rgb -qp 0"),
        Source(file: "rgb.mkv", options: "-c:v ffv1 -pix_fmt gbrp"),
        Source(file: "tagged.mkv", options: "-c:v ffv1 -pix_fmt gbrp10le -color_primaries bt709 -color_trc bt709"),
        Source(file: "rgb.mov", options: "-c:v qtrle -pix_fmt rgb24"),
        Source(file: "rgb.avi", options: "-c:v utvideo -pix_fmt gbrp", height: 720),
        Source(file: "png.mkv", options: "-c:v png -pix_fmt rgb48be"),
        // Twenty-four colours are fewer than a palette has.
        Source(
            file: "palette.gif", options: "-filter_complex split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none"),
    ]

    @Test(
        "A card of any matrix, range and depth is within 6 levels of what it was drawn with", arguments: standard + rgb)
    func standardRange(_ source: Source) async throws {
        let card = try ColourCard(height: source.height)
        let shown = try await card.shown(card.video(source.file, source.options))
        ColourCard.expect(shown, within: 6, source.file)
    }

    @Test("Grey without a word of its range is full range", arguments: ["gray", "gray12le"])
    func grey(_ format: String) async throws {
        let card = try ColourCard()
        let shown = try await card.shown(
            card.video("grey.mkv", "-vf scale=out_range=pc,format=\(format) -c:v ffv1 -strict -1"))
        ColourCard.expect(
            Array(shown.prefix(6)), within: 3, of: Array(ColourCard.patches.prefix(6)), format)
    }

    static let wide: [Source] = [
        Source(file: "tv.mkv", options: "format=yuv420p10le -c:v ffv1 -color_range tv -color_trc bt709"),
        Source(file: "pc.mkv", options: "format=yuv444p10le -c:v ffv1 -color_range pc -color_trc bt2020-10"),
        Source(file: "12.mkv", options: "format=yuv422p12le -c:v ffv1 -color_range tv -color_trc bt2020-12 -strict -1"),
        Source(file: "x.mp4", options: "format=yuv420p10le -c:v libx264 -qp 2 -color_range tv -color_trc bt709"),
    ]

    @Test(
        "A card whose primaries became those of BT.2020 is within 6 levels of what it was drawn with",
        .enabled(if: ColourCard.has("zscale", "-filters"), "needs FFmpeg's zscale"), arguments: wide)
    func wideGamut(_ source: Source) async throws {
        let range = source.options.contains("-color_range pc") ? "full" : "limited"
        let card = try ColourCard()
        let video = try await card.video(
            source.file,
            "-vf zscale=min=gbr:pin=709:tin=709:rin=full:m=2020_ncl:p=2020:t=709:r=\(range)," + source.options,
            "-colorspace bt2020nc -color_primaries bt2020")
        ColourCard.expect(try await card.shown(video), within: 6, source.file)
    }

    @Test(
        "Other systems that are rarely seen come out right, too",
        .enabled(if: ColourCard.has("zscale", "-filters"), "needs FFmpeg's zscale"),
        arguments: [
            ("ycgco", "m=ycgco:p=709:t=709:r=full,format=yuv444p", "-colorspace ycgco -color_range pc", 6.0),
            (
                "P3", "m=709:p=smpte432:t=709:r=limited,format=yuv444p10le",
                "-colorspace bt709 -color_primaries smpte432 -color_trc bt709", 8
            ),
            (
                "ICtCp", "m=ictcp:p=2020:t=smpte2084:r=limited:npl=203,format=yuv444p12le",
                "-colorspace ictcp -color_primaries bt2020 -color_trc smpte2084 -strict -1", 12
            ),
            (
                "derived", "m=chroma-derived-nc:p=2020:t=709:r=limited,format=yuv444p12le",
                "-colorspace chroma-derived-nc -color_primaries bt2020 -color_trc bt709 -strict -1", 6
            ),
        ])
    func rare(_ name: String, _ filter: String, _ options: String, _ limit: Double) async throws {
        let card = try ColourCard()
        let video = try await card.video(
            "rare.mkv", "-vf zscale=min=gbr:pin=709:tin=709:rin=full:\(filter) -c:v ffv1", options)
        ColourCard.expect(try await card.shown(video), within: limit, name)
    }

    private static let bt2020 = "-colorspace bt2020nc -color_primaries bt2020 -color_range tv"

    static let high: [Source] = [
        Source(file: "a.mkv", options: "-c:v ffv1 -pix_fmt yuv444p10le"),
        Source(file: "b.mkv", options: "-c:v ffv1 -pix_fmt yuv420p10le"),
        Source(file: "a.mov", options: "-c:v prores -pix_fmt yuv422p10le"),
        Source(file: "a.webm", options: "-c:v libvpx-vp9 -pix_fmt yuv420p10le -b:v 0 -crf 4 -deadline realtime"),
        Source(
            file: "a.mp4",
            options: "-c:v libx265 -pix_fmt yuv420p10le -tag:v hvc1 -x265-params"
                + " log-level=none:qp=4:colorprim=9:transfer=TRANSFER:colormatrix=9:range=limited"),
        // RGB keeps the tags of its light on its way through YUV; here it is rounded three times.
        Source(
            file: "rgb.mkv", options: "-vf scale=in_color_matrix=bt2020:in_range=tv,format=gbrp10le -c:v ffv1",
            limit: 20),
    ]

    @Test("A card in PQ, white at 203 cd/m², looks like the standard one", arguments: high)
    func perceptualQuantizer(_ source: Source) async throws {
        try await check(source, "smpte2084", 16) { HighDynamicRange.pq($0) }
    }

    @Test("A card in HLG, white at 75 %, looks like the standard one", arguments: high)
    func hybridLogGamma(_ source: Source) async throws {
        try await check(source, "arib-std-b67", 18) { HighDynamicRange.hlg($0) }
    }

    private func check(
        _ source: Source, _ transfer: String, _ number: Int, codes: (ColourCard.Colour) -> [Int]
    ) async throws {
        let card = try ColourCard()
        #expect(codes(ColourCard.Colour(1, 1, 1)).dropFirst() == [512, 512])
        let tags = source.file == "rgb.mkv" ? "-color_primaries bt2020" : ColourTests.bt2020
        let video = try await card.video(
            source.file, source.options.replacing("TRANSFER", with: "\(number)"), tags, "-color_trc \(transfer)",
            codes: codes)
        let shown = try await card.shown(video)
        ColourCard.expect(shown, within: source.limit, "\(transfer) in \(source.file)")
        #expect(shown[0].min() > 240, "white is \(shown[0])")
    }

    @Test("Highlights keep their order and their hue on the way to white")
    func highlights() async throws {
        let card = try ColourCard()
        var whites: [Double] = []
        var skies: [ColourCard.Colour] = []
        // cd/m² of white.
        for white in [150.0, 203, 400, 1000, 4000] {
            let video = try await card.video(
                "bright.mkv", "-c:v ffv1", ColourTests.bt2020, "-color_trc smpte2084"
            ) { HighDynamicRange.pq($0, white: white) }
            let shown = try await card.shown(video)
            whites.append(shown[0].x)
            skies.append(shown[23])
        }
        #expect(whites == whites.sorted() && whites[0] < 230 && whites[1] > 240, "\(whites)")
        #expect(whites[2] > whites[1] && whites[4] >= 253, "\(whites)")
        for sky in skies { #expect(sky.z > sky.y + 40 && sky.y > sky.x + 30, "\(skies)") }
    }

    @Test(
        "What the container says of colours counts where the stream is silent",
        .enabled(if: ColourCard.has("libx265", "-encoders"), "needs libx265"),
        arguments: ["mp4", "mkv"])
    func containerTags(_ container: String) async throws {
        let card = try ColourCard()
        let silent = try await card.video(
            "silent.mp4", "-pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=none:qp=4"
        ) { HighDynamicRange.pq($0) }
        let tagged = card.folder.path.appending("tagged." + container)
        try await FFmpegCommand.make(
            tagged, "-i \(silent.display) -c copy", ColourTests.bt2020, "-color_trc smpte2084")
        ColourCard.expect(try await card.shown(tagged), within: 12, container)
        // Without a word it cannot be known.
        #expect(try await card.shown(silent)[0].max() < 160)
    }

    @Test("High dynamic range that names neither matrix nor primaries is taken for BT.2020")
    func untaggedMatrix() async throws {
        let card = try ColourCard()
        let video = try await card.video("a.mkv", "-c:v ffv1 -color_range tv -color_trc arib-std-b67") {
            HighDynamicRange.hlg($0)
        }
        ColourCard.expect(try await card.shown(video), within: 12, "HLG")
    }
}

import Bytes
import Frames
import Glibc
import Media
import Stills
import TestSupport
import Testing

/// A card of flat patches, and what the thumbnail of a video of it shows in their middles.
struct ColourCard {
    typealias Colour = SIMD3<Double>

    /// White, greys and black; primaries and their sums; skin, foliage, sky and other muted colours. R, G and B of 255.
    static let patches: [Colour] = [
        Colour(255, 255, 255), Colour(242, 242, 242), Colour(180, 180, 180), Colour(110, 110, 110), Colour(48, 48, 48),
        Colour(0, 0, 0),
        Colour(255, 0, 0), Colour(0, 255, 0), Colour(0, 0, 255), Colour(0, 255, 255), Colour(255, 0, 255),
        Colour(255, 255, 0),
        Colour(236, 188, 160), Colour(194, 150, 130), Colour(115, 82, 68), Colour(87, 108, 67), Colour(98, 122, 157),
        Colour(133, 128, 177),
        Colour(214, 126, 44), Colour(80, 91, 166), Colour(193, 90, 99), Colour(160, 188, 64), Colour(230, 160, 46),
        Colour(56, 112, 190),
    ]

    let folder: TemporaryFolder
    let width: Int
    let height: Int

    /// - Parameter height: of six patches by four, whose width is 16/9 of it.
    init(height: Int = 288) throws {
        folder = try TemporaryFolder()
        self.height = height
        width = height * 16 / 9
    }

    static let isPossible = ExternalProgram.ffmpeg != nil
    /// What the installed command can do, as it lists it.
    static func has(_ name: String, _ list: String) -> Bool {
        let text = (try? ExternalProgram.ffmpeg?.runAndWait(["-hide_banner", list]))?.text ?? ""
        return text.split(whereSeparator: { $0 == " " || $0 == "\n" }).contains { $0 == name }
    }

    /// One picture, plane by plane, of samples that a patch's number gives.
    private func planes(_ count: Int, _ sample: (_ plane: Int, _ patch: Int) -> [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for plane in 0..<count {
            let values = ColourCard.patches.indices.map { sample(plane, $0) }
            for y in 0..<height {
                for x in 0..<width { result += values[y * 4 / height * 6 + x * 6 / width] }
            }
        }
        return result
    }

    /// The card as 8-bit R'G'B' made to a video by the `ffmpeg` command.
    func video(_ name: String, _ arguments: String...) async throws -> RawPath {
        let raw = folder.path.appending("card.raw")
        let order = [1, 2, 0]
        try AtomicFile.write(
            planes(3) { [UInt8(ColourCard.patches[$1][order[$0]])] }, to: raw, durable: false)
        return try await video(name, raw, "gbrp", arguments)
    }

    /// The card as 10-bit Y'CbCr 4:4:4, limited range, that a function makes of linear light, reference white being 1.
    func video(_ name: String, _ arguments: String..., codes: (Colour) -> [Int]) async throws -> RawPath {
        let raw = folder.path.appending("card.raw")
        let made = ColourCard.patches.map { patch in
            let light = patch / 255
            return codes(Colour(pow(light.x, 2.4), pow(light.y, 2.4), pow(light.z, 2.4)))
        }
        let samples = planes(3) { [UInt8(made[$1][$0] & 255), UInt8(made[$1][$0] >> 8)] }
        try AtomicFile.write(samples, to: raw, durable: false)
        return try await video(name, raw, "yuv444p10le", arguments)
    }

    private func video(_ name: String, _ raw: RawPath, _ format: String, _ arguments: [String]) async throws -> RawPath
    {
        let path = folder.path.appending(name)
        let source = "-f rawvideo -pix_fmt \(format) -s \(width)x\(height) -r 25 -stream_loop 2"
        try await FFmpegCommand.make(path, [source, "-i", raw.display] + ColourCard.tagged(arguments))
        return path
    }

    /// The same arguments with the colours' tags given to the pictures, too: since version 7 the command takes primaries
    /// and transfer from there, and converts pictures without a matrix or range to those of the encoder.
    private static func tagged(_ arguments: [String]) -> [String] {
        var words = arguments.flatMap { $0.split(separator: " ").map(String.init) }
        let names = [
            ("-color_primaries", "color_primaries"), ("-color_trc", "color_trc"), ("-colorspace", "colorspace"),
            ("-color_range", "range"),
        ]
        let tags = names.compactMap { option, parameter -> String? in
            guard let place = words.firstIndex(of: option), place + 1 < words.count else { return nil }
            return "\(parameter)=\(words[place + 1])"
        }
        guard !tags.isEmpty else { return words }
        let filter = "setparams=" + tags.joined(separator: ":")
        if let place = words.firstIndex(of: "-vf"), place + 1 < words.count {
            words[place + 1] += "," + filter
        } else {
            words += ["-vf", filter]
        }
        return words
    }

    /// What the thumbnail of a video shows in the middle of each patch.
    func shown(_ path: RawPath) async throws -> [Colour] {
        let reader = try VideoReader(descriptor: Files.openInput(path))
        var collector = StillCollector()
        while let (picture, time) = try reader.next() {
            try collector.add(picture, index: time.index, luma: 0)
        }
        let still = folder.path.appending("still.jpg")
        let pixels = folder.path.appending("still.rgb")
        try AtomicFile.write(#require(try collector.thumbnail()), to: still, durable: false)
        try await FFmpegCommand.make(pixels, "-i \(still.display) -pix_fmt rgb24 -f rawvideo")
        let bytes = try Files.read(pixels)
        let (width, height) = (320, 180)
        try #require(bytes.count == width * height * 3)
        return ColourCard.patches.indices.map { patch in
            let (x, y) = ((2 * (patch % 6) + 1) * width / 12, (2 * (patch / 6) + 1) * height / 8)
            let place = (y * width + x) * 3
            return Colour(Double(bytes[place]), Double(bytes[place + 1]), Double(bytes[place + 2]))
        }
    }

    /// Expects every patch within some levels of what it was drawn with.
    static func expect(
        _ shown: [Colour], within limit: Double, of expected: [Colour] = patches, _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (found, drawn) in zip(shown, expected) {
            let error = Swift.max(abs(found.x - drawn.x), abs(found.y - drawn.y), abs(found.z - drawn.z))
            #expect(error <= limit, "\(name): \(drawn) is shown as \(found)", sourceLocation: sourceLocation)
        }
    }
}

/// High dynamic range as a camera or a grading suite makes it, written down from the standards a second time: from light
/// to signal, where the program goes from signal to light.
enum HighDynamicRange {
    /// BT.709 to BT.2020, ITU-R BT.2087-0 item 2.
    private static func wide(_ light: ColourCard.Colour) -> ColourCard.Colour {
        ColourCard.Colour(
            0.6274 * light.x + 0.3293 * light.y + 0.0433 * light.z,
            0.0691 * light.x + 0.9195 * light.y + 0.0114 * light.z,
            0.0164 * light.x + 0.0880 * light.y + 0.8956 * light.z)
    }

    /// Y', C'b and C'r of BT.2020 as 10-bit codes of limited range.
    private static func codes(_ signal: ColourCard.Colour) -> [Int] {
        let luma = 0.2627 * signal.x + 0.6780 * signal.y + 0.0593 * signal.z
        return [
            Int((876 * luma + 64).rounded()), Int((896 * (signal.z - luma) / 1.8814 + 512).rounded()),
            Int((896 * (signal.x - luma) / 1.4746 + 512).rounded()),
        ]
    }

    /// - Parameter white: cd/m² of a light of 1.
    static func pq(_ light: ColourCard.Colour, white: Double = 203) -> [Int] {
        func signal(_ light: Double) -> Double {
            let root = pow(max(light, 0) * white / 10000, 0.1593017578125)
            return pow((0.8359375 + 18.8515625 * root) / (1 + 18.6875 * root), 78.84375)
        }
        let light = wide(light)
        return codes(ColourCard.Colour(signal(light.x), signal(light.y), signal(light.z)))
    }

    /// For a display of 1000 cd/m².
    static func hlg(_ light: ColourCard.Colour, white: Double = 203) -> [Int] {
        let display = wide(light) * (white / 1000)
        let luminance = 0.2627 * display.x + 0.6780 * display.y + 0.0593 * display.z
        let scene = luminance > 0 ? display * pow(luminance, 1 / 1.2 - 1) : display
        func signal(_ light: Double) -> Double {
            light <= 1.0 / 12 ? sqrt(3 * max(light, 0)) : 0.17883277 * log(12 * light - 0.28466892) + 0.55991073
        }
        return codes(ColourCard.Colour(signal(scene.x), signal(scene.y), signal(scene.z)))
    }
}

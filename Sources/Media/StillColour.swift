package import Frames
internal import Glibc

/// What a video says of its colours: code points of ITU-T H.273 (FFmpeg numbers them the same), 2 where nothing is said,
/// and what a guess goes by.
package struct ColourDescription: Equatable, Sendable {
    package var primaries = 2
    package var transfer = 2
    package var matrix = 2
    package var isFullRange: Bool
    /// Significant bits of a sample, at least 8.
    package var depth: Int
    /// Pixels.
    package var width: Int
    /// Pixels.
    package var height: Int

    package init(
        primaries: Int = 2, transfer: Int = 2, matrix: Int = 2, isFullRange: Bool = false, depth: Int = 8,
        width: Int = 1920, height: Int = 1080
    ) {
        self.primaries = primaries
        self.transfer = transfer
        self.matrix = matrix
        self.isFullRange = isFullRange
        self.depth = depth
        self.width = width
        self.height = height
    }

    var isPQ: Bool { transfer == 16 }
    var isHLG: Bool { transfer == 18 }

    /// The gamut that has to be brought into that of BT.709, which is what a JPEG is taken for. Those of BT.601 differ
    /// from it so little that players leave them, and so do we. High dynamic range without a word is that of BT.2100.
    var gamut: Primaries {
        switch primaries {
        case 9: .bt2020
        case 11, 12: .p3
        case 2 where isPQ || isHLG: .bt2020
        default: .bt709
        }
    }

    /// The matrix that is tagged, or the one that players guess: BT.2020 for high dynamic range, else BT.709 for pictures
    /// of HD size (at least 1280 wide or more than 576 high), else BT.601. Constant luminance (10, 13) is taken for the
    /// other kind.
    var coefficients: YUVMatrix {
        switch matrix {
        case 1: return .bt709
        case 4: return .luma(red: 0.30, blue: 0.11)  // FCC 73.682
        case 5, 6: return .bt601
        case 7: return .luma(red: 0.212, blue: 0.087)  // SMPTE ST 240
        case 8: return .ycgco
        case 9, 10: return .bt2020
        case 12, 13:
            let shares = gamut.toXYZ.rows[1]
            return .luma(red: shares.x, blue: shares.z)
        case 14 where isPQ || isHLG: return .ictcp(isHLG: isHLG)
        default:
            if isPQ || isHLG { return .bt2020 }
            return width >= 1280 || height > 576 ? .bt709 : .bt601
        }
    }
}

/// How the colours of a small picture get into a JPEG, which has full-range YUV by the matrix of BT.601, and R'G'B' that
/// are shown as those of sRGB.
package enum StillColour: Sendable {
    /// They are what a JPEG holds.
    case same
    /// Standard dynamic range and the gamut of BT.709: another matrix or range.
    case recoded(YUVRecoding)
    /// A wide gamut or a high dynamic range: through linear light. Codes are of 12 bits.
    case shown(LightTables)

    /// Bits of the codes that ``shown(_:)`` wants: as many as PQ needs for steps that nobody sees (BT.2100-2 table 9).
    package static let depth = 12

    package init(_ colours: ColourDescription) {
        if colours.isPQ || colours.isHLG || colours.gamut != .bt709 {
            self = .shown(StillColour.tables(colours))
        } else if colours.isFullRange && colours.coefficients == .bt601 {
            self = .same
        } else {
            self = .recoded(StillColour.recoding(colours))
        }
    }

    /// From 8-bit codes of the source to 8-bit codes of a JPEG.
    private static func recoding(_ colours: ColourDescription) -> YUVRecoding {
        let matrix = YUVMatrix.bt601.decoding.inverse * colours.coefficients.decoding
        // Limited range has 219 steps of luma from code 16 and 224 of colour differences (BT.601-7 item 2.5.3).
        let luma = colours.isFullRange ? 1 : 255 / 219.0
        let chroma = colours.isFullRange ? 1 : 255 / 224.0
        let black = colours.isFullRange ? 0 : 16
        func fixed(_ value: Double) -> Int32 { Int32((value * 65536).rounded()) }
        func pair(_ row: Int) -> SIMD2<Int32> {
            SIMD2(fixed(matrix.rows[row].y * chroma), fixed(matrix.rows[row].z * chroma))
        }
        return YUVRecoding(
            luma: (0..<256).map { fixed(Double($0 - black) * luma) }, toLuma: pair(0), toU: pair(1), toV: pair(2))
    }

    /// From 12-bit codes of the source through light to R'G'B' of BT.709.
    private static func tables(_ colours: ColourDescription) -> LightTables {
        let matrix = colours.coefficients
        let gamut = colours.gamut
        let fromComponents = matrix.components.inverse
        let transfer: LightCurve = colours.isPQ ? .pq : colours.isHLG ? .hlg : .display
        let display = gamut.converted(to: .bt709) * fromComponents
        let shares = gamut.toXYZ.rows[1]
        let weights = SIMD3(
            (shares * fromComponents.column(0)).sum(), (shares * fromComponents.column(1)).sum(),
            (shares * fromComponents.column(2)).sum())
        let peak = transfer.peak
        func even(_ count: Int, _ value: (Double) -> Double) -> [Float] {
            (0..<count).map { Float(value(Double($0) / Double(count - 1))) }
        }
        return LightTables(
            signal: signal(matrix, colours), light: even(4096, transfer.light),
            system: transfer == .hlg
                ? (SIMD4(SIMD4(weights, 0)), even(4096) { LightCurve.systemFactor(luminance: $0 * $0) }) : nil,
            display: LightTables.Matrix(columns: (0..<3).map { SIMD4(SIMD4(display.column($0), 0)) }),
            rounding: Float(transfer.rounding(depth: colours.depth, display)),
            peak: Float(peak), output: even(16384) { LightCurve.displayed($0 * $0 * peak) },
            shoulder: even(16384) { root in
                let value = LightCurve.displayed(root * root * peak)
                return transfer == .display || value == 0 ? 1 : LightCurve.shoulder(value) / value
            })
    }

    /// 12-bit codes to components between 0 and 1. Full range ends at the greatest code of the source's own depth, which
    /// lies below the greatest of 12 bits (ITU-T H.273, equations of VideoFullRangeFlag); limited range is the same part
    /// of every depth.
    private static func signal(_ matrix: YUVMatrix, _ colours: ColourDescription) -> LightTables.Matrix {
        let step = Double(1 << depth) / Double(1 << colours.depth)
        let greatest = Double(1 << colours.depth - 1) * step
        let unit = Double(1 << (depth - 8))
        let luma = colours.isFullRange ? greatest : 219 * unit
        let chroma = colours.isFullRange ? greatest : 224 * unit
        let decoding = matrix.decoding
        let columns = [
            decoding.column(0) / luma, decoding.column(1) / chroma, decoding.column(2) / chroma,
        ]
        let (black, middle) = (colours.isFullRange ? 0 : 16 * unit, 128 * unit)
        let offset = columns[0] * -black + (columns[1] + columns[2]) * -middle
        return LightTables.Matrix(columns: columns.map { SIMD4(SIMD4($0, 0)) }, offset: SIMD4(SIMD4(offset, 0)))
    }
}

/// Transfer characteristics: from signal to light and on to the signal of a display of standard dynamic range.
///
/// Light of a display has the unit of *reference white*: what paper or a caption has in a graded picture, 203 cd/m² by
/// ITU-R BT.2408-7 table 1, and 1 in standard dynamic range.
package enum LightCurve: Equatable, Sendable {
    /// Perceptual quantizer: SMPTE ST 2084, ITU-R BT.2100-2 table 4.
    case pq
    /// Hybrid log-gamma: ARIB STD-B67, ITU-R BT.2100-2 table 5. Its light is that of the scene, between 0 and 1.
    case hlg
    /// A display of standard dynamic range: ITU-R BT.1886 with a black of nothing, a power of 2.4.
    case display

    /// cd/m².
    package static let referenceWhite = 203.0
    /// The peak of the display that HLG is shown on, in cd/m²: with it 75 % of the signal are reference white.
    package static let nominalPeak = 1000.0

    /// The greatest light of a component on a display. What a matrix makes of HLG may be beyond its display's peak.
    var peak: Double {
        switch self {
        case .pq, .hlg: 10000 / LightCurve.referenceWhite
        case .display: 1
        }
    }

    /// What rounding makes of a component that is nothing in a smaller gamut, as a share of the greatest: a colour on its
    /// edge is a difference of larger numbers in the wide one. From BT.2020 it is 1/500 at 10 bits, of PQ with its greater
    /// steps 1/200 (the most for primaries and their sums at both ranges); twice as much with each bit less, but never
    /// more than 1/100. Shown by a power of 2.4, 1/500 would be 19 of 255.
    ///
    /// - Parameter matrix: light to light. The more its rows add up to beyond 1, signs left aside, the greater the numbers.
    func rounding(depth: Int, _ matrix: Matrix3) -> Double {
        let sums = matrix.rows.map { abs($0.x) + abs($0.y) + abs($0.z) }
        let beyond = max(0, (sums.max() ?? 1) - 1)
        return min(0.01, beyond * (self == .pq ? 0.0038 : 0.0015) * 1024 / Double(1 << depth))
    }

    /// Light of a signal between 0 and 1.
    package func light(_ signal: Double) -> Double {
        switch self {
        case .pq:
            let (m1, m2) = (2610.0 / 16384, 2523.0 / 4096 * 128)
            let (c1, c2, c3) = (3424.0 / 4096, 2413.0 / 4096 * 32, 2392.0 / 4096 * 32)
            let root = pow(signal, 1 / m2)
            return 10000 * pow(max(root - c1, 0) / (c2 - c3 * root), 1 / m1) / LightCurve.referenceWhite
        case .hlg:
            let a = 0.17883277
            let (b, c) = (1 - 4 * a, 0.5 - a * log(4 * a))
            return signal <= 0.5 ? signal * signal / 3 : (exp((signal - c) / a) + b) / 12
        case .display: return pow(signal, 2.4)
        }
    }

    /// What a component of the scene's light is multiplied with for that of the display: the opto-optical transfer
    /// function of HLG (BT.2100-2 table 5), whose exponent is 1.2 at a peak of 1000 cd/m².
    ///
    /// - Parameter luminance: of the scene, between 0 and 1.
    package static func systemFactor(luminance: Double) -> Double {
        nominalPeak / referenceWhite * pow(luminance, 1.2 - 1)
    }

    /// The signal that a display of standard dynamic range makes light of; over 1 where it is beyond reference white.
    package static func displayed(_ light: Double) -> Double { pow(light, 1 / 2.4) }

    /// How highlights come down: what is below 0.94 stays as it is, so that a graded picture keeps its colours; above, a
    /// curve of the same slope leads towards 1, so that clouds and lamps keep steps between them. Reference white comes
    /// out at 0.97 (247 of 255), a highlight of 1000 cd/m² at 0.997.
    package static func shoulder(_ signal: Double) -> Double {
        let knee = 0.94
        let beyond = (signal - knee) / (1 - knee)
        return beyond <= 0 ? signal : knee + (1 - knee) * beyond / (1 + beyond)
    }
}

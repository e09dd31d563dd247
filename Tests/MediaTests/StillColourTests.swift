import Frames
import Media
import TestSupport
import Testing

@Suite("Colours on their way to a still") struct StillColourTests {
    /// ITU-R BT.2408-7 table 1 and BT.2390 table of PQ codes: signal and cd/m².
    @Test(
        "PQ makes the light of the standard's tables",
        arguments: [
            (0, 0.0), (0.5807, 203), (0.5081, 100), (0.7518, 1000), (0.6765, 500), (0.8274, 2000), (0.9026, 4000),
            (1, 10000),
        ])
    func pq(_ signal: Double, _ light: Double) {
        let found = LightCurve.pq.light(signal) * LightCurve.referenceWhite
        // The tables have four digits.
        #expect(abs(found - light) <= light * 0.001, "\(found)")
    }

    @Test("HLG makes the light of the standard's tables")
    func hlg() {
        #expect(LightCurve.hlg.light(0) == 0)
        #expect(abs(LightCurve.hlg.light(0.5) - 1 / 12.0) < 1e-9)
        #expect(abs(LightCurve.hlg.light(1) - 1) < 1e-6)
        // Both branches meet.
        #expect(abs(LightCurve.hlg.light(0.500001) - LightCurve.hlg.light(0.5)) < 1e-6)
        // On a display of 1000 cd/m²: BT.2408-7 table 1 has 203 cd/m² for 75 %, 26 for 38 %.
        func display(_ signal: Double) -> Double {
            let scene = LightCurve.hlg.light(signal)
            return scene * LightCurve.systemFactor(luminance: scene) * LightCurve.referenceWhite
        }
        #expect(abs(display(0.75) - 203) < 0.5)
        #expect(abs(display(0.38) - 26) < 0.6)
        #expect(abs(display(1) - 1000) < 0.01)
    }

    @Test("Highlights come down without a step, and all else stays")
    func shoulder() {
        for value in [0, 0.1, 0.5, 0.9, 0.94] { #expect(LightCurve.shoulder(value) == value) }
        #expect(LightCurve.shoulder(1) > 240 / 255.0 && LightCurve.shoulder(1) < 1)
        var last = 0.93
        for step in 0...5000 {
            let signal = 0.93 + Double(step) / 1000
            let now = LightCurve.shoulder(signal)
            #expect(now >= last && now - last <= 0.0011 || step == 0 && now == last)
            #expect(now < 1)
            last = now
        }
    }

    /// R', G' and B' between 0 and 255 of a JPEG's Y, Cb and Cr.
    private func decoded(_ codes: [UInt8]) -> [Double] {
        let (y, u, v) = (Double(codes[0]), Double(codes[1]) - 128, Double(codes[2]) - 128)
        return [y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u]
    }

    private func check(_ colours: ColourDescription, codes: [UInt8], rgb: [Double], within limit: Double) throws {
        let way = StillColour(colours)
        guard case .recoded(let change) = way else {
            Issue.record("\(way)")
            return
        }
        let planes = [[UInt8](repeating: codes[0], count: 4), [codes[1]], [codes[2]]]
        let result = Kernels.recode(planes, width: 2, height: 2, by: change)
        #expect(Set(result[0]).count == 1)
        for (found, wanted) in zip(decoded([result[0][0], result[1][0], result[2][0]]), rgb) {
            #expect(abs(found - wanted) <= limit, "\(codes): \(found) for \(wanted)")
        }
    }

    /// Codes of 100 % bars as BT.601-7, BT.709-6 and BT.2020-2 make them.
    @Test("Codes of colour bars become those of a JPEG")
    func bars() throws {
        let hd = ColourDescription(matrix: 1)
        try check(hd, codes: [235, 128, 128], rgb: [255, 255, 255], within: 0.01)
        try check(hd, codes: [16, 128, 128], rgb: [0, 0, 0], within: 0.01)
        try check(hd, codes: [63, 102, 240], rgb: [255, 0, 0], within: 2)
        try check(hd, codes: [173, 42, 26], rgb: [0, 255, 0], within: 2)
        try check(hd, codes: [32, 240, 118], rgb: [0, 0, 255], within: 2)
        let sd = ColourDescription(width: 720, height: 576)
        try check(sd, codes: [81, 90, 240], rgb: [255, 0, 0], within: 2)
        try check(sd, codes: [145, 54, 34], rgb: [0, 255, 0], within: 2)
        let uhd = ColourDescription(matrix: 9)
        try check(uhd, codes: [74, 97, 240], rgb: [255, 0, 0], within: 2)
        // Below black and above white there is nothing in a JPEG.
        try check(hd, codes: [1, 128, 128], rgb: [0, 0, 0], within: 0.01)
        try check(hd, codes: [254, 128, 128], rgb: [255, 255, 255], within: 0.01)
    }

    @Test("What nobody tagged is guessed by size as players do")
    func guesses() {
        func isSame(_ colours: ColourDescription) -> Bool {
            if case .same = StillColour(colours) { true } else { false }
        }
        let untagged = { (width: Int, height: Int) in
            ColourDescription(isFullRange: true, width: width, height: height)
        }
        #expect(isSame(untagged(720, 576)))
        #expect(isSame(untagged(1279, 480)))
        #expect(!isSame(untagged(1280, 300)))
        #expect(!isSame(untagged(768, 577)))
        #expect(isSame(ColourDescription(matrix: 6, isFullRange: true)))
        #expect(!isSame(ColourDescription(matrix: 1, isFullRange: true, width: 320, height: 240)))
        // The primaries of BT.601 are left alone.
        #expect(isSame(ColourDescription(primaries: 6, transfer: 6, matrix: 5, isFullRange: true)))
    }

    @Test("Light is counted only where it has to be")
    func light() {
        func isShown(_ primaries: Int, _ transfer: Int, _ matrix: Int) -> Bool {
            let colours = ColourDescription(primaries: primaries, transfer: transfer, matrix: matrix, depth: 10)
            return if case .shown = StillColour(colours) { true } else { false }
        }
        #expect(isShown(9, 16, 9) && isShown(9, 18, 9) && isShown(2, 16, 2) && isShown(1, 18, 1))
        #expect(isShown(9, 14, 9) && isShown(12, 1, 1))
        #expect(!isShown(1, 1, 1) && !isShown(2, 14, 9) && !isShown(6, 6, 6) && !isShown(2, 2, 2))
    }

    /// Code points that no version of H.273 has, and codes that no colour makes.
    @Test("Any tags and any codes give a picture", arguments: [0, 2, 3, 8, 9, 10, 12, 13, 14, 15, 200])
    func anything(_ matrix: Int) {
        var generator = SeededGenerator(seed: UInt64(matrix))
        for transfer in [0, 1, 8, 16, 17, 18, 255] {
            for (primaries, depth) in [(2, 8), (9, 10), (12, 16), (22, 12), (300, 9)] {
                for isFullRange in [false, true] {
                    let colours = ColourDescription(
                        primaries: primaries, transfer: transfer, matrix: matrix, isFullRange: isFullRange, depth: depth
                    )
                    switch StillColour(colours) {
                    case .same: continue
                    case .recoded(let change):
                        let planes = [64, 16, 16].map { count in
                            (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                        }
                        #expect(Kernels.recode(planes, width: 8, height: 8, by: change).map(\.count) == [64, 16, 16])
                    case .shown(let tables):
                        let planes = (0..<3).map { _ in
                            (0..<64).map { _ in
                                [0, 4095, UInt16.random(in: 0...4095, using: &generator)][
                                    Int.random(in: 0..<3, using: &generator)]
                            }
                        }
                        #expect(Kernels.shown(planes, width: 8, height: 8, by: tables).map(\.count) == [64, 16, 16])
                    }
                }
            }
        }
    }
}

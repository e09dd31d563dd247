import TestSupport
import Testing

@testable import Frames

/// Kinds of pictures that the colours are taken from.
struct ColorFormat: Sendable, CustomTestStringConvertible {
    enum Chroma: Sendable { case none, planar, interleaved }
    let name: String
    var depth = 8
    var shift = 0
    var chroma = Chroma.planar
    var shifts = (x: 1, y: 1)
    var testDescription: String { name }

    static let all = [
        ColorFormat(name: "yuv420p"), ColorFormat(name: "yuv422p", shifts: (1, 0)),
        ColorFormat(name: "yuv444p", shifts: (0, 0)), ColorFormat(name: "yuv410p", shifts: (2, 2)),
        ColorFormat(name: "gray", chroma: .none), ColorFormat(name: "nv12", chroma: .interleaved),
        ColorFormat(name: "nv24", chroma: .interleaved, shifts: (0, 0)),
        ColorFormat(name: "yuv420p10", depth: 10), ColorFormat(name: "yuv444p16", depth: 16, shifts: (0, 0)),
        ColorFormat(name: "gray12", depth: 12, chroma: .none),
        ColorFormat(name: "p010", depth: 10, shift: 6, chroma: .interleaved),
    ]
}

/// A picture of one colour format, and its hues computed pixel by pixel from the definition: each target pixel's centre
/// is brought to the source, the four pixels around it are weighed, a pixel's colour differences being those of the
/// chroma sample that it shares; BT.601 with each product rounded down; OpenCV's hue, saturation and value in 8 bits.
///
/// Single precision throughout, so that no whole number can differ.
struct ColorDrawing {
    let picture: Picture
    private let format: ColorFormat
    private let planes: [[Int]]
    private let columns: [Int]

    init(
        _ width: Int, _ height: Int, _ format: ColorFormat, isFullRange: Bool, layout: Drawing.Layout = .init(),
        using generator: inout SeededGenerator
    ) {
        self.format = format
        let chroma = (
            (width + (1 << format.shifts.x) - 1) >> format.shifts.x,
            (height + (1 << format.shifts.y) - 1) >> format.shifts.y
        )
        var sizes: [(samples: Int, rows: Int)] = [(width, height)]
        switch format.chroma {
        case .none: break
        case .planar: sizes += [chroma, chroma]
        case .interleaved: sizes.append((2 * chroma.0, chroma.1))
        }
        let drawn = Drawn(sizes: sizes, depth: format.depth, shift: format.shift, layout: layout, using: &generator)
        planes = drawn.values
        columns = sizes.map(\.samples)
        picture = Picture(
            planes: drawn.picture.planes, width: width, height: height, depth: format.depth, shift: format.shift,
            isFullRange: isFullRange, owner: drawn.picture.owner)
    }

    /// Luma, first or second colour difference of a source pixel.
    private func value(_ part: Int, _ x: Int, _ y: Int) -> Float {
        if part == 0 { return Float(planes[0][y * columns[0] + x]) }
        let (column, row) = (x >> format.shifts.x, y >> format.shifts.y)
        return format.chroma == .planar
            ? Float(planes[part][row * columns[part] + column])
            : Float(planes[1][row * columns[1] + 2 * column + part - 1])
    }

    /// The pixel before a place, the one behind it, and the share of the latter.
    private func around(_ target: Int, _ source: Int, _ size: Int) -> (Int, Int, Float) {
        let middle = (Double(target) + 0.5) * Double(source) / Double(size) - 0.5
        let clamped = min(max(middle, 0), Double(source - 1))
        let first = Int(clamped)
        return (first, min(first + 1, source - 1), Float(clamped - Double(first)))
    }

    /// A part of the picture at a place of the small one, on the 8-bit scale.
    private func sample(_ part: Int, _ x: Int, _ y: Int, _ size: (width: Int, height: Int)) -> Float {
        let (left, right, across) = around(x, picture.width, size.width)
        let (top, bottom, exact) = around(y, picture.height, size.height)
        // Of bytes that lie side by side the lower row's share has steps of 1/128.
        let isInterleaved = part > 0 && format.chroma == .interleaved
        let shift = part == 0 ? 0 : format.shifts.x
        var down = exact
        if format.depth == 8, !isInterleaved, (picture.width - 1) >> shift > 0 {
            down = (exact * 128).rounded(.down) / 128
        }
        func column(_ x: Int) -> Float {
            let (a, b) = (value(part, x, top), value(part, x, bottom))
            return a + (b - a) * down
        }
        let (a, b) = (column(left), column(right))
        return (a + (b - a) * across) / Float(1 << (format.depth - 8))
    }

    func hues() -> HueImage {
        let size = HueImage.size(width: picture.width, height: picture.height)
        var parts: [[UInt8]] = [[], [], []]
        for y in 0..<size.height {
            for x in 0..<size.width {
                let luma = sample(0, x, y, size)
                let u = picture.chroma == .none ? 128 : sample(1, x, y, size)
                let v = picture.chroma == .none ? 128 : sample(2, x, y, size)
                for (part, value) in ColorDrawing.hue(luma, u, v, isFullRange: picture.isFullRange).enumerated() {
                    parts[part].append(value)
                }
            }
        }
        return HueImage(width: size.width, height: size.height, samples: parts[0] + parts[1] + parts[2])
    }

    static func hue(_ luma: Float, _ u: Float, _ v: Float, isFullRange: Bool) -> [UInt8] {
        // Rounded down; a hundred-thousandth below a whole number is that number.
        func down(_ value: Float) -> Float { (value - 0.499_99).rounded(.toNearestOrEven) }
        func byte(_ value: Float) -> Int { Int(min(max(value, 0), 255)) }
        let y = down(isFullRange ? luma : (luma - 16) * Float(255.0 / 219))
        let gain: Float = isFullRange ? 1 : 255.0 / 224
        let (cb, cr) = ((u - 128) * gain, (v - 128) * gain)
        let red = byte(y + down(cr * 1.402))
        let green = byte(y + down(cb * -0.344136) + down(cr * -0.714136))
        let blue = byte(y + down(cb * 1.772))
        let most = max(red, green, blue)
        let range = most - min(red, green, blue)
        guard range > 0 else { return [0, 0, UInt8(most)] }
        let sector =
            most == red ? green - blue : most == green ? blue - red + 2 * range : red - green + 4 * range
        let hue = Int((Float(30 * sector) / Float(range)).rounded(.toNearestOrEven))
        let saturation = (Float(255 * range) / Float(most)).rounded(.toNearestOrEven)
        return [UInt8(hue < 0 ? hue + 180 : hue), UInt8(saturation), UInt8(most)]
    }
}

/// Whole degrees and saturations of colours, exact: no angle is computed that could be rounded to the wrong side.
package struct ColourWheel: Sendable {
    package struct Place: Equatable, Sendable {
        package var saturation: UInt16
        package var hue: UInt16
    }

    /// Cosine and sine of 0 to 90 degrees, each other's mirror images.
    private let directions: [SIMD2<Double>]

    package init() {
        // Each degree from the one before it; the error of 45 steps is far below what separates two colours.
        let step = SIMD2(0.999_847_695_156_391_24, 0.017_452_406_437_283_512)
        var list = [SIMD2(1.0, 0)]
        for _ in 1..<45 {
            let last = list[list.count - 1]
            list.append(
                SIMD2(last.x * step.x - last.y * step.y, last.y * step.x + last.x * step.y))
        }
        // Equal, so that a colour on the diagonal is.
        list.append(SIMD2(repeating: 0.5.squareRoot()))
        for degree in 46...90 { list.append(SIMD2(list[90 - degree].y, list[90 - degree].x)) }
        directions = list
    }

    /// Where a colour lies, by its distances from grey: `floor(hypot(u, v))` and `floor(atan2(u, v) + 180)` in degrees,
    /// where 360 is 0. Grey itself has 180.
    @inline(__always)
    package func place(u: Int, v: Int) -> Place {
        let length = Double(u &* u &+ v &* v).squareRoot()
        return Place(saturation: UInt16(length), hue: UInt16(degree(-v, -u)))
    }

    /// The direction of a point, rounded down.
    @inline(__always)
    private func degree(_ x: Int, _ y: Int) -> Int {
        if y == 0 { return x >= 0 ? (x == 0 ? 180 : 0) : 180 }
        // Turned by right angles into the first quarter.
        let (quarter, a, b) =
            y > 0 ? (x > 0 ? (0, x, y) : (1, y, 0 &- x)) : (x < 0 ? (2, 0 &- x, 0 &- y) : (3, 0 &- y, x))
        let (across, up) = (Double(a), Double(b))
        // A guess to a quarter of a degree, then by comparison.
        let slope = Swift.min(across, up) / Swift.max(across, up)
        let near = slope * (45 + 15.64 * (1 - slope))
        var degree = Int(up > across ? 90 - near : near)
        while up * directions[degree &+ 1].x >= across * directions[degree &+ 1].y { degree &+= 1 }
        while up * directions[degree].x < across * directions[degree].y { degree &-= 1 }
        return quarter &* 90 &+ degree
    }

    /// Every pair of bytes, U in the upper one.
    static let ofBytes: [Place] = {
        let wheel = ColourWheel()
        return (0..<65536).map { wheel.place(u: $0 >> 8 - 128, v: $0 & 255 - 128) }
    }()
}

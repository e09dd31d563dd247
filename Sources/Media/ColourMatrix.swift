/// A 3x3 matrix in double precision, by rows: for the few dozen products that make a table.
struct Matrix3: Equatable, Sendable {
    var rows: [SIMD3<Double>]

    init(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) { rows = [a, b, c] }

    static let identity = Matrix3(SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1))

    func column(_ index: Int) -> SIMD3<Double> { SIMD3(rows[0][index], rows[1][index], rows[2][index]) }

    static func * (matrix: Matrix3, vector: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3((matrix.rows[0] * vector).sum(), (matrix.rows[1] * vector).sum(), (matrix.rows[2] * vector).sum())
    }

    static func * (a: Matrix3, b: Matrix3) -> Matrix3 {
        let columns = (0..<3).map { a * b.column($0) }
        func row(_ index: Int) -> SIMD3<Double> {
            SIMD3(columns[0][index], columns[1][index], columns[2][index])
        }
        return Matrix3(row(0), row(1), row(2))
    }

    /// Every element times a number.
    static func * (factor: Double, matrix: Matrix3) -> Matrix3 {
        Matrix3(factor * matrix.rows[0], factor * matrix.rows[1], factor * matrix.rows[2])
    }

    /// By cofactors.
    ///
    /// - Precondition: the rows are independent, as those of all matrices of colours are.
    var inverse: Matrix3 {
        let (a, b, c) = (rows[0], rows[1], rows[2])
        func cross(_ p: SIMD3<Double>, _ q: SIMD3<Double>) -> SIMD3<Double> {
            SIMD3(p.y * q.z - p.z * q.y, p.z * q.x - p.x * q.z, p.x * q.y - p.y * q.x)
        }
        let cofactors = Matrix3(cross(b, c), cross(c, a), cross(a, b))
        let determinant = (a * cofactors.rows[0]).sum()
        precondition(determinant != 0, "rows that depend on each other")
        return 1 / determinant * Matrix3(cofactors.column(0), cofactors.column(1), cofactors.column(2))
    }
}

/// The red, green and blue of a system, all with the white point D65.
enum Primaries: Equatable, Sendable {
    case bt709, bt2020, p3

    /// CIE 1931 x and y of red, green and blue: ITU-R BT.709-6 item 1.3, BT.2020-2 table 3, SMPTE RP 431-2.
    private var chromaticities: [(x: Double, y: Double)] {
        switch self {
        case .bt709: [(0.640, 0.330), (0.300, 0.600), (0.150, 0.060)]
        case .bt2020: [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046)]
        case .p3: [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)]
        }
    }

    /// Linear R, G and B to CIE X, Y and Z, white having a Y of 1 (SMPTE RP 177). The second row is each component's share
    /// in luminance.
    var toXYZ: Matrix3 {
        func xyz(_ point: (x: Double, y: Double)) -> SIMD3<Double> {
            SIMD3(point.x / point.y, 1, (1 - point.x - point.y) / point.y)
        }
        let points = chromaticities.map(xyz)
        func row(_ index: Int) -> SIMD3<Double> { SIMD3(points[0][index], points[1][index], points[2][index]) }
        let unscaled = Matrix3(row(0), row(1), row(2))
        let scale = unscaled.inverse * xyz((0.3127, 0.3290))
        return Matrix3(unscaled.rows[0] * scale, unscaled.rows[1] * scale, unscaled.rows[2] * scale)
    }

    /// Linear R, G and B to those of other primaries; negative where a colour is beyond them.
    func converted(to other: Primaries) -> Matrix3 { self == other ? .identity : other.toXYZ.inverse * toXYZ }
}

/// How Y, Cb and Cr are made of R', G' and B'; Y between 0 and 1, the others between -0.5 and 0.5.
enum YUVMatrix: Equatable, Sendable {
    /// Luma is a weighted sum with these shares of red and blue; colour differences are scaled to their range.
    case luma(red: Double, blue: Double)
    /// ITU-T H.273 equations for MatrixCoefficients 8: Cg and Co.
    case ycgco
    /// ITU-R BT.2100-2 table 7, of the L'M'S' of PQ or of HLG.
    case ictcp(isHLG: Bool)

    /// ITU-R BT.601-7 item 2.5.1, which JFIF has too.
    static let bt601 = YUVMatrix.luma(red: 0.299, blue: 0.114)
    /// ITU-R BT.709-6 item 3.2.
    static let bt709 = YUVMatrix.luma(red: 0.2126, blue: 0.0722)
    /// ITU-R BT.2020-2 table 4, non-constant luminance.
    static let bt2020 = YUVMatrix.luma(red: 0.2627, blue: 0.0593)

    /// Y, Cb and Cr to R', G' and B', or to L', M' and S'.
    var decoding: Matrix3 {
        switch self {
        case .luma(let red, let blue):
            let green = 1 - red - blue
            return Matrix3(
                SIMD3(1, 0, 2 * (1 - red)),
                SIMD3(1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green),
                SIMD3(1, 2 * (1 - blue), 0))
        case .ycgco: return Matrix3(SIMD3(1, -1, 1), SIMD3(1, 1, 0), SIMD3(1, -1, -1))
        case .ictcp(isHLG: false):
            return
                (1 / 4096
                * Matrix3(SIMD3(2048, 2048, 0), SIMD3(6610, -13613, 7003), SIMD3(17933, -17390, -543))).inverse
        case .ictcp(isHLG: true):
            return
                (1 / 4096
                * Matrix3(SIMD3(2048, 2048, 0), SIMD3(3625, -7465, 3840), SIMD3(9500, -9212, -288))).inverse
        }
    }

    /// Linear R, G and B of BT.2020 to the components that the transfer characteristics belong to (BT.2100-2 table 7 for
    /// L, M and S).
    var components: Matrix3 {
        guard case .ictcp = self else { return .identity }
        return 1 / 4096 * Matrix3(SIMD3(1688, 2146, 262), SIMD3(683, 2951, 462), SIMD3(99, 309, 3688))
    }
}

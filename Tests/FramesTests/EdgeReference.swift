@testable import Frames

/// Edges and their widths as the definition has them, pixel by pixel.
struct EdgeReference {
    let width: Int
    let rows: Int
    let luma: [[Int]]
    let low: Int
    let high: Int
    let radius: Int

    private enum Direction {
        case across, down, falling, rising

        /// To the next pixel.
        var step: (x: Int, y: Int) {
            switch self {
            case .across: (1, 0)
            case .down: (0, 1)
            case .falling: (1, 1)
            case .rising: (1, -1)
            }
        }
    }

    /// - Parameter values: of `depth` bits, row by row.
    init(_ values: [Int], width: Int, rows: Int, depth: Int, low: Int, high: Int, radius: Int) {
        let scale = 1 << (depth - 8)
        self.width = width
        self.rows = rows
        (self.low, self.high, self.radius) = (low, high, radius)
        luma = (0..<rows).map { y in
            (0..<width).map { x in min(255, (values[y * width + x] + scale / 2) / scale) }
        }
    }

    func widths() -> Kernels.EdgeWidths {
        var result = Kernels.EdgeWidths()
        guard width > 2, rows > 2 else { return result }
        let smooth = smoothed()
        let thin = thinned(smooth)
        for y in 1..<rows - 1 {
            for x in 1..<width - 1 where isEdge(thin.gradients, x, y) {
                let direction = thin.directions[y][x]
                let steps = steps(smooth, x, y, direction)
                guard steps > 0 else { continue }
                result.count += 1
                switch direction {
                case .across, .down: result.straight += steps
                case .falling, .rising: result.diagonal += steps
                }
            }
        }
        return result
    }

    private static let weights = [
        [2, 4, 5, 4, 2], [4, 9, 12, 9, 4], [5, 12, 15, 12, 5], [4, 9, 12, 9, 4], [2, 4, 5, 4, 2],
    ]

    private func smoothed() -> [[Int]] {
        var result = luma
        guard rows > 4, width > 4 else { return result }
        for y in 2..<rows - 2 {
            for x in 2..<width - 2 {
                var sum = 0
                for (dy, line) in EdgeReference.weights.enumerated() {
                    for (dx, weight) in line.enumerated() { sum += weight * luma[y + dy - 2][x + dx - 2] }
                }
                result[y][x] = sum / 159
            }
        }
        return result
    }

    /// Gradients where they are greater than both neighbours' along their direction, elsewhere 0.
    private func thinned(_ smooth: [[Int]]) -> (gradients: [[Int]], directions: [[Direction]]) {
        var gradients = luma.map { $0.map { _ in 0 } }
        var directions = luma.map { $0.map { _ in Direction.across } }
        for y in 1..<rows - 1 {
            for x in 1..<width - 1 {
                func column(_ dx: Int) -> Int { smooth[y - 1][x + dx] + 2 * smooth[y][x + dx] + smooth[y + 1][x + dx] }
                func line(_ dy: Int) -> Int { smooth[y + dy][x - 1] + 2 * smooth[y + dy][x] + smooth[y + dy][x + 1] }
                let (across, down) = (column(1) - column(-1), line(1) - line(-1))
                gradients[y][x] = abs(across) + abs(down)
                let (wide, tall) = (Double(abs(across)), Double(abs(down)))
                if tall > wide * (2.0.squareRoot() + 1) {
                    directions[y][x] = .down
                } else if tall >= wide * (2.0.squareRoot() - 1) {
                    directions[y][x] = across * down > 0 ? .falling : .rising
                }
            }
        }
        var kept = gradients.map { $0.map { _ in 0 } }
        for y in 1..<rows - 1 {
            for x in 1..<width - 1 {
                let step = directions[y][x].step
                let neighbours = max(gradients[y - step.y][x - step.x], gradients[y + step.y][x + step.x])
                if gradients[y][x] > neighbours { kept[y][x] = min(255, gradients[y][x]) }
            }
        }
        return (kept, directions)
    }

    private func isEdge(_ gradients: [[Int]], _ x: Int, _ y: Int) -> Bool {
        if gradients[y][x] > high { return true }
        guard gradients[y][x] > low else { return false }
        return (y - 1...y + 1).contains { row in gradients[row][x - 1...x + 1].contains { $0 > high } }
    }

    /// From one extreme to the other; 0 when the search meets the border.
    private func steps(_ smooth: [[Int]], _ x: Int, _ y: Int, _ direction: Direction) -> Int {
        let step = direction.step
        let sign = smooth[y][x] > smooth[y - step.y][x - step.x] ? 1 : -1
        func run(_ way: Int) -> Int? {
            for count in 0..<radius {
                let (here, next) = (count * way, (count + 1) * way)
                let (nextX, nextY) = (x + next * step.x, y + next * step.y)
                guard nextX >= 0, nextX < width, nextY >= 0, nextY < rows else { return nil }
                let change = smooth[nextY][nextX] - smooth[y + here * step.y][x + here * step.x]
                if change * sign * way <= 0 { return count }
            }
            return radius
        }
        guard let behind = run(-1), let before = run(1) else { return 0 }
        return behind + before
    }
}

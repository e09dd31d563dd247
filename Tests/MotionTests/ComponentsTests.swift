import Frames
import TestSupport
import Testing

@testable import FrameTools

@Suite("Regions of a mask") struct ComponentsTests {
    /// Each run with each other one, and each region by its lowest run.
    private static func reference(_ runs: [MaskRun], gap: Int) -> [[MaskRun]] {
        var numbers = Array(runs.indices)
        var isChanged = true
        while isChanged {
            isChanged = false
            for one in runs.indices {
                for two in runs.indices where two < one && numbers[one] != numbers[two] {
                    let (a, b) = (runs[two], runs[one])
                    guard b.row > a.row, b.row - a.row <= gap + 1, a.start < b.end + gap, b.start < a.end + gap else {
                        continue
                    }
                    let (least, other) = (min(numbers[one], numbers[two]), max(numbers[one], numbers[two]))
                    numbers = numbers.map { $0 == other ? least : $0 }
                    isChanged = true
                }
            }
        }
        return Set(numbers).sorted().map { number in runs.indices.filter { numbers[$0] == number }.map { runs[$0] } }
    }

    @Test(arguments: [0, 1, 2]) func `runs near each other make a region, in the order of the first ones`(gap: Int) {
        var generator = SeededGenerator(seed: UInt64(40 + gap))
        for width in 3...60 {
            let height = 3 + width % 17
            let density = Int.random(in: 1...14, using: &generator)
            let mask = (0..<width * height).map { _ -> UInt8 in
                Int.random(in: 0..<30, using: &generator) < density ? UInt8.random(in: 1...7, using: &generator) : 0
            }
            let runs = Kernels.runs(mask, width: width, height: height, gap: gap)
            let found = Components(runs, mask: mask, width: width, gap: gap)
            #expect(found.list.map { Array(found.runs[$0.runs]) } == Self.reference(runs, gap: gap), "\(width)")
            for component in found.list {
                let own = found.runs[component.runs]
                let places = own.flatMap { Array($0.row * width + $0.start..<$0.row * width + $0.end) }
                #expect(component.area == places.count { mask[$0] & 1 != 0 })
                #expect(component.strong == places.count { mask[$0] & 2 != 0 })
                #expect(component.changed == places.count { mask[$0] & 4 != 0 })
                #expect(component.left == own.map(\.start).min())
                #expect(component.right == own.map(\.end).max())
                #expect(component.top == own.map(\.row).min())
                #expect(component.bottom == own.map { $0.row + 1 }.max())
            }
        }
        #expect(Components([], mask: [], width: 0, gap: gap).list.isEmpty)
    }

    @Test func `a region of two parts is cut where it saves most, across or down`() {
        // Two squares of ten that touch at a corner.
        let runs = (0..<20).map { row in
            row < 10 ? MaskRun(row: row, start: 0, end: 10) : MaskRun(row: row, start: 9, end: 19)
        }
        for turned in [false, true] {
            var list = runs
            if turned {
                list = (0..<19).map { row in
                    row < 9
                        ? MaskRun(row: row, start: 0, end: 10)
                        : row == 9 ? MaskRun(row: 9, start: 0, end: 20) : MaskRun(row: row, start: 10, end: 20)
                }
            }
            var component = Component()
            component.runs = list.indices
            (component.left, component.top) = (0, 0)
            (component.right, component.bottom) = turned ? (20, 19) : (19, 20)
            let pieces = component.pieces(of: list, least: 8, saving: 0.25)
            #expect(pieces.count == 2)
            #expect(pieces.reduce(0) { $0 + $1.area } == 200)
        }
    }

    /// The smallest sum of two boxes behind a straight cut, sample by sample.
    private static func bestCut(_ places: [(x: Int, y: Int)], _ cell: Cell, _ least: Int) -> (across: Int, down: Int) {
        func box(_ part: [(x: Int, y: Int)]) -> Int {
            var cell = Cell()
            for place in part { cell.add(Cell(left: place.x, top: place.y, right: place.x + 1, bottom: place.y + 1)) }
            return cell.area
        }
        func best(_ first: Int, _ end: Int, _ line: ((x: Int, y: Int)) -> Int) -> Int {
            (first + 1..<max(first + 2, end)).filter { $0 - first >= least / 2 && end - $0 >= least / 2 }.map { cut in
                box(places.filter { line($0) < cut }) + box(places.filter { line($0) >= cut })
            }.min() ?? .max
        }
        return (best(cell.top, cell.bottom) { $0.y }, best(cell.left, cell.right) { $0.x })
    }

    @Test func `the best cut is the one after which the boxes around all samples are smallest`() {
        var generator = SeededGenerator(seed: 45)
        var cuts = 0
        for round in 0..<60 {
            // Some blocks that overlap, touch or lie apart.
            let (width, height) = (16 + round % 13, 12 + round % 11)
            var mask = [UInt8](repeating: 0, count: width * height)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let left = Int.random(in: 0..<width, using: &generator)
                let top = Int.random(in: 0..<height, using: &generator)
                let right = left + Int.random(in: 2...9, using: &generator)
                let bottom = top + Int.random(in: 2...9, using: &generator)
                for y in top..<min(height, bottom) {
                    for x in left..<min(width, right) { mask[y * width + x] = Kernels.Mark.weak }
                }
            }
            let found = Components(
                Kernels.runs(mask, width: width, height: height, gap: 2), mask: mask, width: width, gap: 2)
            for component in found.list {
                let runs = found.runs[component.runs]
                let places = runs.flatMap { run in (run.start..<run.end).map { (x: $0, y: run.row) } }
                let cell = component.cell
                let expected = Self.bestCut(places, cell, 8)
                #expect(RegionCut(rowsOf: runs, cell, 8).area == expected.across, "\(round)")
                #expect(RegionCut(columnsOf: runs, cell, 8).area == expected.down, "\(round)")
                let pieces = component.pieces(of: found.runs, least: 8, saving: 0.25)
                cuts += pieces.count - 1
                let left = places.filter { place in
                    !pieces.contains {
                        $0.left <= place.x && place.x < $0.right && $0.top <= place.y && place.y < $0.bottom
                    }
                }
                #expect(left.isEmpty, "\(round)")
                let limit = Int(Double(cell.area) * 0.75)
                let isLarge = cell.right - cell.left >= 8 && cell.bottom - cell.top >= 8
                #expect((pieces.count > 1) == (isLarge && min(expected.across, expected.down) <= limit), "\(round)")
            }
        }
        #expect(cuts > 5)
    }
}

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
            let found = Components(runs, mask: mask, width: width, gap: gap).list
            #expect(found.map(\.runs) == Self.reference(runs, gap: gap), "\(width)")
            for component in found {
                let places = component.runs.flatMap { Array($0.row * width + $0.start..<$0.row * width + $0.end) }
                #expect(component.area == places.count { mask[$0] & 1 != 0 })
                #expect(component.strong == places.count { mask[$0] & 2 != 0 })
                #expect(component.changed == places.count { mask[$0] & 4 != 0 })
                #expect(component.left == component.runs.map(\.start).min())
                #expect(component.right == component.runs.map(\.end).max())
                #expect(component.top == component.runs.map(\.row).min())
                #expect(component.bottom == component.runs.map { $0.row + 1 }.max())
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
            component.runs = list
            (component.left, component.top) = (0, 0)
            (component.right, component.bottom) = turned ? (20, 19) : (19, 20)
            let pieces = component.pieces(least: 8, saving: 0.25)
            #expect(pieces.count == 2)
            #expect(pieces.reduce(0) { $0 + $1.area } == 200)
        }
    }
}

internal import Frames

/// A connected region of the small picture's mask.
struct Component {
    /// Which of the runs of ``Components/runs`` are its own.
    var runs = 0..<0
    var left = Int.max
    var top = Int.max
    /// Behind the last column and row.
    var right = 0
    var bottom = 0
    /// Marked samples: all, clearly different ones, and those that differ from a few frames ago.
    var area = 0
    var strong = 0
    var changed = 0
    /// Hardly anything in it has changed lately.
    var isStill = false
}

/// Runs of marked samples joined to regions.
struct Components {
    /// In the order of their first runs.
    private(set) var list: [Component] = []
    /// Region by region, and in each from top to bottom and from left to right.
    private(set) var runs: [MaskRun] = []

    /// - Parameters:
    ///   - found: the runs, row by row, and from left to right in each.
    ///   - gap: rows and columns between two runs that still belong together.
    /// - Complexity: nearly O(runs * (1 + gap)) and O(samples of the runs)
    init(_ found: [MaskRun], mask: [UInt8], width: Int, gap: Int) {
        guard let first = found.first else { return }
        let regions = Kernels.regions(found, gap: gap)
        list = [Component](repeating: Component(), count: regions.count)
        for (run, number) in zip(found, regions.numbers) { list[number].take(run) }
        // Where the runs of each region begin, and then where its next run goes.
        var places = [Int](repeating: 0, count: list.count)
        var start = 0
        for index in list.indices {
            places[index] = start
            list[index].runs = start..<start + list[index].runs.count
            start = list[index].runs.upperBound
        }
        runs = [MaskRun](repeating: first, count: found.count)
        for (run, number) in zip(found, regions.numbers) {
            runs[places[number]] = run
            places[number] += 1
        }
        for index in list.indices {
            let counts = Kernels.count(mask, width: width, in: runs, list[index].runs)
            list[index].area = counts.weak
            list[index].strong = counts.strong
            list[index].changed = counts.changed
        }
    }
}

extension Component {
    fileprivate mutating func take(_ run: MaskRun) {
        // Only counted until all regions have their places.
        runs = 0..<runs.count + 1
        left = min(left, run.start)
        right = max(right, run.end)
        top = min(top, run.row)
        bottom = max(bottom, run.row + 1)
    }
}

/// A box of samples: the first column and row, and those behind the last.
struct Cell: Equatable {
    var left = Int.max
    var top = Int.max
    var right = 0
    var bottom = 0

    var area: Int { max(0, right - left) * max(0, bottom - top) }

    mutating func add(_ other: Cell) {
        left = min(left, other.left)
        top = min(top, other.top)
        right = max(right, other.right)
        bottom = max(bottom, other.bottom)
    }
}

extension Component {
    var cell: Cell { Cell(left: left, top: top, right: right, bottom: bottom) }

    /// The boxes that cover the region best: one, or where a straight cut saves a good part of the box, as with two
    /// objects that touch, one for each side of it.
    ///
    /// - Parameters:
    ///   - all: the list that its runs are in.
    ///   - least: columns and rows of a piece.
    func pieces(of all: [MaskRun], least: Int, saving: Double) -> [Cell] {
        RegionCut.pieces(of: all[runs], cell, least: least, saving: saving, depth: 2)
    }
}

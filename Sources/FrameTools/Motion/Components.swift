internal import Frames

/// A connected region of the small picture's mask.
struct Component {
    var runs: [MaskRun] = []
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

/// Runs of marked samples joined to regions by union and find.
struct Components {
    /// In the order of their first runs.
    private(set) var list: [Component] = []
    private var parents: [Int] = []

    /// - Parameters:
    ///   - runs: row by row, and from left to right in each.
    ///   - gap: rows and columns between two runs that still belong together.
    /// - Complexity: nearly O(runs * (1 + gap)) and O(samples of the runs)
    init(_ runs: [MaskRun], mask: [UInt8], width: Int, gap: Int) {
        parents = Array(runs.indices)
        // Where the runs of each of the last rows begin, the nearest row first, and of each the first run that may reach
        // the next one of this row.
        var above: [Range<Int>] = []
        var start = 0
        while start < runs.count {
            let row = runs[start].row
            var end = start + 1
            while end < runs.count, runs[end].row == row { end += 1 }
            above.removeAll { runs[$0.lowerBound].row < row - gap - 1 }
            for before in above { join(before, start..<end, runs, gap) }
            above.append(start..<end)
            start = end
        }
        // The first run of a region is its root, so that roots come before what hangs on them.
        var places = [Int](repeating: 0, count: runs.count)
        for (index, run) in runs.enumerated() {
            let root = find(index)
            if root == index {
                places[index] = list.count
                list.append(Component())
            }
            list[places[root]].take(run)
        }
        for index in list.indices {
            let counts = Kernels.count(mask, width: width, in: list[index].runs)
            list[index].area = counts.weak
            list[index].strong = counts.strong
            list[index].changed = counts.changed
        }
    }

    /// Joins the runs of two rows that are near each other.
    private mutating func join(_ above: Range<Int>, _ row: Range<Int>, _ runs: [MaskRun], _ gap: Int) {
        var first = above.lowerBound
        for index in row {
            let run = runs[index]
            while first < above.upperBound, runs[first].end + gap <= run.start { first += 1 }
            var other = first
            while other < above.upperBound, runs[other].start < run.end + gap {
                join(other, index)
                other += 1
            }
        }
    }

    private mutating func find(_ index: Int) -> Int {
        var root = index
        while parents[root] != root {
            parents[root] = parents[parents[root]]
            root = parents[root]
        }
        return root
    }

    private mutating func join(_ a: Int, _ b: Int) {
        let (one, two) = (find(a), find(b))
        if one != two { parents[max(one, two)] = min(one, two) }
    }
}

extension Component {
    fileprivate mutating func take(_ run: MaskRun) {
        runs.append(run)
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
    /// - Parameter least: columns and rows of a piece.
    func pieces(least: Int, saving: Double) -> [Cell] {
        Component.cut(runs, cell, least: least, saving: saving, depth: 2)
    }

    private static func cut(_ runs: [MaskRun], _ cell: Cell, least: Int, saving: Double, depth: Int) -> [Cell] {
        guard depth > 0, cell.right - cell.left >= least, cell.bottom - cell.top >= least else { return [cell] }
        var rows = [Cell](repeating: Cell(), count: cell.bottom - cell.top)
        // Runs come from top to bottom: the first one that has a column is its top, and the last its bottom.
        var tops = [Int](repeating: .max, count: cell.right - cell.left)
        var bottoms = [Int](repeating: 0, count: tops.count)
        for run in runs {
            rows[run.row - cell.top].add(Cell(left: run.start, top: run.row, right: run.end, bottom: run.row + 1))
            for column in run.start - cell.left..<run.end - cell.left {
                tops[column] = min(tops[column], run.row)
                bottoms[column] = run.row + 1
            }
        }
        let columns = tops.indices.map { column in
            bottoms[column] == 0
                ? Cell()
                : Cell(
                    left: cell.left + column, top: tops[column], right: cell.left + column + 1,
                    bottom: bottoms[column])
        }
        let (across, down) = (best(rows, least), best(columns, least))
        let limit = Int(Double(cell.area) * (1 - saving))
        guard min(across.area, down.area) <= limit else { return [cell] }
        var parts: (first: [MaskRun], second: [MaskRun]) = ([], [])
        if across.area <= down.area {
            let row = cell.top + across.place
            parts = (runs.filter { $0.row < row }, runs.filter { $0.row >= row })
        } else {
            let x = cell.left + down.place
            for run in runs {
                if run.start < x { parts.first.append(MaskRun(row: run.row, start: run.start, end: min(x, run.end))) }
                if run.end > x { parts.second.append(MaskRun(row: run.row, start: max(x, run.start), end: run.end)) }
            }
        }
        return [parts.first, parts.second].flatMap { part -> [Cell] in
            var whole = Cell()
            for run in part {
                whole.add(Cell(left: run.start, top: run.row, right: run.end, bottom: run.row + 1))
            }
            return cut(part, whole, least: least, saving: saving, depth: depth - 1)
        }
    }

    /// The cut after which the two boxes are smallest.
    private static func best(_ lines: [Cell], _ least: Int) -> (place: Int, area: Int) {
        var after = lines
        for index in stride(from: lines.count - 2, through: 0, by: -1) { after[index].add(after[index + 1]) }
        var result = (place: 0, area: Int.max)
        var before = Cell()
        for index in 1..<max(1, lines.count) {
            before.add(lines[index - 1])
            guard index >= least / 2, lines.count - index >= least / 2 else { continue }
            let area = before.area + after[index].area
            if area < result.area { result = (index, area) }
        }
        return result
    }
}

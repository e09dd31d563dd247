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
    private(set) var list: [Component] = []
    private var parents: [Int] = []

    /// - Parameter gap: rows and columns between two runs that still belong together.
    /// - Complexity: nearly O(runs * (1 + gap))
    init(_ runs: [MaskRun], mask: [UInt8], width: Int, gap: Int) {
        parents = Array(runs.indices)
        // Where each of the last rows' runs begin.
        var from = 0
        for index in runs.indices {
            let run = runs[index]
            while runs[from].row < run.row - gap - 1 { from += 1 }
            var other = from
            while other < index, runs[other].row < run.row {
                let before = runs[other]
                if before.start < run.end + gap, run.start < before.end + gap { join(other, index) }
                other += 1
            }
        }
        var places: [Int: Int] = [:]
        for (index, run) in runs.enumerated() {
            let root = find(index)
            let place = places[root] ?? list.count
            if place == list.count {
                places[root] = place
                list.append(Component())
            }
            list[place].take(run, mask, width)
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
    fileprivate mutating func take(_ run: MaskRun, _ mask: [UInt8], _ width: Int) {
        runs.append(run)
        left = min(left, run.start)
        right = max(right, run.end)
        top = min(top, run.row)
        bottom = max(bottom, run.row + 1)
        var (all, clear, lately) = (0, 0, 0)
        for place in run.row * width + run.start..<run.row * width + run.end {
            let marks = Int(mask[place])
            all += marks & 1
            clear += marks >> 1 & 1
            lately += marks >> 2 & 1
        }
        area += all
        strong += clear
        changed += lately
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
        var columns = [Cell](repeating: Cell(), count: cell.right - cell.left)
        for run in runs {
            rows[run.row - cell.top].add(Cell(left: run.start, top: run.row, right: run.end, bottom: run.row + 1))
            for x in run.start..<run.end {
                columns[x - cell.left].add(Cell(left: x, top: run.row, right: x + 1, bottom: run.row + 1))
            }
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

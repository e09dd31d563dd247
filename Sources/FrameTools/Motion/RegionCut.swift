internal import Frames

/// A straight cut through a region, after which the boxes of its two parts are smallest.
struct RegionCut {
    /// The row or column, counted from the box's first, at which the second part begins.
    private(set) var place = 0
    /// Of the two boxes together.
    private(set) var area = Int.max

    /// The boxes of a region: its own, or where a cut saves a good part of it, those of the parts.
    ///
    /// - Parameters:
    ///   - runs: from top to bottom, none of which has a sample of another.
    ///   - cell: the box around them.
    ///   - least: columns and rows of a piece.
    ///   - depth: so many times a part may be cut again.
    /// - Complexity: O(runs + columns + rows) for each cut
    static func pieces(of runs: ArraySlice<MaskRun>, _ cell: Cell, least: Int, saving: Double, depth: Int) -> [Cell] {
        guard depth > 0, cell.right - cell.left >= least, cell.bottom - cell.top >= least else { return [cell] }
        let limit = Int(Double(cell.area) * (1 - saving))
        // No two boxes around all samples are smaller than these.
        guard runs.reduce(0, { $0 + $1.end - $1.start }) <= limit else { return [cell] }
        let (across, down) = (RegionCut(rowsOf: runs, cell, least), RegionCut(columnsOf: runs, cell, least))
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
            for run in part { whole.add(Cell(run)) }
            return pieces(of: part[...], whole, least: least, saving: saving, depth: depth - 1)
        }
    }

    /// The best cut between two rows.
    init(rowsOf runs: ArraySlice<MaskRun>, _ cell: Cell, _ least: Int) {
        var rows = [Cell](repeating: Cell(), count: cell.bottom - cell.top)
        for run in runs { rows[run.row - cell.top].add(Cell(run)) }
        choose(before: rows, after: rows, least)
    }

    /// The best cut between two columns. What is left of a cut is known by the columns in which runs begin, what is right
    /// of it by those in which they end.
    init(columnsOf runs: ArraySlice<MaskRun>, _ cell: Cell, _ least: Int) {
        var begun = [Cell](repeating: Cell(), count: cell.right - cell.left)
        var ended = begun
        for run in runs where run.start < run.end {
            begun[run.start - cell.left].add(Cell(run))
            ended[run.end - 1 - cell.left].add(Cell(run))
        }
        choose(before: begun, after: ended, least, from: cell.left)
    }

    /// - Parameters:
    ///   - before: what each line adds to the part before a cut behind it.
    ///   - after: what each line adds to the part behind a cut before it.
    ///   - from: the first line where lines are columns: a run that goes on beyond a cut belongs to both parts, up to the
    ///     cut and from there on.
    private mutating func choose(before: [Cell], after: [Cell], _ least: Int, from: Int? = nil) {
        var areas = [Int](repeating: 0, count: after.count)
        var part = Cell()
        for index in after.indices.reversed() {
            part.add(after[index])
            var held = part
            if let from { held.left = max(held.left, from + index) }
            areas[index] = held.area
        }
        part = Cell()
        for index in before.indices.dropFirst() {
            part.add(before[index - 1])
            guard index >= least / 2, before.count - index >= least / 2 else { continue }
            var held = part
            if let from { held.right = min(held.right, from + index) }
            let sum = held.area + areas[index]
            if sum < area { (place, area) = (index, sum) }
        }
    }
}

extension Cell {
    fileprivate init(_ run: MaskRun) {
        self.init(left: run.start, top: run.row, right: run.end, bottom: run.row + 1)
    }
}

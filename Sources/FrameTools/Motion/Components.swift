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

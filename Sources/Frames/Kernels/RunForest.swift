// Which runs of a mask are one region. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// Joins runs that are near each other to regions, by union and find.
    ///
    /// - Parameters:
    ///   - runs: row by row, and from left to right in each.
    ///   - gap: rows and columns between two runs that still belong together.
    /// - Returns: the number of each run's region, in the order of their first runs, and how many regions there are.
    /// - Complexity: nearly O(runs * (1 + gap))
    package static func regions(_ runs: [MaskRun], gap: Int) -> (numbers: [Int], count: Int) {
        var count = 0
        let numbers = [Int](unsafeUninitializedCapacity: runs.count) { numbers, used in
            used = runs.count
            runs.withUnsafeBufferPointer { runs in
                for index in runs.indices { numbers.initializeElement(at: index, to: index) }
                if gap >= 0 { RunForest(runs: runs, parents: numbers).join(gap) }
                for index in runs.indices {
                    // The first run of a region is its root, and parents come before what hangs on them: they have
                    // their numbers.
                    let parent = numbers[index]
                    numbers[index] = parent == index ? count : numbers[parent]
                    if parent == index { count += 1 }
                }
            }
        }
        return (numbers, count)
    }
}

/// Runs and what they hang on: one before them of the same region, or themselves.
private struct RunForest {
    let runs: UnsafeBufferPointer<MaskRun>
    let parents: UnsafeMutableBufferPointer<Int>

    func join(_ gap: Int) {
        // Where the runs of each of the last rows begin.
        var above: [Range<Int>] = []
        var start = 0
        while start < runs.count {
            let row = runs[start].row
            var end = start + 1
            while end < runs.count, runs[end].row == row { end += 1 }
            above.removeAll { runs[$0.lowerBound].row < row - gap - 1 }
            for before in above { join(before, start..<end, gap) }
            above.append(start..<end)
            start = end
        }
    }

    /// Joins the runs of two rows that are near each other.
    private func join(_ above: Range<Int>, _ row: Range<Int>, _ gap: Int) {
        // The first run that may reach the next one of this row.
        var first = above.lowerBound
        for index in row {
            let (start, end) = (runs[index].start, runs[index].end)
            while first < above.upperBound, runs[first].end + gap <= start { first += 1 }
            var other = first
            while other < above.upperBound, runs[other].start < end + gap {
                join(other, index)
                other += 1
            }
        }
    }

    private func join(_ a: Int, _ b: Int) {
        // Most neighbours are of one region already.
        if parents[a] == parents[b] { return }
        let (one, two) = (find(a), find(b))
        if one != two { parents[max(one, two)] = min(one, two) }
    }

    private func find(_ index: Int) -> Int {
        var root = index
        while parents[root] != root {
            parents[root] = parents[parents[root]]
            root = parents[root]
        }
        return root
    }
}

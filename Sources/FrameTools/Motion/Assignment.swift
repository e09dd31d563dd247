/// Optimal assignment of rows to columns.
package enum Assignment {
    /// The assignment of least total cost (Kuhn and Munkres, with potentials).
    ///
    /// - Parameter costs: a row for each row, all of one length.
    /// - Returns: each row's column; nil for rows that are left over because there are more rows than columns.
    /// - Complexity: O(n^2 m) for n rows and m columns, n the smaller
    package static func solve(_ costs: [[Double]]) -> [Int?] {
        guard let columns = costs.first?.count, columns > 0 else { return costs.map { _ in nil } }
        let rows = costs.count
        if rows > columns {
            let turned = solve((0..<columns).map { column in costs.map { $0[column] } })
            var result = [Int?](repeating: nil, count: rows)
            for (column, row) in turned.enumerated() {
                if let row { result[row] = column }
            }
            return result
        }
        // Index 0 stands for nothing.
        var rowPotential = [Double](repeating: 0, count: rows + 1)
        var columnPotential = [Double](repeating: 0, count: columns + 1)
        var rowOf = [Int](repeating: 0, count: columns + 1)
        var before = rowOf
        for row in 1...rows {
            rowOf[0] = row
            var column = 0
            var least = [Double](repeating: .infinity, count: columns + 1)
            var isUsed = [Bool](repeating: false, count: columns + 1)
            repeat {
                isUsed[column] = true
                let current = rowOf[column]
                var delta = Double.infinity
                var next = 0
                for other in 1...columns where !isUsed[other] {
                    let cost = costs[current - 1][other - 1] - rowPotential[current] - columnPotential[other]
                    if cost < least[other] {
                        least[other] = cost
                        before[other] = column
                    }
                    if least[other] < delta {
                        delta = least[other]
                        next = other
                    }
                }
                guard next > 0 else { break }
                for other in 0...columns {
                    if isUsed[other] {
                        rowPotential[rowOf[other]] += delta
                        columnPotential[other] -= delta
                    } else {
                        least[other] -= delta
                    }
                }
                column = next
            } while rowOf[column] != 0
            while column != 0 {
                let previous = before[column]
                rowOf[column] = rowOf[previous]
                column = previous
            }
        }
        var result = [Int?](repeating: nil, count: rows)
        for column in 1...columns where rowOf[column] > 0 { result[rowOf[column] - 1] = column - 1 }
        return result
    }
}

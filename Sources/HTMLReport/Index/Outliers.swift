/// Values that stand apart from all others of a batch.
///
/// The modified z-score of Iglewicz and Hoaglin (1993): the distance from the median in units of 1.4826 times the median
/// absolute deviation. Where more than half of the values are the same, that deviation is 0, and 1.2533 times the mean
/// absolute deviation from the median stands in for it; so what holds of less than 23 % of the videos stands out.
enum Outliers {
    static let limit = 3.5
    /// Fewer values tell nothing of what is usual.
    static let fewest = 20

    struct Found {
        let median: Double
        /// Of the list of values, the farthest first.
        let indices: [Int]
    }

    /// - Parameter sign: 1 to look above the median, -1 to look below it.
    /// - Complexity: O(n log n)
    static func find(_ values: [Double?], sign: Double) -> Found? {
        let known = values.compactMap { $0 }
        guard known.count >= fewest else { return nil }
        let middle = median(known)
        let distances = known.map { abs($0 - middle) }
        var unit = 1.4826 * median(distances)
        if unit == 0 { unit = 1.2533 * distances.reduce(0, +) / Double(distances.count) }
        guard unit > 0 else { return nil }
        let found = values.indices.filter { index in
            guard let value = values[index] else { return false }
            return sign * (value - middle) / unit > limit
        }
        guard !found.isEmpty else { return nil }
        return Found(
            median: middle,
            indices: found.sorted { left, right in
                let (first, second) = (sign * (values[left] ?? 0), sign * (values[right] ?? 0))
                return first == second ? left < right : first > second
            })
    }

    static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

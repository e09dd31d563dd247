import Archive
import Bytes
import Jobs
import TestSupport

/// The runs of an output folder that holds nothing but their records.
enum MadeRuns {
    static let first = "20260101T000000Z-aaaaaa"
    static let second = "20260102T000000Z-bbbbbb"

    /// The run of a night, from 1 to 9.
    static func night(_ number: Int) -> String { "2026010\(number)T000000Z-nnnnnn" }
}

extension MadeOutputFolder {
    func compare(_ before: String = MadeRuns.first, _ after: String = MadeRuns.second) throws -> Comparison {
        try Comparison(layout, before: before, after: after)
    }
}

extension Comparison {
    /// The paths of each category that is not empty.
    var paths: [String: [String]] {
        var result: [String: [String]] = [:]
        for category in Category.allCases where !self[category].isEmpty {
            result[category.rawValue] = self[category].map(\.path.display)
        }
        return result
    }
}

import FrameTools

/// Counts of a tracker's answers against the truth, by the published definitions.
///
/// CLEAR MOT (Bernardin and Stiefelhagen 2008): pairs of the frame before stay while they overlap enough, the others are
/// matched optimally. Identity measures (Ristani et al. 2016): whole tracks are assigned to whole tracks such that the
/// fewest boxes are wrong.
struct Scores {
    private(set) var truth = 0
    private(set) var found = 0
    private(set) var misses = 0
    private(set) var falseOnes = 0
    private(set) var switches = 0
    /// Boxes of the best assignment of whole tracks.
    private(set) var identityMatches = 0

    private var partner: [Int: Int] = [:]
    private var together: [Int: [Int: Int]] = [:]
    private var truthLengths: [Int: Int] = [:]
    private var foundLengths: [Int: Int] = [:]
    private let limit = 0.5

    typealias Named = (id: Int, box: Box)

    /// Takes a frame.
    mutating func take(_ known: [Named], _ answers: [Named]) {
        truth += known.count
        found += answers.count
        for one in known { truthLengths[one.id, default: 0] += 1 }
        for one in answers { foundLengths[one.id, default: 0] += 1 }
        let overlaps = known.map { one in answers.map { one.box.overlap($0.box) } }
        for (row, one) in known.enumerated() {
            for (column, other) in answers.enumerated() where overlaps[row][column] >= limit {
                together[one.id, default: [:]][other.id, default: 0] += 1
            }
        }
        var pairs: [Int: Int] = [:]
        var takenColumns: Set<Int> = []
        for (row, one) in known.enumerated() {
            guard let id = partner[one.id], let column = answers.firstIndex(where: { $0.id == id }),
                overlaps[row][column] >= limit, !takenColumns.contains(column)
            else { continue }
            pairs[row] = column
            takenColumns.insert(column)
        }
        let rows = known.indices.filter { pairs[$0] == nil }
        let columns = answers.indices.filter { !takenColumns.contains($0) }
        let costs = rows.map { row in columns.map { overlaps[row][$0] >= limit ? 1 - overlaps[row][$0] : 1000 } }
        for (place, column) in Assignment.solve(costs).enumerated() {
            guard let column, costs[place][column] < 1000 else { continue }
            pairs[rows[place]] = columns[column]
        }
        for (row, column) in pairs {
            let (one, other) = (known[row].id, answers[column].id)
            if let before = partner[one], before != other { switches += 1 }
            partner[one] = other
        }
        misses += known.count - pairs.count
        falseOnes += answers.count - pairs.count
    }

    /// The video is over.
    mutating func finish() {
        let (rows, columns) = (truthLengths.keys.sorted(), foundLengths.keys.sorted())
        let costs = rows.map { row in columns.map { -Double(together[row]?[$0] ?? 0) } }
        for (row, column) in Assignment.solve(costs).enumerated() {
            if let column { identityMatches -= Int(costs[row][column]) }
        }
        partner = [:]
        together = [:]
        truthLengths = [:]
        foundLengths = [:]
    }

    /// Multiple object tracking accuracy.
    var mota: Double { 1 - Double(misses + falseOnes + switches) / Double(max(1, truth)) }

    /// Identity F1 score.
    var idf1: Double { 2 * Double(identityMatches) / Double(max(1, truth + found)) }

    static func + (one: Scores, other: Scores) -> Scores {
        var sum = one
        sum.truth += other.truth
        sum.found += other.found
        sum.misses += other.misses
        sum.falseOnes += other.falseOnes
        sum.switches += other.switches
        sum.identityMatches += other.identityMatches
        return sum
    }
}

package import Bytes

/// Cuts a list of jobs into shards of like cost: each job, the dearest first, goes to the shard that has the least so far
/// (Graham, "Bounds on multiprocessing timing anomalies", 1969: the longest come within 4/3 of the best there is).
///
/// The outcome depends on the costs and the paths alone: not on the order of the list, the locale or the machine.
package struct ShardCut: Equatable, Sendable {
    /// By shard, the indices of its jobs in the list, the dearest first.
    package private(set) var shards: [[Int]]
    /// By shard, the sum of the costs.
    package private(set) var loads: [Int64]

    /// What a job costs beside its bytes, in bytes: to start a worker and to open the video. It has many small videos
    /// shared out by their number.
    package static let overhead: Int64 = 256 << 10

    /// - Parameters:
    ///   - count: of shards, at least 1.
    ///   - jobs: bytes and path of each; no path twice. Of equal costs the smaller path comes first, and of equal shards
    ///     the one with the lower number.
    /// - Complexity: n log n.
    package init(_ count: Int, jobs: [(size: Int64, path: RawPath)]) {
        self.init(count, costs: jobs.map(\.size)) { jobs[$0].path < jobs[$1].path }
    }

    /// - Parameters:
    ///   - costs: of each job, in any unit.
    ///   - overhead: what each job costs beside that, in the same unit.
    ///   - precedes: whether the path of the job of one index comes before that of another.
    package init(
        _ count: Int, costs: [Int64], overhead: Int64 = ShardCut.overhead, precedes: (Int, Int) -> Bool
    ) {
        precondition(count > 0, "there is at least one shard")
        shards = Array(repeating: [], count: count)
        loads = Array(repeating: 0, count: count)
        let order = costs.indices.sorted { left, right in
            costs[left] == costs[right] ? precedes(left, right) : costs[left] > costs[right]
        }
        var lightest = LightestShard(count)
        for index in order {
            let shard = lightest.first
            shards[shard].append(index)
            loads[shard] = [max(0, costs[index]), overhead].reduce(loads[shard], ShardCut.sum)
            lightest.replaceFirst(load: loads[shard])
        }
    }

    /// Costs may be what a header claims: a sum that cannot be written down is the most there is.
    package static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// Shards by their load: a binary heap whose first is the lightest one, and of equal ones that of the lowest number.
private struct LightestShard {
    private var heap: [(load: Int64, shard: Int)]

    init(_ count: Int) { heap = (0..<count).map { (0, $0) } }

    var first: Int { heap[0].shard }

    /// Gives the first another load.
    mutating func replaceFirst(load: Int64) {
        heap[0].load = load
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

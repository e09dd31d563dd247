/// What a histogram says, as signalstats takes it.
struct HistogramStatistics {
    private(set) var count = 0
    /// Nil without a sample.
    private(set) var min: Int?
    private(set) var max: Int?
    /// The first level up to which at least a tenth of the samples lie, and nine tenths.
    private(set) var low: Int?
    private(set) var high: Int?
    /// The first level up to which more than half of the samples lie.
    private(set) var median: Int?
    private var sum: UInt64 = 0

    init(_ counts: [Int]) {
        count = counts.reduce(0, +)
        let (tenth, nine) = (HistogramStatistics.share(10, of: count), HistogramStatistics.share(90, of: count))
        var below = 0
        for (level, times) in counts.enumerated() where times > 0 {
            if min == nil { min = level }
            max = level
            sum += UInt64(level) * UInt64(times)
            below += times
            if low == nil, below >= tenth { low = level }
            if high == nil, below >= nine { high = level }
            if median == nil, below > count / 2 { median = level }
        }
    }

    /// Not a number without a sample, so that it is left out where it is stored.
    var mean: Double { count > 0 ? Double(sum) / Double(count) : .nan }

    /// Rounded to the even of two neighbours, as the filter does; but a share is at least one sample, where the filter
    /// takes level 0 for the lowest tenth of less than five samples.
    private static func share(_ percent: Int, of count: Int) -> Int {
        Swift.max(1, Int((Double(count * percent) / 100).rounded(.toNearestOrEven)))
    }
}

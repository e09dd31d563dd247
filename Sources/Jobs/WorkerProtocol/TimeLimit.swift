/// The longest time that one video may take.
package enum TimeLimit {
    /// Seconds: `timeout`, or by default ten minutes and five times the duration that its worker reports; without one, five
    /// minutes per 100 MB.
    ///
    /// - Parameters:
    ///   - timeout: seconds; nil for the default.
    ///   - duration: of the video in seconds, as its container claims.
    ///   - size: of the video in bytes.
    package static func seconds(timeout: Double?, duration: Double?, size: Int64) -> Double {
        if let timeout { return timeout }
        guard let duration, duration.isFinite, duration > 0 else { return 600 + 300 * Double(size) / 100_000_000 }
        return 600 + 5 * duration
    }

    /// Processor seconds that a worker of so many decoder threads may use within `seconds`. There is room for the threads
    /// that fold and watch: the clock of the run ends a worker first.
    package static func processorSeconds(within seconds: Double, threads: Int) -> UInt64 {
        UInt64(min(1e12, (max(0, seconds) * (Double(max(1, threads)) + 2)).rounded(.up))) + 60
    }
}

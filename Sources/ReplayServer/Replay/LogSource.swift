internal import Archive
internal import Bytes
internal import Jobs

/// A run's log as it is read: the index of its lines, and whether somebody still writes it.
///
/// Moments are nanoseconds of a monotonic clock, handed in.
struct LogSource {
    /// What a look at the log brought.
    enum News: Equatable, Sendable {
        case nothing
        case lines
        /// A run that had died is written again.
        case resumed
        /// The run that was being written is over.
        case ended
        /// Another log has its name: the index is empty, and begins anew.
        case replaced
    }

    private(set) var index = LogIndex()
    private(set) var status: RunStatus
    /// The whole log was read once.
    private(set) var isLoaded = false
    private let layout: OutputLayout
    private let id: String
    private let follower: LogFollower
    private var cache: LogLineCache?
    /// It was being written while it was watched, so it may be taken up again.
    private var wasLive: Bool
    /// Of a log that is made of those of shards: a word of its own, since another reader numbers its lines otherwise.
    private(set) var made: String?
    /// When the writer was last looked for.
    private var checked: UInt64 = 0
    /// When lines last came.
    private var heard: UInt64 = 0

    /// Bytes of a log that are taken in at once, so that who asks meanwhile need not wait long.
    private static let slice = 1 << 20
    /// Nanoseconds between two looks at a log that has just grown.
    private static let growingInterval: UInt64 = 20_000_000
    /// Nanoseconds between two looks at one that is silent: a look costs about a quarter of a millisecond.
    private static let silentInterval: UInt64 = 50_000_000
    /// Nanoseconds after which a log counts as silent, and between two looks for its writer.
    private static let writerInterval: UInt64 = 1_000_000_000

    init(_ layout: OutputLayout, run id: String, status: RunStatus) {
        (self.layout, self.id, self.status) = (layout, id, status)
        follower = LogFollower(layout, run: id)
        // It may be joined at any time.
        wasLive = follower.isJoining
        if follower.isJoining { made = String(UInt64.random(in: 0...UInt64.max), radix: 36) }
    }

    /// Takes in what the log has.
    ///
    /// - Returns: what there was, and whether there may be more at once.
    mutating func advance(_ now: UInt64) -> (news: News, hasMore: Bool) {
        guard !isLoaded || status == .running || mayResume else { return (.nothing, false) }
        let news: LogFollower.News
        do throws(SystemError) {
            news = try follower.advance(&index, limit: LogSource.slice)
        } catch {
            // A log that went away: what is known of it stays.
            isLoaded = true
            if status == .running { status = .interrupted }
            return (.nothing, false)
        }
        switch news {
        case .replaced:
            (index, cache, isLoaded) = (LogIndex(), nil, false)
            return (.replaced, true)
        case .lines:
            (checked, heard) = (now, now)
            let isResumed = isLoaded && status == .interrupted
            if isResumed { status = .running }
            guard status == .running, index.status == .finished else {
                return (isResumed ? .resumed : .lines, !isLoaded)
            }
            end(.finished)
            return (.ended, !isLoaded)
        case .nothing:
            isLoaded = true
            // What is open before the first client is no descriptor of theirs.
            _ = try? lines()
            guard status == .running, now - checked >= LogSource.writerInterval else { return (.nothing, false) }
            checked = now
            if follower.isBeingWritten(layout, run: id) { return (.nothing, false) }
            end(.interrupted)
            return (.ended, false)
        }
    }

    private mutating func end(_ status: RunStatus) { (self.status, wasLive) = (status, true) }

    /// A writer that died may be followed by another.
    private var mayResume: Bool { wasLive && status == .interrupted }

    /// Whether the log is made of those of shards, and what joined them has made another since.
    var isTakenOver: Bool { follower.isJoining && status == .finished }

    /// Whether the log is made of those of shards.
    var isJoining: Bool { follower.isJoining }

    /// Bytes of whole lines so far.
    var size: Int64 { follower.size }

    /// A descriptor of the log as it is read here, for whoever closes it.
    func sharedDescriptor() throws(SystemError) -> FileDescriptor { try follower.sharedDescriptor() }

    /// When to look at the log again; nil when nothing more will come.
    func nextLook(_ now: UInt64) -> UInt64? {
        if status == .running {
            let isSilent = now - heard >= LogSource.writerInterval
            return now + (isSilent ? LogSource.silentInterval : LogSource.growingInterval)
        }
        return mayResume ? now + LogSource.writerInterval : nil
    }

    /// What reads lines of the log.
    mutating func lines() throws(SystemError) -> LogLineCache {
        if let cache { return cache }
        let opened = try LogLineCache(follower)
        cache = opened
        return opened
    }
}

internal import Bytes
package import Jobs
internal import Store

/// Removes what runs left. Results do not go with their runs: the catalog says all that is known of them.
package enum RunRemoval {
    /// The runs that a rule lets go, the oldest first.
    ///
    /// - Complexity: a listing, a look at each run that may go, and the index page of the report.
    package static func find(_ layout: OutputLayout, _ retention: RunRetention) throws -> [String] {
        let history = try History(layout).runs()
        let runs = Set(try RunFolders.ids(layout) + history.keys).sorted().map { id in
            RunRetention.Run(id: id, started: started(id), hasRecord: Files.exists(layout.summary(run: id)))
        }
        var spared: Set<String> = []
        for run in runs where !run.hasRecord || history[run.id]?.isPartlyJoined == true {
            if mayGoOn(layout, run: run.id) { spared.insert(run.id) }
        }
        if let shown = shownByReport(layout) { spared.insert(shown) }
        return retention.removable(runs, spared: spared)
    }

    /// The runs whose logs may be compressed, the oldest first: those that have a plain one and are over. The newest run's
    /// stays as people follow it, and so does that of the run that the report shows, since its page leads there.
    ///
    /// - Parameter removed: runs that are about to go.
    /// - Complexity: a listing, and a look at each run.
    package static func compressible(_ layout: OutputLayout, without removed: Set<String>) throws -> [String] {
        let shown = shownByReport(layout)
        return try RunFolders.ids(layout).sorted().dropLast().filter { id in
            guard !removed.contains(id), id != shown, RunLog.isPlain(layout.log(run: id)) else { return false }
            return Files.exists(layout.summary(run: id)) || !isGrowing(layout, run: id)
        }
    }

    /// Removes runs, the oldest first, and then their lines of the history.
    ///
    /// A kill in between leaves runs without a log, without a record or without a folder, as people leave them who remove
    /// files by hand; the next one removes the rest. Only under the lock of the output folder.
    ///
    /// - Parameter progress: called with how many are done.
    /// - Returns: bytes that were freed.
    @discardableResult
    package static func remove(
        _ layout: OutputLayout, _ runs: [String], progress: (Int) -> Void = { _ in }
    ) throws -> Int64 {
        var bytes: Int64 = 0
        var removed: Set<String> = []
        for (index, id) in runs.enumerated() {
            let size = RunFolders.size(layout, run: id)
            if RunFolders.remove(layout, run: id) { removed.insert(id) }
            bytes += size - RunFolders.size(layout, run: id)
            progress(index + 1)
        }
        try History(layout).remove(removed)
        return bytes
    }

    /// Removes all but the newest runs.
    @discardableResult
    package static func removeAll(but count: Int, _ layout: OutputLayout) throws -> Int64 {
        try remove(layout, find(layout, RunRetention(keep: count)))
    }

    /// When a run began, from its id.
    static func started(_ id: String) -> Int64? {
        let text = Array(id.utf8)
        guard text.count > 16, text[8] == UInt8(ascii: "T"), text[15] == UInt8(ascii: "Z") else { return nil }
        let digits = id.prefix(15).filter { $0 != "T" }
        guard digits.utf8.count == 14, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let parts = [(0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14)].map { start, end in
            String(decoding: Array(digits.utf8)[start..<end], as: UTF8.self)
        }
        let time = "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5]).000Z"
        return UTCTime(text: time)?.milliseconds
    }

    /// Nanoseconds after its last line for which a log counts as being written: a run without a lock may go on.
    private static let growing: Int64 = 60_000_000_000

    /// Nanoseconds after which a run in shards that nobody joined as a whole counts as given up: 30 days. Its tasks may wait
    /// in a queue.
    private static let waiting: Int64 = 30 * 86400 * 1_000_000_000

    private static func mayGoOn(_ layout: OutputLayout, run id: String) -> Bool {
        if let planned = (try? Files.status(layout.plan(run: id)))?.modified {
            return UTCTime.now.milliseconds * 1_000_000 - planned < waiting
        }
        return isGrowing(layout, run: id)
    }

    private static func isGrowing(_ layout: OutputLayout, run id: String) -> Bool {
        guard let modified = (try? Files.status(layout.log(run: id)))?.modified else { return false }
        return UTCTime.now.milliseconds * 1_000_000 - modified < growing
    }

    /// The run that the report is of: its pages lead to its record and its log.
    static func shownByReport(_ layout: OutputLayout) -> String? {
        guard let page = try? Files.read(layout.reportIndex, limit: 64 << 20) else { return nil }
        let opening = Array("../runs/".utf8)
        var index = page.startIndex
        while let slash = page[index...].firstIndex(of: UInt8(ascii: "/")) {
            index = slash + 1
            guard slash >= 7, page[(slash - 7)...slash].elementsEqual(opening) else { continue }
            let rest = page[index...].prefix(64).prefix { $0 != UInt8(ascii: "/") }
            return String(decoding: rest, as: UTF8.self)
        }
        return nil
    }
}

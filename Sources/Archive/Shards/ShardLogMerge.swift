internal import Bytes
internal import Jobs
internal import Store

/// Which attempt counts of each job, and what the joined log says of the job so far.
struct CountedAttempts {
    struct Job {
        /// The index of the attempt in ``CountedAttempts/attempts``.
        var attempt: Int32
        var isStarted = false
        var isEnded = false
    }

    struct Attempt: Hashable {
        var shard: Int
        var name: String
    }

    private(set) var attempts: [Attempt] = []
    /// Jobs whose end the joined log does not have.
    private(set) var unended = 0
    private var numbers: [Attempt: Int32] = [:]
    private var jobs: [JobKey: Job] = [:]

    mutating func reserve(_ count: Int) { jobs.reserveCapacity(count) }

    mutating func add(_ job: JobID, shard: Int, attempt: String) {
        let key = Attempt(shard: shard, name: attempt)
        let number = numbers[key] ?? Int32(attempts.count)
        if Int(number) == attempts.count {
            attempts.append(key)
            numbers[key] = number
        }
        if jobs.updateValue(Job(attempt: number), forKey: JobKey(job)) == nil { unended += 1 }
    }

    /// Takes a job out again.
    ///
    /// - Returns: whether it was there.
    mutating func remove(_ job: JobID) -> Bool {
        guard let removed = jobs.removeValue(forKey: JobKey(job)) else { return false }
        if !removed.isEnded { unended -= 1 }
        return true
    }

    /// Whether an event belongs into the joined log, which has it from then on: it is of the attempt that counts, and neither
    /// comes behind the job's end nor begins the job twice.
    mutating func takes(_ key: JobKey, _ kind: LogEvent.Kind, from attempt: Int) -> Bool {
        guard let index = jobs.index(forKey: key), Int(jobs.values[index].attempt) == attempt,
            !jobs.values[index].isEnded
        else { return false }
        switch kind {
        case .jobStarted:
            if jobs.values[index].isStarted { return false }
            jobs.values[index].isStarted = true
        case .completed, .error:
            if !jobs.values[index].isStarted { return false }
            jobs.values[index].isEnded = true
            unended -= 1
        case .progress: if !jobs.values[index].isStarted { return false }
        case .jobRetry: break
        default: return false
        }
        return true
    }

    subscript(job: JobID) -> Job? { jobs[JobKey(job)] }
}

/// The logs of all attempts as one: events by their times, those of one log in their order.
///
/// Times of different machines need not agree: within a log none falls, and no job has events in two logs, so that no job
/// ends before it begins.
struct ShardLogMerge {
    private var cursors: [ShardLogCursor] = []
    /// Indices of cursors that stand at a line, as a binary heap by their times.
    private var heap: [Int] = []
    /// Whether logs are added later, and grow.
    private let isGrowing: Bool
    /// Of logs that grow, the cursors that came to the end of what there was.
    private var waiting: [Int] = []
    private let piece: Int

    /// Bytes that all cursors keep in memory, and each at least.
    private static let room = (all: 32 << 20, least: 8 << 10, most: 256 << 10)

    /// - Parameter logs: those that are missing have no lines.
    init(_ logs: [RawPath]) throws(SystemError) {
        piece = ShardLogMerge.piece(logs.count)
        isGrowing = false
        for (index, path) in logs.enumerated() {
            cursors.append(ShardLogCursor(path, piece: piece))
            if try cursors[index].advance() { push(index) }
        }
    }

    /// Without logs, for about so many that are added one by one and grow. Of these it also hands out lines that are about no
    /// job, and one that cannot be read at the moment waits.
    init(growing count: Int) {
        piece = ShardLogMerge.piece(2 * count)
        isGrowing = true
    }

    /// Bytes that are read at once of each of so many logs.
    private static func piece(_ logs: Int) -> Int { max(room.least, min(room.most, room.all / max(1, logs))) }

    /// Adds a log that grows. Returns its number.
    mutating func add(_ log: RawPath) -> Int {
        cursors.append(ShardLogCursor(log, piece: piece, isGrowing: true))
        waiting.append(cursors.count - 1)
        return cursors.count - 1
    }

    /// Looks for more in the logs that had no more.
    ///
    /// - Complexity: a short read a log.
    mutating func readOn() {
        let before = waiting
        waiting = []
        for log in before {
            if (try? advance(log)) ?? false { push(log) } else { waiting.append(log) }
        }
    }

    /// Nothing more will come of a log.
    mutating func end(_ log: Int) { waiting.removeAll { $0 == log } }

    /// The next event of all, with the number of its log; nil after the last one.
    mutating func next() throws(SystemError) -> (line: [UInt8], event: ScannedLine, time: Int64, log: Int)? {
        guard let first = heap.first, let event = cursors[first].event else { return nil }
        let result = (cursors[first].line, event, cursors[first].time, first)
        if try advance(first) {
            sink(0)
        } else {
            if isGrowing { waiting.append(first) }
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            if !heap.isEmpty { sink(0) }
        }
        return result
    }

    private mutating func advance(_ log: Int) throws(SystemError) -> Bool {
        if isGrowing { return (try? cursors[log].advance()) ?? false }
        return try cursors[log].advance()
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        let (one, other) = (cursors[heap[left]].time, cursors[heap[right]].time)
        return one == other ? heap[left] < heap[right] : one < other
    }

    private mutating func push(_ cursor: Int) {
        heap.append(cursor)
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

/// A place in the log of an attempt. The file is open only while it is read: there may be thousands.
struct ShardLogCursor {
    private let path: RawPath
    private let piece: Int
    private var scanner = LogScanner()
    private var bytes: [UInt8] = []
    private var position = 0
    private var offset: Int64 = 0
    private var isAtEnd = false
    private let isGrowing: Bool
    /// The line that it stands at.
    private(set) var line: [UInt8] = []
    private(set) var event: ScannedLine?
    /// Of that line, and no less than that of a line before it: milliseconds since 1970.
    private(set) var time: Int64 = 0

    private static let planned = Array("{\"type\":\"job_planned\"".utf8)

    /// - Parameter isGrowing: whether there may be more behind the last line when it is asked again. Lines that are about no job
    ///   count then, too.
    init(_ path: RawPath, piece: Int, isGrowing: Bool = false) {
        (self.path, self.piece, self.isGrowing) = (path, piece, isGrowing)
    }

    /// Goes to the next line that is an event of a job; false behind the last one. Lines that cannot be read are passed over.
    mutating func advance() throws(SystemError) -> Bool {
        while let next = try nextLine() {
            // There is one for each job, and the plan says the same.
            if next.starts(with: ShardLogCursor.planned) { continue }
            guard let scanned = scanner.scan(next), isGrowing || scanned.job != nil else { continue }
            (line, event, time) = (next, scanned, max(time, scanned.time))
            return true
        }
        (line, event) = ([], nil)
        return false
    }

    private mutating func nextLine() throws(SystemError) -> [UInt8]? {
        while true {
            if let end = bytes[position...].firstIndex(of: 0x0a) {
                defer { position = end + 1 }
                return Array(bytes[position..<end])
            }
            // What has no line feed was not finished.
            guard !isAtEnd, bytes.count - position <= 2 * LogEvent.lineLimit else { return nil }
            bytes.removeFirst(position)
            position = 0
            let more = try read()
            if more.isEmpty {
                if isGrowing { return nil }
                isAtEnd = true
            }
            bytes += more
        }
    }

    private mutating func read() throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            let descriptor = try Files.openInput(path)
            defer { Files.close(descriptor) }
            let found = try Files.read(descriptor, at: offset, count: piece, path: path)
            offset += Int64(found.count)
            return found
        } catch {
            guard error.isMissing else { throw error }
            return []
        }
    }
}

/// Writes events into a joined log: with numbers of its own, and times that do not fall.
struct JoinedLogWriter {
    private(set) var seq = 0
    /// Milliseconds since 1970, of the last event.
    private(set) var time: Int64
    private var stamp: (time: Int64, text: [UInt8]) = (.min, [])

    private static let opening = Array(",\"ts\":\"".utf8)

    init(start: Int64) { time = start }

    mutating func encode(_ event: LogEvent, at moment: Int64? = nil) -> [UInt8] {
        time = max(time, moment ?? time)
        seq += 1
        return event.encode(time: UTCTime(milliseconds: time), seq: seq) + [0x0a]
    }

    /// A line of another log with another time and number.
    mutating func rewrite(_ line: [UInt8], at moment: Int64) -> [UInt8]? {
        guard let end = JoinedLogWriter.end(of: line) else {
            guard let parsed = try? LogLine.parse(line) else { return nil }
            return encode(parsed.event, at: moment)
        }
        time = max(time, moment)
        seq += 1
        if stamp.time != time { stamp = (time, Array(UTCTime(milliseconds: time).text.utf8)) }
        var result = Array(line[..<end])
        result += JoinedLogWriter.opening
        result += stamp.text
        result += "\",\"seq\":\(seq)}\n".utf8
        return result
    }

    /// Where time and number begin, which end every line that this program writes.
    private static func end(of line: [UInt8]) -> Int? {
        guard line.last == UInt8(ascii: "}") else { return nil }
        var index = line.count - 2
        while index > 0, (0x30...0x39).contains(line[index]) { index -= 1 }
        let number = Array("\",\"seq\":".utf8)
        let start = index + 1 - number.count - 24 - opening.count
        guard start > 0, line[(index + 1 - number.count)...index].elementsEqual(number),
            line[start..<(start + opening.count)].elementsEqual(opening)
        else { return nil }
        return start
    }
}

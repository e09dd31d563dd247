internal import Bytes
package import Jobs

/// What a line of a log is about, as far as finding it again needs.
package struct ScannedLine: Equatable, Sendable {
    package var kind: LogEvent.Kind
    /// Nil for lines about the run.
    package var job: JobKey?
    /// Milliseconds since 1970.
    package var time: Int64
    package var seq: Int
    /// Of the line that starts the run: how many jobs it has to do.
    var jobs: Int?
    /// Of a line of progress.
    var percent: Int?
}

/// A job's identity in two words: quick to compare where millions of lines are sorted by job.
package struct JobKey: Hashable, Sendable {
    fileprivate var high: UInt64
    fileprivate var low: UInt64

    package init(_ job: JobID) { (high, low) = job.halves }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 36 bytes of canonical text.
    fileprivate init?(_ text: Slice<UnsafeBufferPointer<UInt8>>) {
        guard text.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in text.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let value: UInt8
            switch byte {
            case 0x30...0x39: value = byte - 0x30
            case 0x61...0x66: value = byte - 0x57
            default: return nil
            }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(value) } else { words.1 = words.1 << 4 | UInt64(value) }
            digits += 1
        }
        self.init(high: words.0, low: words.1)
    }

    package var job: JobID { JobID(halves: (high, low)) }
}

/// Reads lines of a log. Lines of progress and completions, nearly all there are, are matched member by member in the
/// very form in which they are written, about a tenth of a microsecond each; all others go through the JSON reader.
package struct LogScanner {
    /// The day of the last time read, and its milliseconds: lines of a log share few days.
    private var day: (text: UInt64, digits: UInt16, milliseconds: Int64)?

    package init() {}

    /// Nil for a line that is no event.
    package mutating func scan(_ line: UnsafeBufferPointer<UInt8>) -> ScannedLine? {
        guard line.count <= LogEvent.lineLimit else { return nil }
        return quick(line) ?? thorough(line)
    }

    package mutating func scan(_ line: [UInt8]) -> ScannedLine? { line.withUnsafeBufferPointer { scan($0) } }

    private mutating func quick(_ line: UnsafeBufferPointer<UInt8>) -> ScannedLine? {
        var cursor = Cursor(line)
        let kind: LogEvent.Kind
        let job: JobKey
        var told: Int?
        if cursor.take("{\"job_id\":\"") {
            guard let key = cursor.key(), cursor.take("\",\"current_frame\":"), cursor.number() != nil,
                cursor.take(",\"total_frames\":"), cursor.number() != nil,
                cursor.take(",\"percent\":"), let percent = cursor.number(), percent <= 100
            else { return nil }
            (kind, job, told) = (.progress, key, percent)
        } else if cursor.take("{\"status\":\"completed\",\"job_id\":\"") {
            guard let key = cursor.key(), cursor.take("\"") else { return nil }
            (kind, job) = (.completed, key)
        } else {
            return nil
        }
        guard cursor.take(",\"ts\":\""), let text = cursor.bytes(24), let time = milliseconds(text),
            cursor.take("\",\"seq\":"), let seq = cursor.number(), cursor.take("}"), cursor.isAtEnd
        else { return nil }
        return ScannedLine(kind: kind, job: job, time: time, seq: seq, percent: told)
    }

    private mutating func thorough(_ line: UnsafeBufferPointer<UInt8>) -> ScannedLine? {
        guard let parsed = try? LogLine.parse(Array(line)) else { return nil }
        var text = parsed.time
        let time = text.withUTF8 { milliseconds($0[...]) }
        guard let time else { return nil }
        var scanned = ScannedLine(
            kind: parsed.event.kind, job: parsed.event.job.map { JobKey($0) }, time: time, seq: parsed.seq)
        if case .runStarted(_, _, let jobs, _) = parsed.event { scanned.jobs = jobs }
        if case .progress(_, let progress) = parsed.event { scanned.percent = progress.percent }
        return scanned
    }

    /// `2026-02-26T01:02:03.456Z` in milliseconds since 1970; nil when it is not of this form.
    private mutating func milliseconds(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int64? {
        guard text.count == 24 else { return nil }
        let first = text.startIndex
        func two(_ offset: Int) -> Int64? {
            let (tens, ones) = (text[first + offset] &- 0x30, text[first + offset + 1] &- 0x30)
            return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : nil
        }
        guard text[first + 10] == UInt8(ascii: "T"), text[first + 13] == UInt8(ascii: ":"),
            text[first + 16] == UInt8(ascii: ":"), text[first + 19] == UInt8(ascii: "."),
            text[first + 23] == UInt8(ascii: "Z"),
            let hour = two(11), let minute = two(14), let second = two(17), let hundredths = two(20),
            case let last = text[first + 22] &- 0x30, last < 10, hour < 24, minute < 60, second < 61
        else { return nil }
        var head: UInt64 = 0
        for index in 0..<8 { head = head << 8 | UInt64(text[first + index]) }
        let tail = UInt16(text[first + 8]) << 8 | UInt16(text[first + 9])
        if day?.text != head || day?.digits != tail {
            guard let start = UTCTime.startOfDay(text.prefix(10)) else { return nil }
            day = (head, tail, start)
        }
        guard let day else { return nil }
        return day.milliseconds + ((hour * 60 + minute) * 60 + second) * 1000 + hundredths * 10 + Int64(last)
    }
}

/// A position in a line.
private struct Cursor {
    private let line: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ line: UnsafeBufferPointer<UInt8>) { self.line = line }

    var isAtEnd: Bool { position == line.count }

    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard line.count - position >= count else { return false }
        for index in 0..<count where line[position + index] != text.utf8Start[index] { return false }
        position += count
        return true
    }

    /// A number as the writer writes it: digits without a sign or a leading zero.
    mutating func number() -> Int? {
        var value = 0
        let start = position
        while position < line.count, case let digit = line[position] &- 0x30, digit < 10 {
            guard position - start < 18 else { return nil }
            value = value * 10 + Int(digit)
            position += 1
        }
        guard position > start, line[start] != 0x30 || position == start + 1 else { return nil }
        return value
    }

    mutating func bytes(_ count: Int) -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard line.count - position >= count else { return nil }
        defer { position += count }
        return line[position..<(position + count)]
    }

    mutating func key() -> JobKey? { bytes(36).flatMap { JobKey($0) } }
}

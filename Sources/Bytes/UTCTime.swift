internal import Glibc

/// A moment on the wall clock, in UTC.
package struct UTCTime: Equatable, Sendable, Comparable {
    /// Since 1970.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static var now: UTCTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UTCTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package static func < (left: UTCTime, right: UTCTime) -> Bool { left.milliseconds < right.milliseconds }

    /// `2026-02-26T01:02:03.456Z`
    package var text: String {
        let (day, time) = civil
        let fraction = Int((milliseconds % 1000 + 1000) % 1000)
        var bytes = Array(String(day.year).utf8)
        bytes.reserveCapacity(24)
        // A log of a million videos has seven million times in it.
        func add(_ mark: UInt8, _ number: Int) {
            bytes.append(mark)
            bytes.append(UInt8(0x30 + number / 10))
            bytes.append(UInt8(0x30 + number % 10))
        }
        add(UInt8(ascii: "-"), day.month)
        add(UInt8(ascii: "-"), day.day)
        add(UInt8(ascii: "T"), time / 3600)
        add(UInt8(ascii: ":"), time / 60 % 60)
        add(UInt8(ascii: ":"), time % 60)
        add(UInt8(ascii: "."), fraction / 10)
        bytes.append(UInt8(0x30 + fraction % 10))
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads ``text`` back; nil when it is not of that form.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, let day = UTCTime.startOfDay(bytes[..<10]) else { return nil }
        var numbers: [Int64] = []
        for (range, marks) in [(11..<13, "T:"), (14..<16, "::"), (17..<19, ":."), (20..<23, ".Z")] {
            let digits = bytes[range]
            let ends = [bytes[range.lowerBound - 1], bytes[range.upperBound]]
            guard ends == Array(marks.utf8), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            numbers.append(digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) })
        }
        guard numbers[0] < 24, numbers[1] < 60, numbers[2] < 61 else { return nil }
        milliseconds = day + ((numbers[0] * 60 + numbers[1]) * 60 + numbers[2]) * 1000 + numbers[3]
    }

    /// `20260226T010203Z`, which sorts by time.
    package var compact: String {
        let (day, time) = civil
        return "\(day.year)\(pad(day.month))\(pad(day.day))T\(pad(time / 3600))\(pad(time / 60 % 60))\(pad(time % 60))Z"
    }

    /// `Thu, 26 Feb 2026 01:02:03 GMT`, the date of HTTP (RFC 9110, section 5.6.7).
    package var httpDate: String {
        let (day, time) = civil
        // 1970 began on a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][
            Int((milliseconds.flooredBy(86_400_000) % 7 + 7) % 7)]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][day.month - 1]
        return "\(weekday), \(pad(day.day)) \(month) \(day.year) \(pad(time / 3600)):\(pad(time / 60 % 60)):"
            + "\(pad(time % 60)) GMT"
    }

    /// Days to a date by counting years of 365.2425 days from a March (the proleptic Gregorian calendar).
    private var civil: (day: (year: Int, month: Int, day: Int), time: Int) {
        let seconds = Int(milliseconds.flooredBy(1000))
        let days = Int(Int64(seconds).flooredBy(86400))
        let shifted = days + 719_468
        let era = Int(Int64(shifted).flooredBy(146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let isAfterNewYear = month >= 10
        return (
            (yearOfEra + era * 400 + (isAfterNewYear ? 1 : 0), isAfterNewYear ? month - 9 : month + 3, day),
            seconds - days * 86400
        )
    }

    /// The first millisecond of a day given as `2026-02-26`; nil when it is no date.
    ///
    /// The inverse of ``text``: years begin in March, so that the day that comes and goes is the last.
    package static func startOfDay(_ text: some Collection<UInt8>) -> Int64? {
        let bytes = Array(text)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        var numbers = [0, 0, 0]
        for (index, byte) in bytes.enumerated() where index != 4 && index != 7 {
            guard (0x30...0x39).contains(byte) else { return nil }
            let part = index < 4 ? 0 : index < 7 ? 1 : 2
            numbers[part] = numbers[part] * 10 + Int(byte - 0x30)
        }
        let (month, day) = (numbers[1], numbers[2])
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let year = numbers[0] - (month < 3 ? 1 : 0)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
        return Int64(days) * 86_400_000
    }

    private func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension Int64 {
    fileprivate func flooredBy(_ divisor: Int64) -> Int64 {
        self % divisor < 0 ? self / divisor - 1 : self / divisor
    }
}

/// Nanoseconds on a clock that never steps; only differences mean something.
package func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Seconds of processor time that this process has used.
package func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// This process's number.
package func processID() -> Int { Int(getpid()) }

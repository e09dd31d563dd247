/// A date and time as a run wrote it: local with its offset, or in UTC.
struct Moment {
    /// For people, as given: `2026-11-23 16:12:59 +02:00`.
    let local: String
    /// The same in UTC.
    let universal: String

    /// Reads RFC 3339 text; nil for anything else.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54 || bytes[10] == 0x20,
            bytes[13] == 0x3a, bytes[16] == 0x3a,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var zone = 19
        if bytes[zone] == UInt8(ascii: ".") {
            zone += 1
            while zone < bytes.count, (0x30...0x39).contains(bytes[zone]) { zone += 1 }
        }
        var offset = 0
        var suffix = "UTC"
        if zone < bytes.count, bytes[zone] == UInt8(ascii: "+") || bytes[zone] == UInt8(ascii: "-") {
            guard bytes.count == zone + 6, let hours = number(zone + 1..<zone + 3),
                let minutes = number(zone + 4..<zone + 6)
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[zone] == UInt8(ascii: "-") ? -1 : 1)
            suffix = String(decoding: bytes[zone...], as: UTF8.self)
        } else {
            guard zone + 1 == bytes.count, bytes[zone] == UInt8(ascii: "Z") else { return nil }
        }
        local = Moment.text(Moment.day(year, month, day) * 1440 + hour * 60 + minute, second) + " " + suffix
        universal = Moment.text(Moment.day(year, month, day) * 1440 + hour * 60 + minute - offset, second) + " UTC"
    }

    /// Days since 1 March of year 0 in the Gregorian calendar.
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let years = month > 2 ? year : year - 1
        return 365 * years + years / 4 - years / 100 + years / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    }

    private static func text(_ minutes: Int, _ second: Int) -> String {
        let days = minutes / 1440
        let era = days / 146_097
        let rest = days % 146_097
        let yearOfEra = (rest - rest / 1460 + rest / 36524 - rest / 146_096) / 365
        let dayOfYear = rest - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let time = [minutes % 1440 / 60, minutes % 60, second].map { padded($0, 2) }.joined(separator: ":")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2)) \(time)"
    }
}

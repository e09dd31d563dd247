internal import Bytes

/// Numbers and foreign text as a reader wants them: the same in every locale.
enum Text {
    static let nothing = "–"

    /// Text from outside, for a template: hidden characters are made visible.
    static func shown(_ text: String) -> String { Escape.visible(text) }

    /// ``shown(_:)``, cut to `limit` characters.
    static func shown(_ text: String, limit: Int) -> String {
        let all = shown(String(text.prefix(limit + 1)))
        return all.count > limit ? String(all.prefix(limit)) + "…" : all
    }

    /// `12,345`
    static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var result = value < 0 ? "−" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    static func count(_ value: Int?) -> String { value.map { count($0) } ?? nothing }

    /// A number with at most `digits` decimals; trailing zeros go unless `fixed`.
    static func decimal(_ value: Double, _ digits: Int, fixed: Bool = false) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return nothing }
        var power = 1
        for _ in 0..<digits { power *= 10 }
        let scaled = Int((abs(value) * Double(power)).rounded())
        var text = String(scaled / power)
        if digits > 0 {
            let fraction = String(scaled % power)
            var tail = String(repeating: "0", count: digits - fraction.count) + fraction
            if !fixed { while tail.last == "0" { tail.removeLast() } }
            if !tail.isEmpty { text += "." + tail }
        }
        return value < 0 && scaled != 0 ? "−" + text : text
    }

    /// `3.4 MB`, in powers of ten.
    static func bytes(_ size: Int?) -> String {
        guard let size else { return nothing }
        if abs(size) < 1000 { return "\(size) B" }
        var value = Double(size)
        var unit = "B"
        for next in ["kB", "MB", "GB", "TB"] where abs(value) >= 999.5 {
            value /= 1000
            unit = next
        }
        return decimal(value, abs(value) < 9.95 ? 1 : 0, fixed: abs(value) < 9.95) + " " + unit
    }

    /// How many times faster than it plays: `8.4×`, `120×`.
    static func speed(_ value: Double?) -> String {
        guard let value else { return nothing }
        return decimal(value, value < 0.95 ? 2 : value < 9.95 ? 1 : 0) + "×"
    }

    /// A span of time for reading: `0.8 s`, `12 s`, `3 min 04 s`, `2 h 05 min`.
    static func span(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds >= 0, seconds < 1e10 else { return nothing }
        if seconds < 9.95 { return decimal(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
        return "\(count(whole / 3600)) h \(two(whole % 3600 / 60)) min"
    }

    /// A time in a video: `0:04.2`, `1:02:03.0`.
    static func clock(_ seconds: Double?, digits: Int = 1) -> String {
        guard let seconds, seconds.isFinite, abs(seconds) < 1e9 else { return nothing }
        let power = digits == 0 ? 1 : digits == 1 ? 10 : 100
        let all = Int((abs(seconds) * Double(power)).rounded())
        let whole = all / power
        var text = whole >= 3600 ? "\(whole / 3600):\(two(whole / 60 % 60)):" : "\(whole / 60):"
        text += two(whole % 60)
        if digits > 0 {
            let fraction = String(all % power)
            text += "." + String(repeating: "0", count: digits - fraction.count) + fraction
        }
        return seconds < 0 && all != 0 ? "−" + text : text
    }

    /// `1 video`, `2 videos`.
    static func plural(_ count: Int, _ noun: String) -> String {
        "\(self.count(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// A JSON value on one line, for a table of settings.
    static func value(_ value: JSON) -> String {
        switch value {
        case .string(let text): text.isEmpty ? "(empty)" : shown(text, limit: 300)
        case .null: "none"
        case .array(let items): items.isEmpty ? "none" : items.map { self.value($0) }.joined(separator: ", ")
        default: shown(JSONWriter.text(value), limit: 300)
        }
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

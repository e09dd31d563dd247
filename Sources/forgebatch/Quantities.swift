internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs

/// `90`, `90s`, `1h30m`, `5 minutes`, `250ms`, `2d`: seconds unless a unit is given.
struct DurationArgument: ExpressibleByArgument, Sendable, Equatable {
    let seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    /// A hundred years: beyond that no clock of ours counts nanoseconds.
    private static let most = 100 * 365 * 86400.0

    init?(argument: String) {
        guard let total = DurationArgument.total(argument), total <= DurationArgument.most else { return nil }
        seconds = total
    }

    private static func total(_ argument: String) -> Double? {
        if let plain = Quantity.number(argument) { return plain }
        guard !argument.isEmpty else { return nil }
        var total = 0.0
        var rest = Substring(argument)
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count).drop { $0 == " " }
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count).drop { $0 == " " }
            guard let value = Quantity.number(digits), let name = DurationArgument.unit(String(unit)),
                let factor = DurationArgument.units[name]
            else { return nil }
            total += value * factor
        }
        return total
    }

    private static let units = ["ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0]

    /// A unit as ``units`` has it; nil for a word that is none.
    static func unit(_ word: String) -> String? {
        if units[word] != nil { return word }
        switch word.lowercased() {
        case "sec", "secs", "second", "seconds": return "s"
        case "mins", "minute", "minutes": return "min"
        case "hr", "hrs", "hour", "hours": return "h"
        case "day", "days": return "d"
        default: return nil
        }
    }

    static let examples = "a duration such as 90s, 10min or 1h30m"
}

/// `auto`, or a size: how much memory a worker may take.
enum MemoryArgument: ExpressibleByArgument, Sendable, Equatable {
    case automatic
    case fixed(SizeArgument)

    init?(argument: String) {
        if argument.lowercased() == "auto" {
            self = .automatic
        } else if let size = SizeArgument(argument: argument) {
            self = .fixed(size)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { isAutomatic ? "auto" : "" }

    var isAutomatic: Bool { self == .automatic }

    /// Bytes that every worker may take; 0 for no limit.
    var smallest: Int64 {
        switch self {
        case .automatic: WorkerMemory.standard.limit
        case .fixed(let size): size.bytes
        }
    }

    /// - Parameter jobs: how many workers share the machine.
    func memory(jobs: Int) -> WorkerMemory {
        switch self {
        case .automatic:
            WorkerMemory(limit: WorkerMemory.standard.limit, most: Machine.memory / Int64(max(1, jobs)))
        case .fixed(let size): WorkerMemory(limit: size.bytes)
        }
    }
}

/// `auto`, or a number: how many threads the decoder of a video may have.
enum ThreadsArgument: ExpressibleByArgument, Sendable, Equatable {
    case automatic
    case fixed(Int)

    init?(argument: String) {
        if argument.lowercased() == "auto" {
            self = .automatic
        } else if let count = Int(argument), (1...DecoderThreads.most).contains(count) {
            self = .fixed(count)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .automatic: "auto"
        case .fixed(let count): "\(count)"
        }
    }

    var json: JSON {
        switch self {
        case .automatic: "auto"
        case .fixed(let count): .int(count)
        }
    }

    /// - Parameter processors: that the run keeps busy.
    func threads(processors: Int) -> DecoderThreads {
        switch self {
        case .automatic: .automatic(processors: processors)
        case .fixed(let count): .fixed(count)
        }
    }
}

/// `512M`, `1.5GiB`, `100 MB`, `4096`: bytes unless a unit is given; K, M, G, T and KiB … are powers of 1024, kB … of 1000.
struct SizeArgument: ExpressibleByArgument, Sendable, Equatable {
    let bytes: Int64

    init(bytes: Int64) { self.bytes = bytes }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let unit = argument.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let value = Quantity.number(digits) else { return nil }
        let factor: Double
        switch unit {
        case "", "b": factor = 1
        case "k", "kib": factor = 1024
        case "m", "mib": factor = 1024 * 1024
        case "g", "gib": factor = 1024 * 1024 * 1024
        case "t", "tib": factor = 1024 * 1024 * 1024 * 1024
        case "kb": factor = 1000
        case "mb": factor = 1_000_000
        case "gb": factor = 1_000_000_000
        case "tb": factor = 1_000_000_000_000
        default: return nil
        }
        guard let whole = Int64(exactly: (value * factor).rounded()) else { return nil }
        bytes = whole
    }

    static let examples = "a size such as 512M or 1.5GiB"
}

enum Quantity {
    /// A decimal number of digits and at most one point, without sign, exponent or anything else that Swift would take.
    static func number(_ text: some StringProtocol) -> Double? {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
            text.contains(where: { $0 != "." }), let value = Double(text), value.isFinite
        else { return nil }
        return value
    }

    /// `1.4 GiB`
    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(bytes) B" : "\(oneDecimal(value)) \(unit)" }
            value /= 1024
        }
        return "\(oneDecimal(value)) TiB"
    }

    /// `12 s`, `3 min 20 s`, `2 h 5 min`
    static func duration(_ seconds: Double) -> String {
        if seconds < 9.95 { return "\(oneDecimal(seconds)) s" }
        let whole = seconds.isFinite && seconds < 1e15 ? Int(seconds.rounded()) : 0
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `1 video`, `12 videos`
    static func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

import Bytes
import TestSupport

/// The tools on demand, held against signalstats and cropdetect.
extension FilterComparison {
    /// For a chain of another kind, of which ``exactBreaches(_:_:index:scale:)`` is asked.
    init(name: String, result: JSON, oracle: FilterOracle) {
        (self.name, self.result, self.oracle) = (name, result, oracle)
    }

    /// What differs in a frame's `chroma`, `crop` and the levels of `luma`.
    ///
    /// - Parameter scale: what samples are divided by to land on the 8-bit scale.
    func exactBreaches(_ frame: JSON, _ expected: FilterOracle.Frame, index: Int, scale: Double) -> [String] {
        levelBreaches(frame, expected, index: index, scale: scale) + cropBreaches(frame, expected, index: index)
    }

    private func levelBreaches(_ frame: JSON, _ expected: FilterOracle.Frame, index: Int, scale: Double) -> [String] {
        var breaches: [String] = []
        func near(_ tool: String, _ key: String, _ other: String, scale: Double) {
            let mine = frame[tool]?[key]?.double
            guard let theirs = expected.number("signalstats." + other).map({ $0 / scale }) else {
                breaches.append("the filters give no \(other)")
                return
            }
            // The filter prints six significant digits; ours are rounded to four decimals.
            let tolerance = 0.000_051 + abs(theirs) * 0.000_005_1
            if mine.map({ abs($0 - theirs) <= tolerance }) != true {
                breaches.append("\(tool).\(key) \(mine.map { "\($0)" } ?? "absent"), \(other) \(theirs)")
            }
        }
        near("luma", "low", "YLOW", scale: scale)
        near("luma", "high", "YHIGH", scale: scale)
        guard !isGray else {
            if frame["chroma"].map({ $0 != .object([]) }) ?? false { breaches.append("a grey picture has colours") }
            return breaches
        }
        for (key, other) in [("u", "U"), ("v", "V"), ("sat", "SAT")] {
            for (part, otherPart) in [
                ("min", "MIN"), ("low", "LOW"), ("avg", "AVG"), ("high", "HIGH"), ("max", "MAX"),
            ] { near("chroma", "\(key)_\(part)", other + otherPart, scale: scale) }
        }
        near("chroma", "hue_med", "HUEMED", scale: 1)
        near("chroma", "hue_avg", "HUEAVG", scale: 1)
        if index == 0 {
            if frame["chroma"]?["u_dif"] != nil { breaches.append("a difference without a frame before it") }
        } else {
            near("chroma", "u_dif", "UDIF", scale: scale)
            near("chroma", "v_dif", "VDIF", scale: scale)
        }
        return breaches
    }

    private var isGray: Bool {
        result["video"]?["converted_to"] == nil
            && result["video"]?["pixel_format"]?.string.map { $0.hasPrefix("gray") } == true
    }

    /// Where the filter has found no content it tells a box of negative size; here the keys are absent.
    private func cropBreaches(_ frame: JSON, _ expected: FilterOracle.Frame, index: Int) -> [String] {
        let keys = ["x", "y", "w", "h", "x1", "y1", "x2", "y2"]
        let mine = keys.map { frame["crop"]?[$0]?.int }
        let theirs = keys.map { expected.number("cropdetect." + $0).map { Int($0) } }
        let isBox = zip(theirs[4...5], theirs[6...7]).allSatisfy { first, last in
            first.flatMap { first in last.map { first <= $0 } } ?? false
        }
        let wanted = isBox ? theirs : keys.map { _ in nil }
        return mine == wanted ? [] : ["crop \(mine), cropdetect \(theirs)"]
    }
}

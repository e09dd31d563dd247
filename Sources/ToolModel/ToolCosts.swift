internal import Bytes
internal import CAssets

/// What a tool costs, measured: time of a run with this tool alone as a multiple of decoding alone.
package struct ToolCost: Equatable, Sendable {
    package let decodeRatio: Double
    /// The day it was measured, such as 2026-02-26.
    package let date: String

    package init(decodeRatio: Double, date: String) {
        self.decodeRatio = decodeRatio
        self.date = date
    }
}

/// The table of measured costs, `tool-costs.json`:
/// `{"schema":"forgebatch/tool-costs/1","tools":[{"id","version","decode_ratio","date"}]}`.
package enum ToolCosts {
    static let schema = "forgebatch/tool-costs/1"

    /// What the checked-in table says of tools. One that is not in it, or that was measured at another version, is not
    /// measured.
    package static func measured(_ tools: [ToolDescriptor]) -> [String: ToolCost] {
        (try? read(builtIn, versions: versions(of: tools))) ?? [:]
    }

    /// The current version of each tool.
    package static func versions(of tools: [ToolDescriptor]) -> [String: String] {
        Dictionary(tools.map { ($0.id, $0.version) }) { first, _ in first }
    }

    static var builtIn: [UInt8] {
        let file = CAssetsToolCosts()
        return Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
    }

    /// What is wrong with a table.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads a table.
    ///
    /// - Parameter versions: the current version of each tool.
    static func read(_ bytes: [UInt8], versions: [String: String]) throws -> [String: ToolCost] {
        let document = try JSONReader.parse(bytes)
        guard document["schema"]?.string == schema, let rows = document["tools"]?.array else {
            throw Malformed(description: "no \(schema) with tools")
        }
        var costs: [String: ToolCost] = [:]
        for row in rows {
            guard let id = row["id"]?.string, let version = row["version"]?.string,
                let ratio = row["decode_ratio"]?.double, ratio > 0, let date = row["date"]?.string, isDate(date)
            else {
                throw Malformed(description: "a tool needs id, version, decode_ratio and date: \(JSONWriter.text(row))")
            }
            if versions[id] == version { costs[id] = ToolCost(decodeRatio: ratio, date: date) }
        }
        return costs
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 0x2d || (0x30...0x39).contains($0) }),
            let month = Int(parts[1]), let day = Int(parts[2])
        else { return false }
        return (1...12).contains(month) && (1...31).contains(day)
    }
}

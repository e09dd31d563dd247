internal import Bytes

/// The first line of an external tool's program: that it speaks the protocol, and which tools it has.
package struct ToolHello: Equatable, Sendable {
    /// Why a line is none.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The version of the protocol.
    package static let version = 1
    /// Bytes of the longest one, with its line feed.
    package static let limit = 1 << 16

    package var tools: [String]

    /// Reads the line, without its line feed.
    ///
    /// - Throws: ``Fault`` with what is wrong, as a person may read it.
    package init(line: [UInt8]) throws(Fault) {
        let json: JSON
        do {
            json = try JSONReader.parse(line)
        } catch {
            throw Fault(description: "its first line is no JSON: \(error)")
        }
        guard json["type"]?.string == "hello" else { throw Fault(description: "its first line is no hello") }
        guard let version = json["protocol"]?.int else { throw Fault(description: "its hello names no protocol") }
        guard version == ToolHello.version else {
            throw Fault(description: "it speaks protocol \(version), and this is \(ToolHello.version)")
        }
        guard let tools = json["tools"]?.array, !tools.isEmpty else {
            throw Fault(description: "its hello names no tools")
        }
        self.tools = tools.compactMap(\.string)
        guard self.tools.count == tools.count else { throw Fault(description: "its hello has a tool that is no word") }
    }
}

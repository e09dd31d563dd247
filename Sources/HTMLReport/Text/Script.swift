internal import Bytes

/// Scripts that hand a page data.
enum Script {
    /// A call of a function with a JSON text, in which nothing can end a script or a line of it.
    static func call(_ function: String, _ json: [UInt8]) -> [UInt8] { opening(function) + safe(json) + end }

    fileprivate static func opening(_ function: String) -> [UInt8] { Array("\(function)(".utf8) }
    fileprivate static let end = Array(");\n".utf8)

    /// A JSON text, or a part of one that does not end inside a character.
    fileprivate static func safe(_ json: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(json.count + json.count / 16)
        var index = 0
        while index < json.count {
            let byte = json[index]
            if byte == UInt8(ascii: "<") {
                result += Array("\\u003c".utf8)
            } else if byte == 0xe2, index + 2 < json.count, json[index + 1] == 0x80, json[index + 2] & 0xfe == 0xa8 {
                // U+2028 and U+2029, which end a line of script.
                result += Array("\\u202\(json[index + 2] & 1 == 0 ? 8 : 9)".utf8)
                index += 2
            } else {
                result.append(byte)
            }
            index += 1
        }
        return result
    }
}

/// A script that is written piece by piece: a call of a function with a JSON text.
struct ScriptFile: ~Copyable {
    private var file: AtomicFile

    init(_ path: RawPath, calls function: String) throws(SystemError) {
        var file = try AtomicFile(path, durable: false)
        try file.write(Script.opening(function))
        self.file = file
    }

    /// Writes what a writer has, and empties it.
    mutating func take(_ writer: inout JSONWriter) throws(SystemError) {
        try file.write(Script.safe(writer.bytes))
        writer.removeAll()
    }

    /// Ends the call and puts the script in place.
    consuming func publish() throws(SystemError) {
        try file.write(Script.end)
        try file.publish()
    }
}

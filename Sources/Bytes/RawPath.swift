#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// A file path as the kernel sees it: bytes without NUL, in no promised encoding.
///
/// Names are never turned into text and back: text is for people (``display``), bytes are for the kernel.
package struct RawPath: Hashable, Sendable, Comparable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { self.bytes = Array(text.utf8) }

    /// Bytes are compared as unsigned numbers, so the order is the same in every locale.
    package static func < (left: RawPath, right: RawPath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    package var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }
    package var isEmpty: Bool { bytes.isEmpty }

    /// The path's components between slashes; empty ones are left out.
    package var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

    /// The last component, or nothing for `/` and the empty path.
    package var lastComponent: RawPath { RawPath(bytes: Array(components.last ?? [])) }

    /// Everything before the last component: `.` for a bare name, `/` for a name in the root.
    package var parent: RawPath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return RawPath(".") }
        return slash == 0 ? RawPath("/") : RawPath(bytes: Array(bytes[..<slash]))
    }

    /// The extension in lower-case ASCII without its dot, or nil. A leading dot starts no extension.
    package var lowercasedExtension: String? {
        let name = components.last ?? []
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return nil }
        let tail = name[(dot + 1)...]
        guard !tail.isEmpty, tail.allSatisfy({ $0 < 0x80 && $0 > 0x20 }) else { return nil }
        return String(decoding: tail.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }, as: UTF8.self)
    }

    package func appending(_ other: RawPath) -> RawPath {
        if bytes.isEmpty { return other }
        if other.bytes.isEmpty { return self }
        var joined = bytes
        if joined.last != UInt8(ascii: "/") { joined.append(UInt8(ascii: "/")) }
        joined.append(contentsOf: other.bytes)
        return RawPath(bytes: joined)
    }

    package func appending(_ text: String) -> RawPath { appending(RawPath(text)) }

    /// This path with bytes added to its last component.
    package func suffixed(_ text: String) -> RawPath { RawPath(bytes: bytes + Array(text.utf8)) }

    /// The path as text if it is valid UTF-8, else nil.
    package var text: String? { String(validating: bytes, as: UTF8.self) }

    /// The path for people: control characters, bidi marks and invalid bytes are shown as visible escapes.
    package var display: String { Escape.visible(bytes: bytes) }

    /// Whether `self` is `root` or lies below it, compared by components.
    package func isInside(_ root: RawPath) -> Bool {
        let mine = components
        let theirs = root.components
        return mine.count >= theirs.count && zip(mine, theirs).allSatisfy { $0.elementsEqual($1) }
    }

    /// Calls `body` with a NUL-terminated copy.
    package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        var terminated = bytes.map { CChar(bitPattern: $0) }
        terminated.append(0)
        return try terminated.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("a terminated path is never empty") }
            return try body(base)
        }
    }

    package init(cString: UnsafePointer<CChar>) {
        bytes = Array(UnsafeRawBufferPointer(start: cString, count: strlen(cString)))
    }
}

extension RawPath {
    /// The path as members of a JSON object: readable under `key`, and exactly, in Base64, under `key_bytes` when it is
    /// not UTF-8.
    package func members(_ key: String = "path") -> [JSON.Member] {
        if let text { return [JSON.Member(key, .string(text))] }
        return [JSON.Member(key, .string(display)), JSON.Member(key + "_bytes", .string(Base64.encode(bytes)))]
    }

    /// The path that ``members(_:)`` wrote, nil when there is none.
    package init?(_ object: JSON, key: String = "path") {
        if let exact = object[key + "_bytes"]?.string.flatMap({ Base64.decode($0) }) {
            self.init(bytes: exact)
        } else if let text = object[key]?.string {
            self.init(text)
        } else {
            return nil
        }
    }
}

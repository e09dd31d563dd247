package import Bytes

/// A file name pattern over bytes, for example `*.mp4`, `/raw/**` or `cam[0-9]/`.
///
/// - `*` and `?` match any bytes, any byte, but not `/`; `**` also crosses `/`, and `**/` matches any number of folders,
///   none included.
/// - `[a-z]` matches one byte of a set, `[!a-z]` one byte outside it; neither matches `/`. A `[` that is never closed
///   stands for itself.
/// - `\` takes the next byte literally.
/// - A pattern without `/` is matched against the last component at any depth; one with `/` against the whole relative
///   path, and a leading `/` only says so. A trailing `/` makes it match directories only.
package struct Glob: Sendable, Equatable {
    private enum Token: Sendable, Equatable {
        case byte(UInt8)
        case anyByte
        case set([ClosedRange<UInt8>], negated: Bool)
        /// `*`
        case name
        /// `**`
        case path
        /// `**/`, which stands only where a component begins.
        case folders
    }

    private static let slash = UInt8(ascii: "/")

    /// As it was written.
    package let pattern: RawPath

    private var tokens: [Token] = []
    private var isWholePath = false
    private var isDirectoriesOnly = false

    /// Whether the pattern's last component begins with a literal dot, that is, asks for hidden names.
    package private(set) var namesHidden = false

    package init(_ pattern: String) { self.init(RawPath(pattern)) }

    package init(_ pattern: RawPath) {
        self.pattern = pattern
        var rest = pattern.bytes[...]
        if rest.first == Self.slash {
            isWholePath = true
            rest = rest.dropFirst()
        }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): appendStars(&rest)
            case UInt8(ascii: "?"): tokens.append(.anyByte)
            case UInt8(ascii: "["): tokens.append(Self.set(&rest) ?? .byte(byte))
            case UInt8(ascii: "\\"): tokens.append(.byte(rest.popFirst() ?? byte))
            default: tokens.append(.byte(byte))
            }
        }
        if tokens.last == .byte(Self.slash) {
            isDirectoriesOnly = true
            tokens.removeLast()
        }
        isWholePath = isWholePath || tokens.contains { $0 == .byte(Self.slash) || $0 == .folders }
        let start = tokens.lastIndex { $0 == .byte(Self.slash) || $0 == .folders }.map { $0 + 1 } ?? 0
        namesHidden = start < tokens.count && tokens[start] == .byte(UInt8(ascii: "."))
    }

    /// Whether the pattern matches a path below an input root.
    ///
    /// All positions in the pattern that a prefix of the path can lead to are followed at once, so no pattern is slow.
    ///
    /// - Complexity: O(bytes of the pattern · bytes of the path)
    package func matches(_ relative: RawPath, isDirectory: Bool = false) -> Bool {
        if isDirectoriesOnly, !isDirectory { return false }
        var current = [Bool](repeating: false, count: tokens.count + 1)
        var next = current
        enter(0, &current)
        for byte in isWholePath ? relative.bytes : relative.lastComponent.bytes {
            var isAlive = false
            for index in next.indices { next[index] = false }
            for index in tokens.indices where current[index] {
                isAlive = step(from: index, byte, &next) || isAlive
            }
            if !isAlive { return false }
            swap(&current, &next)
        }
        return current[tokens.count]
    }

    /// Consumes one byte at one position. Returns whether that leads anywhere.
    private func step(from index: Int, _ byte: UInt8, _ next: inout [Bool]) -> Bool {
        let isSlash = byte == Self.slash
        switch tokens[index] {
        case .byte(let expected):
            guard byte == expected else { return false }
            enter(index + 1, &next)
        case .anyByte:
            guard !isSlash else { return false }
            enter(index + 1, &next)
        case .set(let ranges, let negated):
            guard !isSlash, ranges.contains(where: { $0.contains(byte) }) != negated else { return false }
            enter(index + 1, &next)
        case .name:
            guard !isSlash else { return false }
            enter(index, &next)
        case .path:
            enter(index, &next)
        case .folders:
            // Inside a folder's name the position must not move on, hence no `enter`.
            next[index] = true
            if isSlash { enter(index + 1, &next) }
        }
        return true
    }

    /// Marks a position and those behind it that are reached without a byte.
    private func enter(_ start: Int, _ positions: inout [Bool]) {
        var index = start
        while true {
            positions[index] = true
            guard index < tokens.count, [.name, .path, .folders].contains(tokens[index]) else { return }
            index += 1
        }
    }

    /// Reads what follows a first `*`.
    private mutating func appendStars(_ rest: inout ArraySlice<UInt8>) {
        var count = 1
        while rest.first == UInt8(ascii: "*") {
            rest = rest.dropFirst()
            count += 1
        }
        let isComponentStart = tokens.isEmpty || tokens.last == .byte(Self.slash) || tokens.last == .folders
        if count == 1 {
            tokens.append(.name)
        } else if isComponentStart, rest.first == Self.slash, rest.count > 1 {
            rest = rest.dropFirst()
            tokens.append(.folders)
        } else {
            tokens.append(.path)
        }
    }

    /// Reads a set after its `[`. Returns nil and reads nothing when it is never closed.
    private static func set(_ rest: inout ArraySlice<UInt8>) -> Token? {
        var inner = rest
        let negated = inner.first == UInt8(ascii: "!") || inner.first == UInt8(ascii: "^")
        if negated { inner = inner.dropFirst() }
        var ranges: [ClosedRange<UInt8>] = []
        var isFirst = true
        while let byte = inner.popFirst() {
            if byte == UInt8(ascii: "]"), !isFirst {
                rest = inner
                return .set(ranges, negated: negated)
            }
            isFirst = false
            guard let low = literal(byte, &inner) else { return nil }
            guard inner.first == UInt8(ascii: "-"), let end = inner.dropFirst().first, end != UInt8(ascii: "]") else {
                ranges.append(low...low)
                continue
            }
            inner = inner.dropFirst(2)
            guard let high = literal(end, &inner) else { return nil }
            // A range that runs backwards, such as `[z-a]`, holds nothing.
            if low <= high { ranges.append(low...high) }
        }
        return nil
    }

    private static func literal(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> UInt8? {
        byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
    }
}

internal import CZlib

/// Compressed files (gzip, RFC 1952), by zlib.
package enum Gzip {
    /// What the name of a compressed file ends with.
    package static let suffix = ".gz"

    /// Bytes that a compressed file may unpack to, where a reader sets no other limit: 64 GiB. A frame takes about a
    /// kilobyte, so that is a video of weeks; a file that unpacks to more was made to keep its reader busy.
    package static let mostContent: Int64 = 1 << 36

    /// Whether bytes are the beginning of a compressed file.
    package static func begins(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

    /// Neither a name nor a time: the same content gives the same bytes.
    static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]

    /// What stands behind the compressed bytes.
    ///
    /// - Parameter count: bytes of the content; kept modulo 4 GiB, as the format has it.
    static func trailer(checksum: UInt32, count: Int64) -> [UInt8] {
        [checksum, UInt32(truncatingIfNeeded: count)].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
    }

    /// The check sum of two stretches of content that lie one behind the other.
    @inline(never)
    static func checksum(_ first: UInt32, then second: UInt32, count: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine(uLong(first), uLong(second), Int(count)))
    }

    /// A whole file's bytes from a content that is in memory.
    package static func compress(_ content: [UInt8]) throws(SystemError) -> [UInt8] {
        var writer = try GzipWriter()
        return writer.add(content) + writer.finish()
    }
}

/// Makes a compressed file of content that comes in pieces.
///
/// - Complexity: a quarter of a megabyte of memory, however long the content.
package struct GzipWriter: ~Copyable {
    private let content: Deflater
    private var isBegun = false

    /// - Throws: `SystemError` with `ENOMEM`.
    package init() throws(SystemError) { content = try Deflater() }

    /// Takes a piece of content and hands out the bytes of the file that are ready, often none.
    package mutating func add(_ piece: [UInt8]) -> [UInt8] { header() + content.add(piece) }

    /// The last bytes of the file.
    package consuming func finish() -> [UInt8] {
        let head = header()
        let rest = content.end(isLast: true)
        return head + rest + Gzip.trailer(checksum: content.checksum, count: content.count)
    }

    private mutating func header() -> [UInt8] {
        defer { isBegun = true }
        return isBegun ? [] : Gzip.header
    }
}

/// A compressed file in two stretches, of which the second is compressed before the first is known: the beginning, what the
/// second gave, the end. It is one member, as if all had been compressed at once.
package struct GzipMember {
    /// The bytes before the second stretch.
    package let start: [UInt8]
    /// The bytes behind it.
    package let trailer: [UInt8]

    /// - Parameters:
    ///   - first: the content of the first stretch.
    ///   - second: has taken all of the second one, and was ended as the last.
    /// - Throws: `SystemError` with `ENOMEM`.
    package init(beginning first: [UInt8], then second: Deflater) throws(SystemError) {
        let stretch = try Deflater()
        start = Gzip.header + stretch.add(first) + stretch.end(isLast: false)
        trailer = Gzip.trailer(
            checksum: Gzip.checksum(stretch.checksum, then: second.checksum, count: second.count),
            count: stretch.count + second.count)
    }
}

/// Compresses a stretch of a file's content, raw deflate (RFC 1951) with the check sum beside it. Stretches that were
/// compressed by themselves make one file when they lie one behind the other, all but the last of them ended as not the last.
package final class Deflater {
    private let memory: UnsafeMutableRawPointer
    private var stream: UnsafeMutablePointer<z_stream> { memory.assumingMemoryBound(to: z_stream.self) }
    /// CRC-32 of the content so far.
    package private(set) var checksum: UInt32 = 0
    /// Bytes of content so far.
    package private(set) var count: Int64 = 0

    /// zlib's own middle: half the time of the densest, for a twentieth more bytes of a result.
    private static let level: Int32 = 6
    private static let room = 1 << 16

    /// - Throws: `SystemError` with `ENOMEM`.
    @inline(never)
    package init() throws(SystemError) {
        memory = .allocate(byteCount: MemoryLayout<z_stream>.size, alignment: MemoryLayout<z_stream>.alignment)
        memory.bindMemory(to: z_stream.self, capacity: 1).initialize(to: z_stream())
        guard fb_deflate_init(stream, Deflater.level) == Z_OK else {
            throw SystemError("deflate", RawPath("compression"), code: SystemError.noMemory)
        }
    }

    deinit {
        deflateEnd(stream)
        memory.deallocate()
    }

    /// Takes a piece of content and hands out what is ready.
    package func add(_ piece: [UInt8]) -> [UInt8] { piece.isEmpty ? [] : run(piece, Z_NO_FLUSH) }

    /// The rest, so that other bytes may follow.
    package func end(isLast: Bool) -> [UInt8] { run([], isLast ? Z_FINISH : Z_FULL_FLUSH) }

    @inline(never)
    private func run(_ piece: [UInt8], _ flush: Int32) -> [UInt8] {
        var result: [UInt8] = []
        var piece = piece
        piece.withUnsafeMutableBufferPointer { input in
            precondition(input.count <= Int(UInt32.max), "a piece is shorter than 4 GiB")
            // Of no bytes zlib would make the check sum of none at all.
            if !input.isEmpty {
                checksum = UInt32(truncatingIfNeeded: crc32_z(uLong(checksum), input.baseAddress, input.count))
            }
            count += Int64(input.count)
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            var isFull = true
            while isFull {
                result += [UInt8](unsafeUninitializedCapacity: Deflater.room) { output, used in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    // With room for output it fails for a state that was overwritten alone.
                    let answer = deflate(stream, flush)
                    precondition(answer != Z_STREAM_ERROR, "zlib's state is its own")
                    used = output.count - Int(stream.pointee.avail_out)
                }
                isFull = stream.pointee.avail_out == 0
            }
            stream.pointee.next_in = nil
        }
        return result
    }
}

/// Unpacks a compressed file that comes in pieces: one member, or several one behind the other.
final class Inflater {
    private let memory: UnsafeMutableRawPointer
    private var stream: UnsafeMutablePointer<z_stream> { memory.assumingMemoryBound(to: z_stream.self) }
    private let path: RawPath
    /// The last call filled all its room, so there may be more without further input.
    private(set) var isFull = false
    /// All that was taken in ended with a member: the file may end here.
    private(set) var isWhole = false

    /// - Parameter path: what errors name.
    @inline(never)
    init(_ path: RawPath) throws(SystemError) {
        self.path = path
        memory = .allocate(byteCount: MemoryLayout<z_stream>.size, alignment: MemoryLayout<z_stream>.alignment)
        memory.bindMemory(to: z_stream.self, capacity: 1).initialize(to: z_stream())
        guard fb_inflate_init(stream) == Z_OK else {
            throw SystemError("unpack", path, code: SystemError.noMemory)
        }
    }

    deinit {
        inflateEnd(stream)
        memory.deallocate()
    }

    /// Unpacks input from `position` on, which moves behind what was taken, to at most `room` bytes.
    ///
    /// - Throws: `SystemError` for bytes that are not what they should be.
    @inline(never)
    func take(_ input: [UInt8], _ position: inout Int, room: Int) throws(SystemError) -> [UInt8] {
        if isWhole, position < input.count {
            inflateReset(stream)
            isWhole = false
        }
        var answer = Z_OK
        var piece = input
        var moved = 0
        let start = position
        let result = [UInt8](unsafeUninitializedCapacity: room) { output, used in
            piece.withUnsafeMutableBufferPointer { bytes in
                stream.pointee.next_in = bytes.baseAddress.map { $0 + start }
                stream.pointee.avail_in = UInt32(bytes.count - start)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                answer = isWhole ? Z_BUF_ERROR : inflate(stream, Z_NO_FLUSH)
                moved = bytes.count - start - Int(stream.pointee.avail_in)
                stream.pointee.next_in = nil
            }
            used = output.count - Int(stream.pointee.avail_out)
        }
        position += moved
        isFull = result.count == room
        switch answer {
        // It can go on neither without input nor without room, which is no fault of the bytes.
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isWhole = true
        case Z_MEM_ERROR: throw SystemError("unpack", path, code: SystemError.noMemory)
        default:
            let detail = stream.pointee.msg.map { " (\(String(cString: $0)))" } ?? ""
            throw SystemError("unpack", path, detail: "its compressed data is damaged\(detail)")
        }
        return result
    }
}

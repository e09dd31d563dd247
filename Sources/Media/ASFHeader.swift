/// The one fact of an ASF file's header (WMV, ASF) that libavformat keeps to itself: it drops the declared duration of a file
/// that is much shorter than its header says, and with it the sign that the file was cut.
enum ASFHeader {
    /// File Properties Object (Advanced Systems Format specification, 3.2): its GUID as it lies in the file.
    private static let properties: [UInt8] = [
        0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11, 0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65,
    ]

    /// Bytes of a header that are looked through.
    static let length = 1 << 16

    /// Bytes that the file should have; nil where the header does not say, as in a broadcast.
    static func fileSize(_ head: [UInt8]) -> Int64? {
        guard let start = head.firstRange(of: properties)?.lowerBound, start + 92 <= head.count else { return nil }
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(head[start + offset + $1]) << (8 * UInt64($1)) }
        }
        let isBroadcast = number(88, 4) & 1 != 0
        let size = number(40, 8)
        return isBroadcast || size == 0 || size > UInt64(Int64.max) ? nil : Int64(size)
    }
}

/// Damages the bytes of a video, the same way for the same seed.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64: tiny, and the same everywhere.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Numbers at which sizes, counts and clocks break.
    private static let nasty: [UInt32] = [
        0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0xff_ffff, 0x100_0000, 0x7fff_fffe, 0x7fff_ffff,
        0x8000_0000, 0xffff_fffe, 0xffff_ffff,
    ]

    /// Names in containers whose neighbourhood holds such numbers.
    private static let landmarks = [
        "mvhd", "tkhd", "mdhd", "stsd", "stts", "ctts", "stsc", "stsz", "stco", "elst", "avcC", "mdat", "moov", "RIFF",
        "avih", "strh", "strf", "idx1", "movi", "00dc", "\u{1a}E", "*\u{d7}", "\u{1f}C",
    ].map { $0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    /// One to three kinds of damage.
    mutating func damage(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty { once(&bytes) }
        return bytes
    }

    private mutating func once(_ bytes: inout [UInt8]) {
        switch Int.random(in: 0..<8, using: &self) {
        case 0:
            for _ in 0..<Int.random(in: 1...32, using: &self) {
                bytes[place(bytes.count)] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            }
        case 1: write(Mutator.nasty.randomElement(using: &self) ?? 0, at: place(bytes.count), in: &bytes)
        case 2, 3: landmark(&bytes)
        case 4: bytes.removeLast(bytes.count - place(bytes.count))
        case 5: bytes.removeSubrange(stretch(bytes.count))
        case 6:
            let range = stretch(bytes.count)
            bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
        default:
            let range = stretch(bytes.count)
            bytes.insert(contentsOf: Array(bytes[range]), at: place(bytes.count))
        }
    }

    /// Half of the damage is near the head, where containers keep their tables.
    private mutating func place(_ count: Int) -> Int {
        Bool.random(using: &self)
            ? Int.random(in: 0..<count, using: &self) : Int.random(in: 0..<min(count, 4096), using: &self)
    }

    private mutating func stretch(_ count: Int) -> Range<Int> {
        let start = place(count)
        return start..<min(count, start + Int.random(in: 1...8192, using: &self))
    }

    private mutating func landmark(_ bytes: inout [UInt8]) {
        let mark = Mutator.landmarks.randomElement(using: &self) ?? []
        let places = bytes.places(of: mark)
        let offset = [-4, mark.count, mark.count + 4, mark.count + 8, mark.count + 12].randomElement(using: &self) ?? 0
        let at = (places.randomElement(using: &self) ?? place(bytes.count)) + offset
        write(Mutator.nasty.randomElement(using: &self) ?? 0, at: max(0, at), in: &bytes)
    }

    private func write(_ value: UInt32, at start: Int, in bytes: inout [UInt8]) {
        for index in 0..<4 where start + index < bytes.count {
            bytes[start + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index))
        }
    }
}

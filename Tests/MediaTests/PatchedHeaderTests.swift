import Bytes
import Media
import TestSupport
import Testing

/// MP4 files whose tables lie. What is declared is believed of nothing but what was declared.
@Suite("Headers that lie")
struct PatchedHeaderTests {
    /// A small sound video whose boxes are patched. Its edit list is taken out: one that no longer fits the clock
    /// rightly hides frames.
    static func original() throws -> [UInt8] {
        var bytes = try Files.read(Samples.folder.appending("subdir/nested-ünïcode.mp4"))
        if let edits = bytes.firstIndex(of: Array("edts".utf8)) {
            bytes.replaceSubrange(edits..<edits + 4, with: Array("free".utf8))
        }
        return bytes
    }

    static let frames = 12

    /// Writes a big-endian number at an offset behind a box's four letters.
    static func patch(_ bytes: inout [UInt8], _ box: String, _ offset: Int, _ value: UInt32) throws {
        let at = try #require(bytes.firstIndex(of: Array(box.utf8))) + 4 + offset
        for place in 0..<4 { bytes[at + place] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * place)) }
    }

    /// Reads to the end, or is refused in words. Any other end is a failure.
    static func survive(_ bytes: [UInt8]) throws -> Reading? {
        let clip = try Clip("a.mp4", bytes: bytes)
        do {
            return try clip.read()
        } catch let error as DecodeError {
            #expect(!error.description.isEmpty)
            return nil
        }
    }

    static let extremes: [UInt32] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

    @Test("Durations of any size are kept apart from what was decoded", arguments: extremes)
    func durations(_ value: UInt32) throws {
        for (box, offset) in [("mvhd", 16), ("tkhd", 20), ("mdhd", 16)] {
            var bytes = try PatchedHeaderTests.original()
            try PatchedHeaderTests.patch(&bytes, box, offset, value)
            let reading = try #require(try PatchedHeaderTests.survive(bytes), "\(box)")
            #expect(reading.frames.count == PatchedHeaderTests.frames, "\(box)")
        }
    }

    @Test("Clocks of any unit, even none, give every frame without a trap", arguments: extremes)
    func timeScales(_ value: UInt32) throws {
        for box in ["mvhd", "mdhd"] {
            var bytes = try PatchedHeaderTests.original()
            try PatchedHeaderTests.patch(&bytes, box, 12, value)
            if let reading = try PatchedHeaderTests.survive(bytes) {
                #expect(reading.frames.count == PatchedHeaderTests.frames, "\(box)")
            }
        }
    }

    @Test("Frame durations of any size give every frame, and time that does not fall", arguments: extremes)
    func frameDurations(_ value: UInt32) throws {
        // stts: version, entries, then count and duration.
        var bytes = try PatchedHeaderTests.original()
        try PatchedHeaderTests.patch(&bytes, "stts", 12, value)
        let reading = try #require(try PatchedHeaderTests.survive(bytes))
        #expect(reading.frames.count == PatchedHeaderTests.frames)
    }

    @Test("Frame counts of any size end in a result or in words, in time", arguments: extremes)
    func frameCounts(_ value: UInt32) throws {
        for (box, offset) in [("stts", 8), ("stts", 4), ("stsc", 8), ("stsz", 4)] {
            var bytes = try PatchedHeaderTests.original()
            try PatchedHeaderTests.patch(&bytes, box, offset, value)
            let reading = try PatchedHeaderTests.survive(bytes)
            #expect(reading?.frames.count ?? 0 <= PatchedHeaderTests.frames, "\(box)")
        }
    }

    @Test("Sizes of 0x0 to 65535x65535 in the container do not change the pictures", arguments: [0, 1, 0xffff_ffff])
    func pictureSizes(_ value: UInt32) throws {
        var bytes = try PatchedHeaderTests.original()
        // avc1: the sample entry's width and height, 16 bits each.
        try PatchedHeaderTests.patch(&bytes, "avc1", 24, value)
        let reading = try PatchedHeaderTests.survive(bytes)
        for frame in reading?.frames ?? [] { #expect([frame.width, frame.height] == [64, 48]) }
    }
}

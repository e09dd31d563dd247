import Bytes
import Stills
import TestSupport
import Testing

@Suite("Timeline of brightness") struct LumaTimelineTests {
    /// The means of slices of `size` values; the last one may be shorter.
    private func means(_ values: [Double], size: Int) -> [Double] {
        stride(from: 0, to: values.count, by: size).map { start in
            let slice = values[start..<min(values.count, start + size)]
            return slice.reduce(0, +) / Double(slice.count)
        }
    }

    @Test func `columns are the means of slices of equally many frames`() {
        var generator = SeededGenerator(seed: 1)
        let values = (0..<5000).map { _ in Double(Int.random(in: 0...255, using: &generator)) }
        var timeline = LumaTimeline()
        for count in 1...5000 {
            timeline.add(values[count - 1])
            guard
                count <= 50 || count % 97 == 0 || (1020...1030).contains(count) || (2044...2052).contains(count)
                    || (4094...4100).contains(count)
            else { continue }
            var size = 1
            while (count + size - 1) / size > 1024 { size *= 2 }
            let columns = timeline.columns
            let expected = means(Array(values.prefix(count)), size: size)
            #expect(columns.count == expected.count, "\(count) frames")
            #expect(zip(columns, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(count) frames")
        }
    }

    @Test func `a video of any length has at most 1024 columns`() {
        var timeline = LumaTimeline()
        for frame in 0..<40_000 {
            timeline.add(frame < 20_000 ? 0 : 200)
            if frame % 999 == 0 { #expect(timeline.columns.count <= 1024) }
        }
        let columns = timeline.columns
        #expect(columns.count > 512)
        #expect(columns.first == 0 && columns.last == 200)
    }

    @Test(arguments: [1, 2, 255, 1024, 1025, 3000]) func `the picture is a grey PNG of a column a slice`(count: Int)
        throws
    {
        var timeline = LumaTimeline()
        for frame in 0..<count { timeline.add(Double(frame % 256)) }
        let bytes = try #require(timeline.png())
        #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        #expect(Array(bytes[12..<16]) == Array("IHDR".utf8))
        func number(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        #expect(number(16) == timeline.columns.count)
        #expect(number(20) == 48)
        // 8 bits, grey, not interlaced.
        #expect(bytes[24] == 8 && bytes[25] == 0 && bytes[28] == 0)
        #expect(Array(bytes.suffix(12)) == [0, 0, 0, 0] + Array("IEND".utf8) + [0xae, 0x42, 0x60, 0x82])
        #expect(timeline.png() == bytes)
    }

    @Test func `no frame gives no picture, and odd values give one`() {
        var timeline = LumaTimeline()
        #expect(timeline.png() == nil)
        #expect(timeline.columns == [])
        for value in [-5.0, 300, 255.4] { timeline.add(value) }
        #expect(timeline.png() != nil)
    }
}

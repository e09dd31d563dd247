import Frames
import TestSupport
import Testing

@Suite("Pictures and times") struct PictureTests {
    @Test func `pictures are comparable when every plane has the same shape`() {
        let picture = Drawing.yuv(1, 2, 3, width: 16, height: 16)
        #expect(picture.isComparable(with: Drawing.yuv(9, 9, 9, width: 16, height: 16)))
        #expect(!picture.isComparable(with: Drawing.yuv(1, 2, 3, width: 18, height: 16)))
        #expect(!picture.isComparable(with: Drawing.yuv(1, 2, 3, width: 16, height: 14)))
        #expect(!picture.isComparable(with: Drawing.flat(1)))
        func planes(_ chroma: (samples: Int, rows: Int), depth: Int = 8, shift: Int = 0) -> Picture {
            Drawing.picture(planes: [(16, 16), chroma, chroma], depth: depth, shift: shift) { _, _, _ in 1 }
        }
        #expect(!picture.isComparable(with: planes((16, 16))))
        #expect(!picture.isComparable(with: planes((8, 16))))
        #expect(!planes((8, 8), depth: 10).isComparable(with: planes((8, 8))))
        #expect(!planes((8, 8), depth: 10).isComparable(with: planes((8, 8), depth: 10, shift: 6)))
        // Where rows lie in memory, and the range, change no difference.
        let padded = Drawing.picture(
            planes: [(16, 16), (8, 8), (8, 8)], isFullRange: true, layout: .init(padding: 48, isBottomUp: true)
        ) { _, _, _ in 1 }
        #expect(picture.isComparable(with: padded))
    }

    @Test(arguments: [(8, 1.0, 1), (9, 2, 2), (10, 4, 2), (12, 16, 2), (16, 256, 2)])
    func `the depth gives scale and bytes`(depth: Int, scale: Double, bytes: Int) {
        let picture = Drawing.flat(0, depth: depth)
        #expect(picture.scale == scale)
        #expect(picture.bytesPerSample == bytes)
        #expect(picture.luma.sampleCount == 256)
    }

    @Test func `a picture keeps its memory`() {
        var picture: Picture? = DrawnPicture.gray(width: 300, height: 300) { x, _ in x % 256 }
        let kept = picture
        picture = nil
        let sums = kept.map { Kernels.luma($0, previous: nil, darkLimit: 0) }
        #expect(sums?.max == 255)
    }

    @Test func `measures have four decimals and times six`() {
        let four: [(Double, Double)] = [(0, 0), (1.23456, 1.2346), (-1.23456, -1.2346), (99.99999, 100), (0.00004, 0)]
        for (value, expected) in four { #expect(rounded4(value) == expected) }
        let six: [(Double, Double)] = [(1.0 / 3, 0.333333), (2.0 / 3, 0.666667), (86400.0000004, 86400)]
        for (value, expected) in six { #expect(rounded6(value) == expected) }
        // A rounded number stays what it is, however often it is rounded.
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<5000 {
            let value = Double.random(in: -70000...70000, using: &generator)
            #expect(rounded4(rounded4(value)) == rounded4(value))
            #expect(rounded6(rounded6(value)) == rounded6(value))
            #expect(abs(rounded4(value) - value) <= 0.000_050_1)
        }
    }
}

import Frames
import Testing

@Suite struct PackedPictureTests {
    private func drawn(_ width: Int, _ height: Int, padding: Int) -> Picture {
        DrawnPicture.gray(width: width, height: height, stride: padding) { x, y in (10 * y + x) % 251 }
    }

    @Test func `planes are packed without the padding of their rows`() {
        #expect(PackedPicture(drawn(3, 2, padding: 5), planes: 1).copied() == [0, 1, 2, 10, 11, 12])
    }

    @Test(arguments: [0, 5]) func `from whatever byte it goes on, the rest is the same`(padding: Int) {
        let luma = drawn(7, 5, padding: padding)
        let chroma = drawn(3, 4, padding: padding)
        let owner = [luma, chroma]
        let picture = Picture(
            planes: [luma.luma, chroma.luma, chroma.luma], width: 7, height: 5, depth: 8, shift: 0, isFullRange: false,
            owner: owner as AnyObject)
        let packed = PackedPicture(picture, planes: 3)
        let whole = packed.copied()
        #expect(packed.count == 7 * 5 + 2 * 3 * 4 && whole.count == packed.count)
        #expect(PackedPicture(picture, planes: 1).copied() == Array(whole[..<35]))
        for offset in 0...packed.count {
            var rest: [UInt8] = []
            packed.forEachStretch(from: offset) { stretch in
                rest += stretch
                return true
            }
            #expect(rest == Array(whole[offset...]))
        }
    }

    @Test func `a plane without padding is one stretch, and a caller may stop`() {
        var count = 0
        PackedPicture(drawn(64, 48, padding: 0), planes: 1).forEachStretch(from: 100) { stretch in
            #expect(stretch.count == 64 * 48 - 100)
            count += 1
            return true
        }
        PackedPicture(drawn(64, 48, padding: 16), planes: 1).forEachStretch(from: 100) { stretch in
            #expect(stretch.count == (count == 1 ? 28 : 64))
            count += 1
            return count < 4
        }
        #expect(count == 4)
    }
}

import Bytes
import Frames
import Media
import Stills
import TestSupport
import Testing

@Suite("Stills") struct StillCollectorTests {
    /// Collects what a worker would of one of the samples.
    private func collect(_ sample: String) throws -> StillCollector {
        let descriptor = try Files.openInput(Samples.folder.appending(sample))
        let reader = try VideoReader(descriptor: descriptor)
        var collector = StillCollector()
        while let (picture, time) = try reader.next() {
            try collector.add(picture, index: time.index, luma: Double(time.index % 256))
        }
        return collector
    }

    /// Width and height from a JPEG's frame header.
    private func size(_ jpeg: [UInt8]) throws -> (width: Int, height: Int) {
        #expect(jpeg.prefix(2) == [0xff, 0xd8])
        #expect(jpeg.suffix(2) == [0xff, 0xd9])
        var place = 2
        while place + 9 < jpeg.count {
            try #require(jpeg[place] == 0xff)
            if jpeg[place + 1] == 0xc0 {
                return (
                    Int(jpeg[place + 7]) << 8 | Int(jpeg[place + 8]), Int(jpeg[place + 5]) << 8 | Int(jpeg[place + 6])
                )
            }
            place += 2 + Int(jpeg[place + 2]) << 8 + Int(jpeg[place + 3])
        }
        throw JSONError(reason: "no frame header", offset: place)
    }

    @Test(arguments: [
        "h264-scenes.mp4", "hevc-10bit.mkv", "gray.mkv", "rgb.mkv", "odd-size.mkv", "vfr.mkv",
        "truncated.mp4", "black-freeze.mp4",
    ])
    func `a sample has small stills, the same each time`(sample: String) throws {
        let collector = try collect(sample)
        let thumbnail = try #require(try collector.thumbnail())
        #expect(thumbnail.count <= 4096)
        // The comment behind the first marker tells which frame it is: one of the samples' even distances.
        #expect(thumbnail.prefix(4) == [0xff, 0xd8, 0xff, 0xfe])
        let comment = String(decoding: thumbnail[6..<4 + Int(thumbnail[5])], as: UTF8.self)
        #expect(comment.hasPrefix("forgebatch frame ") && Int(comment.dropFirst(17)) != nil)
        let extent = try size(thumbnail)
        #expect(extent.width <= 320 && extent.height <= 180 && extent.width >= 2 && extent.height >= 2)
        let strip = try #require(try collector.strip())
        let stripExtent = try size(strip)
        #expect(stripExtent.height == extent.height)
        #expect((stripExtent.width + 4) % (extent.width + 4) == 0)
        #expect((1...8).contains((stripExtent.width + 4) / (extent.width + 4)))
        #expect(collector.lumaTimeline() != nil)

        let again = try collect(sample)
        #expect(try again.thumbnail() == thumbnail)
        #expect(try again.strip() == strip)
        #expect(again.lumaTimeline() == collector.lumaTimeline())
    }

    @Test func `a video without a frame has no stills`() throws {
        let collector = StillCollector()
        #expect(try collector.thumbnail() == nil)
        #expect(try collector.strip() == nil)
        #expect(collector.lumaTimeline() == nil)
    }

    @Test func `a picture that no decoder made is not scaled, but counted in the timeline`() throws {
        var collector = StillCollector()
        try collector.add(Drawing.flat(100), index: 0, luma: 100)
        #expect(try collector.thumbnail() == nil)
        #expect(collector.lumaTimeline() != nil)
    }

    @Test(arguments: [(2, 2), (2, 180), (320, 2), (16, 16), (34, 18), (320, 180), (2560, 180)])
    func `a picture of any even size becomes a JPEG, the same each time`(width: Int, height: Int) throws {
        var picture = SmallPicture(width: width, height: height)
        for index in picture.planes[0].indices { picture.planes[0][index] = UInt8(truncatingIfNeeded: index * 7) }
        for quality: Int32 in [2, 6, 31] {
            let bytes = try JPEG.encode(picture, quality: quality)
            let extent = try size(bytes)
            #expect(extent.width == width && extent.height == height)
            #expect(try JPEG.encode(picture, quality: quality) == bytes)
        }
        #expect(try JPEG.encode(picture, quality: 2).count >= JPEG.encode(picture, quality: 31).count)
    }

    @Test func `a picture is drawn into another where it belongs`() {
        var canvas = SmallPicture(width: 8, height: 4, luma: 10)
        var patch = SmallPicture(width: 2, height: 2, luma: 200)
        patch.planes[1] = [50]
        canvas.draw(patch, x: 4, y: 2)
        let luma = canvas.planes[0]
        #expect(luma.filter { $0 == 200 }.count == 4)
        #expect(luma[2 * 8 + 4] == 200 && luma[3 * 8 + 5] == 200 && luma[0] == 10)
        #expect(canvas.planes[1] == [128, 128, 128, 128, 128, 128, 50, 128])
        #expect(canvas.planes[2].allSatisfy { $0 == 128 })
    }
}

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
        let film = try film(collector)
        #expect(film.bytes.count <= 32 << 10 && film.frames.count <= 12)
        #expect(film.width <= 160 && film.height <= 90)
        let filmExtent = try size(film.bytes)
        #expect(filmExtent.width == film.frames.count * film.width && filmExtent.height == film.height)

        let again = try collect(sample)
        #expect(try again.thumbnail() == thumbnail)
        #expect(try again.strip() == strip)
        #expect(again.lumaTimeline() == collector.lumaTimeline())
        #expect(try again.film() == film.bytes)
    }

    private struct Film {
        let bytes: [UInt8]
        let width: Int
        let height: Int
        let frames: [Int]
    }

    /// A film with what its comment tells.
    private func film(_ collector: StillCollector) throws -> Film {
        let bytes = try #require(try collector.film())
        #expect(bytes.prefix(4) == [0xff, 0xd8, 0xff, 0xfe])
        let words = String(decoding: bytes[6..<4 + Int(bytes[4]) << 8 + Int(bytes[5])], as: UTF8.self).split(
            separator: " ")
        try #require(words.prefix(2) == ["forgebatch", "film"])
        let size = words[2].split(separator: "x").compactMap { Int($0) }
        return Film(bytes: bytes, width: size[0], height: size[1], frames: words[3...].compactMap { Int($0) })
    }

    @Test(
        "Each picture of a film is of its own part of the video, whatever the length and the claim",
        arguments: [
            (1, 0), (5, 0), (11, 5), (12, 0), (13, 13), (31, 0), (33, 500), (200, 0), (457, 450), (1000, 1000),
            (1000, 3),
        ])
    func film(frames: Int, claim: Int) throws {
        let descriptor = try Files.openInput(Samples.folder.appending("gray.mkv"))
        let reader = try VideoReader(descriptor: descriptor)
        var collector = StillCollector(expectedFrames: claim)
        let (picture, _) = try #require(try reader.next())
        for index in 0..<frames { try collector.add(picture, index: index, luma: 1) }
        let shown = try film(collector).frames
        #expect(shown.count == min(12, frames))
        for (cell, frame) in shown.enumerated() {
            // A claim that is far too high leaves few pictures; they stand in for their neighbours.
            let middle = Double(frame) + 0.5
            let width = Double(frames) / Double(shown.count)
            let isNear = Double(cell) * width <= middle && middle <= Double(cell + 1) * width
            #expect(isNear || claim > 2 * frames, "cell \(cell) shows frame \(frame) of \(frames)")
        }
        #expect(shown == shown.sorted())
    }

    @Test func `a video without a frame has no stills`() throws {
        let collector = StillCollector()
        #expect(try collector.thumbnail() == nil)
        #expect(try collector.strip() == nil)
        #expect(collector.lumaTimeline() == nil)
        #expect(try collector.film() == nil)
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

    /// A picture whose samples are all different in each plane.
    private func numbered(_ width: Int, _ height: Int) -> SmallPicture {
        var picture = SmallPicture(width: width, height: height)
        for plane in 0..<3 {
            for place in picture.planes[plane].indices { picture.planes[plane][place] = UInt8(10 + plane * 70 + place) }
        }
        return picture
    }

    @Test func `turning and mirroring are exact copies of every sample`() {
        let picture = numbered(8, 6)
        let turned = picture.turned(1)
        #expect(turned.width == 6 && turned.height == 8)
        for (plane, columns, rows) in [(0, 8, 6), (1, 4, 3), (2, 4, 3)] {
            for y in 0..<rows {
                for x in 0..<columns {
                    let sample = picture.planes[plane][y * columns + x]
                    // What lay left lies above, what lay above lies right.
                    #expect(turned.planes[plane][x * rows + (rows - 1 - y)] == sample)
                    #expect(picture.mirrored().planes[plane][(rows - 1 - y) * columns + x] == sample)
                }
            }
        }
        #expect(turned.turned(1).planes == picture.turned(2).planes)
        #expect(picture.turned(2).turned(1).planes == picture.turned(3).planes)
        #expect(picture.turned(3).turned(1).planes == picture.planes)
        #expect(picture.turned(0).planes == picture.planes && picture.turned(-1).planes == picture.turned(3).planes)
        #expect(picture.mirrored().mirrored().planes == picture.planes)
        #expect(picture.mirrored().planes != picture.turned(2).planes)
    }

    @Test func `a picture of another shape is fitted in proportion on black`() throws {
        var bright = SmallPicture(width: 40, height: 80, luma: 200)
        bright.planes[1] = Array(repeating: 90, count: 800)
        let fitted = try StillScaler().fitted(bright, width: 320, height: 180)
        #expect(fitted.width == 320 && fitted.height == 180)
        let middle = fitted.planes[0][90 * 320..<91 * 320]
        let inside = middle.indices.filter { middle[$0] > 100 }.map { $0 - 90 * 320 }
        #expect(inside.count == 90 && inside.first == 114 && inside.last == 203)
        #expect(middle.allSatisfy { $0 == 0 || abs(Int($0) - 200) < 3 })
        #expect(fitted.planes[0][160] > 100 && fitted.planes[0][179 * 320 + 160] > 100)
        let same = numbered(8, 6)
        #expect(try StillScaler().fitted(same, width: 8, height: 6).planes == same.planes)
    }

    /// The collector of a video made on the fly.
    private func collect(_ name: String, _ arguments: [String], patch: (inout [UInt8]) -> Void = { _ in }) async throws
        -> StillCollector
    {
        let folder = try TemporaryFolder()
        let path = folder.path.appending(name)
        try await FFmpegCommand.make(path, arguments)
        var bytes = try Files.read(path)
        patch(&bytes)
        try AtomicFile.write(bytes, to: path, durable: false)
        let reader = try VideoReader(descriptor: Files.openInput(path))
        var collector = StillCollector()
        while let (picture, time) = try reader.next() {
            try collector.add(picture, index: time.index, luma: 0, display: reader.shapes.last)
        }
        return collector
    }

    private static let hasFFmpeg = ExternalProgram.ffmpeg != nil

    @Test(
        "Stills have the shape that players show", .enabled(if: hasFFmpeg, "needs ffmpeg"),
        arguments: [
            ("720x576", "64/45", 320, 180), ("720x480", "8/9", 240, 180), ("360x320", "1/2", 180, 320),
            ("160x120", "2/1", 320, 120), ("540x960", "1/1", 180, 320), ("640x360", "1/1", 320, 180),
        ])
    func shapes(size: String, ratio: String, width: Int, height: Int) async throws {
        let source = "-f lavfi -i testsrc2=s=\(size):r=10:d=1 -vf setsar=\(ratio) -c:v mpeg4 -q:v 3"
        let collector = try await collect("a.mp4", [source])
        let extent = try self.size(#require(try collector.thumbnail()))
        #expect(extent.width == width && extent.height == height)
        let strip = try self.size(#require(try collector.strip()))
        #expect(strip.height == height && strip.width == 8 * (width + 4) - 4)
        // The same shape within 160x90, to the even pixel.
        let film = try film(collector)
        let factor = min(160 / Double(width), 90 / Double(height))
        #expect(film.frames.count == 10)
        #expect(
            abs(Double(film.width) - Double(width) * factor) <= 1
                && abs(Double(film.height) - Double(height) * factor) <= 1)
    }

    @Test(
        "A turned video has upright stills, the same as one that was stored so",
        .enabled(if: hasFFmpeg, "needs ffmpeg"))
    func turned() async throws {
        let source = "-f lavfi -i testsrc2=s=320x180:r=10:d=1"
        let codec = "-c:v ffv1 -pix_fmt yuv420p"
        let upright = try await collect("a.mov", [source, "-vf transpose=clock \(codec)"])
        let turned = try await collect("a.mov", [source, codec]) { bytes in
            let numbers: [Int32] = [0, 1, -1, 0]
            let header = bytes.firstRange(of: Array("tkhd".utf8))?.lowerBound ?? 0
            for (place, number) in zip([40, 44, 52, 56], numbers) {
                let value = UInt32(bitPattern: number << 16)
                for byte in 0..<4 {
                    bytes[header + 4 + place + byte] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * byte))
                }
            }
        }
        #expect(try turned.thumbnail() == upright.thumbnail())
        #expect(try turned.strip() == upright.strip())
        #expect(try size(#require(try turned.thumbnail())).height == 320)
    }

    @Test("What lies outside the clean aperture is not on the stills", .enabled(if: hasFFmpeg, "needs ffmpeg"))
    func aperture() async throws {
        // A white frame of 20, 10, 14 and 30 pixels around a black picture, in formats with whole and with halved chroma.
        for format in ["yuv420p", "yuv444p10le", "gray"] {
            let folder = try TemporaryFolder()
            let path = folder.path.appending("a.mkv")
            let source = "-f lavfi -i color=black:s=156x150:r=5:d=1 -vf pad=200:180:14:20:white"
            try await FFmpegCommand.make(path, ["\(source),format=\(format) -c:v ffv1"])
            let reader = try VideoReader(descriptor: Files.openInput(path))
            var collector = StillCollector()
            while let (picture, time) = try reader.next() {
                let margins = DisplayGeometry.Margins(top: 22, bottom: 10, left: 16, right: 32)
                try collector.add(
                    picture, index: time.index, luma: 0, display: reader.shapes.last.with(margins: margins))
            }
            let still = folder.path.appending("still.jpg")
            try AtomicFile.write(try #require(try collector.thumbnail()), to: still, durable: false)
            let plain = folder.path.appending("still.raw")
            try await FFmpegCommand.make(plain, ["-i \(still.display) -f rawvideo -pix_fmt gray"])
            let samples = try Files.read(plain)
            #expect(samples.count == 152 * 148, "\(format)")
            #expect(samples.allSatisfy { $0 < 30 }, "\(format): \(samples.max() ?? 0)")
        }
    }

    @Test("A strip over a change of size has no empty place", .enabled(if: hasFFmpeg, "needs ffmpeg"))
    func changes() async throws {
        // Every picture is white, so that what is grey is the canvas.
        func part(_ size: String, _ length: String) async throws -> [UInt8] {
            let folder = try TemporaryFolder()
            let path = folder.path.appending("a.ts")
            try await FFmpegCommand.make(
                path, ["-f lavfi -i color=white:s=\(size):r=25:d=\(length) -c:v mpeg2video -bf 0 -g 5"])
            return try Files.read(path)
        }
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.ts")
        let small = try await part("96x64", "0.32")
        let bytes = try await small + part("480x320", "0.48")
        try AtomicFile.write(bytes, to: path, durable: false)
        let reader = try VideoReader(descriptor: Files.openInput(path))
        var collector = StillCollector()
        while let (picture, time) = try reader.next() {
            try collector.add(picture, index: time.index, luma: 0, display: reader.shapes.last)
        }
        #expect(reader.shapes.runs.count == 2)
        let strip = folder.path.appending("strip.jpg")
        let jpeg = try #require(try collector.strip())
        try AtomicFile.write(jpeg, to: strip, durable: false)
        let plain = folder.path.appending("strip.raw")
        try await FFmpegCommand.make(plain, ["-i \(strip.display) -f rawvideo -pix_fmt gray"])
        let samples = try Files.read(plain)
        let extent = try size(jpeg)
        #expect(extent.width == 8 * 274 - 4 && extent.height == 180 && samples.count == extent.width * 180)
        for cell in 0..<8 {
            for (x, y) in [(4, 4), (265, 4), (4, 175), (265, 175), (135, 90)] {
                #expect(samples[y * extent.width + cell * 274 + x] > 225, "cell \(cell) at \(x), \(y)")
            }
        }
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

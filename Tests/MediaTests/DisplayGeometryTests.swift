import Bytes
import Media
import TestSupport
import Testing

@Suite("How pictures are shown")
struct DisplayGeometryTests {
    private static let one = 1 << 16
    private static func matrix(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> [Int] {
        [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30]
    }

    @Test func `a display matrix is a mirroring and a turn`() throws {
        let known: [([Int], Int, Bool)] = [
            (Self.matrix(1, 0, 0, 1), 0, false), (Self.matrix(0, 1, -1, 0), 90, false),
            (Self.matrix(-1, 0, 0, -1), 180, false), (Self.matrix(0, -1, 1, 0), 270, false),
            // Left for right is upside down and half a turn.
            (Self.matrix(-1, 0, 0, 1), 180, true), (Self.matrix(1, 0, 0, -1), 0, true),
            (Self.matrix(0, 1, 1, 0), 90, true), (Self.matrix(0, -1, -1, 0), 270, true),
            (Self.matrix(0, 7, -3, 0), 90, false),
            ([46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30], 45, false),
        ]
        for (matrix, degrees, isMirrored) in known {
            let parts = try #require(DisplayGeometry.parts(of: matrix))
            #expect(parts.degrees == degrees && parts.isMirrored == isMirrored, "\(matrix)")
        }
        #expect(DisplayGeometry.parts(of: Self.matrix(0, 0, 0, 0)) == nil)
        #expect(DisplayGeometry.parts(of: Self.matrix(0, 0, 0, 1)) == nil)
        #expect(DisplayGeometry.parts(of: [1, 2, 3]) == nil)
        for extreme in [Int(Int32.max), Int(Int32.min), .max, .min] {
            _ = DisplayGeometry.parts(of: Array(repeating: extreme, count: 9))
        }
    }

    @Test func `players keep the rows and stretch them, and turn what comes out`() {
        func size(_ width: Int, _ height: Int, _ ratio: (Int, Int)?, turns: Int = 0) -> [Int] {
            var geometry = DisplayGeometry(width: width, height: height)
            geometry.sampleAspectRatio = ratio.map { Ratio(numerator: $0.0, denominator: $0.1) }
            geometry.turns = turns
            return [geometry.displaySize.width, geometry.displaySize.height]
        }
        #expect(size(720, 576, (64, 45)) == [1024, 576])
        #expect(size(720, 576, (16, 15)) == [768, 576])
        #expect(size(720, 480, (8, 9)) == [640, 480])
        #expect(size(1440, 1080, (4, 3), turns: 1) == [1080, 1920])
        #expect(size(360, 320, (1, 2)) == [180, 320])
        #expect(size(1920, 1080, nil, turns: 3) == [1080, 1920])
        #expect(size(1, 1, (1, 90)) == [1, 1])
    }

    @Test func `margins are cut off before pixels are made square, unless nothing is left`() {
        func size(_ margins: DisplayGeometry.Margins) -> [Int] {
            var geometry = DisplayGeometry(width: 1440, height: 1088).with(margins: margins)
            geometry.sampleAspectRatio = Ratio(numerator: 4, denominator: 3)
            geometry.turns = 1
            return [geometry.displaySize.width, geometry.displaySize.height]
        }
        #expect(size(DisplayGeometry.Margins(bottom: 8)) == [1080, 1920])
        #expect(size(DisplayGeometry.Margins(top: 4, bottom: 4, left: 6, right: 12)) == [1080, 1896])
        for lie in [
            DisplayGeometry.Margins(left: 1440), DisplayGeometry.Margins(left: 720, right: 720),
            DisplayGeometry.Margins(top: Int(UInt32.max)), DisplayGeometry.Margins(top: 1, bottom: Int(UInt32.max)),
            DisplayGeometry.Margins(left: -8),
        ] {
            #expect(size(lie) == [1088, 1920])
        }
    }

    @Test func `stills stand in the same box whichever way they stand, and are not made larger`() {
        func size(_ width: Int, _ height: Int, _ ratio: Int = 1) -> [Double] {
            var geometry = DisplayGeometry(width: width, height: height)
            geometry.sampleAspectRatio = Ratio(numerator: ratio, denominator: 1)
            let scaled = geometry.scaled(long: 320, short: 180)
            return [scaled.width, scaled.height]
        }
        #expect(size(1920, 1080) == [320, 180])
        #expect(size(1080, 1920) == [180, 320])
        #expect(size(1000, 1000) == [180, 180])
        #expect(size(160, 90) == [160, 90])
        #expect(size(160, 90, 2) == [320, 90])
        #expect(size(640, 100) == [320, 50])
    }

    @Test(
        "The track header's matrix is told, as numbers and as a turn, and pictures stay as they are stored",
        .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func matrices() async throws {
        for (codec, name) in [("mpeg4", "a.mp4"), ("prores -pix_fmt yuv422p10le", "a.mov")] {
            let clip = try await Clip(name, "-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -an -c:v \(codec)")
            let plain = try clip.read()
            #expect(plain.info.displayMatrix == nil && plain.info.rotation == 0)
            for (numbers, degrees, turns, isMirrored) in [
                ([0, 1, -1, 0], 90, 1, false), ([-1, 0, 0, 1], 180, 2, true), ([0, -1, 1, 0], 270, 3, false),
            ] {
                var bytes = try clip.bytes()
                for (place, number) in zip([40, 44, 52, 56], numbers) {
                    try PatchedHeaderTests.patch(&bytes, "tkhd", place, UInt32(bitPattern: Int32(number << 16)))
                }
                let reading = try Clip(name, bytes: bytes).read()
                let matrix = try #require(reading.info.displayMatrix)
                #expect(matrix == Self.matrix(numbers[0], numbers[1], numbers[2], numbers[3]))
                #expect(reading.info.rotation == degrees && reading.info.display.turns == turns)
                #expect(reading.info.display.isMirrored == isMirrored)
                #expect(reading.frames.allSatisfy { $0.width == 64 && $0.height == 48 })
            }
        }
    }

    @Test(
        "The sample aspect ratio comes from the container, else from the pictures themselves",
        .enabled(if: Clip.isPossible, "needs ffmpeg"),
        arguments: [
            ("a.mkv", "-c:v ffv1", Ratio(numerator: 16, denominator: 11)),
            ("a.mpg", "-c:v mpeg2video -aspect 16:9 -s 352x288", Ratio(numerator: 16, denominator: 11)),
            ("a.m2v", "-c:v mpeg2video -aspect 16:9 -s 352x288", Ratio(numerator: 16, denominator: 11)),
            ("a.mp4", "-c:v mpeg4", Ratio(numerator: 16, denominator: 11)),
            ("a.avi", "-c:v mjpeg -pix_fmt yuvj420p", Ratio(numerator: 16, denominator: 11)),
        ])
    func ratios(name: String, options: String, ratio: Ratio) async throws {
        let clip = try await Clip(name, "-f lavfi -i testsrc2=s=352x288:r=25:d=0.4 -an -vf setsar=16/11 \(options)")
        let reading = try clip.read()
        let shape = try #require(reading.shapes.runs.first?.geometry)
        #expect(shape.sampleAspectRatio == ratio)
        #expect(shape.displaySize == (512, 288))
        #expect(reading.shapes.runs.map(\.frames) == [reading.frames.count])
    }

    @Test(
        "A ratio beyond belief is none", .enabled(if: Clip.isPossible, "needs ffmpeg"), arguments: ["1/120", "500/1"])
    func beyondBelief(ratio: String) async throws {
        let clip = try await Clip(
            "a.mkv", "-f lavfi -i testsrc2=s=64x48:r=10:d=0.3 -an -c:v ffv1 -vf setsar=\(ratio):max=1000")
        let reading = try clip.read()
        #expect(reading.shapes.last.sampleAspectRatio == nil && reading.shapes.last.displaySize == (64, 48))
    }

    @Test(
        "Sizes and shapes that change on the way are told with their frames",
        .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func changes() async throws {
        // A recording of a broadcast: from 4:3 to 16:9 at one size, then to another size.
        func part(_ size: String, _ aspect: String, _ length: String) async throws -> [UInt8] {
            try await Clip(
                "a.m2v", "-f lavfi -i testsrc2=s=\(size):r=25:d=\(length) -an",
                "-c:v mpeg2video -g 5 -bf 0 -aspect \(aspect)"
            ).bytes()
        }
        let bytes =
            try await part("352x288", "4:3", "0.4") + part("352x288", "16:9", "0.8") + part("176x144", "4:3", "0.4")
        let reading = try Clip("a.m2v", bytes: bytes).read()
        let runs = reading.shapes.runs
        // The decoder drops the picture that it holds back where the sequence is another.
        #expect(reading.frames.count >= 38 && runs.reduce(0) { $0 + $1.frames } == reading.frames.count)
        for (run, count) in zip(runs, [10, 20, 10]) {
            #expect((count - 1...count).contains(run.frames))
            let frames = reading.frames[run.firstFrame..<run.firstFrame + run.frames]
            #expect(frames.allSatisfy { $0.width == run.geometry.width && $0.height == run.geometry.height })
        }
        let widths = runs.map { [$0.geometry.width, $0.geometry.displaySize.width] }
        #expect(widths == [[352, 384], [352, 512], [176, 192]])
        #expect(reading.account.sizeChanges == 1)
    }
}

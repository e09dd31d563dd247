import TestSupport
import Testing

@testable import Frames

@Suite("Colours at a fixed size") struct HueTests {
    private func check(
        _ width: Int, _ height: Int, _ format: ColorFormat, ranges: [Bool] = [false, true],
        layout: Drawing.Layout = .init(), using generator: inout SeededGenerator
    ) {
        for isFullRange in ranges {
            let drawing = ColorDrawing(
                width, height, format, isFullRange: isFullRange, layout: layout, using: &generator)
            let expected = drawing.hues()
            var plan: HuePlan?
            for way in KernelWay.available {
                let found = Kernels.hues(drawing.picture, plan: &plan, way: way)
                guard found != expected else { continue }
                let places = zip(found.samples, expected.samples).enumerated().filter { $0.element.0 != $0.element.1 }
                Issue.record(
                    "\(way), \(width)x\(height), full range \(isFullRange): \(places.count) of \(found.samples.count) differ, first \(places.first.map { "\($0)" } ?? "the size")"
                )
            }
        }
    }

    @Test(arguments: ColorFormat.all) func `every width from 1 to 300 gives what the definition gives`(
        format: ColorFormat
    ) {
        var generator = SeededGenerator(seed: 21)
        for width in 1...300 {
            check(width, 1 + width % 2, format, ranges: [width % 4 < 2], using: &generator)
        }
    }

    @Test(arguments: ColorFormat.all) func `every height, and sizes that are scaled in both directions`(
        format: ColorFormat
    ) {
        var generator = SeededGenerator(seed: 22)
        for height in 1...300 {
            check(1 + height % 2, height, format, ranges: [height % 4 < 2], using: &generator)
        }
        // The last two have rows whose lower neighbour has no share: all, and those of chroma.
        // Those after them are scaled by their height, and share columns in 512ths, or not.
        for (width, height) in [
            (257, 31), (31, 257), (511, 33), (9, 641), (1280, 20), (512, 14), (40, 512), (100, 1280), (33, 768),
            (720, 24),
            (854, 21), (1920, 15), (4096, 16),
        ] {
            check(width, height, format, using: &generator)
        }
    }

    @Test func `a plan kept from other pictures changes nothing`() {
        var generator = SeededGenerator(seed: 25)
        var plan: HuePlan?
        for (width, height) in [(300, 7), (300, 8), (31, 9)] {
            for format in ColorFormat.all {
                for isFullRange in [false, true] {
                    let drawing = ColorDrawing(
                        width, height, format, isFullRange: isFullRange, using: &generator)
                    for way in KernelWay.available {
                        let found = Kernels.hues(drawing.picture, plan: &plan, way: way)
                        #expect(found == drawing.hues(), "\(way), \(format.name) \(width)x\(height)")
                    }
                }
            }
        }
    }

    @Test(arguments: ColorFormat.all) func `rows may lie in memory in any way`(format: ColorFormat) {
        var generator = SeededGenerator(seed: 23)
        let unit = format.depth > 8 ? 2 : 1
        for isBottomUp in [false, true] {
            let layout = Drawing.Layout(padding: 3 * unit, offset: unit, isBottomUp: isBottomUp)
            for (width, height) in [(1, 1), (17, 5), (300, 7)] {
                check(width, height, format, layout: layout, using: &generator)
            }
        }
    }

    /// What `ffmpeg` makes of a colour in BT.601 and OpenCV of that colour: known answers, not the formula again.
    @Test(arguments: [
        ("black", 16, 128, 128, [0, 0, 0]), ("white", 235, 128, 128, [0, 0, 255]), ("red", 81, 90, 240, [0, 255, 254]),
        ("green", 145, 54, 34, [60, 255, 255]), ("blue", 41, 240, 110, [120, 255, 255]),
        ("below black", 0, 128, 128, [0, 0, 0]), ("above white", 255, 128, 128, [0, 0, 255]),
    ])
    func `colours are what they are called`(name: String, y: Int, u: Int, v: Int, hsv: [Int]) {
        let drawn = Drawing.yuv(y, u, v, width: 5, height: 3)
        let picture = Picture(
            planes: drawn.planes, width: 5, height: 3, depth: 8, shift: 0, isFullRange: false,
            owner: drawn.owner)
        var plan: HuePlan?
        let image = Kernels.hues(picture, plan: &plan)
        for part in 0..<3 {
            let values = Set(image.samples[15 * part..<15 * part + 15].map { Int($0) })
            #expect(values.count == 1)
            #expect(values.allSatisfy { abs($0 - hsv[part]) <= 1 }, "\(name): \(values), not \(hsv[part])")
        }
    }

    @Test(arguments: [
        (1, 1, 1, 1), (256, 256, 256, 256), (257, 100, 256, 100), (512, 512, 256, 256), (1920, 1080, 256, 144),
        (1080, 1920, 144, 256), (5000, 3, 256, 1), (640, 360, 256, 144),
    ])
    func `the longer side is brought to 256`(width: Int, height: Int, toWidth: Int, toHeight: Int) {
        #expect(HueImage.size(width: width, height: height) == (toWidth, toHeight))
    }

    @Test func `the distance is the mean of the differences of each part`() {
        var generator = SeededGenerator(seed: 24)
        for width in 1...300 {
            let height = 1 + width % 3
            let count = width * height
            func image() -> HueImage {
                let samples = (0..<3 * count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                return HueImage(width: width, height: height, samples: samples)
            }
            let (a, b) = (image(), image())
            var sums = [0, 0, 0]
            for place in 0..<3 * count { sums[place / count] += abs(Int(a.samples[place]) - Int(b.samples[place])) }
            let means = sums.map { Double($0) / Double(count) }
            for way in KernelWay.available {
                let found = Kernels.distance(a, b, way: way)
                #expect(found == (means[0], means[1], means[2]), "\(way), \(width)")
                #expect(Kernels.distance(a, a, way: way) == (0, 0, 0))
            }
        }
    }
}

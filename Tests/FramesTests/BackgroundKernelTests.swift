import Frames
import TestSupport
import Testing

@Suite("Background loops") struct BackgroundKernelTests {
    private static func bytes(_ count: Int, using generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test(arguments: KernelWay.available) func `smoothing is the binomial mean at every width`(way: KernelWay) {
        var generator = SeededGenerator(seed: 1)
        for width in 1...300 {
            let height = 1 + width % 5
            let samples = Self.bytes(width * height, using: &generator)
            func at(_ x: Int, _ y: Int) -> Int {
                Int(samples[min(height - 1, max(0, y)) * width + min(width - 1, max(0, x))])
            }
            var expected: [UInt8] = []
            for y in 0..<height {
                for x in 0..<width {
                    var sum = 8
                    for dy in -1...1 {
                        for dx in -1...1 { sum += (2 - abs(dx)) * (2 - abs(dy)) * at(x + dx, y + dy) }
                    }
                    expected.append(UInt8(sum / 16))
                }
            }
            #expect(Kernels.smooth(samples, width: width, height: height, way: way) == expected, "\(width)x\(height)")
        }
        #expect(Kernels.smooth([], width: 0, height: 0, way: way) == [])
    }

    @Test(arguments: KernelWay.available)
    func `marks, recent average and unrest are those of the definition`(way: KernelWay) {
        var generator = SeededGenerator(seed: 2)
        for count in 1...300 {
            let samples = Self.bytes(count, using: &generator)
            var layers = Kernels.Layers(Self.bytes(count, using: &generator))
            layers.average = layers.average.map { min(32640, $0 + Int16.random(in: 0...127, using: &generator)) }
            layers.former = Self.bytes(count, using: &generator)
            layers.recent = (0..<count).map { _ in Int16.random(in: 0...32640, using: &generator) }
            layers.unrest = (0..<count).map { _ in UInt8.random(in: 0...60, using: &generator) }
            var mask = (0..<count).map { _ in UInt8.random(in: 0...15, using: &generator) }
            let (before, old) = (layers, mask)
            let low = Int.random(in: 0...60, using: &generator)
            let high = low + Int.random(in: 0...60, using: &generator)
            let change = Int.random(in: 0...60, using: &generator)
            Kernels.compare(samples, &layers, low: low, high: high, change: change, into: &mask, way: way)
            for place in 0..<count {
                let sample = Int(samples[place])
                let near =
                    min(
                        abs(sample - (Int(before.average[place]) + 64) >> 7), abs(sample - Int(before.former[place])))
                    - Int(before.unrest[place])
                let step = sample * 128 - Int(before.recent[place])
                let marks = (near > low ? 1 : 0) + (near > high ? 2 : 0) + (abs(step) > change * 128 ? 4 : 0)
                #expect(Int(mask[place]) == marks)
                #expect(Int(layers.recent[place]) == Int(before.recent[place]) + (step + 2) >> 2)
                let flips = (marks ^ Int(old[place])) & 1
                #expect(Int(layers.unrest[place]) == min(60, Int(before.unrest[place]) + 6 * flips))
            }
            #expect(layers.average == before.average && layers.former == before.former)
        }
    }

    @Test(arguments: KernelWay.available) func `the average follows where nothing stands out`(way: KernelWay) {
        var generator = SeededGenerator(seed: 3)
        for count in 1...300 {
            let samples = Self.bytes(count, using: &generator)
            var layers = Kernels.Layers(samples.map { UInt8(max(0, min(255, Int($0) + Int($0) % 90 - 45))) })
            layers.former = Self.bytes(count, using: &generator)
            let mask = (0..<count).map { _ in UInt8.random(in: 0...15, using: &generator) & 7 }
            var ages = Self.bytes(count, using: &generator)
            let (before, old) = (layers, ages)
            let weight = Int.random(in: 0...25, using: &generator)
            let low = Int.random(in: 0...40, using: &generator)
            Kernels.follow(samples, &layers, weight: weight, low: low, mask: mask, ages: &ages, way: way)
            for place in 0..<count {
                var expected = Int(before.average[place])
                if mask[place] & 3 == 0 {
                    let step = Int(samples[place]) * 128 - expected
                    if abs(step) <= low * 128 + 64 {
                        expected += (max(-low * 128, min(low * 128, step)) >> 2 * weight + 32) >> 6
                    } else {
                        expected = Int(before.former[place]) * 128
                    }
                }
                #expect(Int(layers.average[place]) == expected)
                #expect(ages[place] == (mask[place] & 3 == 0 ? 0 : old[place]))
            }
        }
    }

    @Test func `what is former comes nearer by one level, and unrest passes`() {
        var generator = SeededGenerator(seed: 5)
        for count in 1...300 {
            var layers = Kernels.Layers(Self.bytes(count, using: &generator))
            layers.former = Self.bytes(count, using: &generator)
            layers.unrest = (0..<count).map { _ in UInt8.random(in: 0...3, using: &generator) }
            let before = layers
            Kernels.forget(&layers, nearer: false)
            #expect(layers.unrest == before.unrest.map { $0 == 0 ? 0 : $0 - 1 })
            #expect(layers.former == before.former && layers.average == before.average)
            Kernels.forget(&layers, nearer: true)
            for place in 0..<count {
                let off = (Int(before.average[place]) + 64) >> 7 - Int(before.former[place])
                #expect(Int(layers.former[place]) == Int(before.former[place]) + off.signum())
            }
        }
    }

    @Test(arguments: KernelWay.available)
    func `another exposure changes each level by itself, at every length`(way: KernelWay) {
        var generator = SeededGenerator(seed: 41)
        var (total, number): (Float, Int) = (0, 0)
        for count in 1...300 {
            var layers = Kernels.Layers((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
            for place in 0..<count { layers.average[place] = Int16.random(in: 0...32640, using: &generator) }
            let before = layers
            let gain = Float.random(in: 0.5...2, using: &generator)
            let offset = Float.random(in: -40...40, using: &generator)
            Kernels.expose(&layers, gain: gain, offset: offset, most: 240, fitted: 20...200, way: way)
            func changed(_ level: Float) -> Float {
                let inside = min(200 * 128, max(20 * 128, level))
                return min(240 * 128, max(0, level + inside * (gain - 1) + offset * 128)).rounded(.toNearestOrEven)
            }
            // Products of 16 bits are good to a 128th of a level, and rounding to another one.
            for (new, old) in zip(layers.average + layers.recent, before.average + before.recent) {
                let off = abs(Float(new) - changed(Float(old)))
                if off > 2 { Issue.record("\(old) becomes \(new), gain \(gain), offset \(offset)") }
                total += off
            }
            number += 2 * count
            #expect(layers.former == before.former.map { UInt8(changed(Float($0) * 128) / 128 + 0.5) }, "\(count)")
            #expect(layers.unrest == before.unrest)
        }
        #expect(total < Float(number) * 0.5)
    }

    @Test(arguments: KernelWay.available)
    func `a change of exposure leaves no level beyond black and the brightest`(way: KernelWay) {
        let changes: [(Float, Float)] = [(1.49, -126), (0.51, -126), (1.49, 126), (0.51, 126), (4, 250), (0.25, -250)]
        for (gain, offset) in changes {
            var layers = Kernels.Layers((0...255).map { UInt8($0) })
            let before = layers.average
            Kernels.expose(&layers, gain: gain, offset: offset, most: 255, fitted: 0...280, way: way)
            for (new, old) in zip(layers.average, before) {
                let expected = min(32640, max(0, Float(old) * gain + offset * 128))
                #expect(abs(Float(new) - expected) <= 2, "\(old), gain \(gain), offset \(offset)")
            }
        }
    }

    @Test(arguments: KernelWay.available)
    func `runs are the stretches of a mark, with gaps closed`(way: KernelWay) {
        var generator = SeededGenerator(seed: 4)
        for width in 1...300 {
            let height = 1 + width % 3
            let density = Int.random(in: 1...40, using: &generator)
            let mask = (0..<width * height).map { _ -> UInt8 in
                Int.random(in: 0..<40, using: &generator) < density ? UInt8.random(in: 0...15, using: &generator) : 0
            }
            for (mark, gap) in [(Kernels.Mark.weak, 0), (Kernels.Mark.weak, 2), (Kernels.Mark.aged, 1)] {
                let expected = Self.runs(mask, width, height, mark, gap)
                #expect(Kernels.runs(mask, width: width, height: height, mark: mark, gap: gap, way: way) == expected)
            }
        }
    }

    @Test(arguments: KernelWay.available)
    func `long runs are found whole, wherever they begin and end`(way: KernelWay) {
        for (start, end) in [(0, 300), (0, 64), (64, 128), (63, 65), (1, 63), (128, 300), (299, 300), (5, 205)] {
            for gap in [0, 1, 70] {
                // A second one far behind the first, as far as the row goes; and a row without any.
                var mask = [UInt8](repeating: 0, count: 600)
                for x in start..<end { mask[x] = Kernels.Mark.strong | Kernels.Mark.weak }
                for x in min(300, end + 70)..<300 { mask[x] = Kernels.Mark.weak }
                for mark in [Kernels.Mark.weak, Kernels.Mark.strong, Kernels.Mark.aged] {
                    let expected = Self.runs(mask, 300, 2, mark, gap)
                    #expect(Kernels.runs(mask, width: 300, height: 2, mark: mark, gap: gap, way: way) == expected)
                }
            }
        }
    }

    private static func runs(_ mask: [UInt8], _ width: Int, _ height: Int, _ mark: UInt8, _ gap: Int) -> [MaskRun] {
        var result: [MaskRun] = []
        for y in 0..<height {
            for x in 0..<width where mask[y * width + x] & mark != 0 {
                if let last = result.last, last.row == y, x - last.end <= gap {
                    result[result.count - 1] = MaskRun(row: y, start: last.start, end: x + 1)
                } else {
                    result.append(MaskRun(row: y, start: x, end: x + 1))
                }
            }
        }
        return result
    }

    /// A list with a few more samples than whole vectors hold, at all places of which the same happens.
    @Test(arguments: KernelWay.available)
    func `the average follows at the ends of the scale too`(way: KernelWay) {
        let ends = [(0, 32640), (255, 0), (255, 32640), (0, 0), (128, 16448), (200, 30784)]
        for (sample, average) in ends {
            for (former, mark) in [(0, UInt8(0)), (255, 0), (77, 4), (77, 1), (77, 2)] {
                var layers = Kernels.Layers([UInt8](repeating: 0, count: 35))
                layers.average = layers.average.map { _ in Int16(average) }
                layers.former = layers.former.map { _ in UInt8(former) }
                var ages = [UInt8](repeating: 9, count: 35)
                Kernels.follow(
                    [UInt8](repeating: UInt8(sample), count: 35), &layers, weight: 25, low: 40,
                    mask: [UInt8](repeating: mark, count: 35), ages: &ages, way: way)
                let step = sample * 128 - average
                let followed = average + (max(-5120, min(5120, step)) >> 2 * 25 + 32) >> 6
                let new = mark & 3 != 0 ? average : abs(step) > 5184 ? former * 128 : followed
                #expect(layers.average == [Int16](repeating: Int16(new), count: 35), "\(sample) of \(average)")
                #expect(ages == [UInt8](repeating: mark & 3 != 0 ? 9 : 0, count: 35))
            }
        }
    }
}

import TestSupport
import Testing

@testable import Frames

@Suite("Loops over regions") struct MaskKernelTests {
    /// A mask with its runs, some of them long, and ages.
    private struct Made {
        let width: Int
        let height: Int
        var mask: [UInt8]
        var ages: [UInt8]
        let runs: [MaskRun]

        init(width: Int, using generator: inout SeededGenerator) {
            let height = 1 + width % 4
            (self.width, self.height) = (width, height)
            let dense = Int.random(in: 1...12, using: &generator)
            let mask = (0..<width * height).map { _ -> UInt8 in
                Int.random(in: 0..<12, using: &generator) < dense ? UInt8.random(in: 0...7, using: &generator) : 0
            }
            self.mask = mask
            ages = mask.map { _ in [0, 1, 5, 6, 7, 254, 255].randomElement(using: &generator) ?? 0 }
            runs = Kernels.runs(mask, width: width, height: height, gap: width % 3)
        }

        var places: [Int] { runs.flatMap { Array($0.row * width + $0.start..<$0.row * width + $0.end) } }
    }

    @Test func `marks are counted in runs of every length`() {
        var generator = SeededGenerator(seed: 11)
        for width in 1...300 {
            let made = Made(width: width, using: &generator)
            var expected = Kernels.MarkCounts()
            for place in made.places {
                if made.mask[place] & Kernels.Mark.weak != 0 { expected.weak += 1 }
                if made.mask[place] & Kernels.Mark.strong != 0 { expected.strong += 1 }
                if made.mask[place] & Kernels.Mark.changed != 0 { expected.changed += 1 }
            }
            #expect(Kernels.count(made.mask, width: width, in: made.runs, made.runs.indices) == expected, "\(width)")
        }
        #expect(Kernels.count([], width: 0, in: [], 0..<0) == Kernels.MarkCounts())
    }

    @Test func `samples of a region grow older one by one, and are new where they are not weak or have changed`() {
        var generator = SeededGenerator(seed: 12)
        for width in 1...300 {
            var made = Made(width: width, using: &generator)
            let before = made
            let isTick = Bool.random(using: &generator)
            let most: UInt8 = Bool.random(using: &generator) ? 255 : 6
            let limit = UInt8.random(in: 1...255, using: &generator)
            let found = Kernels.grow(
                &made.ages, &made.mask, width: width, in: made.runs, made.runs.indices, isTick: isTick, most: most,
                aged: 6, limit: limit)
            var (old, isAged) = (0, false)
            var (ages, mask) = (before.ages, before.mask)
            for place in before.places {
                guard mask[place] & Kernels.Mark.weak != 0, mask[place] & Kernels.Mark.changed == 0 else {
                    ages[place] = 0
                    continue
                }
                if isTick { ages[place] = min(254, ages[place]) + 1 }
                ages[place] = min(ages[place], most)
                if ages[place] >= limit { old += 1 }
                if ages[place] >= 6 {
                    mask[place] |= Kernels.Mark.aged
                    isAged = true
                }
            }
            #expect(made.ages == ages && made.mask == mask, "\(width)")
            #expect(found.old == old && found.isAged == isAged, "\(width)")
        }
    }

    @Test func `only the samples of the runs that are asked for grow older`() {
        var generator = SeededGenerator(seed: 15)
        for width in 1...120 {
            let made = Made(width: width, using: &generator)
            guard made.runs.count > 2 else { continue }
            let part = 1..<made.runs.count - 1
            let inside = Set(made.runs[part].flatMap { $0.row * width + $0.start..<$0.row * width + $0.end })
            var (ages, mask) = (made.ages, made.mask)
            let counts = Kernels.count(mask, width: width, in: made.runs, part)
            #expect(counts.weak == inside.count { mask[$0] & Kernels.Mark.weak != 0 })
            _ = Kernels.grow(
                &ages, &mask, width: width, in: made.runs, part, isTick: true, most: 255, aged: 0, limit: 0)
            for place in mask.indices where !inside.contains(place) {
                #expect(ages[place] == made.ages[place] && mask[place] == made.mask[place], "\(width)")
            }
            // An age of 0 is none, whatever the limits.
            for place in inside { #expect(mask[place] & Kernels.Mark.aged == (ages[place] > 0 ? 8 : 0), "\(width)") }
        }
    }

    @Test func `a part of the way to the picture is adopted, in the runs alone`() {
        var generator = SeededGenerator(seed: 16)
        for width in 1...100 {
            let made = Made(width: width, using: &generator)
            let samples = made.mask.map { _ in UInt8.random(in: 0...255, using: &generator) }
            var layers = Kernels.Layers(made.mask.map { _ in UInt8.random(in: 0...255, using: &generator) })
            let before = layers
            var mask = made.mask
            let shift = Int16.random(in: 1...5, using: &generator)
            let part = 0..<made.runs.count / 2
            Kernels.adopt(samples, &layers, mask: &mask, width: width, in: made.runs, part, shift: shift)
            let inside = Set(made.runs[part].flatMap { $0.row * width + $0.start..<$0.row * width + $0.end })
            for place in mask.indices {
                let old = Int(before.average[place])
                let new = inside.contains(place) ? old + (Int(samples[place]) * 128 - old) >> Int(shift) : old
                #expect(Int(layers.average[place]) == new)
                #expect(Int(layers.former[place]) == (inside.contains(place) ? (new + 64) >> 7 : old >> 7))
                #expect(mask[place] == (inside.contains(place) ? 0 : made.mask[place]))
            }
        }
    }

    @Test(arguments: [false, true])
    func `what is absorbed is the picture, and may come back or not`(keepsFormer: Bool) {
        var generator = SeededGenerator(seed: 17)
        for width in 1...100 {
            let made = Made(width: width, using: &generator)
            let samples = made.mask.map { _ in UInt8.random(in: 0...255, using: &generator) }
            var layers = Kernels.Layers(made.mask.map { _ in UInt8.random(in: 0...254, using: &generator) })
            for place in samples.indices { layers.average[place] += Int16.random(in: 0...127, using: &generator) }
            let before = layers
            var ages = made.ages
            let part = made.runs.count / 2..<made.runs.count
            Kernels.absorb(
                samples, &layers, ages: &ages, width: width, in: made.runs, part, keepsFormer: keepsFormer)
            let inside = Set(made.runs[part].flatMap { $0.row * width + $0.start..<$0.row * width + $0.end })
            for place in ages.indices {
                guard inside.contains(place) else {
                    #expect(layers.average[place] == before.average[place] && ages[place] == made.ages[place])
                    #expect(layers.former[place] == before.former[place])
                    continue
                }
                #expect(Int(layers.average[place]) == Int(samples[place]) * 128 && ages[place] == 0)
                let former = keepsFormer ? (Int(before.average[place]) + 64) >> 7 : Int(samples[place])
                #expect(Int(layers.former[place]) == former)
            }
        }
    }

    @Test func `ends of runs are as sharp as the samples two columns to either side differ`() {
        var generator = SeededGenerator(seed: 18)
        for width in 1...100 {
            let made = Made(width: width, using: &generator)
            let samples = made.mask.map { _ in UInt8.random(in: 0...255, using: &generator) }
            let average = samples.map { _ in Int16.random(in: 0...32640, using: &generator) }
            let part = 0..<(made.runs.count + 1) / 2
            var sums = Kernels.EndSums()
            for run in made.runs[part] {
                let ends = [(min(run.start + 1, width - 1), run.start - 3), (max(run.end - 2, 0), run.end + 2)]
                for (inside, outside) in ends where outside >= 0 && outside < width {
                    let (a, b) = (run.row * width + inside, run.row * width + outside)
                    sums.here += abs(Int(samples[a]) - Int(samples[b]))
                    sums.there += abs(Int(average[a]) - Int(average[b])) / 128
                    sums.free += made.mask[b] & 3 == 0 ? 1 : 0
                    sums.all += 1
                }
            }
            #expect(Kernels.ends(samples, average, made.mask, width: width, in: made.runs, part) == sums, "\(width)")
        }
    }

    @Test func `moments are sums over every so many samples of a rectangle`() {
        var generator = SeededGenerator(seed: 13)
        for width in 1...120 {
            let height = 1 + width % 11
            let samples = (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let average = samples.map { _ in Int16.random(in: 0...32640, using: &generator) }
            let rows = 0..<Int.random(in: 0...height, using: &generator)
            let columns = Int.random(in: 0..<width, using: &generator)..<width
            let step = Int.random(in: 1...4, using: &generator)
            var sum = Kernels.Moments()
            for y in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
                for x in stride(from: columns.lowerBound, to: columns.upperBound, by: step) {
                    let (here, there) = (Int(samples[y * width + x]), Int(average[y * width + x]) / 128)
                    sum.count += 1
                    sum.picture += here
                    sum.background += there
                    sum.pictureSquared += here * here
                    sum.backgroundSquared += there * there
                    sum.product += here * there
                }
            }
            #expect(
                Kernels.moments(samples, average, width: width, rows: rows, columns: columns, step: step) == sum,
                "\(width)")
        }
    }

    @Test(arguments: KernelWay.available)
    func `likeness adds up what has no mark, is near the background and not clipped`(way: KernelWay) {
        var generator = SeededGenerator(seed: 14)
        for width in 1...200 {
            let height = 1 + width % 9
            let samples = (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let average = samples.map { sample in
                Int16(max(0, min(32640, Int(sample) * 128 + Int.random(in: -4000...4000, using: &generator))))
            }
            let mask = samples.map { _ in UInt8.random(in: 0...15, using: &generator) & 13 }
            let step = Int.random(in: 1...4, using: &generator)
            let limit = Int.random(in: 0...4000, using: &generator)
            var sum = Kernels.Likeness()
            for y in stride(from: 0, to: height, by: step) {
                for x in stride(from: 0, to: width, by: step) where mask[y * width + x] & 3 == 0 {
                    sum.total += 1
                    let (sample, level) = (Int(samples[y * width + x]), Int(average[y * width + x]))
                    guard sample < 252, abs(sample * 128 - level) <= limit else { continue }
                    sum.count += 1
                    sum.picture += sample
                    sum.background += level
                    sum.backgroundSquared += level * level
                    sum.product += level * sample
                    sum.distance += abs(sample * 128 - level)
                }
            }
            #expect(
                Kernels.likeness(
                    samples, average, mask, width: width, height: height, step: step, limit: limit, way: way) == sum,
                "\(width)")
        }
    }
}

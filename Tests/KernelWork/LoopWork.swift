import CTestSupport
import Frames

/// The loops over one picture and the one before it.
struct LoopWork {
    let picture: Picture
    let before: Picture

    private func run(_ loop: String, _ way: KernelWay, _ body: () -> Void) {
        body()
        fbt_mark()
        body()
        fbt_mark()
        print("\(loop)\t\(picture.width)x\(picture.height)\t\(way.rawValue)")
    }

    private func small(_ factor: Int) -> [UInt8] {
        Kernels.luma(picture, previous: nil, darkLimit: 16, factor: factor).small
    }

    /// The loops that have twins, each way.
    mutating func runTwins() {
        let factor = SmallLuma.factor(width: picture.width, height: picture.height)
        let image = SmallLuma(picture, samples: small(factor))
        for way in KernelWay.available {
            run("luma", way) { _ = Kernels.luma(picture, previous: before, darkLimit: 16, factor: factor, way: way) }
            run("luma, three pictures", way) {
                _ = Kernels.luma(
                    picture, previous: before, reference: before, darkLimit: 16, factor: factor, way: way)
            }
            run("difference", way) { _ = Kernels.difference(picture, before, plane: 0, way: way) }
            run("detail", way) { _ = Kernels.detail(image, way: way) }
            var plan: HuePlan?
            run("hues", way) { _ = Kernels.hues(picture, plan: &plan, way: way) }
        }
    }

    /// The traversal with small pictures in blocks of other sides.
    mutating func runBlocks() {
        for way in KernelWay.available {
            for factor in [0, 3, 4, 5, 6, 8] {
                run("luma, blocks of \(factor)", way) {
                    _ = Kernels.luma(picture, previous: before, darkLimit: 16, factor: factor, way: way)
                }
            }
            run("luma, all dark", way) { _ = Kernels.luma(picture, previous: nil, darkLimit: 255, factor: 2, way: way) }
        }
    }

    /// Loops that are in Swift alone.
    mutating func runOthers() {
        var plan: HuePlan?
        let hues = (Kernels.hues(picture, plan: &plan), Kernels.hues(before, plan: &plan))
        for way in KernelWay.available {
            run("distance of hues", way) { _ = Kernels.distance(hues.0, hues.1, way: way) }
        }
        run("edge widths", .swift) { _ = Kernels.edgeWidths(picture, low: 20, high: 50, radius: 50) }
        run("histogram", .swift) { _ = Kernels.lumaHistogram(picture) }
        run("colours", .swift) { _ = Kernels.colours(picture) }
    }

    /// Those of `motion`, each way, over a small picture.
    mutating func runMotion() {
        let (width, height) = (picture.width / 4, picture.height / 4)
        let samples = small(4)
        for way in KernelWay.available {
            run("smooth", way) { _ = Kernels.smooth(samples, width: width, height: height, way: way) }
            var layers = Kernels.Layers(Kernels.smooth(samples, width: width, height: height))
            var mask = [UInt8](repeating: 0, count: samples.count)
            var ages = mask
            run("compare", way) {
                Kernels.compare(samples, &layers, low: 8, high: 16, change: 8, into: &mask, way: way)
            }
            run("follow", way) {
                Kernels.follow(samples, &layers, weight: 10, low: 8, mask: mask, ages: &ages, way: way)
            }
            run("runs", way) { _ = Kernels.runs(mask, width: width, height: height, gap: 2, way: way) }
            run("likeness", way) {
                _ = Kernels.likeness(
                    samples, layers.average, mask, width: width, height: height, step: 4, limit: 1600, way: way)
            }
            run("expose", way) {
                Kernels.expose(&layers, gain: 1.02, offset: -1, most: 255, fitted: 16...240, way: way)
            }
        }
        // A picture with many small regions.
        let dots = samples.indices.map { place -> UInt8 in place % 7 == 0 || place / width % 9 == 0 ? 5 : 0 }
        let runs = Kernels.runs(dots, width: width, height: height, gap: 2)
        run("regions", .swift) { _ = Kernels.regions(runs, gap: 2) }
        run("marks of runs", .swift) { _ = Kernels.count(dots, width: width, in: runs, runs.indices) }
        var (ages, mask) = (samples, dots)
        run("ages", .swift) {
            _ = Kernels.grow(
                &ages, &mask, width: width, in: runs, runs.indices, isTick: true, most: 255, aged: 6, limit: 250)
        }
    }
}

internal import Frames

/// The background of one video's small pictures, and what stands out from it.
///
/// It follows the video's exposure as a whole, estimates the noise, tells ghosts (places that something left) from
/// objects, and starts again when the picture changes as a whole.
struct Background {
    struct Options {
        /// Levels of the stretched picture from which a sample is foreground.
        var threshold: Double
        /// Weight of a new sample in the average.
        var alpha: Double
        /// Marked samples from which a region counts.
        var area: Int
        /// Share of foreground from which the picture has changed as a whole.
        var lightning: Double
        /// Seconds after which something that stopped belongs to the background.
        var absorb: Double
    }

    /// What stands out in one frame.
    struct Foreground {
        var components: [Component] = []
        /// Those of all components.
        var runs: [MaskRun] = []
        /// Share of samples in regions that move.
        var share = 0.0
    }

    private static let calibration = 10
    private static let ghostTicks: UInt8 = 6
    private static let lightTicks = 25
    /// Seconds between two steps of the samples' ages, which have to fit a byte.
    private let tick: Double
    private static let ageLimit = 250

    private let options: Options
    private var layers: Kernels.Layers
    private var mask: [UInt8]
    private var ages: [UInt8]
    private let width: Int
    private let height: Int
    private var frames = 1
    private var exposure: IlluminationModel
    private var lastTick: Double?
    /// The background that is learnt while the picture differs as a whole; the old one may come back.
    private var candidate: (layers: Kernels.Layers, frames: Int)?
    private var lastShare = 0.0
    /// Whether a sample of this picture has the mark of what has stood out for a while.
    private var hasAged = false

    init(_ small: SmallLuma, smoothed: [UInt8], options: Options) {
        self.options = options
        (width, height) = (small.width, small.height)
        tick = max(0.04, options.absorb / Double(Background.ageLimit))
        layers = Kernels.Layers(smoothed)
        mask = [UInt8](repeating: 0, count: smoothed.count)
        ages = mask
        exposure = IlluminationModel(width: small.width, height: small.height)
        exposure.look(smoothed)
    }

    /// Takes the next picture; nil while there is no background to compare it with.
    mutating func take(_ smoothed: [UInt8], at time: Double?) -> Foreground? {
        if frames < Background.calibration || frames % 4 == 0 { exposure.look(smoothed) }
        if frames < Background.calibration {
            frames += 1
            Background.learn(&layers, smoothed, frames)
            return nil
        }
        if let change = exposure.change(smoothed, layers.average, mask) { change.apply(to: &layers) }
        let limits = exposure.limits(options.threshold)
        Kernels.compare(
            smoothed, &layers, low: limits.low, high: limits.high, change: limits.low, into: &mask)
        let runs = Kernels.runs(mask, width: width, height: height, gap: 2)
        let share = Double(runs.reduce(0) { $0 + $1.end - $1.start }) / Double(max(1, smoothed.count))
        if share > options.lightning || (share > 0.4 && share - lastShare > 0.3) || (candidate != nil && share > 0.3) {
            relearn(smoothed)
            return nil
        }
        candidate = nil
        lastShare = share
        let isTick = ticks(time)
        let regions = Components(runs, mask: mask, width: width, gap: 2)
        var components = regions.list
        components.removeAll { component in
            let counts = component.area >= options.area && component.strong * 8 >= component.area
            if counts, !isLight(component, smoothed) { return false }
            // What is too small to count, or only lit otherwise, slowly becomes background.
            Kernels.adopt(
                smoothed, &layers, mask: &mask, width: width, in: regions.runs, component.runs, shift: counts ? 3 : 5)
            return true
        }
        hasAged = false
        for index in components.indices { judge(&components[index], of: regions.runs, smoothed, isTick: isTick) }
        dissolveGhosts(smoothed)
        // Every other frame with twice the weight: half the work, and the same average.
        if frames % 2 == 0 {
            Kernels.follow(smoothed, &layers, weight: weight, low: min(40, limits.low), mask: mask, ages: &ages)
        }
        frames += 1
        // What is former is not kept for ever, and unrest passes.
        if frames % 4 == 0 { Kernels.forget(&layers, nearer: frames % 32 == 0) }
        let moving = components.reduce(0) { $0 + ($1.isStill ? 0 : $1.area) }
        return Foreground(
            components: components, runs: regions.runs, share: Double(moving) / Double(max(1, smoothed.count)))
    }

    private var weight: Int { min(25, max(1, Int((options.alpha * 512).rounded()))) }

    private mutating func ticks(_ time: Double?) -> Bool {
        guard let time else { return true }
        // Half a millisecond keeps 25 frames a second from losing a step to rounding.
        guard let last = lastTick, time - last < tick - 5e-4, time >= last else {
            lastTick = time
            return true
        }
        return false
    }

    /// A mean over the first frames, then an average with a weight of 0.2.
    private static func learn(_ layers: inout Kernels.Layers, _ samples: [UInt8], _ count: Int) {
        let weight = max(Int32(256 / count), 51)
        for place in samples.indices {
            let old = Int32(layers.average[place])
            let step = Int32(samples[place]) &<< 7 &- old
            // What changes a lot is something that passes: the newest is the best guess of what is behind it.
            let new = abs(step) > 24 << 7 ? old &+ step : old &+ (step &* weight) / 256
            layers.average[place] = Int16(truncatingIfNeeded: new)
            layers.former[place] = UInt8(truncatingIfNeeded: (new &+ 64) &>> 7)
            layers.recent[place] = Int16(samples[place]) << 7
        }
    }

    /// Learns the new picture beside the old background, which comes back if this was only a flash.
    private mutating func relearn(_ smoothed: [UInt8]) {
        guard var next = candidate else {
            candidate = (Kernels.Layers(smoothed), 1)
            return
        }
        next.frames += 1
        Background.learn(&next.layers, smoothed, next.frames)
        candidate = next
        guard next.frames >= Background.calibration else { return }
        layers = next.layers
        candidate = nil
        lastShare = 0
        for place in mask.indices {
            mask[place] = 0
            ages[place] = 0
        }
        exposure.restart(smoothed)
    }

    /// Whether a region shows the same as before in another light: picture and background go up and down together.
    private func isLight(_ component: Component, _ samples: [UInt8]) -> Bool {
        let (left, right) = (max(0, component.left - 2), min(width, component.right + 2))
        let (top, bottom) = (max(0, component.top - 2), min(height, component.bottom + 2))
        let step = max(1, Int((Double((right - left) * (bottom - top)) / 1000).squareRoot()))
        let sum = Kernels.moments(
            samples, layers.average, width: width, rows: top..<bottom, columns: left..<right, step: step)
        let count = sum.count
        let varianceA = count * sum.pictureSquared - sum.picture * sum.picture
        let varianceB = count * sum.backgroundSquared - sum.background * sum.background
        let common = count * sum.product - sum.picture * sum.background
        // A plain background has nothing to go up and down.
        guard varianceB > 64 * count * count, common > 0 else { return false }
        return Double(common) * Double(common) >= 0.93 * Double(varianceA) * Double(varianceB)
    }

    /// Tells whether a region stands still, lets its samples grow older, and gives those of one that has stood still for
    /// long to the background.
    private mutating func judge(
        _ component: inout Component, of runs: [MaskRun], _ samples: [UInt8], isTick: Bool
    ) {
        let isStill = Double(component.changed) < 0.5 * Double(component.area).squareRoot() + 2
        component.isStill = isStill
        var limit = max(1, Int((options.absorb / tick).rounded()))
        if isStill {
            // The same edges as before in another light: that is no object.
            let ends = Kernels.ends(samples, layers.average, mask, width: width, in: runs, component.runs)
            if ends.there * 2 > ends.here { limit = min(limit, Background.lightTicks) }
        }
        let grown = Kernels.grow(
            &ages, &mask, width: width, in: runs, component.runs, isTick: isTick,
            most: isStill ? 255 : Background.ghostTicks, aged: Background.ghostTicks, limit: UInt8(clamping: limit))
        hasAged = hasAged || grown.isAged
        // As a whole: what is taken over bit by bit looks as if it moved.
        if isStill, grown.old * 2 > component.area {
            Kernels.absorb(samples, &layers, ages: &ages, width: width, in: runs, component.runs, keepsFormer: true)
        }
    }

    /// What has stood out unchanged, with background around it, and is sharper in the background than in the picture is
    /// the place of something that left, even where something that moves touches it.
    private mutating func dissolveGhosts(_ samples: [UInt8]) {
        guard hasAged else { return }
        let runs = Kernels.runs(mask, width: width, height: height, mark: Kernels.Mark.aged, gap: 0)
        let regions = Components(runs, mask: mask, width: width, gap: 0)
        for component in regions.list where component.area >= 4 {
            let ends = Kernels.ends(samples, layers.average, mask, width: width, in: regions.runs, component.runs)
            guard ends.there > ends.here, ends.free * 10 >= ends.all * 8 else { continue }
            // What a ghost's place looked like before was no background to come back to.
            Kernels.absorb(
                samples, &layers, ages: &ages, width: width, in: regions.runs, component.runs, keepsFormer: false)
        }
    }
}

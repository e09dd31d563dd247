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
        /// Share of samples in regions that move.
        var share = 0.0
    }

    private static let calibration = 10
    private static let ghostTicks = 6
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
    private var exposure: Exposure
    private var lastTick: Double?
    /// The background that is learnt while the picture differs as a whole; the old one may come back.
    private var candidate: (layers: Kernels.Layers, frames: Int)?
    private var lastShare = 0.0

    init(_ small: SmallLuma, smoothed: [UInt8], options: Options) {
        self.options = options
        (width, height) = (small.width, small.height)
        tick = max(0.04, options.absorb / Double(Background.ageLimit))
        layers = Kernels.Layers(smoothed)
        mask = [UInt8](repeating: 0, count: smoothed.count)
        ages = mask
        exposure = Exposure(width: small.width, height: small.height)
        exposure.look(smoothed)
    }

    /// Takes the next picture; nil while there is no background to compare it with.
    mutating func take(_ smoothed: [UInt8], at time: Double?) -> Foreground? {
        exposure.look(smoothed)
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
        var components = Components(runs, mask: mask, width: width, gap: 2).list
        measure(&components, smoothed)
        var result = Foreground()
        var moving = 0
        for component in components {
            if component.area >= options.area, component.strong * 8 >= component.area {
                age(component, smoothed, isTick: isTick)
                if !component.isStill { moving += component.area }
                result.components.append(component)
            } else {
                // What is too small to count goes on feeding the average.
                for run in component.runs {
                    for place in run.row * width + run.start..<run.row * width + run.end { mask[place] = 0 }
                }
            }
        }
        Kernels.follow(
            smoothed, &layers, weight: weight, low: min(40, limits.low), mask: mask, ages: &ages)
        frames += 1
        if frames % 32 == 0 { forget() }
        result.share = Double(moving) / Double(max(1, smoothed.count))
        return result
    }

    private var weight: Int { min(25, max(1, Int((options.alpha * 256).rounded()))) }

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

    /// The former background slowly becomes the present one, so that it is not kept for ever.
    private mutating func forget() {
        for place in layers.former.indices {
            let target = UInt8(truncatingIfNeeded: (layers.average[place] &+ 64) &>> 7)
            let old = layers.former[place]
            if old != target { layers.former[place] = old < target ? old + 1 : old - 1 }
        }
    }

    /// How sharp each region's left and right ends are, in the picture and in the background.
    private func measure(_ components: inout [Component], _ samples: [UInt8]) {
        for index in components.indices {
            var (here, there) = (0, 0)
            for run in components[index].runs {
                let row = run.row * width
                for (inside, outside) in [
                    (min(run.start + 1, width - 1), run.start - 2), (max(run.end - 2, 0), run.end + 1),
                ] where outside >= 0 && outside < width {
                    here += abs(Int(samples[row + inside]) - Int(samples[row + outside]))
                    there += abs(Int(layers.average[row + inside]) - Int(layers.average[row + outside])) >> 7
                }
            }
            components[index].isGhost = there > here
            components[index].isStill =
                Double(components[index].changed) < 0.5 * Double(components[index].area).squareRoot() + 2
        }
    }

    /// Something that stands still grows older; a ghost soon, anything else late becomes background.
    private mutating func age(_ component: Component, _ samples: [UInt8], isTick: Bool) {
        if component.isStill, !isTick { return }
        let limit = component.isGhost ? Background.ghostTicks : max(1, Int((options.absorb / tick).rounded()))
        for run in component.runs {
            for place in run.row * width + run.start..<run.row * width + run.end {
                guard component.isStill else {
                    ages[place] = 0
                    continue
                }
                let age = Int(ages[place]) + 1
                if age >= limit {
                    layers.former[place] = UInt8(truncatingIfNeeded: (layers.average[place] &+ 64) &>> 7)
                    layers.average[place] = Int16(samples[place]) << 7
                    ages[place] = 0
                } else {
                    ages[place] = UInt8(min(age, 255))
                }
            }
        }
    }
}

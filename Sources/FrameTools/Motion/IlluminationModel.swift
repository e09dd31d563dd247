internal import Frames

/// What a video's small pictures look like as a whole: contrast, noise, and how their exposure differs from the
/// background's. A few thousand of the samples are looked at.
struct IlluminationModel {
    /// A gain and an offset in levels.
    struct Change {
        var gain: Double
        var offset: Double
        /// The brightest level there is: where the picture is clipped, the background is.
        var top = 255.0
        /// The levels for which it was fitted. Others are shifted as the nearest of these.
        var levels = 0.0...255.0

        func apply(to layers: inout Kernels.Layers) {
            Kernels.expose(
                &layers, gain: Float(gain), offset: Float(offset), most: Float(min(255, top)),
                fitted: Float(levels.lowerBound)...Float(levels.upperBound))
        }
    }

    private let width: Int
    private let height: Int
    private let step: Int
    /// The distance from the 4th to the 96th percentile, averaged over about 50 frames, of which one in four is looked at.
    private var spread: Double?
    /// The standard deviation of the smoothed samples around the background.
    private var noise = 1.0
    private var brightest = 255
    private var middle = 0.0...255.0
    private var frames = 0

    init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        // About 3600 samples are enough to tell.
        step = max(1, Int((Double(width * height) / 3600).squareRoot()))
    }

    mutating func restart(_ samples: [UInt8]) {
        spread = nil
        frames = 0
        look(samples)
    }

    /// Takes a picture's contrast.
    mutating func look(_ samples: [UInt8]) {
        var counts = [Int](repeating: 0, count: 256)
        var total = 0
        for y in stride(from: 0, to: height, by: step) {
            for place in stride(from: y * width, to: (y + 1) * width, by: step) {
                counts[Int(samples[place])] += 1
                total += 1
            }
        }
        brightest = counts.lastIndex { $0 > 0 } ?? 255
        let (low, high) = (IlluminationModel.level(counts, total, 0.04), IlluminationModel.level(counts, total, 0.96))
        middle = Double(low)...Double(high)
        let now = Double(high - low)
        frames = min(13, frames + 1)
        spread = (spread ?? now) + (now - (spread ?? now)) / Double(frames)
    }

    /// The first level at which a share of the samples is reached.
    private static func level(_ counts: [Int], _ total: Int, _ share: Double) -> Int {
        let wanted = Double(total) * share
        var sum = 0
        for (level, count) in counts.enumerated() {
            sum += count
            if Double(sum) >= wanted { return level }
        }
        return 255
    }

    /// The limits for weak and strong marks: the threshold holds for the stretched picture, and neither is within the
    /// noise.
    func limits(_ threshold: Double) -> (low: Int, high: Int) {
        let scale = min(1, max(0.5, (spread ?? 255) / 255))
        let high = max(threshold * scale, 6 * noise, 5)
        let low = max(0.6 * high, 4 * noise, 3)
        return (Int(low.rounded()), Int(max(high, low).rounded()))
    }

    /// How the exposure of a picture differs from the background's, by least squares over what is background; nil where
    /// the difference is small or cannot be told. Estimates the noise as well.
    mutating func change(_ samples: [UInt8], _ average: [Int16], _ mask: [UInt8]) -> Change? {
        var fit = fit(samples, average, mask, within: max(12, 6 * noise))
        if fit.count * 10 < fit.total * 6 {
            // Too little is where it was: a step of exposure moves the median too.
            guard let median = medians(samples, average) else { return nil }
            fit = self.fit(samples, average, around: median, within: max(16, 6 * noise))
            if fit.count * 10 < fit.total * 6 { return nil }
        }
        guard fit.count >= 32 else { return nil }
        let count = Double(fit.count)
        let (meanB, meanX) = (fit.b / count, fit.x / count)
        let variance = fit.bb / count - meanB * meanB
        let covariance = fit.bx / count - meanB * meanX
        // Where the background is too plain to tell a gain from an offset, it is a gain: exposure is one.
        var change = Change(gain: (meanX - 16) / max(1, meanB - 16), offset: 0)
        if variance > 36 { change.gain = covariance / variance }
        change.gain = min(4, max(0.25, change.gain))
        change.offset = meanX - change.gain * meanB
        noise += (min(12, 1.25 * fit.deviation / count) - noise) * 0.05
        let far = [16.0, 128, 240].map { abs(change.gain * $0 + change.offset - $0) }.reduce(0, max)
        change.top = Double(brightest)
        change.levels = max(0, middle.lowerBound - 16)...middle.upperBound + 16
        return far > 0.75 ? change : nil
    }

    private struct Fit {
        var (count, total) = (0, 0)
        var (b, x, bb, bx, deviation) = (0.0, 0.0, 0.0, 0.0, 0.0)
    }

    /// The same exposure as the background's: integers are exact.
    private func fit(_ samples: [UInt8], _ average: [Int16], _ mask: [UInt8], within limit: Double) -> Fit {
        let sums = Kernels.likeness(
            samples, average, mask, width: width, height: height, step: step, limit: Int(limit * 128))
        return Fit(
            count: sums.count, total: sums.total, b: Double(sums.background) / 128, x: Double(sums.picture),
            bb: Double(sums.backgroundSquared) / 16384, bx: Double(sums.product) / 128,
            deviation: Double(sums.distance) / 128)
    }

    private func fit(
        _ samples: [UInt8], _ average: [Int16], around gain: Double, within limit: Double
    ) -> Fit {
        var fit = Fit()
        for y in stride(from: 0, to: height, by: step) {
            for place in stride(from: y * width, to: (y + 1) * width, by: step) {
                fit.total += 1
                let b = Double(average[place]) / 128
                let x = Double(samples[place])
                let difference = abs(x - gain * b)
                // A clipped sample says nothing of the gain.
                guard difference <= limit, x < 252 else { continue }
                fit.count += 1
                fit.b += b
                fit.x += x
                fit.bb += b * b
                fit.bx += b * x
                fit.deviation += difference
            }
        }
        return fit
    }

    private func medians(_ samples: [UInt8], _ average: [Int16]) -> Double? {
        var here = [Int](repeating: 0, count: 256)
        var there = here
        var total = 0
        for y in stride(from: 0, to: height, by: step) {
            for place in stride(from: y * width, to: (y + 1) * width, by: step) {
                here[Int(samples[place])] += 1
                there[min(255, max(0, Int(average[place]) >> 7))] += 1
                total += 1
            }
        }
        let (x, b) = (IlluminationModel.level(here, total, 0.5), IlluminationModel.level(there, total, 0.5))
        return b >= 8 && x >= 8 ? Double(x) / Double(b) : nil
    }
}

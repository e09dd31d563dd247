import Frames
import TestSupport

/// A drawn object: where its middle and how large it is in each frame.
struct Actor {
    enum Texture: CaseIterable { case flat, stripes, checks, slope, speckle }

    var x: [Double]
    var y: [Double]
    var width: [Double]
    var height: [Double]
    /// Frames in which it exists; outside of the picture it may exist and not be seen.
    var frames: Range<Int>
    var level: Int
    var texture = Texture.flat
    /// Levels by which the texture goes up and down.
    var depth = 0
    var isRound = false

    /// Becomes larger, and its way as well.
    mutating func grow(_ scale: Double) {
        (x, y) = (x.map { $0 * scale }, y.map { $0 * scale })
        (width, height) = (width.map { $0 * scale }, height.map { $0 * scale })
    }

    /// Left, top, right and bottom, not clipped.
    func corners(_ frame: Int) -> (Double, Double, Double, Double) {
        (
            x[frame] - width[frame] / 2, y[frame] - height[frame] / 2, x[frame] + width[frame] / 2,
            y[frame] + height[frame] / 2
        )
    }
}

/// A box that is known to be there.
struct Known {
    let id: Int
    let x1: Double
    let y1: Double
    let x2: Double
    let y2: Double
}

/// A scene of 640x360 at 25 frames a second, or the same one drawn larger.
struct Scene {
    static let width = 640
    static let height = 360
    static let rate = 25

    /// Rows of the picture.
    private(set) var lines = Scene.height
    /// Pixels for each of 640x360.
    var scale: Double { Double(lines) / Double(Scene.height) }
    var width: Int { Int((Double(Scene.width) * scale).rounded()) }
    var height: Int { lines }

    var count: Int
    var background: [UInt8]
    var actors: [Actor]
    /// Standard deviation of the noise, in levels.
    var noise = 2.0
    /// What each frame's levels are multiplied by.
    var gain: [Double] = []
    var seed: UInt64 = 0

    /// The same objects on the same ways before the same background in a picture of other rows. Noise stays that of a
    /// pixel.
    func scaled(lines: Int) -> Scene {
        var scene = self
        scene.lines = lines
        let scale = scene.scale
        for index in scene.actors.indices { scene.actors[index].grow(scale) }
        // Between the nearest four samples.
        let (columns, rows) = (scene.width, scene.height)
        var samples = [UInt8](repeating: 0, count: columns * rows)
        for y in 0..<rows {
            let (row, below, v) = Scene.between(y, scale, Scene.height)
            for x in 0..<columns {
                let (column, right, u) = Scene.between(x, scale, Scene.width)
                func at(_ row: Int, _ column: Int) -> Double { Double(background[row * Scene.width + column]) }
                let first = at(row, column) * (1 - u) + at(row, right) * u
                let second = at(below, column) * (1 - u) + at(below, right) * u
                samples[y * columns + x] = UInt8((first * (1 - v) + second * v).rounded())
            }
        }
        scene.background = samples
        return scene
    }

    /// The two samples of 640x360 between which the middle of a pixel lies, and the share of the second.
    private static func between(_ place: Int, _ scale: Double, _ count: Int) -> (Int, Int, Double) {
        let at = min(Double(count - 1), max(0, (Double(place) + 0.5) / scale - 0.5))
        let first = Int(at)
        return (first, min(count - 1, first + 1), at - Double(first))
    }

    /// The truth: an object counts while it moved at least one pixel of 640x360 within the last second, and while at
    /// least a tenth of it, and 8 pixels across and down, are inside the picture.
    func truth(_ frame: Int) -> [Known] {
        actors.enumerated().compactMap { id, actor in
            guard actor.frames.contains(frame) else { return nil }
            let now = actor.corners(frame)
            let clipped = (
                max(0, now.0), max(0, now.1), min(Double(width), now.2), min(Double(height), now.3)
            )
            let (wide, high) = (clipped.2 - clipped.0, clipped.3 - clipped.1)
            guard wide >= 8 * scale, high >= 8 * scale, wide * high >= 0.1 * (now.2 - now.0) * (now.3 - now.1) else {
                return nil
            }
            let past = max(actor.frames.lowerBound, frame - Scene.rate)..<max(frame, actor.frames.lowerBound)
            let moved = past.contains { other in
                let then = actor.corners(other)
                return [now.0 - then.0, now.1 - then.1, now.2 - then.2, now.3 - then.3].contains { abs($0) >= scale }
            }
            return moved ? Known(id: id, x1: clipped.0, y1: clipped.1, x2: clipped.2, y2: clipped.3) : nil
        }
    }

    /// Frames in a row for which an object lies wholly over another, at most, in any pair.
    var longestCover: Int {
        var most = 0
        for one in actors.indices {
            for two in actors.indices where two > one {
                var length = 0
                for frame in 0..<count {
                    let isBoth = actors[one].frames.contains(frame) && actors[two].frames.contains(frame)
                    let (a, b) = (actors[one].corners(frame), actors[two].corners(frame))
                    let shared =
                        max(0, min(a.2, b.2) - max(a.0, b.0)) * max(0, min(a.3, b.3) - max(a.1, b.1))
                    let least = min((a.2 - a.0) * (a.3 - a.1), (b.2 - b.0) * (b.3 - b.1))
                    length = isBoth && shared >= 0.95 * least ? length + 1 : 0
                    most = max(most, length)
                }
            }
        }
        return most
    }

    /// Draws a frame. Frames are drawn in order with the same generator.
    func draw(_ frame: Int, _ noise: Noise, using generator: inout SeededGenerator) -> Picture {
        var samples = background
        for actor in actors where actor.frames.contains(frame) { paint(actor, frame, into: &samples) }
        let gain = self.gain.isEmpty ? 1.0 : self.gain[frame]
        let factor = Int((gain * 1024).rounded())
        let scale = Int((self.noise * 64).rounded())
        samples.withUnsafeMutableBufferPointer { samples in
            noise.values.withUnsafeBufferPointer { values in
                for y in 0..<height {
                    var place = Int(truncatingIfNeeded: generator.next() >> 40) & (Noise.count - 1)
                    for x in y * width..<(y + 1) * width {
                        let value = (Int(samples[x]) &* factor &>> 10) &+ (Int(values[place]) &* scale &+ 1024) &>> 11
                        samples[x] = UInt8(truncatingIfNeeded: min(255, max(0, value)))
                        place = (place &+ 1) & (Noise.count - 1)
                    }
                }
            }
        }
        return Drawing.gray(samples, width: width, height: height)
    }

    private func paint(_ actor: Actor, _ frame: Int, into samples: inout [UInt8]) {
        let box = actor.corners(frame)
        let (left, top) = (Int(box.0.rounded()), Int(box.1.rounded()))
        let (right, bottom) = (Int(box.2.rounded()), Int(box.3.rounded()))
        let (rx, ry) = (Double(right - left) / 2, Double(bottom - top) / 2)
        // Textures are as coarse in each size, of what is painted.
        let steps = (0..<max(1, right - left, bottom - top)).map { Int(Double($0) / scale) }
        for y in max(0, top)..<max(0, top, min(height, bottom)) {
            for x in max(0, left)..<max(0, left, min(width, right)) {
                if actor.isRound {
                    let dx = (Double(x - left) + 0.5 - rx) / max(rx, 0.5)
                    let dy = (Double(y - top) + 0.5 - ry) / max(ry, 0.5)
                    if dx * dx + dy * dy > 1 { continue }
                }
                let (u, v) = (steps[x - left], steps[y - top])
                let change =
                    switch actor.texture {
                    case .flat: 0
                    case .stripes: (u / 6) & 1 == 0 ? actor.depth : -actor.depth
                    case .checks: ((u / 8) + (v / 8)) & 1 == 0 ? actor.depth : -actor.depth
                    case .slope: actor.depth - 2 * actor.depth * (y - top) / max(1, bottom - top)
                    case .speckle: ((u &* 7919 &+ v &* 104_729) &>> 3) % 7 * actor.depth / 3 - actor.depth
                    }
                samples[y * width + x] = UInt8(min(255, max(0, actor.level + change)))
            }
        }
    }
}

/// A table of values with a normal distribution, 32 for one standard deviation.
struct Noise: Sendable {
    static let count = 1 << 16
    let values: [Int8]

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        values = (0..<Noise.count).map { _ in
            // Twelve even numbers add up to nearly a normal one.
            let sum = (0..<12).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
            return Int8(max(-127, min(127, ((sum - 6) * 32).rounded())))
        }
    }
}

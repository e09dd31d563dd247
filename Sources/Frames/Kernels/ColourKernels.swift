// Pixel loops for `cuts`: colours at a fixed size. Audited with the others of this folder; see Kernels.swift.

/// A picture of at most 256 pixels a side as hue, saturation and brightness, as OpenCV has them in 8 bits.
package struct HueImage: Equatable, Sendable {
    package let width: Int
    package let height: Int
    /// All hues (0 to 179), then all saturations, then all brightnesses (0 to 255).
    package let samples: [UInt8]

    /// The size that a picture is brought to: 256 on its longer side, in proportion; smaller ones keep theirs.
    package static func size(width: Int, height: Int) -> (width: Int, height: Int) {
        let factor = Double(max(width, height)) / 256
        guard factor > 1 else { return (width, height) }
        func side(_ length: Int) -> Int { max(1, Int((Double(length) / factor).rounded(.toNearestOrEven))) }
        return (side(width), side(height))
    }
}

extension Kernels {
    /// The picture at a fixed size in hue, saturation and brightness.
    ///
    /// As PySceneDetect looks at it: scaled by interpolation between the four nearest pixels (no mean over an area), made
    /// RGB by BT.601 and the picture's range, then HSV as OpenCV's 8-bit conversion defines it.
    ///
    /// - Complexity: O(pixels of the result)
    package static func hues(_ picture: Picture) -> HueImage {
        let (width, height) = HueImage.size(width: picture.width, height: picture.height)
        let count = width * height
        let luma = Sampler(picture, plane: 0, to: (width, height))
        let differences: (u: Sampler, v: Sampler)? =
            switch picture.chroma {
            case .none: nil
            case .planar:
                (Sampler(picture, plane: 1, to: (width, height)), Sampler(picture, plane: 2, to: (width, height)))
            case .interleaved, .interleavedSwapped:
                (
                    Sampler(picture, plane: 1, to: (width, height), place: picture.chroma == .interleaved ? 0 : 1),
                    Sampler(picture, plane: 1, to: (width, height), place: picture.chroma == .interleaved ? 1 : 0)
                )
            }
        // Rows of luma and of both colour differences, on the 8-bit scale, long enough for whole vectors.
        let padded = (width + 7) & ~7
        let samples = [UInt8](unsafeUninitializedCapacity: 3 * count) { samples, used in
            used = 3 * count
            guard let target = samples.baseAddress else { return }
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * padded) { rows in
                withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 2 * padded) { pairs in
                    rows.initialize(repeating: 128)
                    pairs.initialize(repeating: 0)
                    guard let y = rows.baseAddress, let pairs = pairs.baseAddress else { return }
                    let (u, v) = (y + padded, y + 2 * padded)
                    for row in 0..<height {
                        luma.sample(row, y, pairs)
                        if let differences {
                            differences.u.sample(row, u, pairs)
                            differences.v.sample(row, v, pairs)
                        }
                        convert(y, u, v, width, picture.isFullRange, target + row * width, count)
                    }
                }
            }
        }
        return HueImage(width: width, height: height, samples: samples)
    }

    /// The mean absolute differences of two images of one size: hue, saturation, brightness.
    ///
    /// - Precondition: the images have the same size.
    package static func distance(_ a: HueImage, _ b: HueImage) -> (hue: Double, saturation: Double, brightness: Double)
    {
        precondition(a.width == b.width && a.height == b.height, "images of one size")
        let count = a.width * a.height
        return a.samples.withUnsafeBytes { left in
            b.samples.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return (0, 0, 0) }
                func mean(_ part: Int) -> Double {
                    let sum = difference(left + part * count, right + part * count, count, ByteLanes.self)
                    return Double(sum) / Double(count)
                }
                return (mean(0), mean(1), mean(2))
            }
        }
    }

    /// Where scaled samples lie among those of a plane, pixel centres meeting pixel centres: the first of two neighbours,
    /// and the weight of the second.
    private struct Taps {
        var first: [Int] = []
        var weight: [Float] = []

        /// - Parameter shift: luma pixels that share a sample of the plane, as a power of two, see the same.
        init(from source: Int, to target: Int, shift: Int = 0) {
            let scale = Double(source) / Double(target)
            let last = (source - 1) >> shift
            for place in 0..<target {
                let middle = min(max((Double(place) + 0.5) * scale - 0.5, 0), Double(source - 1))
                let left = Int(middle)
                let (near, far) = (left >> shift, min(left + 1, source - 1) >> shift)
                let share: Float = far > near ? Float(middle - Double(left)) : 0
                // The last sample has no second: it is the second of the pair before it.
                let isLast = near == last && last > 0
                first.append(isLast ? near - 1 : near)
                weight.append(isLast ? 1 : share)
            }
        }
    }

    /// One plane's way to a row of the scaled image.
    private struct Sampler {
        let plane: Plane
        /// Where its first sample lies in a row, and how far it is to the next: 2 where two components take turns.
        let offset: Int
        let step: Int
        let across: Taps
        let down: Taps
        let lastColumn: Int
        let depthScale: Float
        let isBytes: Bool

        /// - Parameter place: 0 or 1 in a plane of two components that take turns.
        init(_ picture: Picture, plane index: Int, to size: (Int, Int), place: Int? = nil) {
            plane = picture.planes[index]
            offset = place ?? 0
            step = place == nil ? 1 : 2
            // A plane has one sample for 2^shift pixels; where several shifts fit, as for a single pixel, all say the same.
            let shiftX = Sampler.shift(picture.width, plane.samplesPerRow / step)
            across = Taps(from: picture.width, to: size.0, shift: shiftX)
            down = Taps(from: picture.height, to: size.1, shift: Sampler.shift(picture.height, plane.rows))
            lastColumn = (picture.width - 1) >> shiftX
            depthScale = 1 / Float(1 << (picture.depth - 8 + picture.shift))
            isBytes = picture.bytesPerSample == 1
        }

        private static func shift(_ length: Int, _ samples: Int) -> Int {
            var shift = 0
            while shift < 4, (length + (1 << shift) - 1) >> shift > samples { shift += 1 }
            return shift
        }

        /// Samples row `y` of the scaled image on the 8-bit scale. `pairs` has room for two rows of whole vectors.
        @inline(__always)
        func sample(_ y: Int, _ target: UnsafeMutablePointer<Float>, _ pairs: UnsafeMutablePointer<UInt16>) {
            let first = min(down.first[y], plane.rows - 1)
            let top = plane.base + first * plane.stride
            let bottom = plane.base + min(first + 1, plane.rows - 1) * plane.stride
            if isBytes, step == 1, lastColumn > 0 {
                neighbours(top, bottom, down.weight[y], target, pairs)
            } else if isBytes {
                singles(top, bottom, down.weight[y], target, UInt8.self)
            } else {
                singles(top, bottom, down.weight[y], target, UInt16.self)
            }
        }

        /// Bytes that lie side by side: each pair is read at once.
        @inline(__always)
        private func neighbours(
            _ top: UnsafeRawPointer, _ bottom: UnsafeRawPointer, _ weight: Float, _ target: UnsafeMutablePointer<Float>,
            _ pairs: UnsafeMutablePointer<UInt16>
        ) {
            let count = across.first.count
            let padded = (count + 7) & ~7
            let lower = pairs + padded
            across.first.withUnsafeBufferPointer { places in
                for x in 0..<count {
                    pairs[x] = (top + places[x]).loadUnaligned(as: UInt16.self)
                    lower[x] = (bottom + places[x]).loadUnaligned(as: UInt16.self)
                }
            }
            let below = UInt16(weight * 128)
            let above = 128 &- below
            across.weight.withUnsafeBufferPointer { weights in
                guard let share = weights.baseAddress else { return }
                var x = 0
                while x < count {
                    let upper = UnsafeRawPointer(pairs + x).loadUnaligned(as: SIMD8<UInt16>.self)
                    let under = UnsafeRawPointer(lower + x).loadUnaligned(as: SIMD8<UInt16>.self)
                    let left = (upper & 0xff) &* above &+ (under & 0xff) &* below
                    let right = (upper &>> 8) &* above &+ (under &>> 8) &* below
                    for half in 0..<2 where x + 4 * half < count {
                        let start = x &+ 4 &* half
                        let a = SIMD4<Float>(SIMD4<Int32>(truncatingIfNeeded: half == 0 ? left.lowHalf : left.highHalf))
                        let b = SIMD4<Float>(
                            SIMD4<Int32>(truncatingIfNeeded: half == 0 ? right.lowHalf : right.highHalf))
                        if start &+ 4 <= count {
                            let part = UnsafeRawPointer(share + start).loadUnaligned(as: SIMD4<Float>.self)
                            let value = (a + (b - a) * part) * 0.007_812_5
                            UnsafeMutableRawPointer(target + start).storeBytes(of: value, as: SIMD4<Float>.self)
                        } else {
                            for lane in 0..<count - start {
                                target[start + lane] = (a[lane] + (b[lane] - a[lane]) * share[start + lane]) / 128
                            }
                        }
                    }
                    x &+= 8
                }
            }
        }

        @inline(__always)
        private func singles<Sample: FixedWidthInteger & UnsignedInteger>(
            _ top: UnsafeRawPointer, _ bottom: UnsafeRawPointer, _ weight: Float,
            _ target: UnsafeMutablePointer<Float>, _: Sample.Type
        ) {
            let upper = top.assumingMemoryBound(to: Sample.self) + offset
            let lower = bottom.assumingMemoryBound(to: Sample.self) + offset
            for (x, place) in across.first.enumerated() {
                let (a, b) = (place &* step, min(place + 1, lastColumn) &* step)
                let left = Float(upper[a]) + (Float(lower[a]) - Float(upper[a])) * weight
                let right = Float(upper[b]) + (Float(lower[b]) - Float(upper[b])) * weight
                target[x] = (left + (right - left) * across.weight[x]) * depthScale
            }
        }
    }

    /// A row of YUV on the 8-bit scale as hue, saturation and brightness, `count` bytes apart.
    @inline(__always)
    private static func convert(
        _ luma: UnsafeMutablePointer<Float>, _ u: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>,
        _ width: Int, _ isFullRange: Bool, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
    ) {
        typealias Four = SIMD4<Float>
        // BT.601. Each product is rounded down by itself, as libswscale does on its way to 24 bits: the hue of nearly grey
        // pixels hangs on it.
        let (gain, floor) = isFullRange ? (Float(1), Float(0)) : (Float(255.0 / 219), Float(16))
        let spread: Float = isFullRange ? 1 : 255.0 / 224
        // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number; a little less than a half before rounds
        // down.
        let magic = Four(repeating: 12_582_912)
        let half = Four(repeating: 0.499_99)
        @inline(__always) func load(_ row: UnsafeMutablePointer<Float>, _ x: Int) -> Four {
            UnsafeRawPointer(row + x).loadUnaligned(as: Four.self)
        }
        @inline(__always) func down(_ value: Four) -> Four { (value - half + magic) - magic }
        @inline(__always) func lesser(_ a: Four, _ b: Four) -> Four { a.replacing(with: b, where: b .< a) }
        @inline(__always) func greater(_ a: Four, _ b: Four) -> Four { a.replacing(with: b, where: b .> a) }
        @inline(__always) func pixel(_ value: Four) -> Four { lesser(greater(value, .zero), Four(repeating: 255)) }
        @inline(__always) func bytes(_ value: Four) -> SIMD4<UInt8> {
            let words = unsafeBitCast(value + magic, to: SIMD16<UInt8>.self)
            return words.evenHalf.evenHalf
        }
        var x = 0
        while x < width {
            let y = down((load(luma, x) - floor) * gain)
            let (cb, cr) = ((load(u, x) - 128) * spread, (load(v, x) - 128) * spread)
            let r = pixel(y + down(cr * 1.402))
            let g = pixel(y + down(cb * -0.344136) + down(cr * -0.714136))
            let b = pixel(y + down(cb * 1.772))
            let high = greater(greater(r, g), b)
            let range = high - lesser(lesser(r, g), b)
            let saturation = range * 255 / greater(high, Four(repeating: 1))
            // The first of red, green and blue that is the greatest decides the sector.
            let blue = (r - g) + range * 4
            let green = ((b - r) + range * 2).replacing(with: blue, where: g .< high)
            let sector = (g - b).replacing(with: green, where: r .< high)
            let angle = sector * 30 / greater(range, Four(repeating: 1))
            let hue = angle.replacing(with: angle + 180, where: angle .< -0.5)
            let raw = UnsafeMutableRawPointer(target)
            if x &+ 4 <= width {
                raw.storeBytes(of: bytes(hue), toByteOffset: x, as: SIMD4<UInt8>.self)
                raw.storeBytes(of: bytes(saturation), toByteOffset: count &+ x, as: SIMD4<UInt8>.self)
                raw.storeBytes(of: bytes(high), toByteOffset: 2 &* count &+ x, as: SIMD4<UInt8>.self)
            } else {
                let (h, s, v) = (bytes(hue), bytes(saturation), bytes(high))
                for lane in 0..<width - x {
                    target[x &+ lane] = h[lane]
                    target[count &+ x &+ lane] = s[lane]
                    target[2 &* count &+ x &+ lane] = v[lane]
                }
            }
            x &+= 4
        }
    }
}

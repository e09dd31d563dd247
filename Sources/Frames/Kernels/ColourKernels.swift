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
    /// - Parameter plan: what was found out for the picture before; made anew where this one has another size or format.
    /// - Complexity: O(pixels of the result)
    package static func hues(_ picture: Picture, plan kept: inout HuePlan?, way: KernelWay = .chosen) -> HueImage {
        let plan = kept.flatMap { $0.fits(picture) ? $0 : nil } ?? HuePlan(picture)
        kept = plan
        let (width, height) = plan.size
        let samples = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { samples, used in
            used = 3 * width * height
            guard let target = samples.baseAddress else { return }
            if let columns = plan.columns {
                WholeHues.image(picture, plan, columns, target, way)
            } else {
                HueRows.image(picture, plan, target)
            }
        }
        return HueImage(width: width, height: height, samples: samples)
    }

    /// The mean absolute differences of two images of one size: hue, saturation, brightness.
    ///
    /// - Precondition: the images have the same size.
    package static func distance(
        _ a: HueImage, _ b: HueImage, way: KernelWay = .chosen
    ) -> (hue: Double, saturation: Double, brightness: Double) {
        precondition(a.width == b.width && a.height == b.height, "images of one size")
        let count = a.width * a.height
        return a.samples.withUnsafeBytes { left in
            b.samples.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return (0, 0, 0) }
                func mean(_ part: Int) -> Double {
                    let (left, right) = (left + part * count, right + part * count)
                    #if arch(x86_64)
                        if way != .swift {
                            let one = Plane(base: left, stride: count, samplesPerRow: count, rows: 1)
                            let two = Plane(base: right, stride: count, samplesPerRow: count, rows: 1)
                            return Double(twin(differenceOf: one, two, way)) / Double(count)
                        }
                    #endif
                    return Double(difference(left, right, count, ByteLanes.self)) / Double(count)
                }
                return (mean(0), mean(1), mean(2))
            }
        }
    }
}

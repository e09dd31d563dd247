// Pixel loops for `sharpness`. Audited with the others of this folder; see Kernels.swift.
#if arch(x86_64)
    internal import CKernels
#endif

extension Kernels {
    /// What the inner pixels of an image say of its detail.
    package struct Detail: Equatable {
        /// Pixels that have all eight neighbours.
        package var count = 0
        /// Sums of the gradient's length (Sobel) and of its square.
        package var gradient = 0.0
        package var gradientSquared = 0.0
        /// Sums of the Laplacian (the four neighbours less four times the pixel) and of its square.
        package var laplacian = 0.0
        package var laplacianSquared = 0.0
    }

    /// Gradient and Laplacian over the inner pixels of an image.
    ///
    /// - Complexity: O(pixels)
    package static func detail(_ image: SmallLuma, way: KernelWay = .chosen) -> Detail {
        image.samples.withUnsafeBufferPointer { samples in
            guard let samples = samples.baseAddress else { return Detail() }
            return detail(samples, width: image.width, height: image.height, way)
        }
    }

    /// The same of rows without padding.
    static func detail(_ samples: UnsafePointer<UInt8>, width: Int, height: Int, _ way: KernelWay) -> Detail {
        var result = Detail()
        guard width >= 3, height >= 3 else { return result }
        result.count = (width - 2) * (height - 2)
        #if arch(x86_64)
            if way != .swift {
                twin(samples, width, height, way, &result)
                return result
            }
        #endif
        for y in 1..<height - 1 {
            let row = samples + y * width
            detail(row - width, row, row + width, width, &result)
        }
        return result
    }

    #if arch(x86_64)
        private static func twin(
            _ samples: UnsafePointer<UInt8>, _ width: Int, _ height: Int, _ way: KernelWay, _ result: inout Detail
        ) {
            var sums = fbk_detail_sums()
            let loop = way == .avx2 ? fbk_detail_avx2 : fbk_detail_sse2
            loop(samples, width, height, &sums)
            result.gradient = sums.gradient
            result.gradientSquared = sums.gradient_squared
            result.laplacian = sums.laplacian
            result.laplacianSquared = sums.laplacian_squared
        }
    #endif

    @inline(__always)
    private static func detail(
        _ above: UnsafePointer<UInt8>, _ row: UnsafePointer<UInt8>, _ below: UnsafePointer<UInt8>, _ width: Int,
        _ result: inout Detail
    ) {
        typealias Eight = SIMD8<Int16>
        func load(_ pointer: UnsafePointer<UInt8>, _ x: Int) -> Eight {
            Eight(truncatingIfNeeded: UnsafeRawPointer(pointer + x).loadUnaligned(as: SIMD8<UInt8>.self))
        }
        // Every other lane: sign-extending them by shifts is what the compiler does in two instructions.
        func even(_ value: Eight) -> SIMD4<Float> {
            SIMD4<Float>((unsafeBitCast(value, to: SIMD4<Int32>.self) &<< 16) &>> 16)
        }
        func odd(_ value: Eight) -> SIMD4<Float> { SIMD4<Float>(unsafeBitCast(value, to: SIMD4<Int32>.self) &>> 16) }
        var (lengths, squares) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
        var (curves, curvesSquared) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
        var x = 0
        let inner = width - 2
        while x + 8 <= inner {
            let (a, b, c) = (load(above, x), load(above, x + 1), load(above, x + 2))
            let (d, e, f) = (load(row, x), load(row, x + 1), load(row, x + 2))
            let (g, h, i) = (load(below, x), load(below, x + 1), load(below, x + 2))
            let across = (c &- a) &+ ((f &- d) &<< 1) &+ (i &- g)
            let down = (g &- a) &+ ((h &- b) &<< 1) &+ (i &- c)
            let curve = b &+ d &+ f &+ h &- (e &<< 2)
            let (x0, x1, y0, y1) = (even(across), odd(across), even(down), odd(down))
            let (first, second) = (x0 * x0 + y0 * y0, x1 * x1 + y1 * y1)
            let (c0, c1) = (even(curve), odd(curve))
            squares += first + second
            lengths += first.squareRoot() + second.squareRoot()
            curves += c0 + c1
            curvesSquared += c0 * c0 + c1 * c1
            x &+= 8
        }
        for x in x..<inner {
            func at(_ pointer: UnsafePointer<UInt8>, _ place: Int) -> Int { Int(pointer[x + place]) }
            let gx = at(above, 2) - at(above, 0) + 2 * (at(row, 2) - at(row, 0)) + at(below, 2) - at(below, 0)
            let gy = at(below, 0) - at(above, 0) + 2 * (at(below, 1) - at(above, 1)) + at(below, 2) - at(above, 2)
            let curve = at(above, 1) + at(below, 1) + at(row, 0) + at(row, 2) - 4 * at(row, 1)
            let square = Float(gx * gx + gy * gy)
            result.gradientSquared += Double(square)
            result.gradient += Double(square.squareRoot())
            result.laplacian += Double(curve)
            result.laplacianSquared += Double(curve * curve)
        }
        result.gradient += Double(lengths.sum())
        result.gradientSquared += Double(squares.sum())
        result.laplacian += Double(curves.sum())
        result.laplacianSquared += Double(curvesSquared.sum())
    }
}

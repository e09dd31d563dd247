// The traversal of a luma plane by C. Audited with the others of this folder; see Kernels.swift.
#if arch(x86_64)
    internal import CKernels

    extension Kernels {
        /// The traversal of a plane of bytes by one of the twins.
        static func twin(
            _ plane: Plane, _ other: Plane?, _ reference: Plane?, _ limit: UInt8, _ factor: Int, _ way: KernelWay
        ) -> (sums: LumaSums, small: [UInt8]) {
            let count = factor == 0 ? 0 : (plane.samplesPerRow / factor) * (plane.rows / factor)
            var sums = LumaSums()
            let small = [UInt8](unsafeUninitializedCapacity: count) { small, used in
                used = count
                withUnsafeTemporaryAllocation(of: UInt16.self, capacity: plane.samplesPerRow) { columns in
                    guard let columns = columns.baseAddress else { return }
                    let small = count == 0 ? nil : small.baseAddress
                    sums = twin(plane, other, reference, limit, factor, small: small, columns: columns, way)
                }
            }
            return (sums, small)
        }

        /// - Parameters:
        ///   - small: room for a sample of each whole block, or nil.
        ///   - columns: room for a number for each sample of a row.
        static func twin(
            _ plane: Plane, _ other: Plane?, _ reference: Plane?, _ limit: UInt8, _ factor: Int,
            small: UnsafeMutablePointer<UInt8>?, columns: UnsafeMutablePointer<UInt16>, _ way: KernelWay
        ) -> LumaSums {
            var sums = fbk_luma_sums()
            let loop = way == .avx2 ? fbk_luma_avx2 : fbk_luma_sse2
            loop(
                twin(plane), twin(other ?? plane), reference.map(twin) ?? fbk_plane(base: nil, stride: 0),
                plane.samplesPerRow, plane.rows, limit, factor, small, columns, &sums)
            return LumaSums(
                sum: sums.sum, min: Int(sums.low), max: Int(sums.high), dark: Int(sums.dark),
                difference: other == nil ? nil : sums.difference,
                referenceDifference: reference == nil ? nil : sums.to_reference)
        }

        /// The sum of absolute differences of planes of bytes.
        static func twin(differenceOf plane: Plane, _ other: Plane, _ way: KernelWay) -> UInt64 {
            let loop = way == .avx2 ? fbk_difference_avx2 : fbk_difference_sse2
            return loop(twin(plane), twin(other), plane.samplesPerRow, plane.rows)
        }

        private static func twin(_ plane: Plane) -> fbk_plane {
            fbk_plane(base: plane.base.assumingMemoryBound(to: UInt8.self), stride: plane.stride)
        }
    }
#endif

// Differences of planes and rows. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// Sum of absolute differences of one plane, on the scale of the samples.
    ///
    /// - Precondition: the pictures are comparable and have the plane.
    /// - Complexity: O(samples)
    package static func difference(
        _ picture: Picture, _ other: Picture, plane index: Int, way: KernelWay = .chosen
    ) -> UInt64 {
        let (a, b) = (picture.planes[index], other.planes[index])
        #if arch(x86_64)
            if way != .swift, picture.bytesPerSample == 1 { return twin(differenceOf: a, b, way) }
        #endif
        let total = picture.bytesPerSample == 1 ? difference(a, b, ByteLanes.self) : difference(a, b, WordLanes.self)
        return total >> UInt64(picture.shift)
    }

    @inline(__always)
    private static func difference<Lanes: SampleLanes>(_ plane: Plane, _ other: Plane, _: Lanes.Type) -> UInt64 {
        var total: UInt64 = 0
        for y in 0..<plane.rows { total &+= difference(plane, other, row: y, Lanes.self) }
        return total
    }

    /// Sum of absolute differences of one row of two planes.
    @inline(__always)
    static func difference<Lanes: SampleLanes>(_ plane: Plane, _ other: Plane, row y: Int, _: Lanes.Type) -> UInt64 {
        difference(
            plane.base + y * plane.stride, other.base + y * other.stride, plane.samplesPerRow, Lanes.self)
    }

    /// Sum of absolute differences of two rows.
    @inline(__always)
    static func difference<Lanes: SampleLanes>(
        _ row: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int, _: Lanes.Type
    ) -> UInt64 {
        let size = MemoryLayout<Lanes.Sample>.size
        var sum = Lanes.Wide.zero
        var x = 0
        // Four vectors are added up before their sums are widened.
        while x &+ 4 &* Lanes.count <= count {
            var steps = Lanes.Pairs.zero
            for part in 0..<4 {
                let offset = (x &+ part &* Lanes.count) &* size
                let a = (row + offset).loadUnaligned(as: Lanes.Vector.self)
                let b = (other + offset).loadUnaligned(as: Lanes.Vector.self)
                steps = Lanes.add(steps, Lanes.distance(a, b))
            }
            sum = Lanes.widen(sum, steps)
            x &+= 4 &* Lanes.count
        }
        var total = Lanes.total(sum)
        let a = row.assumingMemoryBound(to: Lanes.Sample.self)
        let b = other.assumingMemoryBound(to: Lanes.Sample.self)
        for x in x..<count { total &+= UInt64(a[x] > b[x] ? a[x] &- b[x] : b[x] &- a[x]) }
        return total
    }
}

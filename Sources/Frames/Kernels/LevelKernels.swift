// Pixel loops for full histograms and `chroma`. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// How often each level of the picture's depth occurs in luma. A sample beyond the depth counts as the greatest.
    ///
    /// - Complexity: O(samples)
    package static func lumaHistogram(_ picture: Picture) -> [Int] {
        let plane = picture.luma
        let levels = 1 << picture.depth
        var tables = [UInt32](repeating: 0, count: 4 * levels)
        tables.withUnsafeMutableBufferPointer { tables in
            guard let base = tables.baseAddress else { return }
            for y in 0..<plane.rows {
                let row = plane.base + y * plane.stride
                if picture.bytesPerSample == 1 {
                    count(row, plane.samplesPerRow, base)
                } else {
                    count(row, plane.samplesPerRow, base, shift: UInt16(picture.shift), levels: levels)
                }
            }
        }
        return (0..<levels).map { level in
            (0..<4).reduce(0) { $0 &+ Int(tables[level &+ $1 &* levels]) }
        }
    }

    /// A row of bytes into four tables of 256: neighbours are often equal and would wait for each other's count.
    @inline(never)
    private static func count(_ row: UnsafeRawPointer, _ width: Int, _ tables: UnsafeMutablePointer<UInt32>) {
        var x = 0
        while x &+ 8 <= width {
            let eight = (row + x).loadUnaligned(as: UInt64.self)
            for place in 0..<8 {
                let level = Int(truncatingIfNeeded: (eight &>> UInt64(8 &* place)) & 255)
                tables[(place & 3) &* 256 &+ level] &+= 1
            }
            x &+= 8
        }
        let samples = row.assumingMemoryBound(to: UInt8.self)
        while x < width {
            tables[Int(samples[x])] &+= 1
            x &+= 1
        }
    }

    /// The same for words.
    @inline(never)
    private static func count(
        _ row: UnsafeRawPointer, _ width: Int, _ tables: UnsafeMutablePointer<UInt32>, shift: UInt16, levels: Int
    ) {
        let samples = row.assumingMemoryBound(to: UInt16.self)
        for x in 0..<width {
            let level = Swift.min(Int(samples[x] &>> shift), levels &- 1)
            tables[(x & 3) &* levels &+ level] &+= 1
        }
    }

    /// How often colours occur, on the scale of the samples.
    package struct ColourCounts: Equatable {
        /// By level, and by whole saturation: the distance from grey, rounded down.
        package var u: [Int]
        package var v: [Int]
        package var saturation: [Int]
        /// By whole degree, 0 to 359.
        package var hue = [Int](repeating: 0, count: 360)

        init(levels: Int) {
            u = [Int](repeating: 0, count: levels)
            v = u
            saturation = u
        }

        @inline(__always)
        fileprivate mutating func add(_ times: Int, u: Int, v: Int, saturation: Int, hue: Int) {
            self.u[u] &+= times
            self.v[v] &+= times
            self.saturation[saturation] &+= times
            self.hue[hue] &+= times
        }
    }

    /// Counts chroma; nil for a picture that has none.
    ///
    /// - Complexity: O(samples). Pairs of 8 bits are counted as such, so that each is judged once, however often it
    ///   occurs; deeper ones are judged one by one, but for those that are remembered.
    package static func colours(_ picture: Picture) -> ColourCounts? {
        guard let chroma = Chroma(picture) else { return nil }
        return picture.bytesPerSample == 1 ? pairs(chroma) : colours(chroma, picture)
    }

    /// Sums of absolute differences of U and V, on the scale of the samples; nil for a picture that has no chroma.
    ///
    /// - Precondition: the pictures are comparable.
    package static func chromaDifference(_ picture: Picture, _ other: Picture) -> (u: UInt64, v: UInt64)? {
        switch picture.chroma {
        case .none: return nil
        case .planar: return (difference(picture, other, plane: 1), difference(picture, other, plane: 2))
        case .interleaved, .interleavedSwapped:
            guard let one = Chroma(picture), let two = Chroma(other) else { return nil }
            return picture.bytesPerSample == 1
                ? (interleaved(one, two, \.u, UInt8.self), interleaved(one, two, \.v, UInt8.self))
                : (
                    interleaved(one, two, \.u, UInt16.self) >> UInt64(picture.shift),
                    interleaved(one, two, \.v, UInt16.self) >> UInt64(picture.shift)
                )
        }
    }

    /// Where U and V lie.
    private struct Chroma {
        let u: UnsafeRawPointer
        let v: UnsafeRawPointer
        let strides: (u: Int, v: Int)
        /// Samples from one of a component to the next.
        let step: Int
        let columns: Int
        let rows: Int

        init?(_ picture: Picture) {
            switch picture.chroma {
            case .none: return nil
            case .planar:
                let (one, two) = (picture.planes[1], picture.planes[2])
                (u, v, strides, step) = (one.base, two.base, (one.stride, two.stride), 1)
                columns = Swift.min(one.samplesPerRow, two.samplesPerRow)
                rows = Swift.min(one.rows, two.rows)
            case .interleaved, .interleavedSwapped:
                let plane = picture.planes[1]
                let second = plane.base + picture.bytesPerSample
                (u, v) = picture.chroma == .interleaved ? (plane.base, second) : (second, plane.base)
                (strides, step) = ((plane.stride, plane.stride), 2)
                (columns, rows) = (plane.samplesPerRow / 2, plane.rows)
            }
        }
    }

    @inline(never)
    private static func pairs(_ chroma: Chroma) -> ColourCounts {
        let places = ColourWheel.ofBytes
        var counts = ColourCounts(levels: 256)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 65536) { table in
            table.initialize(repeating: 0)
            guard let table = table.baseAddress else { return }
            for y in 0..<chroma.rows {
                let u = (chroma.u + y * chroma.strides.u).assumingMemoryBound(to: UInt8.self)
                let v = (chroma.v + y * chroma.strides.v).assumingMemoryBound(to: UInt8.self)
                count(u, v, chroma.columns, chroma.step, table)
            }
            for pair in 0..<65536 where table[pair] != 0 {
                let place = places[pair]
                counts.add(
                    Int(table[pair]), u: pair &>> 8, v: pair & 255, saturation: Int(place.saturation),
                    hue: Int(place.hue))
            }
        }
        return counts
    }

    @inline(never)
    private static func count(
        _ u: UnsafePointer<UInt8>, _ v: UnsafePointer<UInt8>, _ columns: Int, _ step: Int,
        _ table: UnsafeMutablePointer<UInt32>
    ) {
        var place = 0
        for _ in 0..<columns {
            table[Int(u[place]) &<< 8 | Int(v[place])] &+= 1
            place &+= step
        }
    }

    @inline(never)
    private static func colours(_ chroma: Chroma, _ picture: Picture) -> ColourCounts {
        let wheel = ColourWheel()
        let levels = 1 << picture.depth
        let shift = UInt16(picture.shift)
        // U, V, saturation and hue, one behind the other.
        let all = [Int](unsafeUninitializedCapacity: 3 * levels + 360) { all, used in
            used = 3 * levels + 360
            all.initialize(repeating: 0)
            // Neighbouring colours are judged once and remembered in a slot of their own.
            withUnsafeTemporaryAllocation(of: KnownColour.self, capacity: 1 << 14) { known in
                known.initialize(repeating: KnownColour())
                guard let all = all.baseAddress, let known = known.baseAddress else { return }
                for y in 0..<chroma.rows {
                    let u = (chroma.u + y * chroma.strides.u).assumingMemoryBound(to: UInt16.self)
                    let v = (chroma.v + y * chroma.strides.v).assumingMemoryBound(to: UInt16.self)
                    count(u, v, chroma.columns, chroma.step, shift, levels, wheel, known, all)
                }
            }
        }
        var counts = ColourCounts(levels: 0)
        counts.u = Array(all[..<levels])
        counts.v = Array(all[levels..<2 * levels])
        counts.saturation = Array(all[(2 * levels)..<3 * levels])
        counts.hue = Array(all[(3 * levels)...])
        return counts
    }

    /// A colour and where it lies.
    private struct KnownColour {
        var colour = UInt32.max
        var place = ColourWheel.Place(saturation: 0, hue: 0)
    }

    @inline(never)
    private static func count(
        _ u: UnsafePointer<UInt16>, _ v: UnsafePointer<UInt16>, _ columns: Int, _ step: Int, _ shift: UInt16,
        _ levels: Int, _ wheel: ColourWheel, _ known: UnsafeMutablePointer<KnownColour>,
        _ all: UnsafeMutablePointer<Int>
    ) {
        for x in 0..<columns {
            let a = Swift.min(Int(u[x &* step] &>> shift), levels &- 1)
            let b = Swift.min(Int(v[x &* step] &>> shift), levels &- 1)
            let slot = (a & 127) &<< 7 | (b & 127)
            // An empty slot looks like the greatest colour of 16 bits, which is therefore always judged.
            let colour = UInt32(truncatingIfNeeded: a &<< 16 | b)
            if known[slot].colour != colour || colour == .max {
                known[slot] = KnownColour(
                    colour: colour, place: wheel.place(u: a &- levels / 2, v: b &- levels / 2))
            }
            let place = known[slot].place
            all[a] &+= 1
            all[levels &+ b] &+= 1
            all[2 &* levels &+ Int(place.saturation)] &+= 1
            all[3 &* levels &+ Int(place.hue)] &+= 1
        }
    }

    @inline(__always)
    private static func interleaved<Sample: FixedWidthInteger & UnsignedInteger>(
        _ one: Chroma, _ two: Chroma, _ component: KeyPath<Chroma, UnsafeRawPointer>, _: Sample.Type
    ) -> UInt64 {
        var total: UInt64 = 0
        for y in 0..<one.rows {
            let a = (one[keyPath: component] + y * one.strides.u).assumingMemoryBound(to: Sample.self)
            let b = (two[keyPath: component] + y * two.strides.u).assumingMemoryBound(to: Sample.self)
            for x in 0..<one.columns {
                let (here, there) = (a[2 &* x], b[2 &* x])
                total &+= UInt64(here > there ? here &- there : there &- here)
            }
        }
        return total
    }
}

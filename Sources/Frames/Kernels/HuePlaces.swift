#if arch(x86_64)
    internal import CKernels
#endif

/// Where the columns of an image for `cuts` lie in a row of a plane of bytes.
struct HuePlaces {
    /// The first of two neighbours in a row; the only one that is read where the columns are flat.
    let places: [Int32]
    /// The second one's share in 512ths.
    let shares: [Int16]
    /// Of four columns each, where sixteen bytes begin that have all their neighbours; empty where some lie too far apart.
    let groups: [Int32]
    /// Which bytes of the sixteen go where, sixteen numbers for a group. The first of two groups fills eight bytes, the second
    /// the eight behind them; a number of 128 or more leaves a 0.
    let picks: [UInt8]

    /// - Parameters:
    ///   - samples: of a row.
    ///   - isFlat: all shares are 0 or 1.
    init(_ taps: Taps, samples: Int, isFlat: Bool) {
        // Where a second neighbour has all of a share it is as well the first one of a pair that is not read.
        let places = zip(taps.first, taps.weight).map { isFlat && $1 == 1 ? $0 + 1 : $0 }
        self.places = places.map { Int32($0) }
        shares = taps.weight.map { isFlat ? 0 : Int16($0 * 512) }
        let reach = isFlat ? 0 : 1
        let starts = stride(from: 0, to: places.count, by: 4).map { min(places[$0], samples - 16) }
        let isNear = places.indices.allSatisfy { places[$0] + reach - starts[$0 / 4] < 16 }
        guard samples >= 16, places.count % 8 == 0, isNear else {
            (groups, picks) = ([], [])
            return
        }
        groups = starts.map { Int32($0) }
        let none: [UInt8] = Array(repeating: 128, count: 8)
        picks = starts.indices.flatMap { group -> [UInt8] in
            let own = places[4 * group..<4 * group + 4].flatMap { place -> [UInt8] in
                let byte = UInt8(place - starts[group])
                return [byte, isFlat ? 128 : byte + 1]
            }
            return group % 2 == 0 ? own + none : none + own
        }
    }

    #if arch(x86_64)
        /// The lists as a twin takes them.
        @inline(__always)
        func withTwin<Result>(_ body: (fbk_hue_places) -> Result) -> Result {
            places.withUnsafeBufferPointer { places in
                shares.withUnsafeBufferPointer { shares in
                    groups.withUnsafeBufferPointer { groups in
                        picks.withUnsafeBufferPointer { picks in
                            body(
                                fbk_hue_places(
                                    places: places.baseAddress, shares: shares.baseAddress,
                                    groups: groups.isEmpty ? nil : groups.baseAddress,
                                    picks: picks.isEmpty ? nil : picks.baseAddress))
                        }
                    }
                }
            }
        }
    #endif
}

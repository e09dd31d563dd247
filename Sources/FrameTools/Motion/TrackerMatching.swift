/// Which region is whose.
extension Tracker {
    /// Puts the pieces of a region together again where tracks explain its shape: one object that is as large as all of
    /// it, or several whose forecasts say more than a straight cut.
    func joined(_ found: [Box]) -> [Box] {
        var result: [Box] = []
        var isUsed = Array(repeating: false, count: found.count)
        for index in found.indices where !isUsed[index] {
            var members = [index]
            isUsed[index] = true
            var next = 0
            while next < members.count {
                for other in found.indices where !isUsed[other] && found[members[next]].touches(found[other]) {
                    isUsed[other] = true
                    members.append(other)
                }
                next += 1
            }
            if members.count == 1 {
                result.append(found[index])
                continue
            }
            let whole = members.dropFirst().reduce(found[index]) { $0.union(found[$1]) }
            let pieces = members.map { found[$0] }
            let inside = live.filter { track in
                guard track.isConfirmed, track.parent == nil else { return false }
                let forecast = track.box.clipped(size)
                return pieces.reduce(0) { $0 + $1.shared(forecast) } >= 0.5 * max(1, forecast.area)
            }
            let fits = inside.allSatisfy { track in pieces.contains { track.box.overlap($0) >= 0.6 } }
            let explains = inside.count > 1 && !fits || inside.contains { $0.box.clipped(size).overlap(whole) >= 0.65 }
            result += explains ? [whole] : pieces
        }
        return result
    }

    /// Who has which region.
    struct Match {
        var boxes: [Box?]
        var regionOf: [Int?]
        var isTaken: [Bool]

        init(_ regions: Int, _ tracks: Int) {
            boxes = Array(repeating: nil, count: tracks)
            regionOf = Array(repeating: nil, count: tracks)
            isTaken = Array(repeating: false, count: regions)
        }
    }

    func assign(_ regions: [Box], _ match: inout Match) {
        guard !regions.isEmpty, !live.isEmpty else { return }
        let forbidden = 1000.0
        let costs = live.map { track in regions.map { cost(track, $0) ?? forbidden } }
        for (index, region) in Assignment.solve(costs).enumerated() {
            guard let region, costs[index][region] < forbidden else { continue }
            match.boxes[index] = regions[region]
            match.regionOf[index] = region
            match.isTaken[region] = true
        }
    }

    /// What it costs that a region is a track's, 0 to about 2; nil if it cannot be.
    private func cost(_ track: Track, _ region: Box) -> Double? {
        let forecast = track.box.clipped(size)
        let overlap = forecast.overlap(region)
        let distance = forecast.distance(region)
        let extent = max(forecast.width, forecast.height, region.width, region.height)
        let speed = track.speed(in: size)
        let run = length(speed)
        if track.misses > 0, !track.isMoving { return overlap >= 0.3 ? 1 - overlap + 0.1 : nil }
        let isYoung = track.hits < 3
        let gate = (isYoung ? 1.0 : 0.5) * extent + 6 * scale + min(0.3 * run * Double(track.misses), extent)
        guard overlap >= options.overlap || distance <= gate else { return nil }
        let ratio = max(forecast.area, 1) / max(region.area, 1)
        if overlap < options.overlap, ratio > 4 || ratio < 0.25 { return nil }
        return 1 - overlap + 0.5 * min(1, distance / gate) + (track.isConfirmed ? 0 : 0.3)
            + 0.1 * Double(min(track.misses, 5)) / 5
    }

    func length(_ way: (x: Double, y: Double)) -> Double { (way.x * way.x + way.y * way.y).squareRoot() }

    /// Regions that lie mostly within the forecast of a track that has another one are taken for fragments of its
    /// object, each with a track of its own: one that moves otherwise than the object becomes independent.
    mutating func mergeFragments(_ regions: [Box], _ match: inout Match) {
        for index in live.indices {
            guard let parent = live[index].parent else { continue }
            guard let owner = live.firstIndex(where: { $0.serial == parent.serial }), let mine = match.boxes[index]
            else {
                if !live.contains(where: { $0.serial == parent.serial }) { live[index].parent = nil }
                continue
            }
            guard let box = match.boxes[owner] else { continue }
            let (own, other) = (mine.center, live[owner].box.center)
            let way = (x: other.x - parent.there.x, y: other.y - parent.there.y)
            let apart = length((own.x - parent.here.x - way.x, own.y - parent.here.y - way.y))
            let extent = min(live[owner].box.width, live[owner].box.height)
            if apart > max(5 * scale, 0.15 * extent, 0.2 * length(way)) {
                live[index].parent = nil
            } else {
                match.boxes[owner] = box.union(mine)
            }
        }
        for region in regions.indices where !match.isTaken[region] {
            let box = regions[region]
            var best: (track: Int, overlap: Double)?
            for index in live.indices where live[index].hits >= 3 && live[index].parent == nil {
                guard let has = match.boxes[index] else { continue }
                let forecast = live[index].box
                let joined = has.union(box)
                let overlap = forecast.overlap(joined)
                let inside = forecast.shared(box) / max(1, box.area)
                guard inside >= 0.5, overlap > forecast.overlap(has), overlap > best?.overlap ?? 0 else { continue }
                best = (index, overlap)
            }
            guard let best else { continue }
            match.boxes[best.track] = match.boxes[best.track]?.union(box)
            let owner = live[best.track]
            fragments[region] = Track.Parent(serial: owner.serial, here: box.center, there: owner.box.center)
        }
    }

    /// Tracks without a region whose forecast lies within another track's region share it.
    func groups(_ regions: [Box], _ match: Match) -> [(region: Int, members: [Int])] {
        var members: [Int: [Int]] = [:]
        for index in live.indices where match.boxes[index] == nil && live[index].isConfirmed {
            let forecast = live[index].box.clipped(size)
            guard forecast.area > 0 else { continue }
            var best: (region: Int, cover: Double)?
            for region in regions.indices {
                let cover = forecast.shared(regions[region]) / forecast.area
                if cover >= 0.5, cover > best?.cover ?? 0 { best = (region, cover) }
            }
            if let best { members[best.region, default: []].append(index) }
        }
        return members.keys.sorted().compactMap { region in
            var all = members[region] ?? []
            if let owner = match.regionOf.firstIndex(of: region), live[owner].isConfirmed { all.append(owner) }
            return all.count > 1 ? (region, all.sorted()) : nil
        }
    }

    /// Keeps tracks that share a region inside it, each at the edge that is nearest to it.
    mutating func splitMergedRegion(_ region: Box, _ members: [Int], _ time: Double) {
        var shifts = members.map { _ in (x: 0.0, y: 0.0) }
        let boxes = members.map { live[$0].box }
        func ends(_ low: (Box) -> Double, _ high: (Box) -> Double) -> (first: Int, last: Int) {
            var (first, last) = (0, 0)
            for index in boxes.indices {
                if low(boxes[index]) < low(boxes[first]) { first = index }
                if high(boxes[index]) > high(boxes[last]) { last = index }
            }
            return (first, last)
        }
        let across = ends(\.x1, \.x2)
        let (left, right) = (region.x1 - boxes[across.first].x1, region.x2 - boxes[across.last].x2)
        if across.first == across.last {
            shifts[across.first].x = (left + right) / 2
        } else {
            shifts[across.first].x = left
            shifts[across.last].x = right
        }
        let down = ends(\.y1, \.y2)
        let (top, bottom) = (region.y1 - boxes[down.first].y1, region.y2 - boxes[down.last].y2)
        if down.first == down.last {
            shifts[down.first].y = (top + bottom) / 2
        } else {
            shifts[down.first].y = top
            shifts[down.last].y = bottom
        }
        for (place, index) in members.enumerated() {
            let owner = boxes.indices.first { other in
                other != place && boxes[other].overlap(region) >= 0.6
                    && (live[members[other]].hits, -other) > (live[index].hits, -place)
            }
            let occlusion = owner.map { other in
                Track.Occlusion(
                    serial: live[members[other]].serial, x: boxes[place].center.x - boxes[other].center.x,
                    y: boxes[place].center.y - boxes[other].center.y)
            }
            let limit = 0.1 * max(boxes[place].width, boxes[place].height) + 2 * scale
            live[index].splitMergedRegion(
                region, (min(limit, max(-limit, shifts[place].x)), min(limit, max(-limit, shifts[place].y))),
                time: time, in: size, with: occlusion)
        }
    }
}

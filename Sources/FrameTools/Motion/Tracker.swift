internal import Frames

/// Joins the regions of a video's frames to tracks.
///
/// Each frame: forecast, assign regions to tracks at the least total cost, take fragments together, let tracks whose
/// regions have merged go on side by side, start tracks for what is left. What a frame's objects are is said `lag`
/// frames later: by then short gaps are bridged, and what was only flicker is known.
struct Tracker {
    struct Options {
        /// Least intersection over union with the forecast.
        var overlap: Double
        /// Frames with a region until a track counts.
        var hits: Int
        /// Seconds without a region until a track ends.
        var gap: Double
        /// Pixels, for a picture 640 wide, that an object moves within a second or is not reported.
        var still: Double
    }

    let options: Options
    static let lag = 30
    /// Seconds for which tracks share a region, and for which one hides wholly in another's; longer than that they are
    /// one object.
    private static let sharing = 3.0
    private static let hiding = 0.7
    /// Seconds that a track which stands still is remembered without a region.
    private static let memory = 10.0

    private var size = (width: 0.0, height: 0.0)
    private var live: [Track] = []
    /// Tracks that have ended but have frames still to be asked for.
    private var ended: [Track] = []
    private var serial = 0
    /// What regions of this frame are fragments of.
    private var fragments: [Int: Track.Parent] = [:]
    private var asked = 0
    private(set) var confirmed = 0
    private(set) var finished: [TrackSummary] = []
    private var running: [Int: TrackSummary] = [:]

    init(_ options: Options) { self.options = options }

    private var scale: Double { max(1, max(size.width, size.height) / 640) }

    /// The picture is another: nothing goes on.
    mutating func restart(width: Double, height: Double) {
        size = (width, height)
        ended += live.filter(\.isConfirmed)
        live = []
    }

    mutating func take(_ found: [Box], frame: Int, time: Double) {
        for index in live.indices { live[index].advance(in: size) }
        let regions = joined(found)
        var match = Match(regions.count, live.count)
        assign(regions, &match)
        fragments = [:]
        gather(regions, &match)
        let groups = groups(regions, match)
        for (region, members) in groups { share(regions[region], members, time) }
        let inGroup = Set(groups.flatMap(\.members))
        for index in live.indices where !inGroup.contains(index) {
            if let box = match.boxes[index] {
                live[index].see(box, frame: frame, time: time, bridging: options.gap)
            } else {
                live[index].miss(time: time)
            }
        }
        confirm()
        retire(frame, time)
        unite(frame, time)
        for region in regions.indices where !match.isTaken[region] {
            serial += 1
            var track = Track(serial: serial, frame: frame, time: time, box: regions[region])
            track.parent = fragments[region]
            live.append(track)
        }
    }

    /// Puts the pieces of a region together again where tracks explain its shape: one object that is as large as all of
    /// it, or several whose forecasts say more than a straight cut.
    private func joined(_ found: [Box]) -> [Box] {
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
            let whole = members.dropFirst().reduce(found[index]) { $0.union(found[$1]) }
            let pieces = members.map { found[$0] }
            let inside = live.filter { track in
                guard track.isConfirmed, track.parent == nil else { return false }
                let forecast = track.box.clipped(size)
                return pieces.reduce(0) { $0 + $1.shared(forecast) } >= 0.5 * max(1, forecast.area)
            }
            let fits = inside.allSatisfy { track in pieces.contains { track.box.overlap($0) >= 0.6 } }
            let explains = inside.count > 1 && !fits || inside.contains { $0.box.clipped(size).overlap(whole) >= 0.65 }
            result += members.count == 1 || explains ? [whole] : pieces
        }
        return result
    }

    /// Who has which region.
    private struct Match {
        var boxes: [Box?]
        var regionOf: [Int?]
        var isTaken: [Bool]

        init(_ regions: Int, _ tracks: Int) {
            boxes = Array(repeating: nil, count: tracks)
            regionOf = Array(repeating: nil, count: tracks)
            isTaken = Array(repeating: false, count: regions)
        }
    }

    private func assign(_ regions: [Box], _ match: inout Match) {
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

    private func length(_ way: (x: Double, y: Double)) -> Double { (way.x * way.x + way.y * way.y).squareRoot() }

    /// Regions that lie mostly within the forecast of a track that has another one are taken for fragments of its
    /// object, each with a track of its own: one that moves otherwise than the object becomes independent.
    private mutating func gather(_ regions: [Box], _ match: inout Match) {
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
    private func groups(_ regions: [Box], _ match: Match) -> [(region: Int, members: [Int])] {
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
    private mutating func share(_ region: Box, _ members: [Int], _ time: Double) {
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
            let cover = owner.map { other in
                Track.Cover(
                    serial: live[members[other]].serial, x: boxes[place].center.x - boxes[other].center.x,
                    y: boxes[place].center.y - boxes[other].center.y)
            }
            let limit = 0.1 * max(boxes[place].width, boxes[place].height) + 2 * scale
            live[index].share(
                region, (min(limit, max(-limit, shifts[place].x)), min(limit, max(-limit, shifts[place].y))),
                time: time, in: size, with: cover)
        }
    }

    private mutating func confirm() {
        for index in live.indices
        where !live[index].isConfirmed && live[index].parent == nil && live[index].hits >= options.hits {
            let track = live[index]
            let extent = min(track.box.width, track.box.height)
            live[index].isConfirmed = track.distance(in: size) >= max(2 * options.still * scale, 0.15 * extent)
        }
    }

    private mutating func retire(_ frame: Int, _ time: Double) {
        var kept: [Track] = []
        for var track in live {
            if track.misses == 0 { track.isMoving = moves(track, frame) }
            let inside = track.box.clipped(size).area
            let isLost: Bool
            let since = time - (track.place(track.lastBacked)?.time ?? time)
            let step = frame > 0 ? time / Double(frame) : 0
            if !track.isConfirmed {
                isLost = track.misses > 3 || since > options.gap
            } else if track.misses > 0, !track.isMoving {
                isLost = since > Tracker.memory
            } else {
                isLost =
                    since > options.gap + 1e-6 || track.misses > Tracker.lag
                    || Double(track.merged) * step > Tracker.sharing
                    || Double(track.cover?.frames ?? 0) * step > Tracker.hiding || inside < 4
            }
            if !isLost {
                kept.append(track)
            } else if track.isConfirmed {
                ended.append(track)
            }
        }
        live = kept
    }

    /// Two tracks one above the other that have touched and moved as one for a while are one object: legs and a body.
    private mutating func unite(_ frame: Int, _ time: Double) {
        var gone: Set<Int> = []
        for one in live.indices where live[one].isConfirmed && live[one].misses == 0 {
            for two in live.indices where two > one && live[two].isConfirmed && live[two].misses == 0 {
                guard !gone.contains(live[one].serial), areStacked(live[one].box, live[two].box),
                    moveAlike(live[one], live[two], frame, time)
                else { continue }
                gone.insert(live[live[one].hits >= live[two].hits ? two : one].serial)
            }
        }
        live.removeAll { track in
            guard gone.contains(track.serial) else { return false }
            // What has been reported of it stays.
            if track.id != nil, let summary = track.id.flatMap({ running.removeValue(forKey: $0) }) {
                finished.append(summary)
            }
            return true
        }
    }

    private func areStacked(_ one: Box, _ two: Box) -> Bool {
        let across = min(one.x2, two.x2) - max(one.x1, two.x1)
        let apart = max(one.y1, two.y1) - min(one.y2, two.y2)
        return across >= 0.6 * min(one.width, two.width) && apart <= 0.1 * max(one.height, two.height)
    }

    /// Whether two tracks have gone the same way for most of a second.
    private func moveAlike(_ one: Track, _ two: Track, _ frame: Int, _ time: Double) -> Bool {
        var then = frame
        while let place = one.place(then), two.place(then) != nil, time - place.time < Tracker.hiding { then -= 1 }
        guard let (a, b) = one.place(then).flatMap({ a in two.place(then).map { (a.box, $0.box) } }) else {
            return false
        }
        let (first, second) = (one.box.center, two.box.center)
        let way = (x: first.x - a.center.x, y: first.y - a.center.y)
        let other = (x: second.x - b.center.x, y: second.y - b.center.y)
        let extent = min(one.box.width, two.box.width)
        return length(way) >= max(4 * scale, 0.5 * extent)
            && length((way.x - other.x, way.y - other.y)) <= 0.2 * length(way) + scale
    }

    /// Whether an object is in motion: it is elsewhere than some time within the last second, or soon will be.
    private func moves(_ track: Track, _ frame: Int) -> Bool {
        guard let here = smooth(track, frame) else { return false }
        let limit = options.still * scale
        var other = frame - 1
        while let place = track.place(other), here.time - place.time <= 1 + 1e-6 {
            if let past = smooth(track, other), past.box.displacement(here.box, in: size) >= limit { return true }
            other -= 1
        }
        other = frame + 1
        while let place = track.place(other), other <= track.lastBacked, place.time - here.time <= 0.3 {
            if let next = smooth(track, other), next.box.displacement(here.box, in: size) >= limit { return true }
            other += 1
        }
        return false
    }

    /// A track's place, averaged with its neighbours on both sides: unbiased while speeds are constant.
    private func smooth(_ track: Track, _ frame: Int) -> Track.Place? {
        guard var place = track.place(frame) else { return nil }
        let reach = min(2, frame - track.first, track.lastBacked - frame)
        guard reach > 0 else { return place }
        var sum = [0.0, 0, 0, 0]
        for other in frame - reach...frame + reach {
            guard let box = track.place(other)?.box else { return place }
            sum = [sum[0] + box.x1, sum[1] + box.y1, sum[2] + box.x2, sum[3] + box.y2]
        }
        let count = Double(2 * reach + 1)
        place.box = Box(x1: sum[0] / count, y1: sum[1] / count, x2: sum[2] / count, y2: sum[3] / count)
        return place
    }

    /// The objects of a frame, by id.
    mutating func objects(of frame: Int) -> [Detection] {
        var found: [Detection] = []
        let all = (ended + live).sorted { $0.serial < $1.serial }
        var ids: [Int: Int] = [:]
        for track in all where track.isConfirmed && frame <= track.lastBacked {
            guard let place = smooth(track, frame), place.isSure, moves(track, frame) else { continue }
            let box = whole(place.box)
            guard box.area > 0 else { continue }
            let id = track.id ?? ids[track.serial] ?? confirmed + 1
            if track.id == nil {
                confirmed = id
                ids[track.serial] = id
            }
            note(id, place, frame)
            found.append(Detection(track: id, classID: 0, className: "motion", box: box))
        }
        for index in live.indices where live[index].id == nil { live[index].id = ids[live[index].serial] }
        for index in ended.indices where ended[index].id == nil { ended[index].id = ids[ended[index].serial] }
        asked = frame
        for track in ended where track.lastBacked <= frame {
            if let id = track.id, let summary = running.removeValue(forKey: id) { finished.append(summary) }
        }
        ended.removeAll { $0.lastBacked <= frame }
        let last = places(before: frame)
        for index in live.indices { live[index].trim(before: last) }
        for index in ended.indices { ended[index].trim(before: last) }
        return found.sorted { $0.track < $1.track }
    }

    /// The first frame that a later one may still look back at. Two seconds at 60 frames a second.
    private func places(before frame: Int) -> Int { frame - 120 }

    private func whole(_ box: Box) -> Box {
        let clipped = box.clipped(size)
        return Box(
            x1: clipped.x1.rounded(), y1: clipped.y1.rounded(), x2: clipped.x2.rounded(), y2: clipped.y2.rounded())
    }

    private mutating func note(_ id: Int, _ place: Track.Place, _ frame: Int) {
        running[id, default: TrackSummary(id: id, frame: frame, place: place)].add(place, frame)
    }

    /// All tracks that were reported, by id.
    var summaries: [TrackSummary] { (finished + running.values).sorted { $0.id < $1.id } }
}

/// What is kept of a track.
struct TrackSummary {
    let id: Int
    let start: (frame: Int, time: Double)
    private(set) var end: (frame: Int, time: Double)
    /// Pixels along its way.
    private(set) var distance = 0.0
    private var last: Box

    init(id: Int, frame: Int, place: Track.Place) {
        self.id = id
        start = (frame, place.time)
        end = start
        last = place.box
    }

    mutating func add(_ place: Track.Place, _ frame: Int) {
        distance += last.distance(place.box)
        last = place.box
        end = (frame, place.time)
    }
}

/// Joins the regions of a video's frames to tracks.
///
/// Each frame: forecast, assign regions to tracks at the least total cost, take fragments together, let tracks whose
/// regions have merged go on side by side, start tracks for what is left. What a frame's objects are is said `latency`
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
    static let latency = 30
    /// Seconds for which tracks share a region, and for which one hides wholly in another's; longer than that they are
    /// one object.
    static let sharing = 3.0
    static let hiding = 0.7
    /// Seconds that a track which stands still is remembered without a region.
    static let memory = 10.0

    /// The picture's size in pixels.
    typealias Size = (width: Double, height: Double)

    /// Of the frame that was taken last.
    var size: Size = (0, 0)
    /// The sizes from the next frame that is asked for on, each with its first frame.
    var sizes: [(frame: Int, size: Size)] = []
    var live: [Track] = []
    /// Tracks that have ended but have frames still to be asked for.
    var ended: [Track] = []
    var serial = 0
    /// What regions of this frame are fragments of.
    var fragments: [Int: Track.Parent] = [:]
    var confirmed = 0
    var finished: [TrackSummary] = []
    var running: [Int: TrackSummary] = [:]

    init(_ options: Options) { self.options = options }

    var scale: Double { scale(of: size) }

    func scale(of size: Size) -> Double { max(1, max(size.width, size.height) / 640) }

    /// From this frame on the picture is another: nothing goes on.
    mutating func restart(frame: Int, width: Double, height: Double) {
        size = (width, height)
        sizes.append((frame, size))
        ended += live.filter(\.isConfirmed)
        live = []
    }

    mutating func take(_ found: [Box], frame: Int, time: Double) {
        for index in live.indices { live[index].advance(in: size) }
        let regions = joined(found)
        var match = Match(regions.count, live.count)
        assign(regions, &match)
        fragments = [:]
        mergeFragments(regions, &match)
        let groups = groups(regions, match)
        var inGroup: Set<Int> = []
        for (region, members) in groups {
            splitMergedRegion(regions[region], members, time)
            inGroup.formUnion(members)
        }
        for index in live.indices where !inGroup.contains(index) {
            if let box = match.boxes[index] {
                live[index].see(box, frame: frame, time: time, bridging: options.gap)
            } else {
                live[index].miss(time: time)
            }
        }
        confirm()
        retire(frame, time)
        mergeTracks(frame, time)
        for region in regions.indices where !match.isTaken[region] {
            serial += 1
            var track = Track(serial: serial, frame: frame, time: time, box: regions[region])
            track.parent = fragments[region]
            live.append(track)
        }
    }

    mutating func confirm() {
        for index in live.indices
        where !live[index].isConfirmed && live[index].parent == nil && live[index].hits >= options.hits {
            let track = live[index]
            let extent = min(track.box.width, track.box.height)
            live[index].isConfirmed = track.distance(in: size) >= max(2 * options.still * scale, 0.15 * extent)
        }
    }

    mutating func retire(_ frame: Int, _ time: Double) {
        var lost: [Int] = []
        for index in live.indices {
            if live[index].misses == 0 { live[index].isMoving = moves(live[index], frame, in: size) }
            if isLost(live[index], frame, time) { lost.append(index) }
        }
        for index in lost where live[index].isConfirmed { ended.append(live[index]) }
        for index in lost.reversed() { live.remove(at: index) }
    }

    func isLost(_ track: Track, _ frame: Int, _ time: Double) -> Bool {
        let since = time - (track.place(track.lastBacked)?.time ?? time)
        if !track.isConfirmed { return track.misses > 3 || since > options.gap }
        if track.misses > 0, !track.isMoving { return since > Tracker.memory }
        let step = frame > 0 ? time / Double(frame) : 0
        return since > options.gap + 1e-6 || track.misses > Tracker.latency
            || Double(track.merged) * step > Tracker.sharing
            || Double(track.occlusion?.frames ?? 0) * step > Tracker.hiding || track.box.clipped(size).area < 4
    }

    /// Two tracks one above the other that have touched and moved as one for a while are one object: legs and a body.
    mutating func mergeTracks(_ frame: Int, _ time: Double) {
        var gone: Set<Int> = []
        for one in live.indices where live[one].isConfirmed && live[one].misses == 0 {
            for two in live.indices where two > one && live[two].isConfirmed && live[two].misses == 0 {
                guard !gone.contains(live[one].serial), areStacked(live[one].box, live[two].box),
                    moveAlike(live[one], live[two], frame, time)
                else { continue }
                gone.insert(live[live[one].hits >= live[two].hits ? two : one].serial)
            }
        }
        guard !gone.isEmpty else { return }
        live.removeAll { track in
            guard gone.contains(track.serial) else { return false }
            // What has been reported of it stays.
            if track.id != nil, let summary = track.id.flatMap({ running.removeValue(forKey: $0) }) {
                finished.append(summary)
            }
            return true
        }
    }

    func areStacked(_ one: Box, _ two: Box) -> Bool {
        let across = min(one.x2, two.x2) - max(one.x1, two.x1)
        let apart = max(one.y1, two.y1) - min(one.y2, two.y2)
        return across >= 0.6 * min(one.width, two.width) && apart <= 0.1 * max(one.height, two.height)
    }

    /// Whether two tracks have gone the same way for most of a second.
    func moveAlike(_ one: Track, _ two: Track, _ frame: Int, _ time: Double) -> Bool {
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

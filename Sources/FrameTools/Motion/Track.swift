/// An object followed from frame to frame. Its four edges move at a constant speed each, so that objects that enter,
/// leave or come nearer are forecast as well as those that pass.
struct Track {
    /// Where an object was in a frame.
    struct Place {
        var box: Box
        var time: Double
        /// Seen, alone or with others, or between two places where it was; else only forecast.
        var isSure: Bool
    }

    /// An edge's place and its speed in pixels a frame.
    struct Edge {
        var at: Double
        var speed = 0.0

        mutating func correct(to seen: Double, _ gains: (place: Double, speed: Double)) {
            let off = seen - at
            at += gains.place * off
            speed += gains.speed * off
        }
    }

    /// Of which track something is a fragment, and where both were when it began.
    struct Parent {
        let serial: Int
        let here: (x: Double, y: Double)
        let there: (x: Double, y: Double)
    }

    /// A track in whose region another one hides, and where that one lies to it.
    struct Occlusion {
        let serial: Int
        let x: Double
        let y: Double
        var frames = 1
    }

    let serial: Int
    /// From 1 once it has appeared in a result.
    var id: Int?
    /// Its first frame, and where it was since: one place a frame.
    private(set) var first: Int
    private(set) var places: [Place] = []
    private(set) var left: Edge
    private(set) var top: Edge
    private(set) var right: Edge
    private(set) var bottom: Edge
    private(set) var hits = 1
    private(set) var lastSeen: Int
    /// The last frame in which it had a region, alone or with others: what lies behind is only a forecast.
    private(set) var lastBacked: Int
    /// Frames since it was seen by itself, and since it had any region.
    private(set) var misses = 0
    private(set) var merged = 0
    /// Since when another track alone accounts for the region, and where this one lay to it then.
    private(set) var occlusion: Occlusion?
    /// The track whose fragment it may be.
    var parent: Parent?
    var isConfirmed = false
    /// Whether it was in motion when it last had a region.
    var isMoving = false
    private let origin: Box

    init(serial: Int, frame: Int, time: Double, box: Box) {
        self.serial = serial
        first = frame
        lastSeen = frame
        lastBacked = frame
        origin = box
        (left, top, right, bottom) = (Edge(at: box.x1), Edge(at: box.y1), Edge(at: box.x2), Edge(at: box.y2))
        places = [Place(box: box, time: time, isSure: true)]
    }

    var box: Box { Box(x1: left.at, y1: top.at, x2: right.at, y2: bottom.at) }

    /// Its motion as a whole, in pixels a frame. An edge that lies on the picture's border says nothing.
    func speed(in size: (width: Double, height: Double)) -> (x: Double, y: Double) {
        func common(_ low: Edge, _ high: Edge, _ end: Double) -> Double {
            switch (low.at <= 1, high.at >= end - 1) {
            case (true, false): high.speed
            case (false, true): low.speed
            default: (low.speed + high.speed) / 2
            }
        }
        return (common(left, right, size.width), common(top, bottom, size.height))
    }

    /// Moves on by a frame. What is not seen moves as a whole and keeps its size.
    mutating func advance(in size: (width: Double, height: Double)) {
        if misses > 0 || merged > 0 {
            let speed = speed(in: size)
            (left.speed, right.speed) = (speed.x, speed.x)
            (top.speed, bottom.speed) = (speed.y, speed.y)
        }
        left.at += left.speed
        right.at += right.speed
        top.at += top.speed
        bottom.at += bottom.speed
        // Edges that have passed each other would make a box inside out.
        if right.at - left.at < 2 { hold(&left, &right) }
        if bottom.at - top.at < 2 { hold(&top, &bottom) }
    }

    private func hold(_ low: inout Edge, _ high: inout Edge) {
        let middle = (low.at + high.at) / 2
        let speed = (low.speed + high.speed) / 2
        low = Edge(at: middle - 1, speed: speed)
        high = Edge(at: middle + 1, speed: speed)
    }

    /// It was seen by itself.
    mutating func see(_ seen: Box, frame: Int, time: Double, bridging gap: Double) {
        hits += 1
        let n = Double(hits)
        let gains = (
            place: max(0.6, 2 * (2 * n - 1) / (n * (n + 1))), speed: max(misses > 3 ? 0.05 : 0.15, 6 / (n * (n + 1)))
        )
        left.correct(to: seen.x1, gains)
        right.correct(to: seen.x2, gains)
        top.correct(to: seen.y1, gains)
        bottom.correct(to: seen.y2, gains)
        fill(upTo: seen, time, gap)
        places.append(Place(box: seen, time: time, isSure: true))
        lastSeen = frame
        lastBacked = frame
        misses = 0
        merged = 0
        occlusion = nil
    }

    /// It shares a region with others: it goes on, shifted a little. While the region lies on the border at which this
    /// one comes in, more of it comes in, up to half more than it is across.
    mutating func splitMergedRegion(
        _ region: Box, _ shift: (x: Double, y: Double), time: Double, in size: (width: Double, height: Double),
        with other: Occlusion?
    ) {
        let (wide, high) = (box.width < 1.5 * box.height, box.height < 1.5 * box.width)
        if wide, left.speed > 0, left.at - left.speed <= 1, region.x1 <= 1 { left.at = 0 }
        if high, top.speed > 0, top.at - top.speed <= 1, region.y1 <= 1 { top.at = 0 }
        if wide, right.speed < 0, right.at - right.speed >= size.width - 1, region.x2 >= size.width - 1 {
            right.at = size.width
        }
        if high, bottom.speed < 0, bottom.at - bottom.speed >= size.height - 1, region.y2 >= size.height - 1 {
            bottom.at = size.height
        }
        left.correct(to: left.at + shift.x, (0.7, 0.03))
        right.correct(to: right.at + shift.x, (0.7, 0.03))
        top.correct(to: top.at + shift.y, (0.7, 0.03))
        bottom.correct(to: bottom.at + shift.y, (0.7, 0.03))
        places.append(Place(box: box, time: time, isSure: true))
        merged += 1
        // Whoever moves otherwise than the other is not a part of it.
        if let old = occlusion, let new = other, old.serial == new.serial,
            abs(old.x - new.x) + abs(old.y - new.y) <= 0.25 * min(box.width, box.height)
        {
            occlusion?.frames += 1
        } else {
            occlusion = other
        }
        misses = 0
        lastBacked = first + places.count - 1
    }

    /// It has no region.
    mutating func miss(time: Double) {
        places.append(Place(box: box, time: time, isSure: false))
        misses += 1
    }

    /// Lays the frames since it was last seen on a straight line.
    private mutating func fill(upTo seen: Box, _ time: Double, _ gap: Double) {
        let start = lastSeen - first
        let count = places.count - start
        guard start >= 0, count > 1, time - places[start].time <= gap + 1e-6 else { return }
        let from = places[start].box
        // From or to the region of several objects there is no straight way.
        let ratio = from.area / max(1, seen.area)
        guard ratio > 0.6, ratio < 1.6 else { return }
        for step in 1..<count {
            let share = Double(step) / Double(count)
            places[start + step].box = from.moved(towards: seen, share)
            places[start + step].isSure = true
        }
    }

    /// How far it has come from where it began, in pixels.
    func distance(in size: (width: Double, height: Double)) -> Double { origin.displacement(box, in: size) }

    func place(_ frame: Int) -> Place? {
        places.indices.contains(frame - first) ? places[frame - first] : nil
    }

    /// Forgets places that no later frame asks for.
    mutating func trim(before frame: Int) {
        let count = min(frame - first, places.count - 1)
        guard count > 64 else { return }
        places.removeFirst(count)
        first += count
    }
}

extension Box {
    func moved(towards other: Box, _ share: Double) -> Box {
        Box(
            x1: x1 + (other.x1 - x1) * share, y1: y1 + (other.y1 - y1) * share, x2: x2 + (other.x2 - x2) * share,
            y2: y2 + (other.y2 - y2) * share)
    }

    func shifted(_ x: Double, _ y: Double) -> Box { Box(x1: x1 + x, y1: y1 + y, x2: x2 + x, y2: y2 + y) }

    /// Between the middles.
    func distance(_ other: Box) -> Double {
        let (x, y) = (center.x - other.center.x, center.y - other.center.y)
        return (x * x + y * y).squareRoot()
    }

    /// How far an object has moved: opposite edges have gone the same way, or it has grown or shrunk both ways. A box of
    /// which only one edge moves has not moved. Edges on the
    /// picture's border say nothing, and those across from them, which may flicker, half.
    func displacement(_ other: Box, in size: (width: Double, height: Double)) -> Double {
        func along(_ low: (Double, Double), _ high: (Double, Double), _ end: Double) -> (shift: Double, growth: Double?)
        {
            let (a, b) = (low.1 - low.0, high.1 - high.0)
            switch (min(low.0, low.1) <= 1, max(high.0, high.1) >= end - 1) {
            case (true, true): return (0, nil)
            case (true, false): return (abs(b) / 2, nil)
            case (false, true): return (abs(a) / 2, nil)
            default:
                let least = min(abs(a), abs(b))
                return (a * b > 0 ? least : 0, abs(b - a))
            }
        }
        let x = along((x1, other.x1), (x2, other.x2), size.width)
        let y = along((y1, other.y1), (y2, other.y2), size.height)
        let growth = min(x.growth ?? y.growth ?? 0, y.growth ?? x.growth ?? 0)
        return max((x.shift * x.shift + y.shift * y.shift).squareRoot(), growth)
    }

    func shared(_ other: Box) -> Double {
        max(0, min(x2, other.x2) - max(x1, other.x1)) * max(0, min(y2, other.y2) - max(y1, other.y1))
    }

    /// Whether they have a piece of an edge in common, as pieces of one region have.
    func touches(_ other: Box) -> Bool {
        let across = min(x2, other.x2) - max(x1, other.x1)
        let down = min(y2, other.y2) - max(y1, other.y1)
        return across == 0 && down > 0 || down == 0 && across > 0
    }

    func union(_ other: Box) -> Box {
        Box(x1: min(x1, other.x1), y1: min(y1, other.y1), x2: max(x2, other.x2), y2: max(y2, other.y2))
    }

    func clipped(_ size: (width: Double, height: Double)) -> Box {
        Box(x1: max(0, x1), y1: max(0, y1), x2: min(size.width, x2), y2: min(size.height, y2))
    }
}

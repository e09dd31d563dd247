/// Numbers the objects of a detector from frame to frame. A detector tells objects apart in a frame, so boxes are neither
/// joined nor split, and one is enough for an object: each box is one object of one class.
///
/// Each frame that was looked at: forecast where the objects of a class are, assign boxes to them at the least total cost,
/// and give what is left a new number.
struct DetectionTracker {
    private struct Object {
        let number: Int
        let kind: ObjectClasses.Class
        var x: Track.Edge
        var y: Track.Edge
        var box: Box
        var frame: Int
        var time: Double
        var hits = 1
        /// Frames that were looked at since it was seen.
        var misses = 0

        /// Where it is in a later frame: its speed is constant, and its size.
        func forecast(_ frame: Int) -> Box {
            let steps = Double(frame - self.frame)
            let (middleX, middleY) = (x.at + x.speed * steps, y.at + y.speed * steps)
            return Box(
                x1: middleX - box.width / 2, y1: middleY - box.height / 2, x2: middleX + box.width / 2,
                y2: middleY + box.height / 2)
        }

        mutating func see(_ seen: Box, frame: Int, time: Double) {
            let steps = Double(max(1, frame - self.frame))
            hits += 1
            let n = Double(hits)
            let gains = (
                place: max(0.8, 2 * (2 * n - 1) / (n * (n + 1))), speed: max(0.3, 6 / (n * (n + 1))) / steps
            )
            x.at += x.speed * steps
            y.at += y.speed * steps
            x.correct(to: seen.center.x, gains)
            y.correct(to: seen.center.y, gains)
            (box, self.frame, self.time, misses) = (seen, frame, time, 0)
        }
    }

    /// An object that was not seen for longer than this, in seconds, and in more than so many frames that were looked at,
    /// is another one when it comes back. In a video without times it is the second number of frames.
    static let memory = 1.0
    private static let misses = (least: 2, most: 60)
    /// Intersection over union with the forecast from which a box is that object, or else how near their middles have to
    /// be, in mean diagonals (in the next frame, and further on), and how alike their areas.
    private static let overlap = 0.2
    private static let reach = (next: 0.5, later: 1.0)
    private static let likeness = 0.4
    /// From so many pairs on the cheapest pair goes first, which is quick, and not the best as a whole.
    private static let pairs = 10_000
    /// Objects that are remembered.
    private static let most = 2000

    private var objects: [Object] = []
    private var count = 0

    /// The numbers of a frame's objects, from 1 in the order in which they appear in the video.
    mutating func number(_ found: [(kind: ObjectClasses.Class, box: Box)], frame: Int, time: Double) -> [Int] {
        forget(time)
        var numbers = [Int](repeating: 0, count: found.count)
        for index in objects.indices { objects[index].misses += 1 }
        var kinds: [ObjectClasses.Class] = []
        for entry in found where !kinds.contains(entry.kind) { kinds.append(entry.kind) }
        for kind in kinds {
            let boxes = found.indices.filter { found[$0].kind == kind }
            let known = objects.indices.filter { objects[$0].kind == kind }
            let costs = known.map { place in
                let forecast = objects[place].forecast(frame)
                let reach =
                    frame - objects[place].frame > 1 ? DetectionTracker.reach.later : DetectionTracker.reach.next
                return boxes.map { DetectionTracker.cost(forecast, found[$0].box, reach) }
            }
            for (row, column) in DetectionTracker.assign(costs, columns: boxes.count) {
                let (place, box) = (known[row], boxes[column])
                objects[place].see(found[box].box, frame: frame, time: time)
                numbers[box] = objects[place].number
            }
        }
        for index in found.indices where numbers[index] == 0 {
            count += 1
            numbers[index] = count
            let (kind, box) = found[index]
            objects.append(
                Object(
                    number: count, kind: kind, x: Track.Edge(at: box.center.x), y: Track.Edge(at: box.center.y),
                    box: box, frame: frame, time: time))
        }
        return numbers
    }

    /// Nil for a box that is not that object.
    private static func cost(_ forecast: Box, _ box: Box, _ reach: Double) -> Double? {
        let overlap = forecast.overlap(box)
        let diagonals = (diagonal(forecast) + diagonal(box)) / 2
        guard diagonals > 0 else { return nil }
        let distance = forecast.distance(box) / diagonals
        let areas = (least: min(forecast.area, box.area), most: max(forecast.area, box.area))
        guard overlap >= self.overlap || distance <= reach && areas.least >= likeness * areas.most else { return nil }
        return 1 - overlap + distance
    }

    private static func diagonal(_ box: Box) -> Double {
        (box.width * box.width + box.height * box.height).squareRoot()
    }

    /// Pairs of a row and a column that belong together.
    private static func assign(_ costs: [[Double?]], columns: Int) -> [(row: Int, column: Int)] {
        guard costs.count * columns > pairs else {
            let forbidden = 1000.0
            return Assignment.solve(costs.map { $0.map { $0 ?? forbidden } }).enumerated().compactMap { row, column in
                column.flatMap { costs[row][$0] == nil ? nil : (row, $0) }
            }
        }
        var all: [(cost: Double, row: Int, column: Int)] = []
        for (row, line) in costs.enumerated() {
            for (column, cost) in line.enumerated() { if let cost { all.append((cost, row, column)) } }
        }
        all.sort { ($0.cost, $0.row, $0.column) < ($1.cost, $1.row, $1.column) }
        var (rows, taken) = (Set<Int>(), Set<Int>())
        return all.compactMap { pair in
            guard !rows.contains(pair.row), !taken.contains(pair.column) else { return nil }
            rows.insert(pair.row)
            taken.insert(pair.column)
            return (pair.row, pair.column)
        }
    }

    private mutating func forget(_ time: Double) {
        objects.removeAll { object in
            object.misses > DetectionTracker.misses.most
                || object.misses > DetectionTracker.misses.least && time - object.time > DetectionTracker.memory + 5e-7
        }
        if objects.count > DetectionTracker.most {
            objects.removeFirst(objects.count - DetectionTracker.most)
        }
    }
}

internal import Bytes

/// How many objects of each class the frames of a video have, folded into columns.
struct ClassFold {
    /// A class as one tool found it.
    struct Found {
        /// Empty for the objects of the frames' own.
        let tool: String
        let name: String
        /// Objects a frame, in frames that have one; see ``ClassFold/complete(_:)``.
        fileprivate(set) var series: Series
        /// Frames that have one.
        fileprivate(set) var framesWith = 0
        /// Objects of all frames.
        fileprivate(set) var detections = 0
    }

    private(set) var all: [Found] = []

    /// Classes of a video that are told apart; detectors of the usual sets know 80.
    private static let most = 100

    /// Takes the objects of a frame.
    mutating func add(_ objects: [JSON], of tool: String, at column: Int, columns: Int) {
        var counts: [(name: String, count: Int)] = []
        for object in objects {
            guard let name = ShownObject.name(object) else { continue }
            if let place = counts.firstIndex(where: { $0.name == name }) {
                counts[place].count += 1
            } else {
                counts.append((name, 1))
            }
        }
        for (name, count) in counts {
            var place = all.firstIndex { $0.name == name && $0.tool == tool }
            if place == nil, all.count < ClassFold.most {
                place = all.count
                all.append(Found(tool: tool, name: name, series: Series(tool: "class", key: name, columns: columns)))
            }
            guard let place else { continue }
            all[place].series.add(Double(count), at: column)
            all[place].detections += count
            all[place].framesWith += 1
        }
    }

    /// Classes with their series over all frames, those with most detections first.
    ///
    /// - Parameter frames: how many there are in each column.
    func complete(_ frames: [Int32]) -> [Found] {
        all.map { found in
            var found = found
            found.series.fill(frames)
            return found
        }.sorted { ($1.detections, $0.tool, $0.name) < ($0.detections, $1.tool, $1.name) }
    }

    var names: Set<String> { Set(all.map(\.name)) }
}

internal import ToolModel

/// The objects of an external tool that were told apart, by their numbers.
struct TrackBook {
    private struct Entry {
        let number: Int
        let className: String
        let first: (frame: Int, time: Double)
        var last: (frame: Int, time: Double)
        var confidence: Double?
    }

    /// More tracks than these are counted, but have no event.
    static let most = 10_000

    private var entries: [Entry] = []
    private var places: [Int: Int] = [:]

    /// How many there are.
    var count: Int { places.count }

    /// Notes an object of a frame.
    ///
    /// - Returns: whether it is a new one.
    mutating func note(_ object: Detection, frame: Int, time: Double) -> Bool {
        guard let place = places[object.track] else {
            places[object.track] = places.count
            guard entries.count < TrackBook.most else { return true }
            entries.append(
                Entry(
                    number: object.track, className: object.className, first: (frame, time), last: (frame, time),
                    confidence: object.confidence))
            return true
        }
        guard place < entries.count else { return false }
        entries[place].last = (frame, time)
        if let confidence = object.confidence {
            entries[place].confidence = max(confidence, entries[place].confidence ?? 0)
        }
        return false
    }

    func events(tool: String) -> [ToolEvent] {
        entries.map { entry in
            var event = ToolEvent(
                tool: tool, type: PluginTool.trackEvent, startFrame: entry.first.frame, endFrame: entry.last.frame,
                start: entry.first.time, end: entry.last.time)
            event.className = entry.className
            event.values.set("track_id", Double(entry.number))
            if let confidence = entry.confidence { event.values.set("confidence", confidence) }
            return event
        }
    }
}

internal import FrameResults

/// The events of a video's page: those of the picture, and the objects.
struct EventTables {
    struct Event {
        let tool: String
        let type: String
        let start: String
        let end: String
        let length: String
        let frames: String
        let picture: FilmStrip.Mark?
        /// The style's name for its class's colour.
        let colour: String?
    }

    struct Track {
        let number: String
        let start: String
        let end: String
        let frames: String
        /// Way, or confidence.
        let distance: String
        let picture: FilmStrip.Mark?
        let colour: String?
    }

    /// Whether the rows have pictures.
    let hasPictures: Bool

    let hasEvents: Bool
    let eventCount: String
    let events: [Event]
    /// How many there are besides.
    let moreEvents: String?
    let hasTracks: Bool
    let trackCount: String
    let tracks: [Track]
    /// The heading over what is told of tracks besides.
    let trackNumber: String
    let moreTracks: String?

    /// - Parameter rows: how many rows a table may have.
    init(_ found: [EventRecord], film: FilmStrip, _ colours: ClassColours, rows: Int) {
        hasPictures = film.film != nil
        let joined = EventTables.joined(found.filter { $0.track == nil })
        hasEvents = !joined.isEmpty
        eventCount = Text.count(joined.count)
        events = joined.prefix(rows).map { Event($0.event, types: $0.types, film, colours) }
        moreEvents = joined.count > events.count ? Text.count(joined.count - events.count) : nil
        // By class, those of one class as they came, and last what only moved.
        let objects = found.filter { $0.track != nil }.enumerated().sorted { one, two in
            let (first, second) = (one.element.className, two.element.className)
            return (first == nil ? 1 : 0, first ?? "", one.offset) < (second == nil ? 1 : 0, second ?? "", two.offset)
        }.map(\.element)
        let (hasWay, hasClass) = (
            objects.contains { $0.distance != nil }, objects.contains { $0.className != nil }
        )
        trackNumber = hasWay && hasClass ? "Confidence, or way" : hasWay ? "Way" : "Confidence"
        hasTracks = !objects.isEmpty
        trackCount = Text.count(objects.count)
        tracks = objects.prefix(rows).map { Track($0, film, colours) }
        moreTracks = objects.count > tracks.count ? Text.count(objects.count - tracks.count) : nil
    }

    /// Events of one frame that several tools saw, such as a cut, share a row.
    static func joined(_ events: [EventRecord]) -> [(event: EventRecord, types: [String])] {
        var result: [(event: EventRecord, types: [String])] = []
        for event in events {
            if event.isMoment, event.className == nil, let last = result.last,
                last.event.startFrame == event.startFrame,
                last.event.endFrame == event.endFrame, last.event.className == nil
            {
                result[result.count - 1].types.append(event.type)
            } else {
                result.append((event, [event.type]))
            }
        }
        return result
    }
}

extension EventTables.Event {
    fileprivate init(_ event: EventRecord, types: [String], _ film: FilmStrip, _ colours: ClassColours) {
        tool = Text.shown(event.tool, limit: 40)
        let words = types.map { Phrases.name($0) }.joined(separator: ", ")
        let most = event.count.map { $0 > 1 ? ", at most \(Text.count($0))" : "" } ?? ""
        type = event.className.map { "\(Text.shown($0, limit: 40)): \(words)\(most)" } ?? words
        colour = event.className.map { colours.style($0) }
        start = Text.clock(event.start, digits: 2)
        end = event.isMoment ? "" : Text.clock(event.end, digits: 2)
        length =
            (event.isMoment ? "" : Text.span(event.end - event.start)) + (event.isOpenAtEnd ? " (to the end)" : "")
        frames = event.isMoment ? Text.count(event.startFrame) : Text.frames(event)
        picture = film.mark(event)
    }
}

extension EventTables.Track {
    fileprivate init(_ event: EventRecord, _ film: FilmStrip, _ colours: ClassColours) {
        number = (event.className.map { Text.shown($0, limit: 40) + " " } ?? "") + Text.count(event.track)
        colour = event.className.map { colours.style($0) }
        start = Text.clock(event.start, digits: 2)
        end = Text.clock(event.end, digits: 2)
        frames = Text.frames(event)
        distance =
            event.distance.map { Text.decimal($0, 0) + " px" }
            ?? event.confidence.map { Text.decimal($0, 2, fixed: true) } ?? ""
        picture = film.mark(event)
    }
}

extension Text {
    /// `120–240`, the first and the last frame of an event.
    fileprivate static func frames(_ event: EventRecord) -> String {
        "\(count(event.startFrame))–\(count(event.endFrame))"
    }
}

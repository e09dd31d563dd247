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
    }

    struct Track {
        let number: String
        let start: String
        let end: String
        let frames: String
        let distance: String
        let picture: FilmStrip.Mark?
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
    let moreTracks: String?

    /// - Parameter rows: how many rows a table may have.
    init(_ found: [EventRecord], film: FilmStrip, rows: Int) {
        hasPictures = film.film != nil
        let joined = EventTables.joined(found.filter { $0.track == nil })
        hasEvents = !joined.isEmpty
        eventCount = Text.count(joined.count)
        events = joined.prefix(rows).map { Event($0.event, types: $0.types, film) }
        moreEvents = joined.count > events.count ? Text.count(joined.count - events.count) : nil
        let objects = found.filter { $0.track != nil }
        hasTracks = !objects.isEmpty
        trackCount = Text.count(objects.count)
        tracks = objects.prefix(rows).map { Track($0, film) }
        moreTracks = objects.count > tracks.count ? Text.count(objects.count - tracks.count) : nil
    }

    /// Events of one frame that several tools saw, such as a cut, share a row.
    static func joined(_ events: [EventRecord]) -> [(event: EventRecord, types: [String])] {
        var result: [(event: EventRecord, types: [String])] = []
        for event in events {
            if event.isMoment, let last = result.last, last.event.startFrame == event.startFrame,
                last.event.endFrame == event.endFrame
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
    fileprivate init(_ event: EventRecord, types: [String], _ film: FilmStrip) {
        tool = Text.shown(event.tool, limit: 40)
        type = types.map { Phrases.name($0) }.joined(separator: ", ")
        start = Text.clock(event.start, digits: 2)
        end = event.isMoment ? "" : Text.clock(event.end, digits: 2)
        length =
            (event.isMoment ? "" : Text.span(event.end - event.start)) + (event.isOpenAtEnd ? " (to the end)" : "")
        frames = event.isMoment ? Text.count(event.startFrame) : Text.frames(event)
        picture = film.mark(event)
    }
}

extension EventTables.Track {
    fileprivate init(_ event: EventRecord, _ film: FilmStrip) {
        number = Text.count(event.track)
        start = Text.clock(event.start, digits: 2)
        end = Text.clock(event.end, digits: 2)
        frames = Text.frames(event)
        distance = event.distance.map { Text.decimal($0, 0) + " px" } ?? ""
        picture = film.mark(event)
    }
}

extension Text {
    /// `120–240`, the first and the last frame of an event.
    fileprivate static func frames(_ event: EventRecord) -> String {
        "\(count(event.startFrame))–\(count(event.endFrame))"
    }
}

internal import FrameResults
internal import Jobs

/// What is known of a video, in lines; what is not known has none.
struct VideoFactList {
    private(set) var facts: [Fact] = []

    init(_ video: ReportVideo, _ result: ResultFacts?, _ pictures: ShownPictures) {
        add("Frames", video.frameCount)
        add("Duration", Text.clock(video.duration))
        add("Frame rate", video.rate.map { Text.decimal($0, 3) + " fps" })
        add("Picture", result == nil ? video.dimensions : Phrases.picture(pictures))
        add("Codec", video.codec.map { Text.shown($0, limit: 60) })
        add("Pixel format", result?.video.pixelFormat.map { Text.shown($0, limit: 60) })
        // Players turn pictures by quarters; another angle is only told.
        if let rotation = result?.video.rotation, rotation % 90 != 0 { add("Rotation", "\(rotation)°") }
        // Where a player that shows the whole file is when the first picture comes.
        if let start = result?.video.startTime, abs(start) >= 1 { add("Starts at", Text.clock(start, digits: 2)) }
        if result?.decode.isVariable == true { add("Timing", "variable frame rate") }
        add("Size", Text.bytes(video.size))
        add("Processed in", video.seconds.map { Text.span($0) })
        add("Speed", video.speed.map { Text.speed($0) + " real time" })
        if let tries = video.failure.tries, tries > 1 { add("Tries", Text.count(tries)) }
        add("Job", video.job.text)
    }

    private mutating func add(_ name: String, _ value: String?) {
        if let value, value != Text.nothing, !value.isEmpty { facts.append(Fact(name, value)) }
    }
}

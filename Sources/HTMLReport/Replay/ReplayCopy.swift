internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// The replay of a run as files beside its report: the viewer, and the events in scripts, which a page may load even
/// when it was opened from a disk.
///
/// The log is read piece by piece, so memory does not grow with it.
struct ReplayCopy {
    let layout: OutputLayout
    let templates: Templates
    let run: RunSummary

    /// Bytes of the log that are read at once.
    private static let piece = 1 << 20
    private static let prefix = "replay"

    /// Writes the copy. A run without a log has none, and the one there was is removed.
    ///
    /// - Throws: `SystemError` when the log cannot be read or a file not be written.
    func write(_ videos: RowFile) throws {
        let data = layout.reportData
        let page = layout.report.appending(ViewerFiles.page)
        guard RunLog.file(layout.log(run: run.id)) != nil else {
            Files.remove(page)
            try removeScripts(data, except: [])
            return
        }
        var summary = Summary()
        var names: Set<RawPath> = [RawPath("replay.js"), RawPath("replay-videos.js")]
        try eachChunk(&summary) { number, chunk in
            let name = RawPath("replay-\(number).js")
            names.insert(name)
            try AtomicFile.write(chunk.script, to: data.appending(name), durable: false)
        }
        let index = Script.call("Replay.index", JSONWriter.encode(summary.json(run, chunks: names.count - 2)))
        try AtomicFile.write(index, to: data.appending("replay.js"), durable: false)
        try writeDetails(videos, to: data.appending("replay-videos.js"))
        try removeScripts(data, except: names)
        for (name, bytes) in templates.viewer {
            try AtomicFile.write(bytes, to: layout.reportAssets.appending(name), durable: false)
        }
        try AtomicFile.write(templates.viewerPage, to: page, durable: false)
    }

    /// What an earlier, longer run left.
    private func removeScripts(_ folder: RawPath, except names: Set<RawPath>) throws {
        for name in (try? Files.list(folder)) ?? [] where !names.contains(name) {
            if name.display.hasPrefix(ReplayCopy.prefix), name.lowercasedExtension == "js" {
                Files.remove(folder.appending(name))
            }
        }
    }

    /// Whole lines only: what follows the last one was not finished.
    private func eachChunk(_ summary: inout Summary, _ body: (Int, EventChunk) throws -> Void) throws {
        let content = try RunLog.content(layout.log(run: run.id))
        var chunk = EventChunk(after: 0)
        var number = 0
        var rest: [UInt8] = []
        while true {
            let piece = try content.read(ReplayCopy.piece)
            if piece.isEmpty { break }
            var start = 0
            while let end = piece[start...].firstIndex(of: 0x0a) {
                let line = rest + piece[start..<end]
                rest.removeAll()
                start = end + 1
                let event = try? LogLine.parse(line)
                summary.add(line, event)
                chunk.add(ReplayCopy.cut(line), event)
                guard chunk.isFull else { continue }
                try body(number, chunk)
                number += 1
                chunk = EventChunk(after: chunk.seq)
            }
            rest = ReplayCopy.cut(rest + piece[start...])
        }
        if !chunk.isEmpty { try body(number, chunk) }
    }

    /// No line of a log is longer; what is, is garbage, of which the beginning is enough.
    private static func cut(_ line: [UInt8]) -> [UInt8] {
        line.count > LogEvent.lineLimit ? Array(line.prefix(LogEvent.lineLimit + 1)) : line
    }

    /// What became of each video: its verdict, its frames, whether it has a page, its result, and the classes of its
    /// objects where it has any.
    ///
    /// - Complexity: n log n; 24 bytes of each video are in memory.
    private func writeDetails(_ videos: RowFile, to path: RawPath) throws {
        var jobs: [(job: JobID, index: Int32)] = []
        jobs.reserveCapacity(videos.count)
        try videos.forEach { jobs.append(($0.job, Int32(jobs.count))) }
        jobs.sort { $0.job.halves < $1.job.halves }
        var script = try ScriptFile(path, calls: "Replay.videos")
        var writer = JSONWriter()
        writer.beginObject()
        for (_, index) in jobs {
            let video = try videos.row(at: Int(index))
            writer.key(video.job.text)
            writer.value(
                .array(
                    [
                        .string(video.status.rawValue), video.frames.map { .int($0) } ?? .null, .bool(video.hasPage),
                        video.result.map { .string(Escape.urlPath($0.bytes)) } ?? .null,
                    ]
                        + (video.classes.isEmpty
                            ? [] : [.array(video.classes.map { .string(Text.shown($0, limit: 40)) })])
                ))
            if writer.count >= ReplayCopy.piece { try script.take(&writer) }
        }
        writer.endObject()
        try script.take(&writer)
        try script.publish()
    }

    /// The log as it was read: the run, and how long the log is.
    private struct Summary {
        private var state = RunState()
        private var lines = 0
        private var size: Int64 = 0

        mutating func add(_ line: [UInt8], _ event: LogLine?) {
            lines += 1
            size += Int64(line.count) + 1
            if let event { state.apply(event.event, at: event.moment) }
        }

        func json(_ run: RunSummary, chunks: Int) -> JSON {
            let members = RunLogSummary(state, id: run.id, events: lines, size: size).members(
                completed: .int(run.tally.completed), failed: .int(run.tally.failed),
                skipped: .int(run.tally.allSkipped))
            return ["chunks": .int(chunks), "run": .object(members)]
        }
    }
}

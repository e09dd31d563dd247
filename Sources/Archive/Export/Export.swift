package import Bytes
internal import FrameResults
package import Jobs
internal import Store
internal import ToolModel

/// Carries results out of an output folder in one of the formats, video by video.
package struct Export {
    /// Where an export goes.
    package enum Target {
        /// Bytes are handed out as they come.
        case stream(([UInt8]) throws -> Void)
        /// One file, whole or not at all.
        case file(RawPath)
        /// A file for each video, named like the result.
        case folder(RawPath)
    }

    private struct Source {
        var job: String
        var path: RawPath
        /// Below the output folder.
        var result: RawPath
        var isGone: Bool
    }

    private let layout: OutputLayout
    private let tools: KnownTools
    private let sources: [Source]

    /// How many videos will be exported.
    package var count: Int { sources.count }

    /// Finds the results.
    ///
    /// - Parameters:
    ///   - video: a job id, or a video's relative path; nil takes all, in the order of their paths.
    ///   - gone: whether videos that are not at their places any more are among them; one that is named always is.
    /// - Throws: ``ArchiveError`` when there is no such video, or no result at all.
    package init(_ layout: OutputLayout, video: RawPath? = nil, gone: Bool = true) throws {
        self.layout = layout
        tools = KnownTools(layout)
        var found: [JobID: Source] = [:]
        for entry in try CatalogRebuild.entries(layout) {
            let isGone = entry.absence?.isOpen == true
            if isGone, !gone, video == nil { continue }
            found[entry.job] = Source(job: entry.job.text, path: entry.path, result: entry.result, isGone: isGone)
        }
        guard !found.isEmpty else { throw ArchiveError("\(layout.root.display): there is no result") }
        guard let video else {
            sources = found.values.sorted { $0.path < $1.path }
            return
        }
        let job = video.text.flatMap { JobID(text: $0) } ?? JobID(video: video)
        guard let source = found[job] else {
            throw ArchiveError("\(layout.root.display): there is no result of \(video.display)")
        }
        sources = [source]
    }

    /// Writes them.
    ///
    /// - Throws: ``ArchiveError`` that names a result that cannot be read, or whatever the target throws.
    /// - Complexity: linear in the results; one frame and the list of videos are in memory.
    package func write(
        _ format: any ExportFormat.Type, table: ExportTable, isSpreadsheetSafe: Bool = false, version: String,
        scratch: RawPath, to target: Target
    ) throws {
        let context = ExportContext(
            table: table, measures: format.hasTables && table == .frames ? try measures() : [],
            isSpreadsheetSafe: isSpreadsheetSafe, scratch: scratch, version: version)
        switch target {
        case .stream(let output): try write(try format.init(context), sources, output)
        case .file(let path):
            var file = try AtomicFile(path)
            try write(try format.init(context), sources) { try file.write($0) }
            try file.publish()
        case .folder(let folder):
            for source in sources {
                func write(_ name: RawPath) throws {
                    var file = try AtomicFile(folder.appending(name))
                    try self.write(try format.init(context), [source]) { try file.write($0) }
                    try file.publish()
                }
                do {
                    try write(Export.name(source.result, format.fileExtension))
                } catch let error as SystemError where ["mkdir", "rename"].contains(error.call) && error.refusesName {
                    // Another file system than that of the results may not take its name.
                    try write(Export.safeName(source, format.fileExtension))
                }
            }
        }
    }

    private func write(
        _ format: consuming any ExportFormat, _ sources: [Source], _ output: ([UInt8]) throws -> Void
    ) throws {
        var format = format
        // Small pieces are collected: a call for each line would cost more than the line.
        var buffer: [UInt8] = []
        func collect(_ bytes: [UInt8]) throws {
            buffer += bytes
            guard buffer.count >= 1 << 16 else { return }
            try output(buffer)
            buffer.removeAll(keepingCapacity: true)
        }
        try format.begin(collect)
        for source in sources {
            let result = try read(source)
            do {
                try format.add(
                    ExportVideo(
                        job: source.job, path: source.path, isGone: source.isGone, result: result,
                        objectCount: KnownTools.objectCount(result.head["summary"], among: tools.descriptors)), collect)
            } catch let error as JSONError {
                throw ArchiveError("\(source.path.display): its result cannot be read: \(error)")
            }
        }
        try format.finish(collect)
        try output(buffer)
    }

    private func read(_ source: Source) throws -> StoredResult {
        do {
            return try StoredResult(layout.root.appending(source.result))
        } catch {
            throw ArchiveError("\(source.path.display): its result cannot be read: \(error)")
        }
    }

    /// `cam1/a.mp4.json` below `results/` becomes `cam1/a.mp4.txt`.
    private static func name(_ result: RawPath, _ fileExtension: String) -> RawPath {
        let below = OutputLayout.bareName(result).components.dropFirst().joined(separator: [UInt8(ascii: "/")])
        return RawPath(bytes: Array(below)).suffixed("." + fileExtension)
    }

    /// For a file system that refuses that: `a_mp4~<job id>.txt`, without its folders.
    private static func safeName(_ source: Source, _ fileExtension: String) -> RawPath {
        guard let job = JobID(text: source.job) else { preconditionFailure("a source names a job") }
        let name = OutputLayout.safeName(source.result, job: job)
        return OutputLayout.bareName(name).suffixed("." + fileExtension)
    }

    /// The mean of a value ends so in a summary.
    private static let mean = "_avg"

    /// The keys of all tools that made any of the results, in the order in which the tools declare them.
    private func measures() throws -> [(tool: String, keys: [String])] {
        var ids: [String] = []
        // Of tools that are not known here, a summary tells which values there are: each with its mean.
        var told: [String: [String]] = [:]
        for source in sources {
            let head = try read(source).head
            for tool in head["tools"]?.array ?? [] {
                guard let id = tool["id"]?.string else { continue }
                if !ids.contains(id) { ids.append(id) }
                for member in head["summary"]?[id]?.members ?? [] where member.key.hasSuffix(Export.mean) {
                    let key = String(member.key.dropLast(Export.mean.count))
                    if told[id]?.contains(key) != true { told[id, default: []].append(key) }
                }
            }
        }
        let order = tools.descriptors.map(\.id)
        return ids.sorted { (order.firstIndex(of: $0) ?? .max, $0) < (order.firstIndex(of: $1) ?? .max, $1) }
            .compactMap { id in
                if let known = tools.descriptor(id) { return (id, known.outputs.frame.map(\.key)) }
                return told[id].map { (id, $0) }
            }
    }
}

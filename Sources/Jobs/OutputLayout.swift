package import Bytes

/// Where everything in an output folder lies. The one place that knows these paths.
package struct OutputLayout: Sendable {
    package let root: RawPath
    /// A log that lies in no output folder, and what its run is called.
    private var lone: (run: String, log: RawPath)?

    /// Slashes at the end of the root mean nothing.
    package init(root: RawPath) {
        var bytes = root.bytes
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        self.root = RawPath(bytes: bytes)
    }

    /// The layout of a log that lies in no output folder: there is that run, and nothing else. What belongs to a run is looked
    /// for beside its log.
    package init(lone log: RawPath, run id: String) {
        // Nothing can lie below a file, so whatever else is asked for is missing.
        root = log
        lone = (id, log)
    }

    /// Whether this is a log without an output folder.
    package var isLone: Bool { lone != nil }

    /// The run of a log without an output folder.
    package var loneRun: String? { lone?.run }

    /// A path below the root as records keep it, relative to the root.
    package func relative(_ path: RawPath) -> RawPath {
        RawPath(bytes: Array(path.bytes.dropFirst(root.bytes.count).drop { $0 == UInt8(ascii: "/") }))
    }

    package var results: RawPath { root.appending("results") }
    package var stills: RawPath { root.appending("stills") }
    package var report: RawPath { root.appending("report") }
    package var runs: RawPath { root.appending("runs") }
    package var catalog: RawPath { root.appending("catalog.ndjson") }
    package var failures: RawPath { root.appending("failures.ndjson") }
    package var history: RawPath { root.appending("history.jsonl") }
    /// A symbolic link to the latest run.
    package var latest: RawPath { root.appending("latest") }
    /// The same as a line of text, on file systems without such links.
    package var latestText: RawPath { root.appending("latest.txt") }
    package var lock: RawPath { root.appending("lock") }
    package var roots: RawPath { root.appending("roots.json") }
    /// Copies of the manifests of plugins.
    package var plugins: RawPath { root.appending("plugins") }

    package func run(_ id: String) -> RawPath { lone?.run == id ? root.parent : runs.appending(id) }
    package func log(run id: String) -> RawPath { lone?.run == id ? root : run(id).appending(OutputLayout.logName) }

    /// What a log is called in the folder of its run.
    package static let logName = "progress.ndjson"
    package func state(run id: String) -> RawPath { run(id).appending("state.json") }
    package func summary(run id: String) -> RawPath { run(id).appending("run.json") }

    package var reportIndex: RawPath { report.appending("index.html") }
    /// Pages of single videos, the data that pages load, and what all pages share.
    package var reportPages: RawPath { report.appending("v") }
    package var reportData: RawPath { report.appending("data") }
    package var reportAssets: RawPath { report.appending("assets") }

    /// The page of one job below `report/`: `v/<ab>/<job id>.html`.
    package static func page(_ job: JobID) -> String { "v/" + pageName(job) }

    /// The same below ``reportPages``, where one page links to another.
    package static func pageName(_ job: JobID) -> String { "\(job.text.prefix(2))/\(job.text).html" }

    /// A still of one job: `stills/<ab>/<job id><kind>`, relative to the root.
    package static func still(_ job: JobID, _ kind: Still) -> String {
        "stills/\(job.text.prefix(2))/\(job.text)\(kind.rawValue)"
    }

    package enum Still: String, CaseIterable, Sendable {
        case thumbnail = ".jpg"
        case strip = "-strip.jpg"
        case lumaTimeline = "-luma.png"
        /// Pictures at even distances side by side, each for its part of the video.
        case film = "-film.jpg"
    }

    /// What the names of results end with.
    private static let suffix = (plain: ".json", compressed: ".json" + Gzip.suffix)

    /// The result's path relative to the root, `results/<relative path of the video>.json`, and `.json.gz` where it is
    /// compressed.
    ///
    /// A component that would pass 200 bytes with its suffix, or a name in `taken` (the results of other videos,
    /// compared without case, so that an output folder may be copied to any file system), is stored as its first 120
    /// bytes, cut at a character, `~` and the job id. So is a folder whose name is that of one of the results `files`.
    package static func result(
        for video: RawPath, job: JobID, taken: Set<RawPath> = [], files: Set<RawPath> = [], isCompressed: Bool = false
    ) -> RawPath {
        result(
            for: video, job: job, isCompressed: isCompressed, isTaken: { taken.contains($0) }, hasFiles: !files.isEmpty,
            isFile: { files.contains($0) })
    }

    /// The same by sets that nobody has.
    ///
    /// - Parameters:
    ///   - isTaken: whether a name, without case, is that of another result.
    ///   - hasFiles: whether there are any results that `isFile` tells of.
    ///   - isFile: whether a name is that of a result, which no folder can have.
    package static func result(
        for video: RawPath, job: JobID, isCompressed: Bool, isTaken: (RawPath) throws -> Bool, hasFiles: Bool,
        isFile: (RawPath) throws -> Bool
    ) rethrows -> RawPath {
        let suffix = isCompressed ? suffix.compressed : suffix.plain
        if !hasFiles, areShort(video, suffix: suffix) {
            let plain = RawPath(bytes: Array("results/".utf8) + video.bytes + Array(suffix.utf8))
            if try !isTaken(folded(plain)) { return plain }
        }
        var parts = video.components.map { Array($0) }
        guard let last = parts.popLast() else { preconditionFailure("a video has a name") }
        var folder = RawPath("results")
        let folders = try parts.map { part in
            let isResult = try hasFiles && isFile(folded(folder.appending(RawPath(bytes: part))))
            let name = shorten(part, suffix: "", job: job, always: isResult)
            folder = folder.appending(RawPath(bytes: name))
            return name
        }
        func path(always: Bool) -> RawPath {
            let name = shorten(last, suffix: suffix, job: job, always: always)
            let all = [Array("results".utf8)] + folders + [name]
            return RawPath(bytes: Array(all.joined(separator: [UInt8(ascii: "/")])))
        }
        let plain = path(always: false)
        return try isTaken(folded(plain)) ? path(always: true) : plain
    }

    /// A result's name for a file system that refuses its own: 40 bytes of ASCII at most, `~`, the job id, `.json` or
    /// `.json.gz`.
    package static func safeName(_ result: RawPath, job: JobID) -> RawPath {
        let suffix = isCompressed(result) ? suffix.compressed : suffix.plain
        return RawPath(bytes: plain(bareName(result.lastComponent).bytes[...]) + Array("~\(job.text)\(suffix)".utf8))
    }

    /// Whether a result of this name is compressed.
    package static func isCompressed(_ result: RawPath) -> Bool {
        result.bytes.suffix(suffix.compressed.utf8.count).elementsEqual(suffix.compressed.utf8)
    }

    /// Whether a file in `results/` is a result, by its name.
    package static func isResult(_ name: RawPath) -> Bool { name.lowercasedExtension == "json" || isCompressed(name) }

    /// A result's path without what tells its form.
    package static func bareName(_ result: RawPath) -> RawPath {
        for suffix in [suffix.compressed, suffix.plain]
        where result.bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
            return RawPath(bytes: Array(result.bytes.dropLast(suffix.utf8.count)))
        }
        return result
    }

    /// A result's path in one of its two forms.
    package static func result(_ result: RawPath, isCompressed: Bool) -> RawPath {
        bareName(result).suffixed(isCompressed ? suffix.compressed : suffix.plain)
    }

    /// A result's path in the form that it is not in.
    package static func otherForm(_ path: RawPath) -> RawPath { result(path, isCompressed: !isCompressed(path)) }

    /// Bytes of the longest name that is given.
    package static let longestName = 200

    /// A folder's name for a file system that refuses its own. All results of that folder go into one: the name ends with
    /// 16 digits of the SHA-256 of the path that was wanted.
    ///
    /// - Parameter folder: below the output folder.
    package static func safeName(folder: RawPath) -> RawPath {
        let digits = String(Digest.sha256(folder.bytes).prefix(16))
        return RawPath(bytes: plain(folder.lastComponent.bytes[...]) + Array("~\(digits)".utf8))
    }

    /// The first bytes of a name with `_` for all that is no letter or digit of ASCII, `-` or `_`.
    private static func plain(_ name: ArraySlice<UInt8>) -> [UInt8] {
        name.prefix(40).map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"): byte
            default: UInt8(ascii: "_")
            }
        }
    }

    /// ASCII letters in lower case, for finding names that some file systems take for the same.
    package static func folded(_ path: RawPath) -> RawPath {
        RawPath(bytes: path.bytes.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 })
    }

    /// Whether all components of a path stay as they are; also false for a path that is written in an unusual way.
    private static func areShort(_ path: RawPath, suffix: String) -> Bool {
        let most = longestName - suffix.utf8.count
        var length = 0
        for byte in path.bytes {
            if byte == UInt8(ascii: "/") {
                guard length > 0 else { return false }
                length = 0
            } else {
                length += 1
                guard length <= most else { return false }
            }
        }
        return length > 0
    }

    private static func shorten(_ name: [UInt8], suffix: String, job: JobID, always: Bool) -> [UInt8] {
        guard always || name.count + suffix.utf8.count > longestName else { return name + Array(suffix.utf8) }
        var head = Array(name.prefix(120))
        if name.count > 120, name[120] & 0xc0 == 0x80 {
            while let byte = head.last, byte & 0xc0 == 0x80 { head.removeLast() }
            if let byte = head.last, byte >= 0xc0 { head.removeLast() }
        }
        return head + Array("~\(job.text)\(suffix)".utf8)
    }
}

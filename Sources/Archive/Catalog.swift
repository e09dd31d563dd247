internal import Bytes
internal import FrameResults
package import Jobs

/// What is in an output folder: history, checks, repairs.
package enum Archive {
    /// Makes `catalog.ndjson` anew from the heads of all results where it is missing and there are results. Without the
    /// times of the videos' files, they are known again by their content.
    ///
    /// - Returns: how many results it now lists; 0 when there was nothing to do.
    package static func rebuildCatalogIfMissing(_ layout: OutputLayout) throws -> Int {
        guard !Files.exists(layout.catalog), Files.exists(layout.results) else { return 0 }
        var text: [UInt8] = []
        var count = 0
        try walk(layout.results) { path in
            guard let entry = try? entry(layout, path) else { return }
            text += JSONWriter.encode(entry.json) + [0x0a]
            count += 1
        }
        if count > 0 { try AtomicFile.write(text, to: layout.catalog) }
        return count
    }

    /// Calls `body` with every result below a folder, in order.
    static func walk(_ folder: RawPath, _ body: (RawPath) throws -> Void) throws {
        for name in try Files.list(folder) where !name.bytes.starts(with: Files.temporaryPrefix.utf8) {
            let path = folder.appending(name)
            switch try? Files.status(path, follow: false).kind {
            case .directory: try walk(path, body)
            case .file where name.lowercasedExtension == "json": try body(path)
            default: break
            }
        }
    }

    static func entry(_ layout: OutputLayout, _ path: RawPath) throws -> CatalogEntry? {
        let head = try HeadReader.read(path)
        guard let job = head["job_id"]?.string.flatMap({ JobID(text: $0) }), let source = head["source"],
            let video = RawPath(source), let size = source["size"]?.int, let frames = head["total_frames"]?.int,
            let verdict = head["decode"]?["verdict"]?.string, let tools = head["tools"]?.array
        else { return nil }
        let facts = JSON.members([
            "codec": head["video"]?["codec"], "width": head["video"]?["width"], "height": head["video"]?["height"],
            "duration": head["video"]?["duration"], "events": .int(head["events"]?.array?.count ?? 0),
        ])
        let relative = RawPath(bytes: Array(path.bytes.dropFirst(layout.root.bytes.count + 1)))
        return CatalogEntry(
            job: job, path: video, result: relative, size: Int64(size), modified: nil, inode: nil,
            fingerprint: source["fingerprint"]?.string,
            digest: SettingsDigest.of(tools: tools, threads: head["video"]?["decoder_threads"]?.int ?? 1,
                rules: head["decode"]?["rules"]?.int ?? 1),
            verdict: verdict, frames: frames, sha256: Digest.sha256(try Files.read(path)), runID: "", facts: facts)
    }
}

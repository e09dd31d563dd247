package import Bytes
package import Jobs

/// Whether the result that a line of the catalog tells of is there as it was published.
package enum ResultState: Equatable, Sendable {
    case whole
    case gone
    /// Empty, or of another length than it was.
    case cut

    /// What every result that this program wrote ends with.
    private static let end = Array("\n]}\n".utf8)

    /// Looks at the file's size, and at its last bytes where the catalog does not tell the size. The content is not read.
    package static func of(_ entry: CatalogEntry, _ layout: OutputLayout) -> ResultState {
        of(entry.result, size: entry.resultSize, layout)
    }

    /// The same by what of the line it takes.
    ///
    /// - Parameters:
    ///   - result: below the output folder.
    ///   - known: its bytes, where the catalog tells them.
    package static func of(_ result: RawPath, size known: Int64?, _ layout: OutputLayout) -> ResultState {
        let path = layout.root.appending(result)
        guard let status = try? Files.status(path), status.kind == .file else { return .gone }
        if let known { return status.size == known ? .whole : .cut }
        let start = status.size - Int64(end.count)
        guard start >= 0 else { return .cut }
        // One that cannot be read is not known to be cut.
        guard let descriptor = try? Files.openInput(path) else { return .whole }
        defer { Files.close(descriptor) }
        let tail = try? Files.read(descriptor, at: start, count: end.count, path: path)
        return tail.map { $0 == end } ?? true ? .whole : .cut
    }

    /// The job whose result a file is, from its first bytes; nil where there is none, or no head that says so.
    package static func owner(_ path: RawPath) -> JobID? {
        guard let content = try? ContentReader(path), let bytes = try? content.read(256) else { return nil }
        let head = String(decoding: bytes, as: UTF8.self)
        return head.firstRange(of: "\"job_id\":\"").flatMap { JobID(text: String(head[$0.upperBound...].prefix(36))) }
    }
}

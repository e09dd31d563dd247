internal import Bytes
internal import Jobs

/// The files that a report wrote, so that what an earlier one left is known. Of a video's page some 40 bytes are kept.
struct WrittenFiles {
    private var paths: Set<RawPath> = []
    /// In how many parts the boxes of a video with a page lie; -1 where there are no data of its frames.
    private var pages: [JobID: Int32] = [:]

    /// Files other than the pages of videos.
    mutating func add(_ path: RawPath) { paths.insert(path) }

    /// - Parameter boxParts: nil where there are no data of its frames. No file of a part that has no boxes is there.
    mutating func addPage(of job: JobID, boxParts: Int?) { pages[job] = boxParts.map { Int32($0) } ?? -1 }

    func contains(_ path: RawPath) -> Bool { paths.contains(path) }

    /// - Parameter name: of a file in a folder of pages.
    func containsPage(_ name: RawPath) -> Bool {
        let parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let first = parts.first, let job = JobID(text: String(decoding: first, as: UTF8.self)),
            let boxParts = pages[job]
        else { return false }
        switch parts.dropFirst().map({ String(decoding: $0, as: UTF8.self) }) {
        case ["html"]: return true
        case ["js"]: return boxParts >= 0
        case let words where words.count == 2 && words[0].hasPrefix("b") && words[1] == "js":
            return Int32(words[0].dropFirst()).map { (0..<max(0, boxParts)).contains($0) } ?? false
        default: return false
        }
    }
}

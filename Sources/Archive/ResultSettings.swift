package import Bytes
internal import FrameResults

/// What a result was made with, besides its video.
package struct ResultSettings: Sendable {
    /// Objects of id, version and settings.
    package let tools: [JSON]
    /// Of the decoder; 1 but for some results of version 0.1.
    package let threads: Int
    /// The version of the rules of decoding.
    package let rules: Int

    /// Reads the head of a result; nil when it is none.
    package init?(_ path: RawPath) {
        guard let head = try? StoredHead(HeadReader.read(path)) else { return nil }
        (tools, threads, rules) = (head.tools, head.threads, head.rules)
    }
}

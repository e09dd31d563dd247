/// How much address space a worker may take.
package struct WorkerMemory: Equatable, Sendable {
    /// Bytes to begin with; 0 for no limit.
    package var limit: Int64
    /// Bytes that the limit may be raised to for a video of large pictures; as much as ``limit`` where it may not.
    package var most: Int64

    package init(limit: Int64, most: Int64? = nil) {
        self.limit = limit
        self.most = max(limit, most ?? limit)
    }

    /// 1 GiB: enough for pictures up to 4K, with their references.
    package static let standard = WorkerMemory(limit: 1 << 30)

    /// The limit for a video that needs so many bytes.
    package func limit(need: Int64) -> Int64 { limit == 0 ? 0 : min(most, max(limit, need)) }
}

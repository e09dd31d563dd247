package import Bytes
package import Jobs

/// `plan.ndjson` of a run in shards: the head, the jobs in the order of their shards, a line each, and on the last line
/// what the run's record will say beside them.
///
/// It is written once and never changed, so it may be read by many at a time, and copied.
package final class PlanFile {
    package let head: PlanHead
    package let path: RawPath
    let descriptor: FileDescriptor
    /// Where the lines of jobs begin.
    let start: Int64

    /// Why a file is no plan that can be gone by.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private static let pieceSize = 1 << 16
    /// Bytes of the longest head: 10,000 shards take 400 KB of it.
    private static let longestHead = 64 << 20
    /// The most shards that a plan has.
    package static let mostShards = 10_000

    /// Opens a plan and reads its head, and nothing else.
    ///
    /// - Throws: `SystemError`, ``Fault``.
    package init(_ path: RawPath) throws {
        let descriptor = try Files.openInput(path)
        do {
            let (head, start) = try PlanFile.readHead(descriptor, path)
            let size = try Files.status(descriptor: descriptor, path: path).size
            guard size > start + head.end else {
                throw Fault(description: "\(path.display): the plan is cut: \(size) bytes of \(start + head.end)")
            }
            (self.path, self.descriptor, self.head, self.start) = (path, descriptor, head, start)
        } catch {
            Files.close(descriptor)
            throw error
        }
    }

    /// - Returns: and where the lines of jobs begin.
    private static func readHead(_ descriptor: FileDescriptor, _ path: RawPath) throws -> (PlanHead, Int64) {
        var bytes: [UInt8] = []
        while true {
            let piece = try Files.read(descriptor, at: Int64(bytes.count), count: pieceSize, path: path)
            let feed = piece.firstIndex(of: 0x0a)
            bytes += piece[..<(feed ?? piece.endIndex)]
            if feed != nil { break }
            guard !piece.isEmpty, bytes.count <= longestHead else {
                throw Fault(description: "\(path.display): no plan of forgebatch plan")
            }
        }
        guard let json = try? JSONReader.parse(bytes), let head = PlanHead(json) else {
            throw Fault(
                description: "\(path.display): no plan of forgebatch plan, or of another version of its form")
        }
        return (head, Int64(bytes.count) + 1)
    }

    deinit { Files.close(descriptor) }

    /// The plan of a run, from the folder of the run or the plan itself.
    ///
    /// - Returns: and the output folder that it lies in.
    /// - Throws: `SystemError`, ``Fault``, also for a plan that does not lie in the folder of its run.
    package static func open(_ given: RawPath) throws -> (plan: PlanFile, layout: OutputLayout) {
        let isFolder = (try? Files.status(given))?.kind == .directory
        let path = try Files.resolve(isFolder ? given.appending(OutputLayout.planName) : given)
        let plan = try PlanFile(path)
        let layout = OutputLayout(root: path.parent.parent.parent)
        guard layout.plan(run: plan.head.runID) == path else {
            throw Fault(
                description:
                    "\(given.display): the plan of run \(Escape.visible(plan.head.runID)) does not lie in the folder of that run; its shards write where it lies"
            )
        }
        return (plan, layout)
    }

    /// Hands out the jobs of a shard in their order.
    ///
    /// - Throws: `SystemError`, ``Fault``.
    /// - Complexity: the shard's lines alone, a piece of them in memory at a time.
    package func forEachJob(of shard: Int, _ body: (PlanLine) throws -> Void) throws {
        let reader = PlanReader(self, shard: shard)
        while let lines = try reader.next() { for line in lines { try body(line) } }
    }

    /// The jobs of a shard.
    package func jobs(of shard: Int) throws -> [PlanLine] {
        var lines: [PlanLine] = []
        try forEachJob(of: shard) { lines.append($0) }
        return lines
    }

    /// What the record of the run is to say beside its jobs: what it was told, and what it saw when it was planned.
    ///
    /// - Throws: `SystemError`, ``Fault``.
    package func document() throws -> RunDocument {
        let size = try Files.status(descriptor: descriptor, path: path).size
        let place = start + head.end
        let bytes = try Files.read(descriptor, at: place, count: Int(size - place), path: path)
        guard bytes.last == 0x0a, let json = try? JSONReader.parse(bytes.dropLast()),
            let document = RunDocument(json), document.summary.id == head.runID
        else { throw Fault(description: "\(path.display): the plan's last line is not that of a plan") }
        return document
    }
}

/// Writes a plan: the jobs first, into a file without a name, since the head says how long they are.
package struct PlanWriter: ~Copyable {
    private var head: PlanHead
    private let spool: Spool
    private let path: RawPath
    private var part = PlanHead.Part(offset: 0, length: 0, jobs: 0, bytes: 0)
    private var toolNumbers: [[UInt8]: Int] = [:]
    private var partTools: Set<Int> = []

    /// - Parameter head: without parts and tools.
    package init(_ layout: OutputLayout, _ head: PlanHead) throws(SystemError) {
        self.head = head
        path = layout.plan(run: head.runID)
        try Files.makeDirectory(path.parent)
        spool = try Spool(in: path.parent)
    }

    /// Adds a job to the shard that is being written.
    ///
    /// - Parameter tools: where they are not just those of the run.
    package mutating func append(_ line: PlanLine, tools: PlannedTools? = nil) throws(SystemError) {
        var line = line
        if let tools { line.tools = number(tools) }
        let bytes = JSONWriter.encode(line.json)
        try spool.append(bytes + [0x0a])
        part.length += Int64(bytes.count) + 1
        part.jobs += 1
        part.bytes += line.size
        partTools.insert(line.tools ?? PlanHead.Part.runTools)
    }

    private mutating func number(_ tools: PlannedTools) -> Int {
        let key = JSONWriter.encode(tools.json)
        if let known = toolNumbers[key] { return known }
        toolNumbers[key] = head.tools.count
        head.tools.append(tools)
        return head.tools.count - 1
    }

    /// What follows is the next shard's.
    package mutating func endShard() {
        if !partTools.isEmpty { part.tools = partTools.sorted() }
        partTools = []
        head.parts.append(part)
        part = PlanHead.Part(offset: part.offset + part.length, length: 0, jobs: 0, bytes: 0)
    }

    /// Puts the plan in place, whole.
    ///
    /// - Parameter document: see ``PlanFile/document()``.
    /// - Returns: the head.
    package consuming func publish(_ document: RunDocument) throws -> PlanHead {
        var file = try AtomicFile(path)
        try file.write(JSONWriter.encode(head.json) + [0x0a])
        try spool.copy { try file.write($0) }
        try file.write(JSONWriter.encode(document.json) + [0x0a])
        try file.publish()
        return head
    }
}

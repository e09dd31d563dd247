internal import Bytes

/// Reads the jobs of a shard a piece of the plan at a time, so that the first can be done before the last was read.
package final class PlanReader {
    private let plan: PlanFile
    private let shard: Int
    private var position: Int64
    private let end: Int64
    /// The beginning of a line whose end was not read yet.
    private var rest: [UInt8] = []
    /// Jobs that were handed out.
    private var count = 0

    /// Bytes of a piece: a few hundred jobs.
    package static let pieceSize = 1 << 16

    package init(_ plan: PlanFile, shard: Int) {
        (self.plan, self.shard) = (plan, shard)
        let part = plan.head.parts[shard]
        position = plan.start + part.offset
        end = position + part.length
    }

    /// Whether all that the shard has was read.
    package var isAtEnd: Bool { position >= end }

    /// The jobs on the lines that end in the next piece, which may be none; nil after the last piece.
    ///
    /// - Throws: `SystemError`, ``PlanFile/Fault``.
    package func next() throws -> [PlanLine]? {
        if isAtEnd { return nil }
        let size = min(PlanReader.pieceSize, Int(end - position))
        let piece = try Files.read(plan.descriptor, at: position, count: size, path: plan.path)
        position = piece.isEmpty ? end : position + Int64(piece.count)
        var lines: [PlanLine] = []
        var first = 0
        while let feed = piece[first...].firstIndex(of: 0x0a) {
            lines.append(try line(rest + piece[first..<feed]))
            rest.removeAll(keepingCapacity: true)
            first = feed + 1
        }
        rest += piece[first...]
        if isAtEnd { try check() }
        return lines
    }

    private func line(_ bytes: [UInt8]) throws -> PlanLine {
        count += 1
        guard let line = (try? JSONReader.parse(bytes)).flatMap({ PlanLine($0) }) else {
            throw PlanFile.Fault(description: "\(plan.path.display): line \(count) of shard \(shard) is no job")
        }
        return line
    }

    private func check() throws {
        guard rest.isEmpty else { throw PlanFile.Fault(description: "\(plan.path.display): the plan is cut") }
        let wanted = plan.head.parts[shard].jobs
        guard count == wanted else {
            throw PlanFile.Fault(
                description: "\(plan.path.display): shard \(shard) has \(count) jobs of \(wanted)")
        }
    }
}

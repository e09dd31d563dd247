package import Bytes
package import Jobs

/// The outcomes of one shard, over all attempts at it: which line counts of each job.
package final class ShardOutcomes {
    /// Where the line that counts stands, and what has to be known to find a better one.
    private struct Place {
        var file: Int32
        var attempt: Int32
        var hasFailed: Bool
        var mayEndBetter: Bool
        var length: Int32
        var offset: Int64
    }

    private var files: [(path: RawPath, descriptor: FileDescriptor)] = []
    private var places: [JobID: Place] = [:]
    private var attempts: [String] = []
    private var attemptNumbers: [String: Int32] = [:]
    /// Lines that looked like outcomes and are none, each by the number of its file and where it begins.
    private var rejected: [(file: Int32, offset: Int64)] = []
    /// Lines that cannot be read.
    package private(set) var broken = 0

    /// Reads all lines once. A shard that nobody began has none.
    ///
    /// - Complexity: the bytes of the files in time; in memory some 80 bytes a job of this shard.
    package init(_ layout: OutputLayout, run id: String, shard: Int) throws {
        let folder = layout.shard(shard, run: id)
        var found: [RawPath] = []
        do throws(SystemError) {
            found = try Files.list(folder).filter { OutputLayout.shardFile($0) == .outcome }
        } catch {
            guard error.isMissing else { throw error }
        }
        for name in found {
            let path = folder.appending(name)
            files.append((path, try Files.openInput(path)))
            try read(path, number: Int32(files.count - 1))
        }
    }

    deinit { for file in files { Files.close(file.descriptor) } }

    /// - Parameter job: the only one that is asked for; nil for all.
    private func read(_ path: RawPath, number: Int32, only job: JobID? = nil) throws {
        let reader = try LineReader(path)
        var offset: Int64 = 0
        while let line = try reader.next() {
            defer { offset += Int64(line.count) + 1 }
            // A last line that its writer did not finish is of a job that is not done.
            if line.isEmpty || reader.isTorn { continue }
            guard let outcome = ShardOutcome.Rank(line) else {
                if job == nil { broken += 1 }
                continue
            }
            if let job, job != outcome.job || isRejected(number, offset) { continue }
            let place = Place(
                file: number, attempt: intern(outcome.attempt), hasFailed: outcome.hasFailed,
                mayEndBetter: outcome.mayEndBetter, length: Int32(line.count), offset: offset)
            if let known = places[outcome.job], !outcome.isBetter(than: rank(outcome.job, known)) { continue }
            places[outcome.job] = place
        }
    }

    private func isRejected(_ file: Int32, _ offset: Int64) -> Bool {
        rejected.contains { $0.file == file && $0.offset == offset }
    }

    private func intern(_ attempt: String) -> Int32 {
        if let known = attemptNumbers[attempt] { return known }
        attempts.append(attempt)
        attemptNumbers[attempt] = Int32(attempts.count - 1)
        return Int32(attempts.count - 1)
    }

    private func rank(_ job: JobID, _ place: Place) -> ShardOutcome.Rank {
        ShardOutcome.Rank(
            job: job, attempt: attempts[Int(place.attempt)], hasFailed: place.hasFailed,
            mayEndBetter: place.mayEndBetter)
    }

    /// How many jobs have one.
    package var count: Int { places.count }
    /// How many of these failed.
    package var failed: Int { places.values.reduce(0) { $0 + ($1.hasFailed ? 1 : 0) } }

    /// What counts of a job; nil while it has none. Of lines that turn out to be no outcome the next best counts, and the
    /// job has none where there is no other.
    ///
    /// - Complexity: one short read; for a line that is no outcome, all lines once more.
    package func outcome(_ job: JobID) throws -> ShardOutcome? {
        while let place = places[job] {
            if let outcome = try line(place).read() { return outcome }
            rejected.append((file: place.file, offset: place.offset))
            broken += 1
            places[job] = nil
            for (number, file) in files.enumerated() { try read(file.path, number: Int32(number), only: job) }
        }
        return nil
    }

    /// The line that counts of a job as it stands in a file: any task may read it, as long as the outcomes are there that it
    /// is of.
    package struct Line: Sendable {
        fileprivate var path: RawPath
        fileprivate var descriptor: FileDescriptor
        fileprivate var offset: Int64
        fileprivate var length: Int

        /// Nil for one that turns out to be no outcome, see ``ShardOutcomes/outcome(_:)``.
        package func read() throws(SystemError) -> ShardOutcome? {
            let bytes = try Files.read(descriptor, at: offset, count: length, path: path)
            return (try? JSONReader.parse(bytes)).flatMap { ShardOutcome($0) }
        }
    }

    /// The line that counts of a job, as far as is known without reading it; nil while it has none.
    package func line(_ job: JobID) -> Line? { places[job].map { line($0) } }

    private func line(_ place: Place) -> Line {
        let file = files[Int(place.file)]
        return Line(
            path: file.path, descriptor: file.descriptor, offset: place.offset, length: Int(place.length))
    }

    /// Hands out what counts of each job, in the order in which it was written.
    ///
    /// - Complexity: one short read a job.
    package func forEach(_ body: (ShardOutcome) -> Void) throws {
        let order = places.sorted { ($0.value.file, $0.value.offset) < ($1.value.file, $1.value.offset) }
        for (job, _) in order { if let outcome = try outcome(job) { body(outcome) } }
    }

    /// The attempt whose outcome of a job counts; nil while it has none.
    package func attempt(_ job: JobID) -> String? {
        places[job].map { attempts[Int($0.attempt)] }
    }
}

internal import Bytes
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

    private func read(_ path: RawPath, number: Int32) throws {
        let reader = try LineReader(path)
        var offset: Int64 = 0
        while let line = try reader.next() {
            defer { offset += Int64(line.count) + 1 }
            // A last line that its writer did not finish is of a job that is not done.
            if line.isEmpty || reader.isTorn { continue }
            guard let outcome = ShardOutcome.Rank(line) else {
                broken += 1
                continue
            }
            let place = Place(
                file: number, attempt: intern(outcome.attempt), hasFailed: outcome.hasFailed,
                mayEndBetter: outcome.mayEndBetter, length: Int32(line.count), offset: offset)
            if let known = places[outcome.job], !outcome.isBetter(than: rank(outcome.job, known)) { continue }
            places[outcome.job] = place
        }
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

    /// What counts of a job; nil while it has none.
    ///
    /// - Complexity: one short read.
    package func outcome(_ job: JobID) throws -> ShardOutcome? {
        guard let place = places[job] else { return nil }
        let file = files[Int(place.file)]
        let bytes = try Files.read(file.descriptor, at: place.offset, count: Int(place.length), path: file.path)
        return ShardOutcome(try JSONReader.parse(bytes))
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

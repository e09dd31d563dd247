internal import Bytes
package import Jobs

/// The outcomes of one shard, over all attempts at it: which line counts of each job.
package final class ShardOutcomes: Sendable {
    private let files: [OpenFile]
    private let index: Index

    private struct OpenFile: Sendable {
        var path: RawPath
        var descriptor: FileDescriptor
    }

    /// Where the line that counts stands, and what has to be known to find a better one.
    private struct Place {
        var file: Int32
        var attempt: Int32
        var hasFailed: Bool
        var mayEndBetter: Bool
        var length: Int32
        var offset: Int64
    }

    /// Which line counts of each job.
    private struct Index {
        var places: [JobID: Place] = [:]
        var attempts: [String] = []
        var broken = 0
        private var attemptNumbers: [String: Int32] = [:]

        /// Takes the lines of a file.
        mutating func read(_ path: RawPath, number: Int32) throws(SystemError) {
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

        private mutating func intern(_ attempt: String) -> Int32 {
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
    }

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
        var (files, index): ([OpenFile], Index) = ([], Index())
        do throws(SystemError) {
            for name in found {
                let path = folder.appending(name)
                files.append(OpenFile(path: path, descriptor: try Files.openInput(path)))
                try index.read(path, number: Int32(files.count - 1))
            }
        } catch {
            for file in files { Files.close(file.descriptor) }
            throw error
        }
        (self.files, self.index) = (files, index)
    }

    deinit { for file in files { Files.close(file.descriptor) } }

    /// Lines that cannot be read.
    package var broken: Int { index.broken }

    /// How many jobs have one.
    package var count: Int { index.places.count }
    /// How many of these failed.
    package var failed: Int { index.places.values.reduce(0) { $0 + ($1.hasFailed ? 1 : 0) } }

    /// What counts of a job; nil while it has none.
    ///
    /// - Complexity: one short read.
    package func outcome(_ job: JobID) throws -> ShardOutcome? {
        guard let place = index.places[job] else { return nil }
        let file = files[Int(place.file)]
        let bytes = try Files.read(file.descriptor, at: place.offset, count: Int(place.length), path: file.path)
        return ShardOutcome(try JSONReader.parse(bytes))
    }

    /// Hands out what counts of each job, in the order in which it was written.
    ///
    /// - Complexity: one short read a job.
    package func forEach(_ body: (ShardOutcome) -> Void) throws {
        let order = index.places.sorted { ($0.value.file, $0.value.offset) < ($1.value.file, $1.value.offset) }
        for (job, _) in order { if let outcome = try outcome(job) { body(outcome) } }
    }

    /// The attempt whose outcome of a job counts; nil while it has none.
    package func attempt(_ job: JobID) -> String? {
        index.places[job].map { index.attempts[Int($0.attempt)] }
    }
}

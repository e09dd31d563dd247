package import Bytes
package import Jobs

/// The first line of a plan: what a run in shards is told, and where each shard's jobs stand in the file.
package struct PlanHead: Equatable, Sendable {
    /// Where a shard's lines are.
    package struct Part: Equatable, Sendable {
        /// From the end of the first line.
        package var offset: Int64
        package var length: Int64
        package var jobs: Int
        /// Bytes of the videos.
        package var bytes: Int64
        /// Which tools its jobs have, each once: numbers as of ``PlanLine/tools``, and ``runTools`` where jobs have those of
        /// the run. A task knows by it which plugins it needs before it has read its jobs.
        package var tools: [Int]

        /// Stands for the tools of the run.
        package static let runTools = -1

        package init(offset: Int64, length: Int64, jobs: Int, bytes: Int64, tools: [Int] = [Part.runTools]) {
            (self.offset, self.length, self.jobs, self.bytes) = (offset, length, jobs, bytes)
            self.tools = tools
        }

        /// `[offset, length, jobs, bytes]`, and the tools behind them where they are not just those of the run.
        fileprivate var json: JSON {
            let numbers: [JSON] = [.int(offset), .int(length), .int(jobs), .int(bytes)]
            return .array(numbers + (tools == [Part.runTools] ? [] : [.array(tools.map { .int($0) })]))
        }

        /// Nil for what is no part, or names tools that the head does not have.
        ///
        /// - Parameter toolCount: how many the head has.
        fileprivate init?(_ json: JSON, toolCount: Int) {
            let values = json.array ?? []
            let numbers = values.prefix(4).compactMap(\.int)
            guard numbers.count == 4, values.count <= 5, numbers.allSatisfy({ $0 >= 0 }),
                (numbers[1] == 0) == (numbers[2] == 0)
            else { return nil }
            self.init(offset: Int64(numbers[0]), length: Int64(numbers[1]), jobs: numbers[2], bytes: Int64(numbers[3]))
            guard values.count == 5 else { return }
            let listed = values[4].array ?? []
            tools = listed.compactMap(\.int)
            guard tools.count == listed.count, tools.allSatisfy({ $0 >= Part.runTools && $0 < toolCount }) else {
                return nil
            }
        }
    }

    package var runID: String
    /// Of the program that made it. Another one does not take it up.
    package var version: String
    /// When the run began: milliseconds since 1970.
    package var started: Int64
    /// Tools, versions and settings in one word.
    package var digest: String
    /// The flags of the run, as words of a command line, that its shards and their merge go by.
    package var flags: [String] = []
    /// What videos lie in; see ``PlanLine/root``.
    package var roots: [InputRoot] = []
    /// See ``PlanLine/tools``.
    package var tools: [PlannedTools] = []
    /// In the order of the shards, one behind the other.
    package var parts: [Part] = []

    private static let schema = "forgebatch/plan/1"

    package init(runID: String, version: String, started: Int64, digest: String) {
        (self.runID, self.version, self.started, self.digest) = (runID, version, started, digest)
    }

    package var shards: Int { parts.count }
    package var jobs: Int { parts.reduce(0) { $0 + $1.jobs } }
    package var bytes: Int64 { parts.reduce(0) { $0 + $1.bytes } }
    /// Where the lines of all jobs end, from the end of the first line.
    package var end: Int64 { parts.last.map { $0.offset + $0.length } ?? 0 }

    /// The path of a job's video; nil for a line that belongs to another plan.
    package func file(_ line: PlanLine) -> RawPath? {
        line.file ?? (roots.indices.contains(line.root) ? roots[line.root].file(line.path) : nil)
    }

    var json: JSON {
        .members([
            "schema": .string(PlanHead.schema), "run_id": .string(runID), "version": .string(version),
            "started": .string(UTCTime(milliseconds: started).text), "time_ms": .int(started),
            "settings_digest": .string(digest), "shards": .int(shards), "jobs": .int(jobs), "bytes": .int(bytes),
            "flags": .array(flags.map { .string($0) }), "roots": .array(roots.map(\.json)),
            "tools": tools.isEmpty ? nil : .array(tools.map(\.json)),
            "parts": .array(parts.map(\.json)),
        ])
    }

    /// Nil for what is no plan of this form.
    init?(_ json: JSON) {
        guard json["schema"]?.string == PlanHead.schema, let runID = json["run_id"]?.string,
            let version = json["version"]?.string, let started = json["time_ms"]?.int,
            let digest = json["settings_digest"]?.string, let parts = json["parts"]?.array
        else { return nil }
        self.init(runID: runID, version: version, started: Int64(started), digest: digest)
        flags = (json["flags"]?.array ?? []).compactMap(\.string)
        roots = (json["roots"]?.array ?? []).compactMap { InputRoot($0) }
        let listed = json["tools"]?.array ?? []
        tools = listed.compactMap { PlannedTools($0) }
        var end: Int64 = 0
        for json in parts {
            // Whatever does not follow what stands before it was put together by somebody else.
            guard let part = Part(json, toolCount: tools.count), part.offset == end else { return nil }
            self.parts.append(part)
            end += part.length
        }
        guard !self.parts.isEmpty, tools.count == listed.count, json["shards"]?.int == shards else { return nil }
    }
}

package import Bytes

/// What a worker is told on its standard input: one line of JSON.
package struct JobRequest: Equatable, Sendable {
    /// One tool with all its settings.
    package struct Tool: Equatable, Sendable {
        package var id: String
        /// Numbers and words.
        package var settings: [String: JSON]
        /// Of an external tool, what the worker has to know of its plugin; nil for one of this program.
        package var plugin: PluginReference?
        /// Why an external tool is not tried on this video: its result tells of it as of one that failed.
        package var leftOut: ToolFailure?

        package init(id: String, settings: [String: JSON], plugin: PluginReference? = nil) {
            self.id = id
            self.settings = settings
            self.plugin = plugin
        }
    }

    /// A plugin, as a worker is told of it.
    package struct PluginReference: Equatable, Sendable {
        /// As the plugin wrote it.
        package var manifest: JSON
        package var fingerprint: String
        /// The kind, on which results depend: `cpu`, `cuda`.
        package var device: String
        /// Which one it is: `cpu`, `cuda:0`.
        package var place: String

        package init(manifest: JSON, fingerprint: String, device: String, place: String) {
            self.manifest = manifest
            self.fingerprint = fingerprint
            self.device = device
            self.place = place
        }

        package var json: JSON {
            .members([
                "manifest": manifest, "fingerprint": .string(fingerprint), "device": .string(device),
                "place": .string(place),
            ])
        }

        package init?(_ json: JSON) {
            guard let manifest = json["manifest"], let fingerprint = json["fingerprint"]?.string,
                let device = json["device"]?.string, let place = json["place"]?.string
            else { return nil }
            self.init(manifest: manifest, fingerprint: fingerprint, device: device, place: place)
        }
    }

    /// Descriptors that come with a request for each external tool whose measures are not kept, in the order of
    /// ``tools``: frames to it, answers from it, and the control of its process.
    package static let descriptorsPerTool = 3

    /// The external tools whose measures are taken from the result that is there.
    package var keptExternalTools: [Tool] { tools.filter { $0.plugin != nil && kept.contains($0.id) } }

    /// The external tools that a process comes with.
    package var workedTools: [Tool] {
        tools.filter { $0.plugin != nil && !kept.contains($0.id) && $0.leftOut == nil }
    }

    /// Leaves an external tool out.
    package mutating func leaveOut(_ failure: ToolFailure) {
        for index in tools.indices where tools[index].id == failure.tool { tools[index].leftOut = failure }
    }

    /// Says on which device an external tool is worked.
    package mutating func setPlace(_ place: String, of id: String) {
        for index in tools.indices where tools[index].id == id { tools[index].plugin?.place = place }
    }

    /// What a video was under the name that it had.
    package struct Origin: Equatable, Sendable {
        package var job: JobID
        /// Below its root.
        package var path: RawPath
        /// Below the output folder.
        package var result: RawPath
        /// SHA-256 that the whole video has to have; nil where the file is known to be the same.
        package var content: String?

        package init(job: JobID, path: RawPath, result: RawPath, content: String? = nil) {
            self.job = job
            self.path = path
            self.result = result
            self.content = content
        }
    }

    package var job: JobID
    /// The video, as it is opened.
    package var input: RawPath
    /// The video's name below its root.
    package var relative: RawPath
    /// The output folder.
    package var root: RawPath
    /// The result, below the output folder; its name tells whether it is compressed.
    package var result: RawPath
    /// The result that is there, below the output folder; nil where it is to be replaced under its own name.
    package var stored: RawPath?
    /// Names the temporary files of this attempt: see ``StagedFiles``.
    package var attempt: String
    package var tools: [Tool]
    /// The ids of those tools whose measures are taken from the result that is there: only the others look at pictures, and
    /// where there are no others, nothing is decoded.
    package var kept: [String]
    /// Threads that the decoder may have at most. Results do not depend on them.
    package var threads: Int
    /// Pixels of the smallest picture that more than one of them decode.
    package var threadedPixels: Int64 = 0
    /// The worker's niceness, 0 to 19, where it has no higher one.
    package var nice: Int
    package var memory: WorkerMemory
    /// Seconds; nil for the default, which follows the length of the video.
    package var timeout: Double?
    package var sandbox: SandboxMode
    /// Nanoseconds between two progress lines; 0 tells every frame.
    package var progressInterval: UInt64
    /// Whether thumbnail, contact strip and timeline are made.
    package var stills: Bool
    /// The file as it was when the run was planned: another one is not taken for it.
    package var size: Int64
    package var modified: Int64
    package var inode: UInt64
    /// Where the result is that measures are taken from, when it is not the job's own.
    package var origin: Origin?
    /// Whether to tell the SHA-256 of the whole video.
    package var wantsContent = false
    /// Whether only to open the video and say what its container tells: nothing is decoded for a result, and nothing written.
    package var describesOnly = false

    package init(
        job: JobID, input: RawPath, relative: RawPath, root: RawPath, result: RawPath,
        attempt: String = StagedFiles.makeAttempt(), tools: [Tool], kept: [String] = [], threads: Int,
        nice: Int = 0, memory: WorkerMemory, timeout: Double? = nil, sandbox: SandboxMode = .auto,
        progressInterval: UInt64,
        stills: Bool, size: Int64,
        modified: Int64, inode: UInt64
    ) {
        self.job = job
        self.input = input
        self.relative = relative
        self.root = root
        self.result = result
        self.attempt = attempt
        self.tools = tools
        self.kept = kept
        self.threads = threads
        self.nice = nice
        self.memory = memory
        self.timeout = timeout
        self.sandbox = sandbox
        self.progressInterval = progressInterval
        self.stills = stills
        self.size = size
        self.modified = modified
        self.inode = inode
    }

    package func encode() -> [UInt8] {
        func member(_ key: String, _ value: JSON) -> JSON.Member { JSON.Member(key, value) }
        let tools = self.tools.map { tool in
            JSON.object(
                [
                    member("id", .string(tool.id)),
                    member(
                        "settings",
                        .object(tool.settings.sorted { $0.key < $1.key }.map { member($0.key, $0.value) })),
                ] + (tool.plugin.map { [member("plugin", $0.json)] } ?? [])
                    + (tool.leftOut.map { [member("left_out", $0.json)] } ?? []))
        }
        var members = [member("job_id", .string(job.text))]
        members += input.members("input") + relative.members("path") + root.members("root") + result.members("result")
        members += [
            member("attempt", .string(attempt)), member("tools", .array(tools)), member("threads", .int(threads)),
            member("threaded_pixels", .int(threadedPixels)), member("nice", .int(nice)),
            member("memory_limit", .int(memory.limit)), member("memory_most", .int(memory.most)),
            member("sandbox", .string(sandbox.rawValue)),
            member("progress_interval", .int(Int64(clamping: progressInterval))), member("stills", .bool(stills)),
            member("size", .int(size)),
            member("modified", .int(modified)), member("inode", .string(String(inode))),
        ]
        if let stored { members += stored.members("stored") }
        if !kept.isEmpty { members.append(member("kept", .array(kept.map { .string($0) }))) }
        if wantsContent { members.append(member("content", true)) }
        if describesOnly { members.append(member("describe", true)) }
        if let origin {
            let head = [member("job_id", .string(origin.job.text))] + origin.path.members()
            let rest = origin.content.map { [member("content", .string($0))] } ?? []
            members.append(member("origin", .object(head + origin.result.members("result") + rest)))
        }
        if let timeout { members.append(member("timeout", .double(timeout))) }
        return JSONWriter.encode(.object(members)) + [0x0a]
    }

    package init?(_ json: JSON) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let input = RawPath(json, key: "input"),
            let relative = RawPath(json), let root = RawPath(json, key: "root"),
            let result = RawPath(json, key: "result"),
            let attempt = json["attempt"]?.string, StagedFiles.isAttempt(attempt),
            let sandbox = json["sandbox"]?.string.flatMap({ SandboxMode(rawValue: $0) }),
            let tools = json["tools"]?.array,
            let threads = json["threads"]?.int, let pixels = json["threaded_pixels"]?.int, let nice = json["nice"]?.int,
            (0...19).contains(nice),
            let limit = json["memory_limit"]?.int,
            let most = json["memory_most"]?.int,
            let interval = json["progress_interval"]?.int.flatMap({ UInt64(exactly: $0) }),
            let stills = json["stills"]?.bool, let size = json["size"]?.int, let modified = json["modified"]?.int,
            let inode = json["inode"]?.string.flatMap({ UInt64($0) })
        else { return nil }
        var orders: [Tool] = []
        for tool in tools {
            guard let id = tool["id"]?.string, let members = tool["settings"]?.members else { return nil }
            var settings: [String: JSON] = [:]
            for member in members { settings[member.key] = member.value }
            var order = Tool(id: id, settings: settings)
            if let plugin = tool["plugin"] {
                guard let reference = PluginReference(plugin) else { return nil }
                order.plugin = reference
            }
            if let failure = tool["left_out"] {
                guard let failure = ToolFailure(failure) else { return nil }
                order.leftOut = failure
            }
            orders.append(order)
        }
        self.init(
            job: job, input: input, relative: relative, root: root, result: result, attempt: attempt, tools: orders,
            kept: (json["kept"]?.array ?? []).compactMap(\.string), threads: threads,
            nice: nice, memory: WorkerMemory(limit: Int64(limit), most: Int64(most)),
            timeout: json["timeout"]?.double, sandbox: sandbox, progressInterval: interval, stills: stills,
            size: Int64(size), modified: Int64(modified), inode: inode)
        threadedPixels = Int64(pixels)
        stored = RawPath(json, key: "stored")
        wantsContent = json["content"]?.bool == true
        describesOnly = json["describe"]?.bool == true
        guard let origin = json["origin"] else { return }
        guard let job = origin["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(origin),
            let result = RawPath(origin, key: "result")
        else { return nil }
        self.origin = Origin(job: job, path: path, result: result, content: origin["content"]?.string)
    }
}

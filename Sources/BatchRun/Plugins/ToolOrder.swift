package import Bytes
package import Jobs

/// What `forgebatch __tool` is told, as its only argument: which program, and what it may do.
package struct ToolOrder: Equatable, Sendable {
    /// The program and its arguments.
    package var run: [String]
    /// The plugin's own folder, where it starts and which it may read.
    package var folder: RawPath
    /// What it may read and run besides: its manifest's `read`, the folder of the helper, a video.
    package var read: [RawPath]
    /// The one folder that it may change.
    package var write: RawPath
    /// Bytes of address space of each of its processes, and of memory of all together.
    package var memory: Int64
    /// Most processes.
    package var processes: Int
    /// `cpu`, or `cuda:` and a number.
    package var device: String
    /// Threads that libraries are told to use.
    package var threads: Int
    /// Its niceness, 0 to 19.
    package var nice: Int
    /// Whether it is only started when the first byte for it comes.
    package var hold: Bool
    package var sandbox: SandboxMode
    /// Variables besides those that every tool has.
    package var environment: [String: String]
    /// The highest ABI of Landlock to use; nil for all that the kernel has.
    package var landlock: Int?

    package init(
        run: [String], folder: RawPath, read: [RawPath] = [], write: RawPath, memory: Int64 = 2 << 30,
        processes: Int = 32, device: String = "cpu", threads: Int = 1, nice: Int = 0, hold: Bool = false,
        sandbox: SandboxMode = .auto, environment: [String: String] = [:], landlock: Int? = nil
    ) {
        self.run = run
        self.folder = folder
        self.read = read
        self.write = write
        self.memory = memory
        self.processes = processes
        self.device = device
        self.threads = threads
        self.nice = nice
        self.hold = hold
        self.sandbox = sandbox
        self.environment = environment
        self.landlock = landlock
    }

    /// The number of the GPU; nil for the processor.
    package var gpu: Int? {
        guard device.hasPrefix("cuda:") else { return nil }
        return Int(device.dropFirst("cuda:".count))
    }

    package var json: JSON {
        var members = [JSON.Member("run", .array(run.map { .string($0) }))]
        members += folder.members("folder") + write.members("write")
        members += [
            JSON.Member("read", .array(read.map { $0.text.map { .string($0) } ?? .object($0.members()) })),
            JSON.Member("memory", .int(memory)), JSON.Member("processes", .int(processes)),
            JSON.Member("device", .string(device)), JSON.Member("threads", .int(threads)),
            JSON.Member("nice", .int(nice)), JSON.Member("hold", .bool(hold)),
            JSON.Member("sandbox", .string(sandbox.rawValue)),
            JSON.Member(
                "environment",
                .object(environment.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) })),
        ]
        if let landlock { members.append(JSON.Member("landlock", .int(landlock))) }
        return .object(members)
    }

    /// Nil when it is no order, or one of which a number makes no sense.
    package init?(_ json: JSON) {
        guard let run = json["run"]?.array?.compactMap(\.string), run.count == json["run"]?.array?.count,
            let first = run.first, !first.isEmpty, let folder = RawPath(json, key: "folder"), folder.isAbsolute,
            let read = json["read"]?.array?.compactMap({ one in one.string.map { RawPath($0) } ?? RawPath(one) }),
            read.count == json["read"]?.array?.count, let write = RawPath(json, key: "write"), write.isAbsolute,
            let memory = json["memory"]?.int, memory > 0, let processes = json["processes"]?.int, processes > 0,
            let device = json["device"]?.string, let threads = json["threads"]?.int, threads > 0,
            let nice = json["nice"]?.int, (0...19).contains(nice), let hold = json["hold"]?.bool,
            let sandbox = json["sandbox"]?.string.flatMap({ SandboxMode(rawValue: $0) }),
            let environment = json["environment"]?.members
        else { return nil }
        var variables: [String: String] = [:]
        for member in environment {
            guard let value = member.value.string, !member.key.isEmpty, !member.key.contains("=") else { return nil }
            variables[member.key] = value
        }
        self.init(
            run: run, folder: folder, read: read, write: write, memory: Int64(memory), processes: processes,
            device: device, threads: threads, nice: nice, hold: hold, sandbox: sandbox, environment: variables,
            landlock: json["landlock"]?.int)
        guard device == "cpu" || gpu.map({ $0 >= 0 }) == true, allWords.allSatisfy({ !$0.contains("\0") }) else {
            return nil
        }
    }

    private var allWords: [String] { run + environment.keys + environment.values }
}

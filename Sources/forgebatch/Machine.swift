internal import BatchRun
internal import Bytes
internal import Glibc

enum Machine {
    /// What a worker takes while it is started, and what everything else takes.
    private static let descriptors = (worker: 8, rest: 24)

    /// Open files that so many videos at once need.
    static func descriptorsWanted(workers: Int) -> Int { workers * descriptors.worker + descriptors.rest }

    /// Raises the limit of open files as far as it may and has to be; a process that cannot be given its pipes is
    /// found out too late.
    static func reserveDescriptors(workers: Int) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let wanted = rlim_t(descriptorsWanted(workers: workers))
        guard limit.rlim_cur < wanted else { return }
        guard limit.rlim_max >= wanted else {
            throw Failure(
                ExitStatus.failure,
                "\(workers) videos at once need \(wanted) open files, the limit is \(limit.rlim_max) (ulimit -n); lower --jobs"
            )
        }
        limit.rlim_cur = wanted
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// CPUs that this process may use: the mask in /proc/self/status, else all there are.
    static var processors: Int {
        let key = Array("Cpus_allowed:".utf8)
        if let status = try? Files.read(RawPath("/proc/self/status")),
            let line = status.split(separator: 0x0a).first(where: { $0.starts(with: key) })
        {
            let mask = String(decoding: line.dropFirst(key.count), as: UTF8.self)
            let count = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
            if count > 0 { return count }
        }
        return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// Bytes of memory that this process and its workers may use: the machine's, or less where a control group says so.
    static var memory: Int64 {
        let physical = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        return [physical, groups.memory?.value ?? 0].filter { $0 > 0 }.min() ?? 1 << 30
    }

    /// What the control groups allow.
    static let groups = ControlGroups.read()

    /// Processors that this process and its workers keep busy at most: fewer than there are where a control group says so.
    static var busyProcessors: Int { WorkerCount.busy(processors: processors, quota: groups.processors?.value) }

    /// How many videos at once are a fair share of the machine.
    ///
    /// - Parameter memoryLimit: bytes that every worker may take; 0 for no limit.
    static func workers(memoryLimit: Int64) -> WorkerCount {
        .fitting(processors: processors, quota: groups.processors?.value, memory: memory, each: memoryLimit)
    }
}

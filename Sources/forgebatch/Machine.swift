internal import BatchRun
internal import Bytes
internal import Glibc

enum Machine {
    /// What a worker takes while it is started, and what everything else takes.
    private static let descriptors = (worker: 8, rest: 24)

    /// Raises the limit of open files as far as it may and has to be; a process that cannot be given its pipes is
    /// found out too late.
    static func reserveDescriptors(workers: Int) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let wanted = rlim_t(workers * descriptors.worker + descriptors.rest)
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
        return sysconf(Int32(_SC_NPROCESSORS_ONLN))
    }

    /// Bytes of memory that this process and its workers may use: the machine's, or less where a control group says so.
    static var memory: Int64 {
        let physical = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        return ([physical] + groupLimits).filter { $0 > 0 }.min() ?? 1 << 30
    }

    /// The limits of this process's control group and of those above it (cgroups(7)): version 2, else version 1.
    private static var groupLimits: [Int64] {
        guard let bytes = try? Files.read(RawPath("/proc/self/cgroup"), limit: 1 << 16) else { return [] }
        var limits: [Int64] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let (base, file): (String, String)
            if parts[0] == "0", parts[1].isEmpty {
                (base, file) = ("/sys/fs/cgroup", "memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                (base, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                continue
            }
            var group = parts[2].split(separator: "/").map(String.init)
            while true {
                let path = ([base] + group + [file]).joined(separator: "/")
                if let text = try? Files.read(RawPath(path), limit: 64),
                    let limit = Int64(String(decoding: text, as: UTF8.self).filter { $0.isNumber })
                {
                    limits.append(limit)
                }
                if group.popLast() == nil { break }
            }
        }
        return limits
    }
}

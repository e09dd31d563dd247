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
        return sysconf(Int32(_SC_NPROCESSORS_ONLN))
    }

    /// Bytes of memory that this process and its workers may use: the machine's, or less where a control group says so.
    static var memory: Int64 {
        let physical = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        return ([physical] + groupLimits).filter { $0 > 0 }.min() ?? 1 << 30
    }

    /// Processors that the control groups give this process; nil without a quota.
    static var processorQuota: Double? {
        groupTexts(controller: "cpu", file: "cpu.max", old: "cpu.cfs_quota_us").compactMap { quota($0) }.min()
    }

    /// `150000 100000`: microseconds in a period of so many; `max` or -1 for no quota. Version 1 has the period in a file of
    /// its own, which says 100 ms unless somebody changed it.
    static func quota(_ text: String) -> Double? {
        let parts = text.split(separator: " ")
        guard let time = parts.first.flatMap({ Double($0) }), time > 0 else { return nil }
        let period = parts.count > 1 ? Double(parts[1]) ?? 0 : 100_000
        return period > 0 ? time / period : nil
    }

    /// Bytes of memory that the control groups allow.
    private static var groupLimits: [Int64] {
        groupTexts(controller: "memory", file: "memory.max", old: "memory.limit_in_bytes").compactMap { text in
            Int64(text.filter { $0.isNumber })
        }
    }

    /// A limit of this process's control group and of those above it (cgroups(7)), as each says it.
    ///
    /// - Parameters:
    ///   - file: the limit's name in version 2.
    ///   - old: its name in version 1.
    private static func groupTexts(controller: String, file: String, old: String) -> [String] {
        guard let bytes = try? Files.read(RawPath("/proc/self/cgroup"), limit: 1 << 16) else { return [] }
        var texts: [String] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let (base, name): (String, String)
            if parts[0] == "0", parts[1].isEmpty {
                (base, name) = ("/sys/fs/cgroup", file)
            } else if parts[1].split(separator: ",").contains(Substring(controller)) {
                (base, name) = ("/sys/fs/cgroup/\(controller)", old)
            } else {
                continue
            }
            var group = parts[2].split(separator: "/").map(String.init)
            while true {
                let path = ([base] + group + [name]).joined(separator: "/")
                if let text = try? Files.read(RawPath(path), limit: 64) {
                    texts.append(String(decoding: text.prefix { $0 != 0x0a }, as: UTF8.self))
                }
                if group.popLast() == nil { break }
            }
        }
        return texts
    }
}

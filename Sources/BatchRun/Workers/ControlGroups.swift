package import Bytes

/// What control groups (cgroups(7)) allow this process and those that it starts: of its group and all that this one lies in,
/// the smallest limit counts. Version 1, version 2, and both at once.
package struct ControlGroups: Equatable, Sendable {
    package struct Limit<Value: Equatable & Sendable>: Equatable, Sendable {
        package var value: Value
        /// The file that says so.
        package var file: RawPath
    }

    /// Processors' time: 0.5 for half of one processor.
    package var processors: Limit<Double>?
    /// Bytes.
    package var memory: Limit<Int64>?

    package init() {}

    /// Reads the limits that hold for this process. What cannot be read limits nothing.
    ///
    /// - Parameter root: the folder that stands for `/`.
    package static func read(root: RawPath = RawPath("/")) -> ControlGroups {
        func text(_ path: RawPath) -> String? {
            // Behind the first slash, that of the root.
            let below = root.appending(RawPath(bytes: Array(path.bytes.drop { $0 == UInt8(ascii: "/") })))
            return (try? Files.read(below, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
        }
        let mounts = (text(RawPath("/proc/self/mountinfo")) ?? "").split(separator: "\n").compactMap { Mount($0) }
        var groups = ControlGroups()
        for line in (text(RawPath("/proc/self/cgroup")) ?? "").split(separator: "\n") {
            // `4:cpu,cpuacct:/user.slice` in version 1, `0::/user.slice` in version 2.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let controllers = parts[1].split(separator: ",")
            let isUnified = parts[0] == "0" && controllers.isEmpty
            let group = RawPath(bytes: Array(parts[2].utf8))
            let own = mounts.filter { mount in
                isUnified ? mount.type == "cgroup2" : mount.type == "cgroup" && controllers.contains(where: mount.has)
            }
            for folder in Mount.folders(own, group: group) {
                func first(_ name: String) -> (String, RawPath)? {
                    let file = folder.appending(RawPath(name))
                    return text(file).map { ($0, file) }
                }
                if isUnified {
                    if let (text, file) = first("cpu.max") { groups.take(quota: text, file) }
                    for name in ["memory.max", "memory.high"] {
                        if let (text, file) = first(name) { groups.take(bytes: text, file) }
                    }
                }
                if controllers.contains("cpu"), let (quota, file) = first("cpu.cfs_quota_us") {
                    let period = first("cpu.cfs_period_us")?.0 ?? ""
                    groups.take(quota: "\(quota) \(period)", file)
                }
                if controllers.contains("memory"), let (text, file) = first("memory.limit_in_bytes") {
                    groups.take(bytes: text, file)
                }
            }
        }
        return groups
    }

    /// - Parameter text: microseconds in a period of so many: `150000 100000`; `max` or -1 for no quota.
    private mutating func take(quota text: String, _ file: RawPath) {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard let time = parts.first.flatMap({ Double($0) }), time > 0 else { return }
        let period = parts.count > 1 ? Double(parts[1]) ?? 0 : 100_000
        guard period > 0, time / period < processors?.value ?? .infinity else { return }
        processors = Limit(value: time / period, file: file)
    }

    /// - Parameter text: a number; `max`, or in version 1 one beyond all memory, for no limit.
    private mutating func take(bytes text: String, _ file: RawPath) {
        let number = text.split(whereSeparator: \.isWhitespace).first.flatMap { Int64($0) }
        guard let number, number > 0, number < 1 << 60, number < memory?.value ?? .max else { return }
        memory = Limit(value: number, file: file)
    }
}

/// A file system of control groups.
private struct Mount {
    /// The group that is to be seen at ``point``.
    var group: RawPath
    var point: RawPath
    var type: String
    private let options: Set<Substring>

    /// A line of mountinfo (proc(5)): `30 24 0:26 /group /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct`
    init?(_ line: Substring) {
        let parts = line.split(separator: " ")
        guard let dash = parts.firstIndex(of: "-"), dash >= 6, parts.count > dash + 3 else { return nil }
        (group, point) = (Mount.path(parts[3]), Mount.path(parts[4]))
        type = String(parts[dash + 1])
        options = Set(parts[dash + 3].split(separator: ","))
    }

    func has(_ controller: Substring) -> Bool { options.contains(controller) }

    /// The folders of a group and of all that it lies in, as far as they are to be seen. Of one that no mount shows, as
    /// outside of a container, those that are shown stand for it.
    static func folders(_ mounts: [Mount], group: RawPath) -> [RawPath] {
        let showing = mounts.compactMap { mount in mount.below(group).map { (mount.point, $0) } }
        if showing.isEmpty { return mounts.map(\.point) }
        return showing.flatMap { point, rest in
            var folders = [point]
            for name in rest { folders.append(folders[folders.count - 1].appending(name)) }
            return folders
        }
    }

    /// The names that lead from what is mounted to a group below it; nil where it is not below.
    private func below(_ other: RawPath) -> [RawPath]? {
        func names(_ path: RawPath) -> [RawPath] {
            path.components.filter { !$0.isEmpty }.map { RawPath(bytes: Array($0)) }
        }
        let (own, wanted) = (names(group), names(other))
        guard wanted.starts(with: own), !wanted.contains(RawPath("..")) else { return nil }
        return Array(wanted.dropFirst(own.count))
    }

    /// A path in which spaces and the like are written `\040`.
    private static func path(_ text: Substring) -> RawPath {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let code = UInt8(String(rest.prefix(3)) ?? "", radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return RawPath(bytes: bytes)
    }
}

internal import Bytes
internal import CLimits

/// The processes of a tool: children of its supervisor, their children, and those whose parents ended, which it adopts.
enum ToolGroup {
    /// Their numbers, at most so many.
    ///
    /// - Complexity: reads a file of /proc for each of their threads.
    static func processes(below supervisor: Int32, most: Int) -> [Int32] {
        var found: [Int32] = []
        var seen: Set<Int32> = []
        guard var next = children(of: supervisor) else { return scanned(group: supervisor, most: most) }
        while let process = next.popLast(), found.count < most {
            guard seen.insert(process).inserted else { continue }
            found.append(process)
            // One that has ended meanwhile has none.
            next += children(of: process) ?? []
        }
        return found
    }

    /// The children of all threads of a process. Nil where the kernel does not say, or the process is gone.
    static func children(of process: Int32) -> [Int32]? {
        let tasks = RawPath("/proc/\(process)/task")
        guard let names = try? Files.list(tasks) else { return nil }
        var found: [Int32] = []
        for name in names {
            guard let text = try? Files.read(tasks.appending(name).appending("children"), limit: 1 << 20) else {
                // Another thread may just have ended.
                if names.count == 1 { return nil }
                continue
            }
            found += text.split(separator: 0x20).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
        }
        return found
    }

    /// The same where the kernel lists no children: by their group, in all processes of the machine.
    static func scanned(group: Int32, most: Int) -> [Int32] {
        let names = (try? Files.list(RawPath("/proc"))) ?? []
        let all = names.lazy.compactMap { $0.text.flatMap { Int32($0) } }.filter { process in
            process != group && stat(process).map { $0.count > 2 && $0[2] == String(group) } == true
        }
        return Array(all.prefix(most))
    }

    /// The words of `/proc/PID/stat` behind the name: state, parent, group…
    private static func stat(_ process: Int32) -> [String]? {
        guard let bytes = try? Files.read(RawPath("/proc/\(process)/stat"), limit: 4096),
            let name = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return bytes[(name + 1)...].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Bytes of memory of their own that processes hold; what they share after a fork counts for each.
    static func memory(of processes: [Int32]) -> Int64 {
        processes.reduce(0) { sum, process in
            guard let bytes = try? Files.read(RawPath("/proc/\(process)/statm"), limit: 4096) else { return sum }
            let pages = bytes.split(separator: 0x20).compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
            // Those of files, as of libraries, cost nothing of their own.
            return pages.count > 2 ? sum + max(0, pages[1] - pages[2]) * Int64(fb_page_size()) : sum
        }
    }
}

import Bytes
import TestSupport
import Testing

@testable import BatchRun

/// Folders that stand for `/`, with what a kernel shows of its control groups.
@Suite("Limits of control groups")
struct ControlGroupTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ files: [String: String]) throws {
        for (name, text) in files {
            try AtomicFile.write(Array((text + "\n").utf8), to: folder.path.appending(name), durable: false)
        }
    }

    private var limits: ControlGroups { ControlGroups.read(root: folder.path) }

    private static let unified = "28 23 0:25 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"

    @Test("Version 2: of a group and all above it the smallest limit counts, and max is none")
    func unified() throws {
        try write([
            "proc/self/mountinfo": "23 1 0:21 / /proc rw - proc proc rw\n\(ControlGroupTests.unified)",
            "proc/self/cgroup": "0::/user.slice/night.service",
            "sys/fs/cgroup/user.slice/cpu.max": "200000 100000",
            "sys/fs/cgroup/user.slice/memory.max": "max",
            "sys/fs/cgroup/user.slice/memory.high": "max",
            "sys/fs/cgroup/user.slice/night.service/cpu.max": "max 100000",
            "sys/fs/cgroup/user.slice/night.service/memory.max": "2147483648",
            "sys/fs/cgroup/user.slice/other.service/cpu.max": "1000 100000",
        ])
        #expect(limits.processors?.value == 2)
        #expect(limits.processors?.file == RawPath("/sys/fs/cgroup/user.slice/cpu.max"))
        #expect(limits.memory?.value == 2_147_483_648)
        #expect(limits.memory?.file == RawPath("/sys/fs/cgroup/user.slice/night.service/memory.max"))
        try write([
            "sys/fs/cgroup/user.slice/night.service/cpu.max": "50000 100000",
            "sys/fs/cgroup/user.slice/memory.max": "536870912",
        ])
        #expect(limits.processors?.value == 0.5 && limits.memory?.value == 536_870_912)
        // What is throttled from there on is of no more use.
        try write(["sys/fs/cgroup/user.slice/night.service/memory.high": "268435456"])
        #expect(limits.memory?.value == 268_435_456)
    }

    @Test("Version 1: each controller has a tree of its own, the quota a period, and a limit beyond all memory is none")
    func separate() throws {
        try write([
            "proc/self/mountinfo": """
            30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
            31 24 0:27 / /sys/fs/cgroup/memory rw,relatime shared:10 - cgroup cgroup rw,memory
            32 24 0:28 / /sys/fs/cgroup/freezer rw,relatime shared:11 - cgroup cgroup rw,freezer
            """,
            "proc/self/cgroup": "5:freezer:/\n4:memory:/jobs/night\n3:cpu,cpuacct:/jobs/night\n1:name=systemd:/x",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us": "75000",
            "sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us": "50000",
            "sys/fs/cgroup/cpu,cpuacct/jobs/night/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
            "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes": "1073741824",
            "sys/fs/cgroup/memory/jobs/night/memory.limit_in_bytes": "9223372036854771712",
        ])
        #expect(limits.processors?.value == 1.5)
        #expect(limits.memory?.value == 1 << 30)
        #expect(limits.memory?.file == RawPath("/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes"))
    }

    @Test("Both at once: memory in version 1, the rest in version 2")
    func hybrid() throws {
        try write([
            "proc/self/mountinfo": """
            28 23 0:25 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
            31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            """,
            "proc/self/cgroup": "4:memory:/a\n0::/b", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000000000",
            "sys/fs/cgroup/unified/b/cpu.max": "300000 100000",
        ])
        #expect(limits.processors?.value == 3 && limits.memory?.value == 1_000_000_000)
    }

    @Test("In a container the group is seen from the mount's own, by whatever name the outside has for it")
    func container() throws {
        let mount = "31 24 0:27 /docker/0a /sys/fs/cgroup/my\\040memory ro - cgroup cgroup rw,memory"
        let file = "sys/fs/cgroup/my memory/memory.limit_in_bytes"
        try write(["proc/self/mountinfo": mount, file: "700000000"])
        for group in ["/docker/0a", "/docker/0a/sub", "/", "/../other", "/docker/0b"] {
            try write(["proc/self/cgroup": "4:memory:\(group)"])
            #expect(limits.memory?.value == 700_000_000, "\(group)")
        }
        try write(["sys/fs/cgroup/my memory/sub/memory.limit_in_bytes": "600000000"])
        try write(["proc/self/cgroup": "4:memory:/docker/0a/sub"])
        #expect(limits.memory?.value == 600_000_000)
    }

    @Test("What is missing or makes no sense limits nothing")
    func odd() throws {
        #expect(limits == ControlGroups())
        for text in ["", "max", "0 100000", "-1", "5 0", "x y", "nan 1"] {
            try write([
                "proc/self/mountinfo": "\(ControlGroupTests.unified)\nnonsense\n1 2 3 - cgroup2",
                "proc/self/cgroup": "0::/\nnonsense\n:", "sys/fs/cgroup/cpu.max": text,
                "sys/fs/cgroup/memory.max": text,
            ])
            #expect(limits.processors == nil, "\(text)")
            #expect(limits.memory?.value == (text == "5 0" ? 5 : nil), "\(text)")
        }
    }

    @Test("--jobs auto: one worker a processor, no more than the quota keeps busy, no more than fit into the memory")
    func workers() {
        let gibibyte = Int64(1) << 30
        func fitting(_ quota: Double?, _ memory: Int64, each: Int64 = 1 << 30, of processors: Int = 64) -> WorkerCount {
            .fitting(processors: processors, quota: quota, memory: memory, each: each)
        }
        #expect(fitting(nil, 64 * gibibyte) == WorkerCount(64))
        #expect(fitting(64, 64 * gibibyte) == WorkerCount(64))
        #expect(fitting(0.5, 64 * gibibyte).count == 1)
        #expect(fitting(2, 64 * gibibyte).count == 2)
        #expect(fitting(2.1, 64 * gibibyte).count == 3)
        #expect(
            fitting(2.5, 64 * gibibyte).reason == "--jobs auto is 3: the control group gives 2.5 of 64 processors")
        #expect(fitting(nil, 8 * gibibyte - 1).count == 7)
        #expect(fitting(nil, gibibyte / 2).count == 1)
        #expect(fitting(nil, 8 * gibibyte, each: 4 * gibibyte).count == 2)
        #expect(fitting(nil, 8 * gibibyte, each: 0).count == 64)
        #expect(
            fitting(16, 4 * gibibyte).reason
                == "--jobs auto is 4: there are 4096 MiB of memory, and each worker may take 1024 MiB (--memory-limit)")
        #expect(fitting(2, 4 * gibibyte).reason?.contains("control group") == true)
        #expect(fitting(nil, gibibyte / 2, of: 1) == WorkerCount(1))
    }
}

internal import BatchRun
internal import Bytes
internal import Glibc
internal import Jobs
internal import VideoFormats
internal import VideoWorker

/// What `forgebatch doctor` finds of the kernel, of FFmpeg and of limits.
enum MachineCheck {
    // MARK: Sandbox

    /// The kernel, and what of it confines workers, tried in a child process.
    static func sandbox() -> [Finding] {
        let probe = SandboxProbe.make()
        return [kernel(), landlock(probe), seccomp(probe), trial(probe), plugins(ToolSandbox.kernel)]
    }

    private static func kernel() -> Finding {
        var name = utsname()
        uname(&name)
        func text(_ field: some Any) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return Finding(.ok, "kernel", "\(text(name.sysname)) \(text(name.release)), \(text(name.machine))")
    }

    private static func landlock(_ probe: SandboxProbe) -> Finding {
        guard let abi = probe.landlock else {
            return Finding(
                .missing, "Landlock", "there, but refused: \(probe.landlockRefusal ?? "")",
                "a container's policy forbids it: allow the landlock_ system calls, or run with --sandbox off")
        }
        guard abi > 0 else {
            return Finding(
                .warning, "Landlock", "the kernel has none",
                "workers could open files; Linux 5.13 or later with landlock among its lsm= has it")
        }
        var parts = ["files"]
        if abi >= 4 { parts.append("TCP") }
        if abi >= 5 { parts.append("devices") }
        if abi >= 6 { parts.append("signals and abstract sockets") }
        let text = "ABI \(abi): " + parts.joined(separator: ", ")
        return abi >= 6
            ? Finding(.ok, "Landlock", text)
            : Finding(.ok, "Landlock", text + "; sockets and signals are left to seccomp")
    }

    private static func seccomp(_ probe: SandboxProbe) -> Finding {
        probe.hasFilter
            ? Finding(.ok, "seccomp", "filters system calls")
            : Finding(
                .warning, "seccomp", "the kernel has none",
                "workers could start processes and open sockets; a kernel with CONFIG_SECCOMP_FILTER has it")
    }

    private static func trial(_ probe: SandboxProbe) -> Finding {
        if let failure = probe.failure {
            return Finding(
                .missing, "sandbox", "a worker cannot be confined: \(failure)",
                "see docs/threat-model.md; --sandbox off does without")
        }
        let allowed = probe.leaks.joined(separator: ", ")
        return probe.leaks.isEmpty
            ? Finding(
                .ok, "sandbox",
                "tried in a child process: no new privileges, no file, socket, signal, process or program")
            : Finding(
                .warning, "sandbox", "tried in a child process: it could still \(allowed)",
                "--sandbox require refuses to work like that")
    }

    /// What programs of external tools are confined with: the same barriers, with other rights.
    static func plugins(_ sandbox: ToolSandbox) -> Finding {
        do throws(ToolSandbox.Refusal) {
            _ = try sandbox.applied(.auto)
        } catch {
            return Finding(.warning, "plugins", "none is started: \(error)", "see docs/threat-model.md")
        }
        if let note = sandbox.note(.auto) {
            return Finding(.warning, "plugins", note, "--sandbox require starts none like that")
        }
        let text = "confined to their own files and one temporary folder, without a network"
        return Finding(
            .ok, "plugins",
            sandbox.landlock >= 6 ? text : text + "; they can signal other processes of this user before Linux 6.12")
    }

    // MARK: FFmpeg

    /// Versions, and formats and codecs that are missing.
    static func libraries() -> [Finding] {
        let versions = WorkerProgram.libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        let missing = WorkerProgram.missingFormats
        let formats = FormatTable.all.filter { missing.contains($0.id) }.map(\.title)
        let decoders = WorkerProgram.missingDecoders
        let advice = "install the FFmpeg libraries of a distribution that has them; such videos fail"
        return [
            Finding(.ok, "FFmpeg", versions),
            formats.isEmpty
                ? Finding(.ok, "formats", "all \(FormatTable.all.count) that forgebatch formats lists")
                : Finding(
                    .warning, "formats", "not read: \(formats.joined(separator: ", "))",
                    "forgebatch formats lists the \(FormatTable.all.count - formats.count) others"),
            decoders.isEmpty
                ? Finding(.ok, "decoders", "all \(WorkerProgram.commonDecoders) common codecs")
                : Finding(.warning, "decoders", "not decoded: \(decoders.joined(separator: ", "))", advice),
        ]
    }

    // MARK: Limits

    /// Processors, memory and limits of this process, which workers inherit.
    static func limits() -> [Finding] { [processors(), memory(), workers(), descriptors(), addresses(), fileSize()] }

    private static func processors() -> Finding {
        let count = Machine.processors
        let quota =
            Machine.groups.processors.map {
                ", of which the control group gives \(Quantity.oneDecimal($0.value)) (\($0.file.display))"
            } ?? ""
        return Finding(.ok, "processors", "\(count)\(quota)")
    }

    private static func memory() -> Finding {
        let limit = Machine.groups.memory.map { limit in
            limit.value <= Machine.memory ? ", the control group's limit (\(limit.file.display))" : ""
        }
        let text = Quantity.size(Machine.memory) + (limit ?? "")
        guard Machine.memory < WorkerMemory.standard.limit else { return Finding(.ok, "memory", text) }
        return Finding(
            .warning, "memory", text, "a worker may take 1 GiB: --memory-limit sets another limit, or give it more")
    }

    private static func workers() -> Finding {
        let count = Machine.workers(memoryLimit: WorkerMemory.standard.limit)
        let share = Machine.memory / Int64(count.count)
        let text = "\(count.count), each with \(Quantity.size(share)) of the memory"
        return Finding(.ok, "videos at once", text + (count.reason.map { "; \($0)" } ?? ""))
    }

    private static func descriptors() -> Finding {
        let jobs = Machine.workers(memoryLimit: WorkerMemory.standard.limit).count
        let wanted = Machine.descriptorsWanted(workers: jobs)
        let limit = limit(RLIMIT_NOFILE).hard
        let text = limit.map { "\($0) open files" } ?? "no limit of open files"
        guard let limit, limit < UInt64(wanted) else { return Finding(.ok, "open files", text) }
        return Finding(
            .missing, "open files", "\(text), \(jobs) videos at once need \(wanted)",
            "raise ulimit -n, or lower --jobs")
    }

    private static func addresses() -> Finding {
        guard let limit = limit(RLIMIT_AS).soft else { return Finding(.ok, "address space", "no limit") }
        let text = Quantity.size(Int64(clamping: limit))
        return limit < UInt64(WorkerMemory.standard.limit)
            ? Finding(
                .warning, "address space", "limited to \(text)",
                "raise ulimit -v: workers take up to 1 GiB, large pictures more")
            : Finding(.ok, "address space", "limited to \(text)")
    }

    private static func fileSize() -> Finding {
        guard let limit = limit(RLIMIT_FSIZE).soft else { return Finding(.ok, "file size", "no limit") }
        return Finding(
            .warning, "file size", "limited to \(Quantity.size(Int64(clamping: limit)))",
            "raise ulimit -f: a larger result, log or catalog cannot be written")
    }

    private static func limit(_ which: __rlimit_resource) -> (soft: UInt64?, hard: UInt64?) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(which.rawValue), &limit) == 0 else { return (nil, nil) }
        func bound(_ value: rlim_t) -> UInt64? { value == rlim_t.max ? nil : UInt64(value) }
        return (bound(limit.rlim_cur), bound(limit.rlim_max))
    }
}

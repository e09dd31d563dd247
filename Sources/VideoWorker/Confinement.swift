internal import Bytes
internal import CLimits
internal import Glibc
internal import Jobs
internal import Media

/// Why a worker may not open what it was given: it could not be confined.
struct SandboxError: Error, CustomStringConvertible, Equatable {
    let description: String
}

/// What a worker lays on itself when all that it needs is open, and before it has a second thread or has read a byte of
/// its video: what holds for one thread holds for those that it starts.
enum Confinement {
    private static let descriptors: UInt64 = 64

    /// Bytes that no result is too large for, and how many more for each byte of the video. A frame of a still picture takes
    /// some ten bytes in the most frugal of codecs, and in a result of all tools about a thousand.
    private static let fileSize = (base: Int64(256 << 20), perByte: Int64(128))

    /// Limits first, then no new privileges, no capabilities, Landlock and seccomp.
    ///
    /// - Returns: what a person should know: a barrier that this kernel does not have.
    /// - Throws: ``SystemError`` when a limit cannot be set, ``SandboxError`` when a barrier cannot.
    static func enter(_ request: JobRequest) throws -> String? {
        fb_use_one_heap()
        var failed = fb_set_limits(
            UInt64(max(0, request.memory.limit)), UInt64(max(0, request.memory.most)), descriptors,
            UInt64(largestFile(request.size)))
        guard failed == 0 else { throw SystemError("setrlimit", request.result, code: failed) }
        limitProcessor(request, duration: nil, isFinal: request.timeout != nil)
        guard request.sandbox != .off else {
            failed = fb_no_new_privileges()
            guard failed == 0 else { throw SystemError("prctl", request.result, code: failed) }
            return "--sandbox off: workers run without Landlock and seccomp"
        }
        var sandbox = fb_sandbox()
        failed = fb_confine(&sandbox)
        guard failed == 0 else {
            let what = sandbox.failed.map { String(cString: $0) } ?? ""
            throw SandboxError(
                description:
                    "sandbox: \(what): \(String(cString: strerror(failed))); forgebatch doctor says what this machine allows, --sandbox off does without"
            )
        }
        let missing = [sandbox.landlock == 0 ? "Landlock" : nil, sandbox.filter == 0 ? "seccomp" : nil].compactMap {
            $0
        }
        guard let first = missing.first else { return nil }
        guard request.sandbox == .auto else {
            throw SandboxError(
                description:
                    "sandbox: this kernel has no \(first), and --sandbox require asks for it; auto does without")
        }
        return "this kernel has no \(missing.joined(separator: " and no ")): workers run without it"
    }

    /// Has the worker give way: to the rest of the machine when memory runs out, and to other programs as far as it is told.
    ///
    /// - Returns: what a person should know: what this machine does not let it do.
    static func giveWay(_ request: JobRequest) -> [String] {
        func note(_ failed: Int32, _ what: String) -> String? {
            failed == 0 ? nil : "\(what): \(String(cString: strerror(failed)))"
        }
        return [
            note(fb_offer_to_oom_killer(), "workers are not what the kernel ends first when memory runs out"),
            note(request.nice > 0 ? fb_lower_priority(Int32(clamping: request.nice)) : 0, "--nice"),
        ].compactMap { $0 }
    }

    /// Closes what came from the parent besides the standard descriptors: nothing that this process can use.
    static func closeInherited() { fb_close_from(STDERR_FILENO + 1) }

    /// Bytes of the largest file that the worker of a video of this size may write.
    static func largestFile(_ size: Int64) -> Int64 {
        let (product, overflow) = max(0, size).multipliedReportingOverflow(by: fileSize.perByte)
        return overflow || product > .max - fileSize.base ? .max : fileSize.base + product
    }

    /// Bounds the processor's time by the time that the video may take.
    ///
    /// - Parameters:
    ///   - duration: seconds, as the container claims; nil before it is open.
    ///   - isFinal: whether the worker may not raise it any more.
    static func limitProcessor(_ request: JobRequest, duration: Double?, isFinal: Bool) {
        let seconds = TimeLimit.seconds(timeout: request.timeout, duration: duration, size: request.size)
        _ = fb_limit_processor(
            TimeLimit.processorSeconds(within: seconds, threads: request.threads), isFinal ? 1 : 0)
    }
}

extension Confinement {
    /// Raises the limit of memory to what a video of large pictures needs, as far as it may be raised.
    static func allow(_ need: Int64, _ memory: WorkerMemory) {
        let limit = memory.limit(need: need)
        if limit > 0 { _ = fb_limit_memory(UInt64(limit)) }
    }

    /// What to say when that was not enough.
    static func outOfMemory(_ memory: WorkerMemory) -> String {
        let limit = fb_memory_limit()
        guard limit > 0 else { return "decode: out of memory; the machine has no more for it" }
        let mebibytes = "\(limit >> 20) MiB"
        return Int64(limit) >= memory.most && memory.most > memory.limit
            ? "decode: out of memory at \(mebibytes), this machine's share for a job; lower --jobs or set --memory-limit"
            : "decode: out of memory at \(mebibytes); raise --memory-limit"
    }
}

extension SystemError {
    /// What to say where a file of ours may not become as long as it would; nil for any other error.
    var tooLarge: String? {
        guard code == EFBIG else { return nil }
        let limit = fb_file_size_limit()
        return limit > 0 && limit < UInt64(Int64.max)
            ? "result: larger than \(limit >> 20 > 0 ? "\(limit >> 20) MiB" : "\(limit) bytes"), the limit for a video of this size or the file system's"
            : "result: \(call): \(reason)"
    }
}

/// Ends this process when the parent is gone: its end of our standard input is then closed.
enum ParentWatch {
    /// Starts a thread that waits for the end of standard input.
    ///
    /// - Throws: ``DecodeError/outOfMemory`` when there is none for a thread.
    static func start() throws(DecodeError) {
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { _ in
                var byte: UInt8 = 0
                while true {
                    let got = read(STDIN_FILENO, &byte, 1)
                    if got == 0 || (got < 0 && errno != EINTR) { _exit(0) }
                }
            }, nil)
        guard failed == 0 else { throw .outOfMemory }
        pthread_detach(thread)
    }
}

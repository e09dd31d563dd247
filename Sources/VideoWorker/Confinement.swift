internal import Bytes
internal import CLimits
internal import Glibc
internal import Jobs

/// The limits that a worker lays on itself before it opens its input.
enum Confinement {
    /// Bytes that code, stacks and libraries take of the address space before any video is read.
    private static let descriptors: UInt64 = 64

    /// Limits first, then no new privileges, then Landlock: the input to be read, results and stills to be written.
    ///
    /// - Returns: what a person should know: a barrier that this kernel does not have.
    static func enter(_ request: JobRequest, outputs: [RawPath]) throws(SystemError) -> String? {
        var failed = fb_set_limits(
            UInt64(max(0, request.memory.limit)), UInt64(max(0, request.memory.most)), 0, descriptors, 0)
        guard failed == 0 else { throw SystemError("setrlimit", request.relative, code: failed) }
        failed = fb_no_new_privileges()
        guard failed == 0 else { throw SystemError("prctl", request.relative, code: failed) }
        let names = outputs.map { path in path.withCString { strdup($0) } }
        defer { for name in names { free(name) } }
        let pointers = names.map { UnsafePointer($0) }
        let abi = request.input.withCString { fb_landlock($0, pointers, Int32(pointers.count)) }
        if abi > 0 { return nil }
        return abi == 0
            ? "this kernel has no Landlock: workers run without it"
            : "Landlock could not be set up (\(String(cString: strerror(-abi)))): workers run without it"
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

/// Ends this process when the parent is gone: its end of our standard input is then closed.
enum ParentWatch {
    /// Starts a thread that waits for the end of standard input.
    static func start() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var byte: UInt8 = 0
                while true {
                    let got = read(STDIN_FILENO, &byte, 1)
                    if got == 0 || (got < 0 && errno != EINTR) { _exit(0) }
                }
            }, nil)
        pthread_detach(thread)
    }
}

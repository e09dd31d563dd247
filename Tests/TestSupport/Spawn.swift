internal import Bytes
internal import CTestSupport
internal import Glibc

/// Starts a process with exactly the descriptors, signals and environment that a test asks for.
enum Spawn {
    /// Our ends of the process's output; -1 where there is none.
    struct Ends: Sendable {
        var stdout: Int32 = -1
        var stderr: Int32 = -1
    }

    static func start(_ launch: Launch) throws(SystemError) -> (pid_t, Ends) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var theirs: [Int32] = []
        defer { for descriptor in theirs { close(descriptor) } }
        var ends = Ends()
        if launch.terminal {
            ends.stdout = try terminal(&actions, &theirs)
        } else {
            try input(launch.input, &actions, &theirs)
            ends.stdout = try output(launch.output, as: 1, &actions, &theirs)
            ends.stderr = try output(launch.error, as: 2, &actions, &theirs)
        }
        _ = launch.directory.withCString { fbt_add_directory(&actions, $0) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The test process may ignore or block signals; the child starts as from a shell.
        fbt_fresh_session(&attributes)
        let words = ([launch.executable] + launch.arguments).map(copy)
        let variables = launch.environment.sorted { $0.key < $1.key }.map { copy(RawPath("\($0.key)=\($0.value)")) }
        defer { for pointer in words + variables { free(pointer) } }
        var pid: pid_t = 0
        let code = launch.executable.withCString {
            posix_spawn(&pid, $0, &actions, &attributes, words + [nil], variables + [nil])
        }
        guard code == 0 else { throw SystemError("posix_spawn", launch.executable, code: code) }
        return (pid, ends)
    }

    private static func copy(_ path: RawPath) -> UnsafeMutablePointer<CChar>? { path.withCString { strdup($0) } }

    /// The ends of a new pipe; neither reaches another process by accident.
    private static func pipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard fbt_pipe(&ends) == 0 else { throw SystemError("pipe", RawPath("pipe")) }
        return (ends[0], ends[1])
    }

    private static func input(
        _ input: Launch.Input, _ actions: inout posix_spawn_file_actions_t, _ theirs: inout [Int32]
    ) throws(SystemError) {
        switch input {
        case .closed: posix_spawn_file_actions_addclose(&actions, 0)
        case .bytes(let bytes):
            precondition(bytes.count <= 1 << 16, "more than a pipe holds would block")
            let (reading, writing) = try pipe()
            try Files.write(bytes, to: FileDescriptor(writing), path: RawPath("pipe"))
            close(writing)
            theirs.append(reading)
            posix_spawn_file_actions_adddup2(&actions, reading, 0)
        }
    }

    private static func output(
        _ output: Launch.Output, as number: Int32, _ actions: inout posix_spawn_file_actions_t, _ theirs: inout [Int32]
    ) throws(SystemError) -> Int32 {
        guard output != .closed else {
            posix_spawn_file_actions_addclose(&actions, number)
            return -1
        }
        let (reading, writing) = try pipe()
        theirs.append(writing)
        posix_spawn_file_actions_adddup2(&actions, writing, number)
        if output == .captured { return reading }
        close(reading)
        return -1
    }

    /// Opens a pseudo-terminal; the child's end becomes its descriptors 0 to 2. Returns our end.
    private static func terminal(
        _ actions: inout posix_spawn_file_actions_t, _ theirs: inout [Int32]
    ) throws(SystemError) -> Int32 {
        var held: Int32 = -1
        let ours = fbt_terminal(100, &held)
        guard ours >= 0 else { throw SystemError("posix_openpt", RawPath("pseudo-terminal")) }
        // Open until the child has it: before that our end would hang up.
        theirs.append(held)
        for number: Int32 in 0...2 { posix_spawn_file_actions_adddup2(&actions, held, number) }
        return ours
    }
}

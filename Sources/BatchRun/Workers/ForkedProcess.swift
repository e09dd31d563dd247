internal import Bytes
internal import CLimits

/// A child of this process that a zygote forked, and our ends of its pipes.
struct ForkedProcess: Sendable {
    /// Bytes that are read at once.
    private static let piece = 1 << 14

    let process: Int32
    /// By which the kernel tells that it has ended.
    let descriptor: FileDescriptor
    let output: FileDescriptor
    let error: FileDescriptor
    /// What forked it.
    let zygote: Zygote

    func close() { for one in [descriptor, output, error] { Files.close(one) } }

    /// How it ended, as `waitpid` tells, once it has.
    func end(_ settlement: Settlement) async -> ChildProcess.End {
        await Readiness.waitToRead(descriptor)
        var status: Int32 = 0
        let failed = settlement.reap { fb_wait_for(process, &status) }
        guard failed == 0 else { return .pipeFailed(SystemError("waitpid", RawPath("worker"), code: failed).reason) }
        return status & 0x7f == 0 ? .exited(status: (status >> 8) & 0xff) : .died(signal: status & 0x7f)
    }

    /// What comes out of a pipe that does not wait.
    struct Output: AsyncSequence, Sendable {
        let pipe: FileDescriptor

        struct Iterator: AsyncIteratorProtocol {
            let pipe: FileDescriptor

            mutating func next() async throws -> [UInt8]? {
                while true {
                    do throws(SystemError) {
                        let piece = try Files.read(pipe, count: ForkedProcess.piece, path: RawPath("pipe"))
                        return piece.isEmpty ? nil : piece
                    } catch {
                        guard error.wouldWait else { throw error }
                    }
                    await Readiness.waitToRead(pipe)
                }
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(pipe: pipe) }
    }

    /// Writes a request to a pipe that does not wait. A process that does not read any more is told by how it ends.
    ///
    /// - Throws: `SystemError` when it could not be written.
    static func write(_ request: [UInt8], to pipe: FileDescriptor) async throws(SystemError) {
        var sent = 0
        while sent < request.count {
            let done = request[sent...].withUnsafeBytes { fb_write_some(pipe.number, $0.baseAddress, $0.count) }
            if done > 0 {
                sent += done
                continue
            }
            let error = SystemError("write", RawPath("standard input"), code: Int32(clamping: -done))
            if error.isDisconnected { return }
            guard error.wouldWait else { throw error }
            await Readiness.waitToWrite(pipe)
        }
    }
}

extension ChildProcess {
    /// Has the process forked and runs it to its end.
    ///
    /// - Returns: nil when it has to be started in another way: nothing was told to it then.
    func runForked(
        _ zygotes: Zygotes, _ request: [UInt8], _ errors: LastLines, _ settlement: Settlement,
        _ hasToEnd: @escaping @Sendable () -> Bool, _ receive: @escaping @Sendable (Output) async -> Bool
    ) async -> End? {
        guard let input = try? Input(isSocket: !descriptors.isEmpty) else { return nil }
        // Its end means that we are gone, so it stays open.
        defer { input.close() }
        let impatience = Task.detached { await giveUp(settlement, hasToEnd) }
        let forked = await zygotes.fork(role, input: input.theirs)
        impatience.cancel()
        Files.close(input.theirs)
        guard let forked else { return settlement.isSettled ? .spawnFailed("not any more") : nil }
        defer { forked.close() }
        if settlement.isSettled {
            kill(forked.process)
        } else {
            await attend(
                forked.process, ForkedProcess.Output(pipe: forked.output), ForkedProcess.Output(pipe: forked.error),
                errors, settlement, hasToEnd, receive
            ) {
                switch input {
                case .socket(let socket): try await socket.send(request, descriptors) { settlement.isSettled }
                case .pipe(_, let writing): try await ForkedProcess.write(request, to: writing)
                }
            }
        }
        let end = await forked.end(settlement)
        // What a video has found out about the places of code and data in its worker is of no use for the next one.
        if case .died = end { zygotes.retire(forked.zygote) }
        return settlement.failure.map { .pipeFailed($0) } ?? end
    }

    /// Nobody waits for a process longer than it may take.
    private func giveUp(_ settlement: Settlement, _ hasToEnd: @Sendable () -> Bool) async {
        while !hasToEnd() {
            guard (try? await Task.sleep(for: ChildProcess.tick)) != nil else { return }
        }
        guard !Task.isCancelled else { return }
        settlement.settle(.spawnFailed("nothing forked it in time"))
    }

    /// Standard input of a process, from both sides.
    private enum Input {
        case pipe(theirs: FileDescriptor, ours: FileDescriptor)
        case socket(RequestSocket)

        init(isSocket: Bool) throws(SystemError) {
            if isSocket {
                self = .socket(try RequestSocket())
            } else {
                let (reading, writing) = try Files.pipe()
                _ = fb_set_nonblocking(writing.number)
                self = .pipe(theirs: reading, ours: writing)
            }
        }

        var theirs: FileDescriptor {
            switch self {
            case .pipe(let theirs, _): theirs
            case .socket(let socket): socket.theirs
            }
        }

        /// Closes our side.
        func close() {
            switch self {
            case .pipe(_, let ours): Files.close(ours)
            case .socket(let socket): socket.close()
            }
        }
    }
}

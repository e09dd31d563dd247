internal import Bytes
internal import Synchronization

/// The process that looks at the inputs, so that the run need not.
package enum LookProgram {
    /// Bytes of the longest request.
    private static let requestLimit = 1 << 30

    /// Milliseconds between two lines that tell what it is at.
    private static let pulse = 250

    /// Reads a request from standard input and answers it.
    ///
    /// - Returns: the exit status: 0 when the last line was ``LookAnswer/done``, 70 when there was no request, 71 when there
    ///   is no memory for a thread, 74 when an answer could not be written: what follows one that is lost would make a part
    ///   look like the whole.
    package static func main() -> Int32 {
        guard let request = readRequest() else {
            say("forgebatch: this subcommand is for forgebatch itself; use `forgebatch run`")
            return 70
        }
        let output = LookOutput { bytes throws(SystemError) in
            try Files.write(bytes, to: .standardOutput, path: RawPath("standard output"))
        }
        // Its own thread: the other one may be in a call that does not return.
        do throws(SystemError) {
            try Processes.endWithInput(every: pulse) { output.tellPosition() }
        } catch {
            say("\(error.call): \(error.reason)")
            return 71
        }
        answer(request, output)
        output.tell(.done)
        output.flush()
        if let error = output.failure {
            say("writing its answers: \(error.reason)")
            return 74
        }
        return 0
    }

    /// Has the run time look up once what each process needs that looks: reading a request, a walk, and its answers. What it
    /// looks at is nothing.
    ///
    /// It takes no lock, see `ZygoteProgram`.
    package static func warmUp() {
        let nothing = RawPath("")
        let line = LookRequest(.walk(DiscoveryOptions(now: 0)), []).encode()
        guard let request = (try? JSONReader.parse(line)).flatMap({ LookRequest($0) }),
            case .walk(let options) = request.question
        else { return }
        let status = FileStatus(kind: .file, size: 0, modified: 0, device: 0, inode: 0)
        let answers: [LookAnswer] = [
            .candidate(Candidate(path: nothing, relative: nothing, status: status)),
            .walked(Discovery.find(request.paths, options: options)),
            .surveyed(0, InputSurvey.Entry(looking: nothing, silent: "warm-up")), .done,
        ]
        for answer in answers { _ = answer.encode() }
    }

    private static func say(_ text: String) {
        try? Files.write(Array((text + "\n").utf8), to: .standardError, path: RawPath("standard error"))
    }

    static func answer(_ request: LookRequest, _ output: LookOutput) {
        switch request.question {
        case .survey:
            for (index, path) in request.paths.enumerated() {
                output.isAt(path)
                output.tell(.surveyed(index, InputSurvey.Entry(looking: path, silent: request.silent[path])))
            }
        case .walk(let options):
            var options = options
            options.silent = request.silent
            let found = Discovery.find(request.paths, options: options) { output.isAt($0) }
            for video in found.candidates { output.tell(.candidate(video)) }
            output.tell(.walked(found))
        case .fingerprints(let sizes):
            for (index, (path, size)) in zip(request.paths, sizes).enumerated() where request.silent[path] == nil {
                output.isAt(path)
                if let text = fingerprint(path, size: size) { output.tell(.fingerprint(index, text)) }
            }
        case .list(let isNullSeparated):
            for path in request.paths { list(path, isNullSeparated, output) }
        case .missing:
            var sure: [RawPath: Bool] = [:]
            for (index, path) in request.paths.enumerated() where request.silent[path] == nil {
                output.isAt(path)
                if let isSure = isMissing(path, &sure, output) { output.tell(.missing(index, isSure: isSure)) }
            }
        }
    }

    private static func list(_ path: RawPath, _ isNullSeparated: Bool, _ output: LookOutput) {
        output.isAt(path)
        do throws(SystemError) {
            // Whoever writes into a pipe takes the time that it needs.
            if try Files.status(path).kind != .file { output.isPatient = true }
            let names = try Discovery.readList(path, nullSeparated: isNullSeparated)
            output.isPatient = false
            for name in names { output.tell(.listed(name)) }
        } catch {
            output.tell(.unlisted(error.reason))
        }
    }

    /// Nil for a file that is there, or of which that is not known; else whether it is sure that it is not there. Where the
    /// nearest folder that there is holds nothing, it may be one whose share is not mounted.
    ///
    /// - Parameter sure: what is known of folders.
    private static func isMissing(_ path: RawPath, _ sure: inout [RawPath: Bool], _ output: LookOutput) -> Bool? {
        func kind(_ path: RawPath) -> FileStatus.Kind?? {
            do throws(SystemError) {
                return .some(try Files.status(path, follow: false).kind)
            } catch {
                return error.isMissing ? .some(nil) : nil
            }
        }
        guard case .some(nil) = kind(path) else { return nil }
        var folder = path
        while folder.parent != folder {
            folder = folder.parent
            if let known = sure[folder] { return known }
            output.isAt(folder)
            guard let found = kind(folder) else { return nil }
            guard let found else { continue }
            // A link is followed by the listing.
            let isSure = found != .directory && found != .link || (try? Files.list(folder))?.isEmpty == false
            sure[folder] = isSure
            return isSure
        }
        return nil
    }

    private static func fingerprint(_ path: RawPath, size: Int64) -> String? {
        guard let descriptor = try? Files.openInput(path) else { return nil }
        defer { Files.close(descriptor) }
        return try? Fingerprint.of(descriptor, size: size, path: path)
    }

    private static func readRequest() -> LookRequest? {
        var line: [UInt8] = []
        while line.count < requestLimit, line.last != 0x0a {
            guard let piece = try? Files.read(.standardInput, count: 1 << 16, path: RawPath("standard input")),
                !piece.isEmpty
            else { return nil }
            line += piece
        }
        return (try? JSONReader.parse(line)).flatMap { LookRequest($0) }
    }
}

/// What the process says, and what it is at.
final class LookOutput: Sendable {
    private struct State {
        var buffer: [UInt8] = []
        var path = RawPath("")
        var count = 0
        var told = -1
        var isPatient = false
        var failure: SystemError?
    }

    /// Bytes that are written at once.
    private static let piece = 1 << 16

    private let state = Mutex(State())
    private let write: @Sendable ([UInt8]) throws(SystemError) -> Void

    init(_ write: @escaping @Sendable ([UInt8]) throws(SystemError) -> Void) { self.write = write }

    /// Whether it waits for something that may take any time: it gives signs of life then.
    var isPatient: Bool {
        get { state.withLock { $0.isPatient } }
        set { state.withLock { $0.isPatient = newValue } }
    }

    /// Why an answer could not be written; nothing is written any more then.
    var failure: SystemError? { state.withLock { $0.failure } }

    /// Tells what is looked at next.
    func isAt(_ path: RawPath) {
        state.withLock { state in
            state.path = path
            state.count += 1
        }
    }

    func tell(_ answer: LookAnswer) {
        state.withLock { state in
            state.buffer += answer.encode()
            state.count += 1
            if state.buffer.count >= LookOutput.piece { flush(&state) }
        }
    }

    /// Says what it is at, if it is at something else than the last time.
    func tellPosition() {
        state.withLock { state in
            if state.isPatient { state.count += 1 }
            guard state.count != state.told else { return }
            state.told = state.count
            state.buffer += LookAnswer.at(state.path, count: state.count).encode()
            flush(&state)
        }
    }

    func flush() { state.withLock { flush(&$0) } }

    /// A parent that does not read any more is gone, and the watch ends this process.
    private func flush(_ state: inout State) {
        defer { state.buffer.removeAll(keepingCapacity: true) }
        guard state.failure == nil, !state.buffer.isEmpty else { return }
        do throws(SystemError) {
            try write(state.buffer)
        } catch {
            state.failure = error
        }
    }
}

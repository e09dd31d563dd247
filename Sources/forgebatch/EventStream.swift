internal import Bytes
internal import Synchronization

/// Standard error as a stream of JSON objects, one a line, and nothing else: `--progress json`. Every member is in
/// docs/schema/progress-1.json.
enum EventStream {
    /// What an object is about.
    enum Kind: String {
        /// Where the run is.
        case progress
        /// A sentence for people.
        case message
        /// What the run did; the last object but for messages.
        case summary
        /// The plan that was made; the last object but for messages.
        case planned
        /// Why there is no summary; the last object.
        case error
    }

    enum Level: String { case note, warning }

    private static let schema = "forgebatch/progress/1"
    private static let state = Mutex(false)

    /// Whether standard error is one.
    static var isOn: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    static func write(_ kind: Kind, _ members: [JSON.Member]) {
        let head = [JSON.Member("schema", .string(schema)), JSON.Member("type", .string(kind.rawValue))]
        Terminal.write(JSONWriter.text(.object(head + members)) + "\n", to: .standardError)
    }

    static func message(_ text: String, _ level: Level) {
        write(.message, [JSON.Member("level", .string(level.rawValue)), JSON.Member("text", .string(text))])
    }

    static func error(_ text: String, status: Int32) {
        write(.error, [JSON.Member("exit_status", .int(Int(status))), JSON.Member("text", .string(text))])
    }

    /// Whether the arguments ask for it. Even what is wrong with them is told in its form, so they are not parsed yet.
    static func isAsked(_ arguments: [String]) -> Bool {
        guard arguments.first.map({ ["run", "plan"].contains($0) }) == true else { return false }
        let flags = arguments.prefix { $0 != "--" }
        let joined = flags.enumerated().compactMap { index, flag -> String? in
            if flag.hasPrefix("--progress=") { return String(flag.dropFirst("--progress=".count)) }
            return flag == "--progress" ? flags.dropFirst(index + 1).first : nil
        }
        return (joined.last ?? Terminal.environment("FORGEBATCH_PROGRESS")) == ProgressStyle.json.rawValue
    }
}

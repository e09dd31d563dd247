internal import Bytes
internal import Jobs

/// What a process that looks at the inputs answers: a line of JSON each.
enum LookAnswer: Sendable {
    /// What it is at, and how much it has looked at by then: the same number again is no sign of life.
    case at(RawPath, count: Int)
    /// The answer for the path of this index of a survey.
    case surveyed(Int, InputSurvey.Entry)
    case candidate(Candidate)
    /// All of a walk but its candidates.
    case walked(Discovery)
    case fingerprint(Int, String)
    /// A path of a list.
    case listed(RawPath)
    /// Why a list cannot be read.
    case unlisted(String)
    /// The path of this index is not there; whether that is sure, see ``Looker/Missing``.
    case missing(Int, isSure: Bool)
    /// The last line: everything was told.
    case done

    /// Bytes of the longest line.
    static let lineLimit = 1 << 30

    func encode() -> [UInt8] {
        let members: [JSON.Member]
        switch self {
        case .at(let path, let count): members = path.members("at") + [JSON.Member("count", .int(count))]
        case .surveyed(let index, let entry): members = [JSON.Member("surveyed", .int(index))] + entry.members
        case .candidate(let video):
            members =
                video.relative.members("video") + video.path.members()
                + [JSON.Member("status", video.status.json)]
        case .walked(let discovery): members = [JSON.Member("walked", discovery.json)]
        case .fingerprint(let index, let text):
            members = [JSON.Member("fingerprinted", .int(index)), JSON.Member("fingerprint", .string(text))]
        case .listed(let path): members = path.members("listed")
        case .unlisted(let reason): members = [JSON.Member("unlisted", .string(reason))]
        case .missing(let index, let isSure):
            members = [JSON.Member("missing", .int(index)), JSON.Member("sure", .bool(isSure))]
        case .done: members = [JSON.Member("done", true)]
        }
        return JSONWriter.encode(.object(members)) + [0x0a]
    }

    /// Nil for a line that is none.
    init?(_ line: [UInt8]) {
        guard let json = try? JSONReader.parse(line) else { return nil }
        if let relative = RawPath(json, key: "video") {
            guard let path = RawPath(json), let status = json["status"].flatMap({ FileStatus($0) }) else { return nil }
            self = .candidate(Candidate(path: path, relative: relative, status: status))
        } else if let path = RawPath(json, key: "at") {
            guard let count = json["count"]?.int else { return nil }
            self = .at(path, count: count)
        } else if let index = json["surveyed"]?.int {
            guard let entry = InputSurvey.Entry(json) else { return nil }
            self = .surveyed(index, entry)
        } else if let index = json["fingerprinted"]?.int {
            guard let text = json["fingerprint"]?.string else { return nil }
            self = .fingerprint(index, text)
        } else if let index = json["missing"]?.int {
            self = .missing(index, isSure: json["sure"]?.bool == true)
        } else if let walked = json["walked"] {
            guard let discovery = Discovery(walked) else { return nil }
            self = .walked(discovery)
        } else if let path = RawPath(json, key: "listed") {
            self = .listed(path)
        } else if let reason = json["unlisted"]?.string {
            self = .unlisted(reason)
        } else if json["done"]?.bool == true {
            self = .done
        } else {
            return nil
        }
    }
}

extension FileStatus {
    /// `[kind, size, modified, device, inode]`
    var json: JSON {
        .array([
            .string(kind.rawValue), .int(size), .int(modified), .int(Int64(bitPattern: device)),
            .int(Int64(bitPattern: inode)),
        ])
    }

    init?(_ json: JSON) {
        guard let values = json.array, values.count == 5, let kind = values[0].string.flatMap({ Kind(rawValue: $0) })
        else { return nil }
        let numbers = values.dropFirst().compactMap(\.int)
        guard numbers.count == 4 else { return nil }
        self.init(
            kind: kind, size: Int64(numbers[0]), modified: Int64(numbers[1]),
            device: UInt64(bitPattern: Int64(numbers[2])), inode: UInt64(bitPattern: Int64(numbers[3])))
    }
}

extension Discovery {
    /// Everything but the candidates.
    var json: JSON {
        func list(_ paths: [RawPath]) -> JSON { .array(paths.map { .object($0.members()) }) }
        return .members([
            "problems": .array(
                problems.map { problem in
                    .object(
                        problem.path.members() + [
                            JSON.Member("reason", .string(problem.reason)),
                            JSON.Member("is_input", .bool(problem.isInput)),
                        ])
                }),
            "roots": .array(roots.map(\.json)), "root_names": list(rootNames),
            "finds": .array(finds.map { .members(["videos": .int($0.videos), "whole": .bool($0.isWhole)]) }),
            "young": list(young), "unread": list(unread),
            "untaken": .array(
                untaken.map { file in
                    .object(
                        file.relative.members() + [
                            JSON.Member("format", .string(file.format)), JSON.Member("advice", .string(file.advice)),
                        ])
                }), "ruled_out": .int(ruledOut), "walked_folders": list(walked),
        ])
    }

    init?(_ json: JSON) {
        func list(_ key: String) -> [RawPath] { json[key]?.array?.compactMap { RawPath($0) } ?? [] }
        guard let problems = json["problems"]?.array, let roots = json["roots"]?.array, let out = json["ruled_out"]?.int
        else { return nil }
        self.init()
        self.problems = problems.compactMap { problem in
            guard let path = RawPath(problem), let reason = problem["reason"]?.string else { return nil }
            return DiscoveryProblem(path: path, reason: reason, isInput: problem["is_input"]?.bool == true)
        }
        self.roots = roots.compactMap { InputRoot($0) }
        rootNames = list("root_names")
        finds = (json["finds"]?.array ?? []).map {
            RootFinds(videos: $0["videos"]?.int ?? 0, isWhole: $0["whole"]?.bool == true)
        }
        (young, unread, ruledOut) = (list("young"), list("unread"), out)
        walked = list("walked_folders")
        untaken = (json["untaken"]?.array ?? []).compactMap { file in
            guard let path = RawPath(file), let format = file["format"]?.string, let advice = file["advice"]?.string
            else { return nil }
            return UntakenVideo(relative: path, format: format, advice: advice)
        }
    }
}

internal import Archive
internal import Bytes
internal import Jobs
internal import Store

extension ReplayAPI {
    /// `GET /v1/runs`
    func runs(_ request: WebRequest) throws(WebError) -> WebAnswer {
        let limit = try request.number("limit", 1...Int.max, default: Int.max)
        let skip = try request.number("skip", 0...Int.max, default: 0)
        let (summaries, count): ([RunLogSummary], Int)
        do throws(SystemError) {
            (summaries, count) = try library.summaries(skip: skip, limit: limit)
        } catch {
            throw WebError(500, "the runs cannot be listed: \(error.reason)")
        }
        let selected = library.selectedID
        return .json([
            "runs": .array(summaries.map { run($0, isSelected: $0.id == selected) }), "count": .int(count),
        ])
    }

    /// `GET /v1/runs/{id}`
    func oneRun(_ request: WebRequest) throws(WebError) -> WebAnswer {
        let feed = try run(request.parameters["run"])
        guard let summary = RunLogSummary(layout, run: feed.id) else {
            throw WebError(404, "run \(feed.id) is no longer there")
        }
        return .json(run(feed.summary(summary), isSelected: feed.id == library.selectedID))
    }

    private func run(_ summary: RunLogSummary, isSelected: Bool) -> JSON {
        let snapshot = RunSnapshot.read(layout, run: summary.id)
        let tally = summary.counts.map { RunCounts($0) }
        let members = summary.members(
            completed: .number(
                tally?.completed ?? summary.soFar.map { $0.ended - $0.failed } ?? snapshot?.completed),
            failed: .number(tally?.failed ?? summary.soFar?.failed ?? snapshot?.failed),
            skipped: .number(tally?.allSkipped ?? snapshot?.skipped))
        return .object(
            members + [
                JSON.Member("selected", .bool(isSelected)),
                JSON.Member("report_url", Files.exists(layout.reportIndex) ? "/report/index.html" : .null),
            ])
    }

    /// `GET /v1/runs/{id}/log`
    func log(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let feed = try run(request.parameters["run"])
        let plain = layout.log(run: feed.id)
        do throws(SystemError) {
            if let joined = try await feed.joinedLog() {
                let file = try OpenFile(descriptor: joined, path: plain)
                let tag = "\"\(feed.id)-joining-\(file.size)\""
                return FileAnswer.make(file, for: request, as: .shown(ContentType.ndjson), entityTag: tag)
            }
        } catch {
            throw WebError(500, "the log of run \(feed.id) cannot be read: \(error.reason)")
        }
        guard let path = RunLog.file(plain), let file = try? OpenFile.named(path) else {
            throw WebError(404, "run \(feed.id): \(RunLog.lack(layout, run: feed.id) ?? "its log cannot be read")")
        }
        // The log only grows, so its length says which state of it this is.
        let tag = "\"\(feed.id)-\(file.status.inode)-\(file.size)\""
        if path != plain {
            // As it was written, whatever it is kept as.
            do throws(SystemError) {
                let unpacked = try OpenFile(descriptor: RunLog.open(plain), path: plain)
                return FileAnswer.make(unpacked, for: request, as: .shown(ContentType.ndjson), entityTag: tag)
            } catch {
                throw WebError(500, "the log of run \(feed.id) cannot be read: \(error.reason)")
            }
        }
        return FileAnswer.make(file, for: request, as: .shown(ContentType.ndjson), entityTag: tag)
    }

    /// `GET /v1/replay`, `GET /v1/runs/{id}/replay`
    func replay(_ request: WebRequest) throws(WebError) -> WebAnswer {
        let feed = try run(request.parameters["run"])
        feed.load()
        return .json(feed.clockMessage())
    }

    /// `PUT /v1/replay`, `PUT /v1/runs/{id}/replay`
    func setReplay(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        var feed = try run(request.parameters["run"])
        let json: JSON
        do throws(JSONError) {
            json = try JSONReader.parse(request.body)
        } catch {
            throw WebError(400, "the body is not JSON: \(error)")
        }
        guard json.members != nil else { throw WebError(422, "the body has to be an object") }
        let choice = json["run_id"]?.string
        if json["run_id"] != nil, choice == nil {
            throw WebError(422, "run_id has to be the id of a run, or \"latest\"")
        }
        // A client may send back what it got, which selects nothing.
        let selects = choice.map { $0 != feed.id } ?? false
        if let choice, selects {
            guard request.parameters["run"] == nil else { throw WebError(422, "run_id is not that of this run") }
            guard let chosen = library.feed(choice) else { throw WebError(422, "no run \(Escape.visible(choice))") }
            feed = chosen
        }
        func select() { if selects { library.select(choice == "latest" ? nil : choice) } }
        let time = try value(json, "at", "a number of seconds, 0 or more") { $0.double.flatMap { $0 >= 0 ? $0 : nil } }
        let playing = try value(json, "playing", "true or false") { $0.bool }
        let speed = try value(json, "speed", "a number above 0 and at most 1000000, or \"max\"") { ReplaySpeed($0) }
        guard time != nil || playing != nil || speed != nil else {
            guard selects else {
                throw WebError(422, "nothing to change: give at, speed or playing, or another run_id")
            }
            select()
            return .json(feed.clockMessage())
        }
        // Everybody is shown how things stand there, so that has to be known.
        if let time { await feed.whenLoaded(to: time) }
        guard feed.change(at: time, speed: speed, isPlaying: playing) else {
            throw WebError(409, "run \(feed.id) is still being written: its clock is now")
        }
        select()
        return .json(feed.clockMessage())
    }

    private func value<Value>(_ json: JSON, _ name: String, _ wanted: String, _ read: (JSON) -> Value?)
        throws(WebError) -> Value?
    {
        guard let given = json[name] else { return nil }
        guard let value = read(given) else { throw WebError(422, "\(name) has to be \(wanted)") }
        return value
    }
}

extension ReplaySpeed {
    /// A number above 0, at most 1000000, or `max`.
    init?(_ json: JSON) {
        if json.string == "max" {
            self = .max
        } else if let factor = json.double, factor > 0, factor <= 1_000_000 {
            self = .times(factor)
        } else {
            return nil
        }
    }

    /// As typed by a person: `1`, `0.5`, `max`.
    package init?(_ text: String) {
        self.init(text == "max" ? .string(text) : Double(text).map { .double($0) } ?? .null)
    }

    var json: JSON {
        switch self {
        case .times(let factor): .double(factor)
        case .max: "max"
        }
    }
}

extension RunFeed {
    /// The clock for HTTP.
    func clockMessage() -> JSON {
        let clock = clock
        return .members([
            "run_id": .string(id), "at": .double(milli(clock.at)), "duration": .double(milli(clock.duration)),
            "speed": clock.speed.json, "playing": .bool(clock.isPlaying), "live": .bool(clock.isLive),
            "max_idle": longestGap.map { .double($0) } ?? .null, "made": clock.made.map { .string($0) },
        ])
    }

    private func milli(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}

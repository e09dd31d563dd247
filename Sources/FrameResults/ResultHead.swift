package import Bytes
internal import Jobs

/// Everything of a result document but its frames.
package struct ResultHead: Sendable {
    package struct Source: Sendable {
        package var path: RawPath
        /// Bytes.
        package var size: Int64
        package var fingerprint: String

        package init(path: RawPath, size: Int64, fingerprint: String) {
            self.path = path
            self.size = size
            self.fingerprint = fingerprint
        }
    }

    package static let schema = "forgebatch/result/1"

    package var jobID: String
    package var source: Source
    package var video: JSON
    /// The account of decoding, and what it says of frames.
    package let decode: JSON
    package let totalFrames: Int
    package let declaredFrames: Int?
    /// Objects of id, version and settings.
    package var tools: [JSON]
    /// Per tool, under its id.
    package var summary: JSON
    package var events: [JSON]

    package init(
        jobID: String, source: Source, video: JSON, decode: DecodeReport, tools: [JSON], summary: JSON, events: [JSON]
    ) {
        self.jobID = jobID
        self.source = source
        self.video = video
        self.decode = decode.json
        totalFrames = decode.decodedFrames
        declaredFrames = decode.declaredFrames
        self.tools = tools
        self.summary = summary
        self.events = events
    }

    /// The head of a result that is there, with what its tools say now.
    ///
    /// - Parameter stored: nothing of it was left out by the sanitizer.
    package init(stored: StoredHead, tools: [JSON], summary: JSON, events: [JSON]) {
        jobID = stored.jobID
        source = Source(path: stored.path, size: stored.size, fingerprint: stored.fingerprint)
        video = stored.video
        decode = stored.decode
        totalFrames = stored.totalFrames
        declaredFrames = stored.declaredFrames
        self.tools = tools
        self.summary = summary
        self.events = events
    }

    /// The members of the document in their order, `frames` left out.
    func members(_ sanitizer: inout Sanitizer) -> [JSON.Member] {
        let origin = JSON.object(
            source.path.members()
                + [
                    JSON.Member("size", .int(source.size)), JSON.Member("fingerprint", .string(source.fingerprint)),
                ])
        var head: [JSON.Member] = []
        func add(_ key: String, _ value: JSON?) { if let value { head.append(JSON.Member(key, value)) } }
        add("schema", .string(ResultHead.schema))
        add("job_id", .string(jobID))
        add("status", .string(VideoStatus.completedWord))
        add("source", origin)
        add("video", sanitizer.clean(video))
        add("total_frames", .int(totalFrames))
        add("declared_frames", declaredFrames.map { .int($0) })
        add("decode", decode)
        add("tools", sanitizer.clean(.array(tools)))
        let cleanSummary = sanitizer.clean(summary)
        let told = SanitizerCounts(told: cleanSummary)
        let cleanEvents = sanitizer.clean(.array(events))
        add(
            "sanitized",
            .members([
                "dropped_values": .int(sanitizer.counts.droppedValues + told.droppedValues),
                "dropped_objects": .int(sanitizer.counts.droppedObjects + told.droppedObjects),
            ]))
        add("summary", cleanSummary)
        add("events", cleanEvents)
        return head
    }
}

extension DecodeReport {
    var json: JSON {
        func faults(_ list: [Fault]) -> JSON {
            .array(list.map { .members(["frame": .int($0.frame), "text": .string(Escape.visible($0.text))]) })
        }
        func some(_ count: Int) -> JSON? { count > 0 ? .int(count) : nil }
        return .members([
            "rules": .int(DecodeReport.rules), "demuxed_packets": .int(demuxedPackets),
            "corrupt_packets": some(corruptPackets), "empty_packets": some(emptyPackets),
            "discarded_packets": some(discardedPackets), "leading_packets": some(leadingPackets),
            "decoded_frames": .int(decodedFrames), "corrupt_frames": .int(corruptFrames),
            "concealed_frames": .int(concealedFrames), "error_count": .int(errorCount),
            "errors": faults(errors), "container_faults": some(containerFaults), "note_count": some(noteCount),
            "notes": notes.isEmpty ? nil : faults(notes),
            "timestamps": .members([
                "missing": .int(missing), "repeated": .int(repeated), "backward": .int(backward), "gaps": .int(gaps),
                "restarts": some(restarts), "variable": .bool(isVariable),
            ]),
            "covered_duration": coveredDuration.map { .double($0) }, "size_changes": .int(sizeChanges),
            "truncated": .bool(isTruncated), "verdict": .string(verdict.rawValue),
            "reasons": .array(reasons.map { .string($0.rawValue) }),
        ])
    }
}

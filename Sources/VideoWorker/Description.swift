internal import Bytes
internal import FrameResults
internal import Media

extension DecodeReport {
    /// A reader's account once its last frame is out.
    init(_ reader: VideoReader) {
        self.init()
        let account = reader.account
        demuxedPackets = account.demuxedPackets
        decodedFrames = account.decodedFrames
        corruptPackets = account.corruptPackets
        emptyPackets = account.emptyPackets
        discardedPackets = account.discardedPackets
        leadingPackets = account.leadingPackets
        indexedFrames = account.indexedFrames
        corruptFrames = account.corruptFrames
        concealedFrames = account.concealedFrames
        errorCount = account.errorCount
        errors = account.errors.map { Fault(frame: $0.frame, text: $0.text) }
        containerFaults = account.containerFaults
        noteCount = account.noteCount
        notes = account.notes.map { Fault(frame: $0.frame, text: $0.text) }
        missing = account.missingTimestamps
        repeated = account.repeatedTimestamps
        backward = account.backwardTimestamps
        restarts = account.restarts
        gaps = account.gaps
        isVariable = account.isVariable
        sizeChanges = account.sizeChanges
        endedEarly = account.endedEarly
        declaredFrames = reader.info.declaredFrames
        declaredDuration = reader.info.duration
        coveredDuration = account.coveredDuration
    }
}

extension VideoInfo {
    /// The `video` member of a result.
    var json: JSON {
        let color: [JSON.Member] = [
            ("range", colorRange), ("space", colorSpace), ("primaries", colorPrimaries), ("transfer", colorTransfer),
        ].compactMap { key, value in value.map { JSON.Member(key, .string($0)) } }
        return .members([
            "container": .string(container), "codec": .string(codec), "width": .int(width), "height": .int(height),
            "pixel_format": .string(pixelFormat), "converted_to": conversion.map { .string($0) },
            "rotation": .int(rotation),
            "frame_rate": .members(["r": rate(realFrameRate), "avg": rate(averageFrameRate)]),
            "time_base": .string(timeBase.text), "start_time": startTime.map { .double($0) },
            "duration": duration.map { .double($0) }, "field_order": fieldOrder.map { .string($0) },
            "color": color.isEmpty ? nil : .object(color), "stream_index": .int(streamIndex),
            "video_streams": .int(videoStreams), "decoder_threads": .int(decoderThreads),
            "libraries": .object(FFmpegVersions.all.map { JSON.Member($0.name, .string($0.version)) }),
        ])
    }

    private func rate(_ ratio: Ratio) -> JSON? { ratio.value == nil ? nil : .string(ratio.text) }
}

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
    ///
    /// - Parameter shapes: of all its pictures.
    func json(_ shapes: PictureShapes) -> JSON {
        let first = shapes.runs.first?.geometry
        let shown = first.flatMap { $0.width == width && $0.height == height ? $0 : nil } ?? display
        let isUniform = shapes.runs.count < 2 && (first == nil || first == shown)
        let color: [JSON.Member] = [
            ("range", colorRange), ("space", colorSpace), ("primaries", colorPrimaries), ("transfer", colorTransfer),
        ].compactMap { key, value in value.map { JSON.Member(key, .string($0)) } }
        return .members([
            "container": .string(container), "codec": .string(codec), "width": .int(width), "height": .int(height),
            "pixel_format": .string(pixelFormat), "converted_to": conversion.map { .string($0) },
            "rotation": .int(rotation), "display_matrix": displayMatrix.map { .array($0.map { .int($0) }) },
            "mirrored": shown.isMirrored ? true : nil, "sample_aspect_ratio": shown.ratioJSON,
            "clean_aperture": shown.apertureJSON, "display": shown.displayJSON,
            "sizes": isUniform ? nil : .array(shapes.runs.map(\.json)),
            "frame_rate": .members(["r": rate(realFrameRate), "avg": rate(averageFrameRate)]),
            "time_base": .string(timeBase.text), "start_time": startTime.map { .double($0) },
            "duration": duration.map { .double($0) }, "field_order": fieldOrder.map { .string($0) },
            "color": color.isEmpty ? nil : .object(color), "stream_index": .int(streamIndex),
            "video_streams": .int(videoStreams),
            "libraries": .object(FFmpegVersions.all.map { JSON.Member($0.name, .string($0.version)) }),
        ])
    }

    private func rate(_ ratio: Ratio) -> JSON? { ratio.value == nil ? nil : .string(ratio.text) }
}

extension PictureShapes.Run {
    fileprivate var json: JSON {
        .members([
            "first_frame": .int(firstFrame), "frames": .int(frames), "width": .int(geometry.width),
            "height": .int(geometry.height), "sample_aspect_ratio": geometry.ratioJSON,
            "clean_aperture": geometry.apertureJSON, "display": geometry.displayJSON,
        ])
    }
}

extension DisplayGeometry {
    fileprivate var ratioJSON: JSON? { sampleAspectRatio.map { .string("\($0.numerator):\($0.denominator)") } }

    fileprivate var apertureJSON: JSON? {
        guard margins != Margins() else { return nil }
        return .members([
            "x": .int(margins.left), "y": .int(margins.top), "width": .int(width - margins.left - margins.right),
            "height": .int(height - margins.top - margins.bottom),
        ])
    }

    fileprivate var displayJSON: JSON {
        .members(["width": .int(displaySize.width), "height": .int(displaySize.height)])
    }
}

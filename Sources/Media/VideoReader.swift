package import Bytes
internal import CFFmpeg
package import Frames

/// One video, read frame by frame from an open descriptor: timestamps and accounting over a demuxer and one decoder.
///
/// Not Sendable: one video is one synchronous loop on one thread. Behind it the decoder may work on several pictures at once,
/// each on a thread of its own. Pictures and accounts of sound streams are the same then, byte for byte; of damaged ones they
/// depend on which thread was how far. So at the first sign of trouble a reader with several threads ends with
/// ``DecodeError/threadTrouble``, before it gives a picture that one thread might not give, and the video is to be read anew
/// with one.
package final class VideoReader {
    package private(set) var info = VideoInfo()
    package private(set) var account = DecodeAccount()
    /// The sizes and shapes of the pictures so far.
    package private(set) var shapes = PictureShapes()

    private let demuxer: Demuxer
    private let decoder: VideoDecoder
    private let limits: MediaLimits
    private let scaler = Scaler()
    private let duration: DeclaredDuration
    private var layout: PixelLayout?
    private var clock: TimestampClock
    private var place = Complaint.Place()
    private var leading = LeadingPictures()
    private var hasChecksumFaults = false
    private var isDrained = false
    private var lastSize: (Int, Int)?

    /// How many pictures are decoded at once.
    package var threads: Int { decoder.threads }

    /// Opens the default video stream of a file.
    ///
    /// - Parameters:
    ///   - descriptor: a regular file open for reading; closed when the reader goes.
    ///   - fileExtension: its name's, in lower case without the dot: raw streams are known by nothing else.
    package init(descriptor: FileDescriptor, fileExtension: String? = nil, limits: MediaLimits = MediaLimits())
        throws(DecodeError)
    {
        DecoderLog.install()
        self.limits = limits
        demuxer = try Demuxer(descriptor: descriptor, fileExtension: fileExtension, limits: limits)
        if let scheme = Encryption.scheme(demuxer.stream, demuxer.format) { throw .encrypted(scheme) }
        decoder = try VideoDecoder.open(demuxer.stream, limits)
        duration = DeclaredDuration(demuxer.stream, demuxer.format)
        clock = TimestampClock(demuxer.stream, demuxer.format)
        info = VideoInfo(demuxer, decoder)
        info.duration = duration.expected
        if duration.own == nil, duration.file != nil { demuxer.watchOthers() }
        // What was said while the container was opened; what a decoder said of the first pictures it will say again.
        for line in DecoderLog.take() where line.source == .demuxer {
            if Complaint.of(line, at: place) != .nothing { account.containerFault(line.description) }
        }
    }

    /// Decodes the next frame; nil at the end. Damage is counted, not thrown.
    ///
    /// - Throws: ``DecodeError`` when nothing further can be decoded at all (no memory, no conversion), the file cannot be
    ///   read, or several threads met trouble. With several threads any error may be theirs.
    /// - Complexity: one frame's decoding; the picture is not copied unless its format must be converted.
    package func next() throws(DecodeError) -> (picture: Picture, time: FrameTime)? {
        while true {
            let frame = try OwnedFrame()
            let status = avcodec_receive_frame(decoder.context, frame.pointer)
            if status == fb_error_nomem() { throw .outOfMemory }
            if status >= 0 {
                let result = try take(frame)
                try collect(nil)
                return result
            }
            if status == fb_error_eof() {
                decoder.rest()
                try collect(nil)
                if account.decodedFrames == 0 { try refuseThreads() }
                settle()
                return nil
            }
            if status == fb_error_again() {
                try feed()
            } else {
                try collect(Media.describe(status: status))
            }
        }
    }

    /// Hands the decoder one more packet of our stream, or the end.
    private func feed() throws(DecodeError) {
        guard !isDrained else { return }
        while true {
            let packet: UnsafeMutablePointer<AVPacket>
            switch try demuxer.next() {
            case .packet(let next): packet = next
            case .end:
                isDrained = true
                try collect(nil)
                avcodec_send_packet(decoder.context, nil)
                return
            case .broken(let status):
                account.endedEarly = true
                isDrained = true
                try collect("demux: " + Media.describe(status: status))
                avcodec_send_packet(decoder.context, nil)
                return
            }
            defer { demuxer.release() }
            // Before the packet is decoded: what the demuxer said of it.
            try collect(nil)
            if let scheme = Encryption.scheme(packet) { throw .encrypted(scheme) }
            try note(packet.pointee)
            // An empty packet would tell the decoder that the stream has ended.
            guard packet.pointee.size > 0 else { continue }
            let sent = avcodec_send_packet(decoder.context, packet)
            if sent == fb_error_nomem() { throw .outOfMemory }
            if sent < 0, sent != fb_error_again() { try collect(Media.describe(status: sent)) }
            return
        }
    }

    private func note(_ packet: AVPacket) throws(DecodeError) {
        account.demuxedPackets += 1
        clock.note(duration: packet.duration)
        if packet.flags & AV_PKT_FLAG_CORRUPT != 0 {
            account.corruptPackets += 1
            try refuseThreads()
        }
        if packet.size == 0 {
            account.emptyPackets += 1
        } else {
            let isDiscarded = packet.flags & AV_PKT_FLAG_DISCARD != 0
            if isDiscarded { account.discardedPackets += 1 }
            leading.note(isKey: packet.flags & AV_PKT_FLAG_KEY != 0, time: packet.pts, isDiscarded: isDiscarded)
        }
        if packet.flags & AV_PKT_FLAG_KEY != 0 { place.keyPackets += 1 }
        place.beginsInside = leading.isThere
    }

    /// Ends a pass of several threads: what comes now may depend on them, or on how far ahead of the pictures they read.
    private func refuseThreads() throws(DecodeError) { if threads > 1 { throw .threadTrouble } }

    /// Takes note of what the libraries said since the last call; a failing status without a line is a fault of its own.
    private func collect(_ status: String?) throws(DecodeError) {
        let lines = DecoderLog.take()
        if status != nil || decoder.hasHoles || lines.contains(where: { Complaint.leavesTrace($0, at: place) }) {
            try refuseThreads()
        }
        // Decoders make an error of the stream of a lack of memory.
        if decoder.isOutOfMemory || demuxer.isOutOfMemory && isDrained || lines.contains(where: \.isOutOfMemory) {
            throw .outOfMemory
        }
        var isExplained = false
        for var line in lines {
            if line.tellsOfEarlyEnd { account.endedEarly = true }
            if line.name.isEmpty { line.name = info.codec }
            let complaint = Complaint.of(line, at: place)
            isExplained = isExplained || !line.isWarning
            switch complaint {
            case .damage: account.fault(line.description)
            case .container:
                account.containerFault(line.description)
                hasChecksumFaults = hasChecksumFaults || line.text.contains("CRC mismatch")
            case .note: account.note(line.description)
            case .nothing: break
            }
        }
        guard let status, !isExplained else { return }
        if place.keyPackets == 0, !status.hasPrefix("demux") { account.note(status) } else { account.fault(status) }
    }

    /// Completes the account once the last frame is out.
    private func settle() {
        info.duration = duration.settled(othersEnd: demuxer.othersEnd)
        if demuxer.isCut { account.endedEarly = true }
        account.isVariable = clock.isVariable
        account.coveredDuration = clock.covered
        account.gaps = demuxer.statesAllDurations ? 0 : clock.gaps
        if hasChecksumFaults, clock.holes > 0 { account.fault("checksums do not match, and frames are missing") }
        account.restarts = demuxer.restarts
        account.leadingPackets = leading.count
        account.indexedFrames = demuxer.indexedFrames
        if account.decodedFrames == 0 {
            let size = (Int(decoder.context.pointee.width), Int(decoder.context.pointee.height))
            if account.errors.contains(where: { $0.text.contains("exceeds specified max pixel count") }) {
                account.refusal = .pictureTooLarge(width: size.0, height: size.1, limit: limits.pixels)
            }
        }
    }

    private func take(_ frame: OwnedFrame) throws(DecodeError) -> (picture: Picture, time: FrameTime) {
        if fb_picture_has_holes(frame.pointer) != 0 { try refuseThreads() }
        demuxer.colours.complete(frame)
        let raw = frame.pointer.pointee
        let index = account.decodedFrames
        account.decodedFrames += 1
        if raw.flags & AV_FRAME_FLAG_CORRUPT != 0 || raw.decode_error_flags != 0 {
            account.corruptFrames += 1
            try refuseThreads()
        }
        if raw.decode_error_flags & FF_DECODE_ERROR_CONCEALMENT_ACTIVE != 0 { account.concealedFrames += 1 }
        let size = (Int(raw.width), Int(raw.height))
        if let lastSize, lastSize != size {
            account.sizeChanges += 1
            try refuseThreads()
            MemoryNeed.tell(
                width: raw.width, height: raw.height, format: AVPixelFormat(raw.format), threads: threads, limits)
        }
        lastSize = size
        shapes.take(info.display(of: frame, demuxer.format, demuxer.stream), index: index)
        let time = clock.stamp(
            raw.best_effort_timestamp, duration: fb_frame_duration(frame.pointer), index: index, account: &account)
        return (try picture(frame), time)
    }

    private func picture(_ frame: OwnedFrame) throws(DecodeError) -> Picture {
        let format = AVPixelFormat(frame.pointer.pointee.format)
        if layout?.format != format {
            if layout != nil { try refuseThreads() }
            layout = PixelLayout(format)
        }
        guard let layout else { throw .conversion("unknown pixel format") }
        if info.pixelFormat.isEmpty { info.pixelFormat = layout.name }
        if layout.isReadInPlace { return try layout.picture(frame) }
        let target = layout.converted
        guard let targetLayout = PixelLayout(target) else { throw .conversion("unknown pixel format") }
        info.conversion = targetLayout.name
        let converted = try scaler.convert(
            frame, to: target, width: frame.pointer.pointee.width, height: frame.pointer.pointee.height)
        layout.describeColours(of: converted, from: frame)
        return try targetLayout.picture(converted)
    }
}

/// Packets at a file's beginning that no decoder can make pictures of: those before the first keyframe, and those behind
/// it that are shown before it and refer to pictures that the file does not hold.
struct LeadingPictures {
    private var keys = 0
    private var first: Int64?
    /// Those that would be shown if they could be decoded.
    private(set) var count = 0
    /// Whether there are any, an edit list may leave them out or not.
    private(set) var isThere = false

    mutating func note(isKey: Bool, time: Int64, isDiscarded: Bool) {
        if isKey {
            keys += 1
            if keys == 1, time != fb_nopts() { first = time }
            return
        }
        guard keys == 0 || keys == 1 && (time == fb_nopts() || first.map { time < $0 } == true) else { return }
        isThere = true
        if !isDiscarded { count += 1 }
    }
}

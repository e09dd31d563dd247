internal import Bytes
internal import CFFmpeg
internal import Glibc

/// Limits that hold for any input, however it lies.
package struct MediaLimits: Sendable {
    /// Pixels of one picture; 8K video has 33 million, the largest cinema cameras write 80 million.
    package var pixels: Int64 = 1 << 27
    package var streams = 256
    /// Bytes read to find out what the file is.
    package var probeBytes: Int64 = 8 << 20
    /// Threads that the decoder may have at most. With more than one, ``VideoReader`` gives up where their number could show.
    package var threads = 1
    /// Pixels of the smallest picture that is decoded with more than one thread.
    package var threadedPixels: Int64 = 0
    /// Bytes of address space that may be taken in all, as threads are reckoned; 0 for no limit.
    package var memory: Int64 = 0
    /// Told how many bytes of memory a video may take, once its pictures' size is known: the place to raise a limit.
    package var expectMemory: (@Sendable (Int64) -> Void)?
    package init() {}
}

/// A container's reading half: the one owner of libavformat's context, its input and its packet.
///
/// It gives the packets of one video stream with their clock joined, and keeps an eye on how far the other streams reach.
final class Demuxer {
    /// What reading on gave.
    enum Step {
        /// A packet of the video, to be released with ``release()``.
        case packet(UnsafeMutablePointer<AVPacket>)
        case end
        /// The container cannot be read further; the negative status of libavformat.
        case broken(Int32)
    }

    let format: UnsafeMutablePointer<AVFormatContext>
    let stream: UnsafeMutablePointer<AVStream>
    let videoStreams: Int
    /// What the container says of the video's colours, whatever the decoder says.
    let colours: DeclaredColours
    private let input: InputBytes
    private let packet: UnsafeMutablePointer<AVPacket>
    private var clock: PacketClock
    /// Whether there was no memory for something, at any time.
    private(set) var isOutOfMemory = false
    /// Seconds at which the last packet of any other stream ends, on the container's clock; nil when none was looked at.
    private(set) var othersEnd: Double?

    /// How often the video's clock began anew and was joined.
    var restarts: Int { clock.restarts }

    /// Opens the container and chooses its video.
    ///
    /// - Parameters:
    ///   - descriptor: a regular file open for reading; closed when this object goes.
    ///   - fileExtension: its name's, in lower case without the dot: raw streams are known by nothing else.
    init(descriptor: FileDescriptor, fileExtension: String?, limits: MediaLimits) throws(DecodeError) {
        let input = try InputBytes(descriptor: descriptor)
        let opening = try InputFormats.opening(descriptor: descriptor, fileExtension: fileExtension)
        guard let packet = av_packet_alloc() else { throw .outOfMemory }
        do throws(DecodeError) {
            var all: [DeclaredColours] = []
            errno = 0
            let format = try Demuxer.open(input, opening.demuxer, limits, &all)
            // Demuxers take a lack of memory for the end of the file; malloc(3) leaves its sign.
            isOutOfMemory = errno == ENOMEM
            do throws(DecodeError) {
                (stream, videoStreams) = try Demuxer.chooseStream(format)
            } catch {
                var owned: UnsafeMutablePointer<AVFormatContext>? = format
                avformat_close_input(&owned)
                throw error
            }
            self.format = format
            let index = Int(stream.pointee.index)
            colours = all.indices.contains(index) ? all[index] : DeclaredColours()
        } catch {
            var owned: UnsafeMutablePointer<AVPacket>? = packet
            av_packet_free(&owned)
            // Whatever libavformat made of a read that failed, the file may be sound.
            if let code = input.failure { throw .unreadable(code) }
            throw opening.explain(error)
        }
        self.input = input
        self.packet = packet
        clock = PacketClock(stream, format)
    }

    deinit {
        var ownedPacket: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&ownedPacket)
        var ownedFormat: UnsafeMutablePointer<AVFormatContext>? = format
        avformat_close_input(&ownedFormat)
    }

    /// Reads on to the video's next packet.
    ///
    /// - Throws: ``DecodeError/unreadable(_:)`` when the file could not be read, whatever libavformat made of it, and
    ///   ``DecodeError/outOfMemory``.
    func next() throws(DecodeError) -> Step {
        while true {
            errno = 0
            let status = av_read_frame(format, packet)
            if errno == ENOMEM { isOutOfMemory = true }
            if let code = input.failure { throw .unreadable(code) }
            guard status >= 0 else {
                if status == fb_error_nomem() { throw .outOfMemory }
                if status != fb_error_eof(), InputFormats.endedBy(format) != nil {
                    DecoderLog.forgetDemuxer()
                    return .end
                }
                return status == fb_error_eof() ? .end : .broken(status)
            }
            if packet.pointee.stream_index == stream.pointee.index {
                if !isHeader { clock.join(packet) }
                return .packet(packet)
            }
            noteOther()
            av_packet_unref(packet)
        }
    }

    /// Whether the packet is one of Theora's headers, which a chained Ogg file repeats and which take no time (Theora
    /// specification, 6.1).
    private var isHeader: Bool {
        stream.pointee.codecpar.pointee.codec_id == AV_CODEC_ID_THEORA && packet.pointee.size > 0
            && packet.pointee.data.pointee & 0x80 != 0
    }

    func release() { av_packet_unref(packet) }

    /// Reads the other streams' packets from here on, for ``othersEnd``: that costs their demuxing.
    func watchOthers() {
        for index in 0..<Int(format.pointee.nb_streams) {
            guard let other = format.pointee.streams[index], other != stream else { continue }
            if other.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0 {
                other.pointee.discard = AVDISCARD_DEFAULT
            }
        }
    }

    /// Whether the file is at least a hundredth shorter than its own header says.
    var isCut: Bool {
        guard let name = format.pointee.iformat?.pointee.name, String(cString: name) == "asf", let size = input.size,
            let declared = ASFHeader.fileSize(input.head(ASFHeader.length))
        else { return false }
        return size < declared - declared / 100
    }

    /// Whether the container states for every picture how long it is shown, so that no time between two of them is a hole:
    /// an ISO file whose table of samples is whole (fragments may be lost), and an AVI, whose clock is the number of its
    /// chunks, empty ones included.
    var statesAllDurations: Bool {
        guard let name = format.pointee.iformat?.pointee.name.map({ String(cString: $0) }) else { return false }
        return name == "avi"
            || name.hasPrefix("mov") && stream.pointee.nb_frames > 0
                && Int64(avformat_index_get_entries_count(stream)) <= stream.pointee.nb_frames
    }

    /// How many frames the container's index lists that are to be shown, now that all is read: without those that edit
    /// lists leave out and chunks that are empty. Nil for containers other than ISO files and AVI, whose indices are not
    /// known to list every frame.
    var indexedFrames: Int? {
        guard let name = format.pointee.iformat?.pointee.name.map({ String(cString: $0) }) else { return nil }
        let count = avformat_index_get_entries_count(stream)
        guard count > 0, name.hasPrefix("mov") || name == "avi" else { return nil }
        // FFmpeg leaves empty chunks out of an AVI's index. One that does not reach the end was made of what is there,
        // and says nothing of what should be.
        if name == "avi", let last = avformat_index_get_entry(stream, count - 1) {
            let lack = Double(stream.pointee.nb_frames - last.pointee.timestamp - 1)
            let base = stream.pointee.time_base
            let seconds = base.den != 0 ? lack * Double(base.num) / Double(base.den) : .infinity
            guard seconds <= 1 || lack <= 0.01 * Double(stream.pointee.nb_frames) else { return nil }
        }
        return (0..<count).reduce(0) { sum, index in
            guard let entry = avformat_index_get_entry(stream, index) else { return sum }
            return sum + (entry.pointee.flags & AVINDEX_DISCARD_FRAME == 0 && entry.pointee.size > 0 ? 1 : 0)
        }
    }

    private func noteOther() {
        let index = Int(packet.pointee.stream_index)
        guard index < Int(format.pointee.nb_streams), let other = format.pointee.streams[index] else { return }
        let ticks = packet.pointee.pts != fb_nopts() ? packet.pointee.pts : packet.pointee.dts
        let base = other.pointee.time_base
        guard ticks != fb_nopts(), base.den != 0 else { return }
        let unit = Double(base.num) / Double(base.den)
        let end = Double(ticks) * unit + Double(max(0, packet.pointee.duration)) * unit
        othersEnd = max(othersEnd ?? end, end)
    }
}

extension Demuxer {
    /// - Parameter colours: gets what the container says of each stream.
    private static func open(
        _ input: InputBytes, _ demuxer: UnsafePointer<AVInputFormat>?, _ limits: MediaLimits,
        _ colours: inout [DeclaredColours]
    ) throws(DecodeError) -> UnsafeMutablePointer<AVFormatContext> {
        guard let allocated = avformat_alloc_context() else { throw .outOfMemory }
        allocated.pointee.pb = input.context
        allocated.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        // Nothing but our descriptor is ever opened, whatever a demuxer wants.
        allocated.pointee.io_open = { _, _, _, _, _ in fb_error_invalid_data() }
        var options: OpaquePointer?
        av_dict_set(&options, "format_whitelist", InputFormats.whitelist, 0)
        av_dict_set(&options, "protocol_whitelist", "none", 0)
        av_dict_set_int(&options, "max_streams", Int64(limits.streams), 0)
        av_dict_set_int(&options, "probesize", limits.probeBytes, 0)
        defer { av_dict_free(&options) }
        var context: UnsafeMutablePointer<AVFormatContext>? = allocated
        let status = avformat_open_input(&context, nil, demuxer, &options)
        guard status >= 0, let context else { throw refusal(status, DecoderLog.take(), limits) }
        tellMemory(context, limits)
        // Before the decoders are asked, whose silence would take its place.
        colours = DeclaredColours.all(context)
        let found = avformat_find_stream_info(context, nil)
        // Since FFmpeg 7 some demuxers go on with the streams that there was room for.
        let isCrowded = context.pointee.nb_streams > UInt32(limits.streams) || DecoderLog.says("max_streams")
        guard found >= 0, !isCrowded else {
            var owned: UnsafeMutablePointer<AVFormatContext>? = context
            avformat_close_input(&owned)
            if isCrowded { throw .tooManyStreams(limits.streams) }
            throw found == fb_error_nomem() ? .outOfMemory : .container(unopened(Media.describe(status: found)))
        }
        return context
    }

    /// Why a container was not opened, in words for the file's owner.
    private static func refusal(_ status: Int32, _ lines: [LogLine], _ limits: MediaLimits) -> DecodeError {
        func says(_ text: String) -> Bool { lines.contains { $0.text.contains(text) } }
        // libavformat answers "no memory" here too, and says what it means only in its log.
        if says("max_streams") { return .tooManyStreams(limits.streams) }
        if status == fb_error_nomem() || lines.contains(where: \.isOutOfMemory) { return .outOfMemory }
        if says("whitelist") { return .containerNotAllowed }
        if says("moov atom not found") { return .unfinished }
        if status == fb_error_invalid_data(), lines.isEmpty { return .containerNotAllowed }
        return .container(Demuxer.unopened(lines.last?.description ?? Media.describe(status: status)))
    }

    /// FFmpeg's words behind ours.
    private static func unopened(_ words: String) -> String {
        "the file cannot be understood: cut, damaged, or no video (FFmpeg: \(words))"
    }

    /// Tells how much memory the largest picture that the container names may need, before anything is decoded: with one
    /// thread, as libavformat looks into streams.
    private static func tellMemory(_ format: UnsafeMutablePointer<AVFormatContext>, _ limits: MediaLimits) {
        for stream in videoStreams(format) {
            let parameters = stream.pointee.codecpar.pointee
            MemoryNeed.tell(
                width: parameters.width, height: parameters.height, format: AVPixelFormat(parameters.format),
                threads: 1, limits)
        }
    }

    /// The stream a player would show, and how many there are: the one marked default, else the first, never an
    /// attached picture.
    private static func chooseStream(_ format: UnsafeMutablePointer<AVFormatContext>) throws(DecodeError)
        -> (UnsafeMutablePointer<AVStream>, Int)
    {
        let videos = videoStreams(format)
        let isDefault = { (stream: UnsafeMutablePointer<AVStream>) in
            stream.pointee.disposition & AV_DISPOSITION_DEFAULT != 0
        }
        guard let chosen = videos.first(where: isDefault) ?? videos.first else { throw .noVideo }
        for index in 0..<Int(format.pointee.nb_streams) {
            guard let stream = format.pointee.streams[index], stream != chosen else { continue }
            stream.pointee.discard = AVDISCARD_ALL
        }
        return (chosen, videos.count)
    }

    private static func videoStreams(_ format: UnsafeMutablePointer<AVFormatContext>)
        -> [UnsafeMutablePointer<AVStream>]
    {
        (0..<Int(format.pointee.nb_streams)).compactMap { format.pointee.streams[$0] }.filter {
            $0.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
                && $0.pointee.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS) == 0
        }
    }
}

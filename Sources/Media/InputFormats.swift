internal import Bytes
internal import CFFmpeg
internal import Glibc
internal import VideoFormats

/// Which of FFmpeg's demuxers may open a file, and which one is told to.
package enum InputFormats {
    /// What is read of a file that seems to be all zero bytes, before it is given up: more than FFmpeg looks for a
    /// container in.
    private static let zeroLimit: Int64 = 64 << 20

    /// Linux's SEEK_DATA, which Glibc declares only for those who ask for GNU's own.
    private static let seekData: Int32 = 3

    /// The demuxers that may be opened, separated by commas, as `format_whitelist` wants them.
    static let whitelist = FormatTable.all.flatMap(\.demuxers).joined(separator: ",")

    /// The formats, by their ids, that the linked FFmpeg has no demuxer or no decoder for.
    package static let missing: Set<String> = Set(FormatTable.all.filter { !isReadable($0) }.map(\.id))

    private static func isReadable(_ format: VideoFormat) -> Bool {
        guard format.demuxers.contains(where: { av_find_input_format($0) != nil }) else { return false }
        guard let codec = format.codec else { return true }
        guard let descriptor = avcodec_descriptor_get_by_name(codec) else { return false }
        return avcodec_find_decoder(descriptor.pointee.id) != nil
    }

    /// How a file is to be opened.
    struct Opening {
        /// The demuxer to be told for a raw stream; nil where FFmpeg finds out by itself.
        var demuxer: UnsafePointer<AVInputFormat>?
        var isPhoto = false
        /// What its first bytes are those of.
        var recognised: VideoFormat?

        /// Why it could not be opened, in the words of what is known of it.
        func explain(_ error: DecodeError) -> DecodeError {
            if error == .outOfMemory { return error }
            if isPhoto { return .photo }
            guard error == .containerNotAllowed, let recognised else { return error }
            return .container(
                InputFormats.missing.contains(recognised.id)
                    ? "\(recognised.title): the FFmpeg that forgebatch is linked with does not read it"
                    : "begins as \(recognised.title), but cannot be opened: the file is cut or damaged")
        }
    }

    /// - Throws: ``DecodeError`` for a file in which nothing was written.
    static func opening(descriptor: FileDescriptor, fileExtension: String?) throws(DecodeError) -> Opening {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return Opening() }
        let size = Int64(status.st_size)
        if size == 0 { throw .empty }
        let head = FileHead(read(descriptor, at: 0, count: FileHead.length), size: size)
        if head.isZero { try refuseZeros(descriptor, size: size) }
        let told = FormatTable.told(fileExtension, head)
        return Opening(
            demuxer: told?.demuxers.lazy.compactMap { av_find_input_format($0) }.first, isPhoto: head.isPhoto,
            recognised: FormatTable.recognise(head))
    }

    private static let endingInError = Set(FormatTable.all.filter(\.endsInError).flatMap(\.demuxers))

    /// The name of a demuxer that answered with an error at the end of a whole file, because it cannot say that otherwise;
    /// nil for any other and before the end. What it logs then is about bytes that are not there.
    static func endedBy(_ format: UnsafeMutablePointer<AVFormatContext>) -> String? {
        guard let text = format.pointee.iformat?.pointee.name, let bytes = format.pointee.pb else { return nil }
        let name = String(cString: text)
        guard endingInError.contains(name), avio_feof(bytes) != 0 else { return nil }
        return name
    }

    /// A codec's name; of one that FFmpeg has no name for, the four characters that the container gives it.
    static func codecName(_ parameters: AVCodecParameters) -> String {
        guard parameters.codec_id == AV_CODEC_ID_NONE, parameters.codec_tag != 0 else {
            return String(cString: avcodec_get_name(parameters.codec_id))
        }
        var text = [CChar](repeating: 0, count: Int(AV_FOURCC_MAX_STRING_SIZE))
        av_fourcc_make_string(&text, parameters.codec_tag)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The bytes there; fewer at the end of the file or when they cannot be read.
    private static func read(_ descriptor: FileDescriptor, at offset: Int64, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor.number, buffer.baseAddress?.advanced(by: filled), count - filled,
                    off_t(offset) + off_t(filled))
                if got < 0 && errno == EINTR { continue }
                if got <= 0 { return }
                filled += got
            }
        }
    }

    /// Refuses a file of zeros. Holes, which were never written, cost nothing.
    private static func refuseZeros(_ descriptor: FileDescriptor, size: Int64) throws(DecodeError) {
        var (position, budget) = (Int64(0), zeroLimit)
        while position < size, budget > 0 {
            let data = lseek(descriptor.number, off_t(position), seekData)
            if data < 0 && errno == ENXIO { break }
            if data > position { position = Int64(data) }
            let bytes = read(descriptor, at: position, count: Int(min(1 << 20, size - position)))
            // It became shorter, or cannot be read: others say so better.
            guard !bytes.isEmpty else { return }
            let isZero = bytes.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress else { return true }
                return buffer[0] == 0 && memcmp(base, base + 1, buffer.count - 1) == 0
            }
            guard isZero else { return }
            position += Int64(bytes.count)
            budget -= Int64(bytes.count)
        }
        throw .zeros(position, isWhole: budget > 0 || position >= size)
    }
}

internal import CFFmpeg

/// Tracks that need a key.
enum Encryption {
    /// What a track is encrypted with, as far as its header says; nil for one that is not.
    static func scheme(_ stream: UnsafeMutablePointer<AVStream>, _ format: UnsafeMutablePointer<AVFormatContext>)
        -> String?
    {
        // The sample entries of Apple's FairPlay and of OMA's rights management. Those of Common Encryption look like
        // the codec's; its packets say that they are encrypted.
        switch stream.pointee.codecpar.map({ text($0.pointee.codec_tag.byteSwapped) }) {
        case "drmi", "drms": return "FairPlay"
        case "odrm": return "OMA DRM"
        default: break
        }
        // A Matroska track says so by its key's id. In an ISO file that may belong to any of its tracks.
        var size = 0
        let isISO = format.pointee.iformat?.pointee.name.map { String(cString: $0).hasPrefix("mov") } ?? false
        if !isISO, fb_stream_side_data(stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, &size) != nil {
            return "Common Encryption"
        }
        return nil
    }

    /// What a packet is encrypted with: `cenc`, `cbcs`; nil for one that is not.
    static func scheme(_ packet: UnsafePointer<AVPacket>) -> String? {
        let code = fb_encryption_scheme(packet)
        return code == 0 ? nil : text(code)
    }

    private static func text(_ code: UInt32) -> String {
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: code >> $0) }
        return bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f } ? String(decoding: bytes, as: UTF8.self) : "unknown scheme"
    }
}

internal import Bytes

/// What can be told about a file from its name and first bytes alone. Whether it *is* a video is the worker's answer.
enum Signature {
    /// Extensions that make a file a candidate without opening it.
    static let videoExtensions: Set<String> = [
        "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "m2ts", "mts", "mpg", "mpeg", "m2v", "vob", "flv", "f4v",
        "ogv",
        "ogg", "wmv", "asf", "ivf", "h264", "264", "avc", "h265", "265", "hevc", "y4m", "gif", "apng", "3gp", "3g2",
        "mjpg", "mjpeg",
    ]

    /// Extensions of files that stand beside videos and are never one, so they are not opened.
    static let otherExtensions: Set<String> = [
        "txt", "json", "jpg", "jpeg", "png", "pdf", "zip", "gz", "tar", "mp3", "wav", "flac", "aac", "srt", "vtt",
        "html",
        "css", "js", "md", "xml", "yaml", "yml", "csv", "log", "ndjson", "db", "sh", "py", "swift", "c", "h", "o", "so",
    ]

    /// Bytes at the start of a file that are looked at.
    static let length = 4096

    /// What a name says.
    enum Name { case video, other, unknown }

    /// - Parameter extensions: the only extensions wanted, or nil for the known ones.
    static func name(_ path: RawPath, extensions: Set<String>?) -> Name {
        let found = path.lowercasedExtension
        if let extensions { return found.map(extensions.contains) == true ? .video : .other }
        guard let found else { return .unknown }
        return videoExtensions.contains(found) ? .video : otherExtensions.contains(found) ? .other : .unknown
    }

    /// Whether a file that begins with `head` carries the signature of a container or an elementary stream.
    static func isContainer(_ head: [UInt8]) -> Bool {
        if fixed.contains(where: { has($0.bytes, in: head, at: $0.offset) }) { return true }
        if has("RIFF", in: head, at: 0), has("AVI ", in: head, at: 8) { return true }
        // MPEG-TS: packets of 188 bytes, each beginning with the sync byte.
        if [0, 188, 376].allSatisfy({ has([0x47], in: head, at: $0) }) { return true }
        return isAnnexB(head)
    }

    private static let fixed: [(offset: Int, bytes: [UInt8])] = [
        // ISO BMFF: a box's type stands behind its size.
        (4, Array("ftyp".utf8)), (4, Array("moov".utf8)), (4, Array("mdat".utf8)),
        // EBML: Matroska, WebM.
        (0, [0x1a, 0x45, 0xdf, 0xa3]),
        // MPEG program stream: pack header.
        (0, [0x00, 0x00, 0x01, 0xba]),
        (0, Array("FLV".utf8)),
        (0, Array("OggS".utf8)),
        // ASF: header object GUID.
        (0, [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c]),
        // IVF
        (0, Array("DKIF".utf8)),
        (0, Array("YUV4MPEG2".utf8)),
        (0, Array("GIF8".utf8)),
    ]

    /// A start code, then an H.264 sequence parameter set (NAL type 7) or an HEVC video parameter set (32).
    private static func isAnnexB(_ head: [UInt8]) -> Bool {
        guard has([0, 0, 0, 1], in: head, at: 0), head.count > 4, head[4] & 0x80 == 0 else { return false }
        return head[4] & 0x1f == 7 || head[4] >> 1 == 32
    }

    private static func has(_ text: String, in head: [UInt8], at offset: Int) -> Bool {
        has(Array(text.utf8), in: head, at: offset)
    }

    private static func has(_ bytes: [UInt8], in head: [UInt8], at offset: Int) -> Bool {
        head.dropFirst(offset).starts(with: bytes)
    }
}

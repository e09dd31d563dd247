/// What files of the commoner families begin with, where a few fixed bytes do not tell it.
extension FileHead {
    // MARK: ISO base media

    private struct Box {
        var type: String
        var start: Int
        /// Behind its size and type.
        var payload: Int
        /// Nil when it reaches to the end of the file.
        var end: Int64?
    }

    private func box(at offset: Int) -> Box? {
        guard let size = bigEndian(at: offset, bytes: 4), bytes.count >= offset + 8 else { return nil }
        let type = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
        switch size {
        case 0: return Box(type: type, start: offset, payload: offset + 8, end: nil)
        case 1:
            guard let long = bigEndian(at: offset + 8, bytes: 8), long >= 16,
                let length = Int64(exactly: long), length < Int64.max / 2
            else { return nil }
            return Box(type: type, start: offset, payload: offset + 16, end: Int64(offset) + length)
        case 2..<8: return nil
        default: return Box(type: type, start: offset, payload: offset + 8, end: Int64(offset) + Int64(size))
        }
    }

    /// Whether it is a file of the ISO base media family that may hold a moving picture: MP4, QuickTime, 3GP, Motion
    /// JPEG 2000, an image *sequence*; no photo (HEIC, AVIF, CR3, JPEG 2000) and no sound (M4A).
    ///
    /// Brands are those of ISO/IEC 14496-12 and 23008-12 and of the MP4 registration authority's list.
    var isMovie: Bool {
        guard let first = box(at: 0) else { return false }
        switch first.type {
        case "ftyp": return isMovie(brands: first)
        case "moov", "mdat": return true
        case "jP  ", "jP\u{1A}\u{1A}":
            // Which member of the JPEG 2000 family it is stands in the second box.
            guard let end = first.end, let second = box(at: Int(clamping: end)), second.type == "ftyp" else {
                return false
            }
            return isMovie(brands: second)
        case "wide", "free", "skip", "pnot":
            guard let end = first.end, end <= size else { return false }
            guard let second = box(at: Int(clamping: end)) else { return end > bytes.count }
            return second.type == "ftyp" ? isMovie(brands: second) : FileHead.movieBoxes.contains(second.type)
        default: return false
        }
    }

    /// Whether it is a photo of that family: HEIC, AVIF, CR3.
    package var isPhoto: Bool {
        guard let first = box(at: 0), first.type == "ftyp", !isMovie else { return false }
        return FileHead.photoBrands.contains(String(decoding: bytes.dropFirst(first.payload).prefix(4), as: UTF8.self))
    }

    private static let movieBoxes: Set<String> = [
        "moov", "mdat", "wide", "free", "skip", "pnot", "PICT", "uuid", "udta", "moof",
    ]

    private func isMovie(brands file: Box) -> Bool {
        let end = min(file.end.map { Int(clamping: $0) } ?? bytes.count, bytes.count)
        var brands: [String] = []
        var offset = file.payload
        while offset + 4 <= end {
            // Behind the major brand stands its version.
            if offset != file.payload + 4 {
                brands.append(String(decoding: bytes[offset..<offset + 4], as: UTF8.self))
            }
            offset += 4
        }
        guard let major = brands.first else { return true }
        if FileHead.soundBrands.contains(major) { return false }
        return !FileHead.photoBrands.contains(major) || brands.contains { FileHead.sequenceBrands.contains($0) }
    }

    private static let soundBrands: Set<String> = ["M4A ", "M4B ", "M4P ", "F4A ", "F4B "]
    private static let photoBrands: Set<String> = [
        "heic", "heix", "heim", "heis", "mif1", "mif2", "miaf", "avif", "avci", "jpeg", "crx ", "jp2 ", "jpx ", "jpm ",
        "jxl ",
    ]
    private static let sequenceBrands: Set<String> = [
        "hevc", "hevx", "hevm", "hevs", "msf1", "avis", "avcs", "jpgs", "mjp2", "mj2s",
    ]

    // MARK: Ogg

    /// Whether an Ogg file has a stream of pictures, or one that is not known: each stream begins with a page that is
    /// marked so, and all of those pages stand before any other (RFC 3533).
    var isOggVideo: Bool {
        let sound = [
            "\u{1}vorbis", "OpusHead", "Speex   ", "\u{7F}FLAC", "fLaC", "PCM     ", "CELT    ", "\u{80}kate\0\0\0",
            "fishead", "CMML", "\u{1}text", "\u{1}audio",
        ].map { $0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
        var offset = 0
        var seen = 0
        while has("OggS", at: offset), let flags = byte(offset + 5), flags & 2 != 0, let segments = byte(offset + 26) {
            let table = offset + 27
            let payload = table + Int(segments)
            if !sound.contains(where: { has($0, at: payload) }), payload < bytes.count { return true }
            seen += 1
            guard payload <= bytes.count else { break }
            offset = payload + bytes[table..<payload].reduce(0) { $0 + Int($1) }
        }
        // Cut before the first stream: a video may have been meant.
        return seen == 0 && has("OggS", at: 0)
    }

    // MARK: MPEG

    /// Packets of a transport stream: 188 bytes, or 192 with a time before each (discs and cameras), or 204 with check
    /// bytes behind; each has its sync byte.
    var isTransportStream: Bool {
        func isSynced(_ start: Int, _ stride: Int, atLeast count: Int) -> Bool {
            let places = Swift.stride(from: start, to: bytes.count, by: stride)
            return bytes.count > start + stride * (count - 1) && places.allSatisfy { bytes[$0] == 0x47 }
        }
        if isSynced(0, 188, atLeast: 3) || isSynced(4, 192, atLeast: 3) || isSynced(0, 204, atLeast: 3) { return true }
        // A recording may begin within a packet; by then more sync bytes are asked for.
        guard bytes.contains(0) else { return false }
        return [188, 192, 204].contains { stride in (1..<stride).contains { isSynced($0, stride, atLeast: 10) } }
    }

    /// A start code and what follows it, with three bytes or four.
    private func startCode(_ wanted: (UInt8, UInt8) -> Bool) -> Bool {
        let place = has([0, 0, 1], at: 0) ? 3 : has([0, 0, 0, 1], at: 0) ? 4 : nil
        guard let place, let first = byte(place) else { return false }
        return wanted(first, byte(place + 1) ?? 0)
    }

    /// H.264: a sequence parameter set (NAL unit type 7), or an access unit delimiter (9) before it.
    var isH264: Bool {
        startCode { first, second in
            guard first & 0x80 == 0 else { return false }
            return first & 0x1f == 7 && first & 0x60 != 0 || first == 9 && second & 0x1f == 0x10
        }
    }

    /// HEVC: a video parameter set (NAL unit type 32), or an access unit delimiter (35) before it.
    var isHEVC: Bool { startCode { first, second in (first == 0x40 || first == 0x46) && second & 0xf8 == 0 } }

    /// MPEG-4 part 2: a visual object sequence, then a visual object.
    var isMPEG4: Bool { has([0, 0, 1, 0xb0], at: 0) && has([0, 0, 1, 0xb5], at: 5) }

    /// DV: a header block of a DIF sequence, then a subcode block (IEC 61834).
    var isDV: Bool {
        has([0x1f, 0x07, 0x00], at: 0) && byte(3).map { $0 & 0x7f } == 0x3f
            && byte(80).map { $0 & 0xe0 } == 0x20
    }

    // MARK: Others

    func isRIFF(_ form: String) -> Bool { has("RIFF", at: 0) && has(form, at: 8) }

    /// APNG: a PNG whose control of animation stands before its first picture.
    var isAPNG: Bool {
        guard has([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], at: 0) else { return false }
        var offset = 8
        while let length = bigEndian(at: offset, bytes: 4), !has("IDAT", at: offset + 4) {
            if has("acTL", at: offset + 4) { return true }
            offset += 12 + Int(length)
        }
        return false
    }

    /// WebP of the extended kind with its flag of animation.
    var isAnimatedWebP: Bool { isRIFF("WEBPVP8X") && byte(20).map { $0 & 2 != 0 } == true }

    /// FLI and FLC: the type, and 8 bits a pixel.
    var isFLIC: Bool {
        guard let type = littleEndian(at: 4, bytes: 2), type == 0xaf11 || type == 0xaf12 || type == 0xaf44 else {
            return false
        }
        let frames = littleEndian(at: 6, bytes: 2) ?? 0
        return frames > 0 && [0, 8].contains(littleEndian(at: 12, bytes: 2) ?? 1)
    }

    /// SWF, not compressed, that defines a video stream (tag 60).
    var isFlashVideo: Bool {
        guard has("FWS", at: 0), let first = byte(8) else { return false }
        // The frame's rectangle: five bits say how many bits each of its four numbers has.
        var offset = 8 + (5 + 4 * Int(first >> 3) + 7) / 8 + 4
        while let tag = littleEndian(at: offset, bytes: 2) {
            if tag >> 6 == 60 { return true }
            var length = Int(tag & 0x3f)
            offset += 2
            if length == 0x3f {
                length = Int(littleEndian(at: offset, bytes: 4) ?? UInt64(Int32.max))
                offset += 4
            }
            offset += length
        }
        return false
    }

    /// Multipart JPEG, as network cameras send it: a boundary, then a header that says so.
    var isMultipartJPEG: Bool {
        guard has("--", at: 0) || has("\r\n--", at: 0) else { return false }
        let head = String(decoding: bytes.prefix(512), as: UTF8.self).lowercased()
        return head.contains("content-type: image/jpeg") || head.contains("content-type:image/jpeg")
    }
}

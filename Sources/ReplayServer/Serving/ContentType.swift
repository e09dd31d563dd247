package import Bytes
package import VideoFormats

/// What a browser is told a file is.
package enum ContentType {
    package static let json = "application/json"
    package static let ndjson = "application/x-ndjson"
    package static let html = "text/html; charset=utf-8"
    /// Bytes that say nothing to a browser.
    package static let bytes = "application/octet-stream"

    /// By the extension of a name that we gave: of a page, or of what a page is made of.
    package static func of(_ name: RawPath) -> String {
        switch name.lowercasedExtension {
        case "html": html
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "ico": "image/x-icon"
        default: inert(name) ?? bytes
        }
    }

    /// By the extension of a name that is anybody's: one of the types in which nothing can run. Nil for all others.
    package static func inert(_ name: RawPath) -> String? {
        switch name.lowercasedExtension {
        case "json": json
        case "ndjson", "jsonl": ndjson
        case "gz": "application/gzip"
        case "txt": "text/plain; charset=utf-8"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        default: nil
        }
    }

    /// By a video's first bytes, whatever its name. Nil when they are those of no video that has a type of its own.
    package static func video(_ head: FileHead) -> String? {
        guard let format = FormatTable.recognise(head) else { return nil }
        switch format.id {
        case "mov": return isQuickTime(head) ? "video/quicktime" : "video/mp4"
        case "matroska":
            // The name of its kind stands within the first bytes, as text.
            let isWebM = head.bytes.prefix(64).firstRange(of: Array("webm".utf8)) != nil
            return isWebM ? "video/webm" : "video/x-matroska"
        default: return videoTypes[format.id]
        }
    }

    /// The brand of Apple's own files; those of before brands begin with another box.
    private static func isQuickTime(_ head: FileHead) -> Bool {
        let words = head.bytes.dropFirst(4).prefix(8)
        return !words.starts(with: "ftyp".utf8) || words.dropFirst(4).elementsEqual("qt  ".utf8)
    }

    /// By the ids of ``VideoFormats/FormatTable``.
    private static let videoTypes = [
        "avi": "video/x-msvideo", "mpegts": "video/mp2t", "mpeg": "video/mpeg", "ogg": "video/ogg",
        "flv": "video/x-flv", "asf": "video/x-ms-wmv",
    ]
}

package import Bytes

/// What a browser is told a file is.
package enum ContentType {
    package static let json = "application/json"
    package static let ndjson = "application/x-ndjson"
    package static let html = "text/html; charset=utf-8"

    /// By the name's extension.
    package static func of(_ name: RawPath) -> String {
        switch name.lowercasedExtension {
        case "html": html
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "json": json
        case "ndjson", "jsonl": ndjson
        case "gz": "application/gzip"
        case "txt": "text/plain; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "ico": "image/x-icon"
        case "mp4", "m4v": "video/mp4"
        case "mov": "video/quicktime"
        case "webm": "video/webm"
        case "mkv": "video/x-matroska"
        case "avi": "video/x-msvideo"
        default: "application/octet-stream"
        }
    }
}

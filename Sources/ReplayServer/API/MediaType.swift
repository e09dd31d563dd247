internal import Bytes

/// What a file is called on the wire.
enum MediaType {
    static let json = "application/json"
    static let lines = "application/x-ndjson"

    private static let known = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "json": json, "ndjson": lines, "txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8",
        "png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml", "mp4": "video/mp4", "m4v": "video/mp4",
        "mov": "video/quicktime", "webm": "video/webm", "mkv": "video/x-matroska", "avi": "video/x-msvideo",
        "mpg": "video/mpeg", "mpeg": "video/mpeg", "ts": "video/mp2t", "ogv": "video/ogg",
    ]

    static func of(_ path: RawPath) -> String {
        path.lowercasedExtension.flatMap { known[$0] } ?? "application/octet-stream"
    }
}

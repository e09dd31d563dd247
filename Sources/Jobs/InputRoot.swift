package import Bytes

/// A folder that relative paths start from, as `run.json` and `roots.json` keep it: where a video was when it was processed.
package struct InputRoot: Equatable, Sendable {
    /// What paths below it begin with; empty for the first one of an output folder.
    package var prefix: RawPath
    /// Absolute.
    package var path: RawPath

    package init(prefix: RawPath, path: RawPath) {
        self.prefix = prefix
        self.path = path
    }

    package var json: JSON { .object(path.members() + prefix.members("prefix")) }

    package init?(_ json: JSON) {
        guard let path = RawPath(json), let prefix = RawPath(json, key: "prefix"), path.isAbsolute else { return nil }
        self.init(prefix: prefix, path: path)
    }

    /// The absolute path of a video, if this is the folder it was found in.
    package func file(_ video: RawPath) -> RawPath? {
        if prefix.isEmpty { return path.appending(video) }
        guard video.isInside(prefix), video.components.count > prefix.components.count else { return nil }
        let rest = video.components.dropFirst(prefix.components.count)
        return path.appending(RawPath(bytes: Array(rest.joined(separator: [UInt8(ascii: "/")]))))
    }
}

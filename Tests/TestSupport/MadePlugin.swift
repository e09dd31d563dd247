package import Bytes
internal import Glibc

/// Folders of plugins that a test writes.
package enum MadePlugin {
    /// A manifest of one tool of the mode `frames` that finds people.
    ///
    /// - Parameter more: members for the plugin, as JSON, each followed by a comma.
    package static func manifest(_ id: String = "people", tool: String? = nil, _ more: String = "") -> String {
        """
        {\(more)"id": "\(id)", "name": "People", "version": "1.0.0", "type": "custom", "protocol": 1,
         "run": ["python3", "plugin.py"], "files": ["plugin.py"], "read": ["/opt/models"],
         "capabilities": ["person_detection", "streaming_video_analysis"],
         "tools": [{"id": "\(tool ?? id)", "mode": "frames", "frames": {"format": "rgb24", "width": 300, "height": 300},
           "classes": ["person"], "capabilities": ["person_detection", "streaming_video_analysis"],
           "inputs": {
             "confidence": {"type": "number", "default": 0.4, "minimum": 0.3, "maximum": 1, "kind": "concluding"},
             "model": {"type": "string", "enum": ["small", "large"], "default": "small"}},
           "conclude": {"detections": {"above": "confidence", "track": true}}}]}
        """
    }

    /// Makes the folder of a plugin with a manifest and one more file, which only its owner may write.
    package static func write(_ folder: RawPath, _ manifest: String = manifest(), program: String = "pass\n") throws {
        try Files.makeDirectory(folder, durable: false)
        for (name, text) in [("manifest.json", manifest), ("plugin.py", program)] {
            try AtomicFile.write(Array(text.utf8), to: folder.appending(name), durable: false)
        }
        for path in [folder.parent, folder, folder.appending("manifest.json"), folder.appending("plugin.py")] {
            let isFolder = (try? Files.status(path))?.kind == .directory
            setMode(path, isFolder ? 0o755 : 0o644)
        }
    }

    package static func setMode(_ path: RawPath, _ mode: UInt32) { _ = path.withCString { chmod($0, mode) } }
}

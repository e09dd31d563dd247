import Bytes

extension RawPath {
    /// A message about this video as people read it, without the video's name, which stands before it already.
    func bare(_ message: String) -> String {
        let shown = Escape.visible(message)
        return shown.hasPrefix(display + ": ") ? String(shown.dropFirst(display.count + 2)) : shown
    }
}

/// When a frame is shown, as exactly as the container says.
package struct FrameTime: Equatable, Sendable {
    /// 0, 1, 2 … in order of decoding.
    package var index: Int
    /// Seconds since the stream's start; nil where the file gives no timestamp or steps back.
    package var time: Double?
    /// Seconds the frame is shown, as far as the container says; nil when it does not.
    package var duration: Double?

    package init(index: Int, time: Double?, duration: Double?) {
        self.index = index
        self.time = time
        self.duration = duration
    }
}

/// Four digits after the decimal point: the precision of every stored measure.
package func rounded4(_ value: Double) -> Double { (value * 10000).rounded() / 10000 }

/// Six digits after the decimal point: the precision of stored times.
package func rounded6(_ value: Double) -> Double { (value * 1_000_000).rounded() / 1_000_000 }

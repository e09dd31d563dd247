package import FrameResults
package import FrameTools

/// What a plugin said of one frame, checked and in source pixels.
package struct FrameAnswer: Equatable, Sendable {
    /// Which frame it speaks of, from 0 on. Whether it was asked for that one, whoever asked knows.
    package var frame: Int
    /// Values and candidates, the latter for a tool that finds objects, even where there are none.
    package var measurement: Measurement
    /// What it could not say: nulls, and objects that lack a coordinate or are thinner than a fiftieth of a pixel. The
    /// measurement tells it, too, so that it stands in the frame.
    package var dropped: SanitizerCounts

    package init(frame: Int, measurement: Measurement, dropped: SanitizerCounts = SanitizerCounts()) {
        (self.frame, self.measurement, self.dropped) = (frame, measurement, dropped)
    }
}

/// An answer that no plugin may give, in a sentence for its author.
package struct AnswerError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

package import FrameTools
package import Frames
internal import ToolModel

/// The pixel half: all tools of a job measure frame after frame. It keeps nothing that is measured, so that it may run on
/// a stretch of a video, as far as the tools' temporal dependency allows.
package struct MeasurePass {
    /// What was measured of one frame.
    package struct Measured {
        /// Of each tool with pixel work of its own, in the order of the tools.
        package var measures: [Measurement]
        /// The average luma on the 8-bit scale, where it was asked for.
        package var luma: Double?
        /// The small luma that tools share, where it was asked for.
        package var small: SmallLuma?
    }

    private var tools: [any FrameTool]
    private let needs: FrameFeatures.Needs
    private let wantsSmall: Bool
    private var previous: Picture?

    /// - Parameter wantsSmall: whether each frame's small luma is handed out.
    package init(_ tools: [SelectedTool], wantsSmall: Bool = false) {
        self.wantsSmall = wantsSmall
        self.tools = tools.compactMap { $0.tool.measurer(settings: $0.settings) }
        needs = tools.reduce(into: FrameFeatures.Needs(small: wantsSmall)) {
            $0.add($1.descriptor.features, $1.settings)
        }
    }

    /// Measures the next frame.
    ///
    /// - Parameter wantsLuma: whether the frame's average luma is asked for; without it, nothing is read that no tool reads.
    package mutating func take(_ picture: Picture, _ time: FrameTime, wantsLuma: Bool) -> Measured {
        // A tool that is alone, where nobody asks for the average, has no use for the rest of the traversal.
        let reference = wantsLuma || tools.count > 1 ? tools.lazy.compactMap(\.reference).first : nil
        let frame = FrameFeatures(
            picture: picture, time: time, before: previous, reference: reference, needs: needs)
        var measures: [Measurement] = []
        measures.reserveCapacity(tools.count)
        for index in tools.indices { measures.append(tools[index].measure(frame)) }
        previous = picture
        return Measured(
            measures: measures,
            luma: wantsLuma ? Double(frame.luma.sum) / Double(frame.sampleCount) / picture.scale : nil,
            small: wantsSmall ? frame.small : nil)
    }

    /// Lets go of the last picture.
    package mutating func finish() { previous = nil }
}

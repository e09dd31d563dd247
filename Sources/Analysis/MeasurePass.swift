package import FrameTools
package import Frames
internal import ToolModel

/// The pixel half: all tools of a job measure frame after frame. It keeps nothing that is measured, so that it may run on
/// a stretch of a video, as far as the tools' temporal dependency allows.
package struct MeasurePass {
    private var tools: [any FrameTool]
    private let needs: FrameFeatures.Needs
    private var previous: Picture?

    package init(_ tools: [SelectedTool]) {
        self.tools = tools.compactMap { $0.tool.measurer(settings: $0.settings) }
        needs = tools.reduce(into: FrameFeatures.Needs()) { $0.add($1.descriptor.features, $1.settings) }
    }

    /// Measures the next frame.
    ///
    /// - Parameter wantsLuma: whether the frame's average luma is asked for; without it, nothing is read that no tool reads.
    /// - Returns: what each tool with pixel work of its own measured, in the order of the tools, and the average luma on the 8-bit scale.
    package mutating func take(_ picture: Picture, _ time: FrameTime, wantsLuma: Bool) -> (
        measures: [Measurement], luma: Double?
    ) {
        let frame = FrameFeatures(picture: picture, time: time, before: previous, needs: needs)
        var measures: [Measurement] = []
        measures.reserveCapacity(tools.count)
        for index in tools.indices { measures.append(tools[index].measure(frame)) }
        previous = picture
        return (measures, wantsLuma ? Double(frame.luma.sum) / Double(frame.sampleCount) / picture.scale : nil)
    }

    /// Lets go of the last picture.
    package mutating func finish() { previous = nil }
}

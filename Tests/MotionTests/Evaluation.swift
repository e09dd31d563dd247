import FrameTools
import Frames
import TestSupport
import ToolModel

/// The tool `motion` over a scene, against the truth.
enum Evaluation {
    static let noise = Noise(seed: 4)

    /// The objects found in each frame.
    static func run(_ scene: Scene, _ given: [String: SettingValue] = [:]) -> [[Detection]] {
        guard let entry = ToolRegistry.tool("motion") else { return [] }
        let settings = ToolSettings(entry.descriptor.settings, replacing: given)
        guard var tool = entry.measurer(settings: settings) else { return [] }
        var detector = entry.detector(settings: settings)
        var generator = SeededGenerator(seed: scene.seed)
        var answers: [[Detection]] = []
        for frame in 0..<scene.count {
            let picture = scene.draw(frame, noise, using: &generator)
            let time = FrameTime(
                index: frame, time: rounded6(Double(frame) / Double(Scene.rate)), duration: 1 / Double(Scene.rate))
            let store = FrameFeatures(picture: picture, time: time, before: nil, needs: FrameFeatures.Needs())
            _ = detector.fold(tool.measure(store), at: time)
            if frame >= detector.latency { answers.append(detector.detections(of: answers.count)) }
        }
        detector.finish(end: Double(scene.count) / Double(Scene.rate))
        while answers.count < scene.count { answers.append(detector.detections(of: answers.count)) }
        return answers
    }

    static func score(_ scene: Scene, _ answers: [[Detection]]) -> Scores {
        var scores = Scores()
        for (frame, found) in answers.enumerated() {
            scores.take(
                scene.truth(frame).map { ($0.id, Box(x1: $0.x1, y1: $0.y1, x2: $0.x2, y2: $0.y2)) },
                found.map { ($0.track, $0.box) })
        }
        scores.finish()
        return scores
    }
}

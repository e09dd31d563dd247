package import Bytes
package import FrameTools

/// The built-in tools as a plugin describes itself: what there is, what it takes and what it gives.
package enum ToolManifest {
    package static let pluginID = "forgebatch"

    /// Every tool takes videos frame by frame.
    static let streaming = "streaming_video_analysis"
    static let tracking = "object_tracking"

    /// The current version of each tool.
    static var versions: [String: String] {
        Dictionary(ToolRegistry.all.map { ($0.id, $0.version) }) { first, _ in first }
    }

    /// What a tool can be asked for by, besides its id.
    package static func capabilities(of tool: any FrameTool.Type) -> [String] {
        [streaming] + (tool.detects ? [tracking] : []) + tool.capabilities
    }

    /// The manifest.
    ///
    /// - Parameter version: of the program.
    package static func json(
        version: String, tools: [any FrameTool.Type] = ToolRegistry.all, costs: [String: ToolCost] = ToolCosts.measured
    ) -> JSON {
        var all: [String] = []
        for capability in tools.flatMap({ capabilities(of: $0) }) where !all.contains(capability) {
            all.append(capability)
        }
        return .members([
            "id": .string(pluginID), "name": .string(pluginID), "version": .string(version), "type": "builtin",
            "description": "Measures of whole videos, all tools fed by one decode.",
            "author": "The forgebatch authors", "license": "Apache-2.0",
            "capabilities": .array(all.map { .string($0) }), "tools": .array(tools.map { json(of: $0, costs[$0.id]) }),
        ])
    }

    private static func json(of tool: any FrameTool.Type, _ cost: ToolCost?) -> JSON {
        .members([
            "id": .string(tool.id), "title": .string(tool.title), "description": .string(tool.definition),
            "version": .string(tool.version), "default": .bool(tool.isDefault), "reach": .string(tool.temporalDependency.word),
            "cost": cost.map { .members(["decode_ratio": .double($0.decodeRatio), "date": .string($0.date)]) },
            "input_types": .array(["video"]), "output_types": .array(outputTypes(of: tool).map { .string($0) }),
            "capabilities": .array(capabilities(of: tool).map { .string($0) }),
            "inputs": .object(tool.settings.map { JSON.Member($0.key, $0.schema) }), "outputs": outputs(of: tool),
        ])
    }

    private static func outputTypes(of tool: any FrameTool.Type) -> [String] {
        ["frames"] + (tool.detects ? ["detections"] : []) + (tool.outputs.events.isEmpty ? [] : ["events"])
    }

    private static func outputs(of tool: any FrameTool.Type) -> JSON {
        var frame = tool.outputs.frame.map { JSON.Member($0.key, $0.schema) }
        if tool.outputs.hasRegions {
            let box: JSON = .members(["type": "array", "minItems": 4, "maxItems": 4, "items": number])
            frame.append(
                JSON.Member(
                    "regions",
                    .members([
                        "type": "array", "items": box, "description": "places as x1, y1, x2, y2 in source pixels",
                    ])
                ))
        }
        let events = tool.outputs.events.map { event in
            JSON.Member(
                event.type,
                .members([
                    "type": "object", "properties": .object(event.values.map { JSON.Member($0.key, $0.schema) }),
                    "description": .string(event.help),
                ]))
        }
        return .members(["frame": .object(frame), "events": .object(events)])
    }

    private static let number: JSON = .members(["type": "number"])
}

extension TemporalDependency {
    /// As the manifest and people have it.
    package var word: String {
        switch self {
        case .frame: "frame"
        case .pair: "pair"
        case .sequence: "sequence"
        }
    }
}

extension Setting {
    /// In the words of JSON Schema, and its kind.
    fileprivate var schema: JSON {
        .members([
            "type": choices.isEmpty ? "number" : "string", "default": json(standard),
            "minimum": choices.isEmpty ? .double(range.lowerBound) : nil,
            "maximum": choices.isEmpty ? .double(range.upperBound) : nil,
            "enum": choices.isEmpty ? nil : .array(choices.map { .string($0) }), "kind": .string(kind.rawValue),
            "description": .string(help),
        ])
    }
}

extension ToolOutputs.Field {
    fileprivate var schema: JSON {
        .members([
            "type": "number", "minimum": least.map { .double($0) }, "maximum": most.map { .double($0) },
            "description": .string(help),
        ])
    }
}

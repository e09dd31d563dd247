package import Bytes

/// The built-in tools as a plugin describes itself: what there is, what it takes and what it gives.
package enum ToolManifest {
    package static let pluginID = "forgebatch"

    /// The manifest.
    ///
    /// - Parameter version: of the program.
    package static func json(
        version: String, tools: [ToolDescriptor], costs: [String: ToolCost]
    ) -> JSON {
        var all: [String] = []
        for capability in tools.flatMap(\.allCapabilities) where !all.contains(capability) {
            all.append(capability)
        }
        return .members([
            "id": .string(pluginID), "name": .string(pluginID), "version": .string(version), "type": "custom",
            "description": "Measures of whole videos, all tools fed by one decode.",
            "author": "The forgebatch authors", "license": "Apache-2.0",
            "capabilities": .array(all.map { .string($0) }),
            "tools": .array(tools.map { tool($0, cost: costs[$0.id]) }),
        ])
    }

    /// One tool.
    package static func tool(_ tool: ToolDescriptor, cost: ToolCost? = nil) -> JSON {
        .members([
            "id": .string(tool.id), "title": .string(tool.title), "description": .string(tool.definition),
            "version": .string(tool.version), "default": .bool(tool.isDefault),
            "reach": .string(tool.temporalDependency.rawValue),
            "cost": cost.map { .members(["decode_ratio": .double($0.decodeRatio), "date": .string($0.date)]) },
            "input_types": .array(["video"]), "output_types": .array(outputTypes(of: tool).map { .string($0) }),
            "capabilities": .array(tool.allCapabilities.map { .string($0) }),
            "inputs": .object(tool.settings.map { JSON.Member($0.key, $0.schema) }), "outputs": outputs(of: tool),
        ])
    }

    private static func outputTypes(of tool: ToolDescriptor) -> [String] {
        ["frames"] + (tool.detects ? ["detections"] : []) + (tool.outputs.events.isEmpty ? [] : ["events"])
    }

    private static func outputs(of tool: ToolDescriptor) -> JSON {
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

extension Setting {
    /// In the words of JSON Schema, and its kind.
    fileprivate var schema: JSON {
        let type: JSON
        var (least, most, words): (JSON?, JSON?, JSON?)
        switch domain {
        case .number(let range):
            (type, least, most) = ("number", .double(range.lowerBound), .double(range.upperBound))
        case .integer(let range): (type, least, most) = ("integer", .int(range.lowerBound), .int(range.upperBound))
        case .word(let list): (type, words) = ("string", .array(list.map { .string($0) }))
        }
        return .members([
            "type": type, "default": standard.json, "minimum": least, "maximum": most, "enum": words,
            "kind": .string(kind.rawValue), "description": .string(help),
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

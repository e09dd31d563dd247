internal import Bytes
internal import FrameResults

/// COCO: an image for each frame, an annotation for each object, a category for each class.
struct COCOExport: ExportFormat {
    static let name = "coco"
    static let title = "COCO: images, annotations, categories"
    static let fileExtension = "json"
    static let hasTables = false
    static let isPerVideo = false

    private let version: String
    /// Annotations come behind all images, so they wait in a file.
    private let annotations: Spool
    private var images = 0
    private var objects = 0
    private var videos = 0
    private var categories: [Int: String] = [:]

    init(_ context: ExportContext) throws {
        version = context.version
        annotations = try Spool(in: context.scratch)
    }

    func begin(_ output: ([UInt8]) throws -> Void) throws {
        let info = JSON.members([
            "description": "forgebatch export; pixels are those of the pictures as stored, not turned or stretched",
            "version": .string(version),
        ])
        try output(Array("{\"info\":\(JSONWriter.text(info)),\"licenses\":[],\"images\":[".utf8))
    }

    mutating func add(_ video: ExportVideo, _ output: ([UInt8]) throws -> Void) throws {
        videos += 1
        // A video may change its size on the way.
        var pictures = ShownPictures(video.head["video"])
        while let frame = try video.result.nextFrame() {
            images += 1
            let index = frame["frame_index"]?.int ?? 0
            pictures.take(index: index, size: KnownTools.pictureSize(frame))
            let size = pictures.current
            let image = JSON.members([
                "id": .int(images), "file_name": .string("\(video.path.display)/\(COCOExport.padded(index)).jpg"),
                "width": .int(size.width), "height": .int(size.height), "video_id": .int(videos),
                "job_id": .string(video.job), "frame_index": .int(index), "time": frame["time"],
            ])
            try output(COCOExport.element(image, isFirst: images == 1))
            for object in ExportObject.all(in: frame) { try annotate(object) }
        }
    }

    private mutating func annotate(_ object: ExportObject) throws {
        objects += 1
        let category = object.classID + 1
        if categories[category] == nil { categories[category] = object.className }
        let annotation = JSON.members([
            "id": .int(objects), "image_id": .int(images), "category_id": .int(category),
            "bbox": .array(
                [object.corners[0], object.corners[1], object.width, object.height].map { .double($0) }),
            "area": .double(object.width * object.height), "iscrowd": 0, "track_id": object.track.map { .int($0) },
            "score": object.confidence.map { .double($0) },
        ])
        try annotations.append(COCOExport.element(annotation, isFirst: objects == 1))
    }

    mutating func finish(_ output: ([UInt8]) throws -> Void) throws {
        try output(Array("\n],\"annotations\":[".utf8))
        try annotations.copy(output)
        let list = categories.sorted { $0.key < $1.key }.map { id, name in
            JSON.members(["id": .int(id), "name": .string(name), "supercategory": ""])
        }
        try output(Array("\n],\"categories\":\(JSONWriter.text(.array(list)))}\n".utf8))
    }

    private static func element(_ json: JSON, isFirst: Bool) -> [UInt8] {
        Array((isFirst ? "\n" : ",\n").utf8) + JSONWriter.encode(json)
    }

    /// Six digits at least, as `ffmpeg -start_number 0 %06d.jpg` names frames.
    private static func padded(_ index: Int) -> String {
        let digits = String(index)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}

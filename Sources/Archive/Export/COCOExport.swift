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
    /// By name: the same class is one category, whichever tool found it.
    private var categories: [String: Int] = [:]

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
        let category = category(of: object)
        let annotation = JSON.members([
            "id": .int(objects), "image_id": .int(images), "category_id": .int(category),
            "bbox": .array(
                [object.corners[0], object.corners[1], object.width, object.height].map { .double($0) }),
            "area": .double(object.width * object.height), "iscrowd": 0, "track_id": object.track.map { .int($0) },
            "score": object.confidence.map { .double($0) },
            "num_keypoints": object.keypoints.isEmpty ? nil : .int(object.keypoints.count(where: COCOExport.isSeen)),
            "keypoints": object.keypoints.isEmpty ? nil : .array(object.keypoints.flatMap(COCOExport.keypoint)),
        ])
        try annotations.append(COCOExport.element(annotation, isFirst: objects == 1))
    }

    /// The class id + 1, or the next free number where another class has that one.
    private mutating func category(of object: ExportObject) -> Int {
        let name = object.className.isEmpty ? "class \(object.classID)" : object.className
        if let known = categories[name] { return known }
        let own = object.classID + 1
        let id = categories.values.contains(own) ? (categories.values.max() ?? 0) + 1 : own
        categories[name] = id
        return id
    }

    private static func isSeen(_ point: [Double]) -> Bool { point.count > 1 && (point.count < 3 || point[2] > 0) }

    /// x, y and 2 for a point that is seen; three zeros for another.
    private static func keypoint(_ point: [Double]) -> [JSON] {
        isSeen(point) ? [.double(point[0]), .double(point[1]), 2] : [0, 0, 0]
    }

    mutating func finish(_ output: ([UInt8]) throws -> Void) throws {
        try output(Array("\n],\"annotations\":[".utf8))
        try annotations.copy(output)
        let list = categories.sorted { $0.value < $1.value }.map { name, id in
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

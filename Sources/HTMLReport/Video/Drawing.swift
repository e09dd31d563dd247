/// Objects drawn over a picture: boxes in the colours of their classes, class and confidence beside them, keypoints as dots.
struct Drawing {
    struct Group {
        let colour: String
        let path: String
    }

    struct Label {
        let x: Int
        let y: Int
        let colour: String
        let text: String
    }

    /// All boxes as an SVG path, for the dark edge below them.
    let boxes: String
    /// The boxes of each colour, an empty path where there are none.
    let groups: [Group]
    let labels: [Label]
    /// All keypoints, each a stroke without length; nil where there are none.
    let points: String?
    /// Height of the labels, pixels.
    let textSize: Int
    /// Width of their dark edge, pixels.
    let edge: Int

    private static let most = 40

    /// - Parameters:
    ///   - scale: a pixel of the canvas, in pixels of the drawing.
    ///   - left: where the drawing begins.
    init(
        _ objects: some Collection<ShownObject>, _ colours: ClassColours, canvas: (width: Int, height: Int),
        scale: Double = 1, left: Int = 0
    ) {
        let drawn = objects.prefix(Drawing.most)
        func across(_ value: Int) -> Int { left + Int((Double(value) * scale).rounded()) }
        func down(_ value: Int) -> Int { Int((Double(value) * scale).rounded()) }
        func path(_ object: ShownObject) -> String {
            let edges = object.corners
            return "M\(across(edges[0])) \(down(edges[1]))H\(across(edges[2]))V\(down(edges[3]))H\(across(edges[0]))Z"
        }
        boxes = drawn.map(path).joined()
        var order: [String] = []
        var paths: [String: String] = [:]
        for object in drawn {
            let colour = colours.onPicture(object.name)
            if paths[colour] == nil { order.append(colour) }
            paths[colour, default: ""] += path(object)
        }
        if order.isEmpty { order = [ClassColours.plain] }
        groups = order.map { Group(colour: $0, path: paths[$0] ?? "") }
        // About 11 pixels of a page, on which the picture is 352 wide or 384 high.
        let size = max(6, max(canvas.width / 30, canvas.height / 34))
        textSize = size
        edge = max(2, size / 4)
        labels = Drawing.labels(drawn, colours, canvas, size)
        let dots = drawn.flatMap(\.points).map { "M\(across($0[0])) \(down($0[1]))h0" }.joined()
        points = dots.isEmpty ? nil : dots
    }

    /// What stands above the boxes, those of the largest first; what would lie over another one is left out.
    private static func labels(
        _ objects: some Collection<ShownObject>, _ colours: ClassColours, _ canvas: (width: Int, height: Int),
        _ size: Int
    ) -> [Label] {
        var labels: [Label] = []
        for object in objects.sorted(by: { $0.area > $1.area }) {
            guard let text = object.label else { continue }
            func width(_ text: String) -> Int { text.count * size * 3 / 5 }
            let above = object.corners[1] - size / 3
            let (x, y) = (
                min(max(0, object.corners[0]), max(0, canvas.width - width(text))),
                above >= size ? above : object.corners[1] + size
            )
            let isFree = labels.allSatisfy { label in
                abs(label.y - y) >= size || label.x >= x + width(text) || x >= label.x + width(label.text)
            }
            if isFree { labels.append(Label(x: x, y: y, colour: colours.onPicture(object.name), text: text)) }
        }
        return labels
    }
}

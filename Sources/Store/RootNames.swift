package import Bytes
package import Jobs

/// `roots.json`: what each input root of an output folder is called, so that a video keeps its name whatever other inputs
/// a run has. Several paths may have one name.
package struct RootNames: Equatable, Sendable {
    /// In the order in which they were first met; one for each path.
    package private(set) var roots: [InputRoot]
    private var indices: [RawPath: Int]

    private static let schema = "forgebatch/roots/1"

    package init(_ roots: [InputRoot] = []) {
        (self.roots, indices) = ([], [:])
        for root in roots { set(root) }
    }

    package var isEmpty: Bool { roots.isEmpty }

    /// What a root is called; nil for one that has no name.
    ///
    /// - Parameter path: absolute and without links.
    package func prefix(of path: RawPath) -> RawPath? { indices[path].map { roots[$0].prefix } }

    /// Names a root, in place of the name that it had.
    package mutating func set(_ root: InputRoot) {
        if let index = indices[root.path] {
            roots[index] = root
        } else {
            indices[root.path] = roots.count
            roots.append(root)
        }
    }

    var json: JSON { .members(["schema": .string(RootNames.schema), "roots": .array(roots.map(\.json))]) }

    private init?(_ json: JSON) {
        guard json["schema"]?.string == RootNames.schema, let list = json["roots"]?.array else { return nil }
        self.init(list.compactMap { InputRoot($0) })
    }

    /// The names of an output folder. Where it does not keep them, as one of version 0.1.0, they are those of its last
    /// run that has some; none at all in a new folder.
    ///
    /// - Complexity: the size of the record; without one, the heads of runs' records until one has names.
    package static func read(_ layout: OutputLayout) -> RootNames {
        if let bytes = try? Files.read(layout.roots), let json = try? JSONReader.parse(bytes),
            let names = RootNames(json)
        {
            return names
        }
        for run in ((try? Files.list(layout.runs)) ?? []).sorted().reversed() {
            guard let name = run.text, let reader = try? RunDocumentReader(layout.summary(run: name)),
                let roots = reader.document?.roots, !roots.isEmpty
            else { continue }
            return RootNames(roots)
        }
        return RootNames()
    }

    /// Puts the record in the place of the one there is. Only under the lock of the output folder.
    package func write(_ layout: OutputLayout) throws(SystemError) {
        try AtomicFile.write(JSONWriter.encode(json) + [0x0a], to: layout.roots)
    }
}

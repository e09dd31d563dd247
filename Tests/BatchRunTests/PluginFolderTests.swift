import Bytes
import Glibc
import TestSupport
import Testing
import ToolModel

@testable import BatchRun

@Suite("Where plugins are found, and which are refused")
struct PluginFolderTests {
    private let folder: TemporaryFolder
    private let root: RawPath

    init() throws {
        folder = try TemporaryFolder()
        root = try Files.resolve(folder.path)
        MadePlugin.setMode(root, 0o755)
    }

    private func search(_ places: String...) throws -> PluginFindings {
        try PluginFolders(places.map { .init(root.appending($0)) }).search()
    }

    private func plugin(_ name: String) throws -> FoundPlugin {
        try #require(try search(name).usable.first)
    }

    private func fingerprint(_ name: String) throws -> String { try plugin(name).plugin(device: "cpu").fingerprint }

    @Test("A place is a plugin's folder or a folder of such; the first of an id counts, and the others are told of")
    func places() throws {
        for name in ["one/people", "one/shots", "two/people", "two/.hidden"] {
            let id = String(name.split(separator: "/")[1].filter { $0 != "." })
            try MadePlugin.write(root.appending(name), MadePlugin.manifest(id))
        }
        try Files.makeDirectory(root.appending("one/empty"), durable: false)
        let all = try search("missing", "two", "one", "one/people")
        #expect(all.usable.map(\.id) == ["people", "shots"])
        #expect(all.usable.first?.folder == root.appending("two/people") && all.unusable.isEmpty)
        let note = "the plugin people in \(root)/one/people is not used: the one in \(root)/two/people comes first"
        #expect(all.notes == [note.replacing("\(root)", with: root.display)])
        #expect(all.usable.first?.tools.map(\.id) == ["people/people"])
        #expect(try search("one/people").usable.map(\.id) == ["people"])
    }

    @Test("A place that was named has to be there, others need not")
    func missing() throws {
        let gone = root.appending("gone")
        #expect(try PluginFolders([.init(gone)]).search().usable.isEmpty)
        #expect(throws: SystemError.self) { try PluginFolders([.init(gone, isNamed: true)]).search() }
    }

    @Test("A manifest that is wrong makes its plugin unusable, with the reason, and hides a later one of its name")
    func broken() throws {
        try MadePlugin.write(
            root.appending("one/people"), MadePlugin.manifest("people", tool: nil, #""devices": ["tpu"], "#))
        try MadePlugin.write(root.appending("one/torn"), "{")
        try MadePlugin.write(root.appending("two/people"))
        let all = try search("one", "two")
        #expect(all.usable.isEmpty && all.unusable.map(\.id) == ["people", "torn"])
        #expect(all.unusable.first?.reason == "manifest.json: devices: tpu is no device; there are cpu and cuda")
        #expect(all.notes.count == 1)
    }

    @Test("Where group or others may write nothing is run; a sticky folder above is fine")
    func trust() throws {
        let people = root.appending("sticky/plugins/people")
        try MadePlugin.write(people)
        MadePlugin.setMode(root.appending("sticky"), 0o1777)
        #expect(try search("sticky/plugins").usable.map(\.id) == ["people"])
        for (path, mode) in [
            (people, UInt32(0o757)), (people.parent, 0o777), (people.appending("manifest.json"), 0o666),
        ] {
            let before: UInt32 = path.lastComponent == RawPath("manifest.json") ? 0o644 : 0o755
            MadePlugin.setMode(path, mode)
            let found = try search("sticky/plugins")
            #expect(found.usable.isEmpty)
            let reason = "others may write to \(path.display); chmod go-w keeps them out"
            #expect(found.unusable.map(\.reason) == [reason])
            MadePlugin.setMode(path, before)
        }
        MadePlugin.setMode(people, 0o1777)
        #expect(try search("sticky/plugins").unusable.count == 1, "a plugin's own folder may not be sticky either")
        MadePlugin.setMode(people, 0o755)
        MadePlugin.setMode(people.appending("plugin.py"), 0o646)
        #expect(throws: ManifestError.self) { try fingerprint("sticky/plugins") }
    }

    /// A user with a group of its own, and one whose group has others in it, as root finds them on this machine.
    private static func user(hasOwnGroup: Bool) -> (user: uid_t, group: gid_t)? {
        setpwent()
        defer { endpwent() }
        while let entry = getpwent()?.pointee {
            guard entry.pw_uid != 0, let group = getgrgid(entry.pw_gid)?.pointee else { continue }
            let isOwn = String(cString: group.gr_name) == String(cString: entry.pw_name)
            if isOwn == hasOwnGroup, !hasOwnGroup || group.gr_mem?.pointee == nil {
                return (entry.pw_uid, entry.pw_gid)
            }
        }
        return nil
    }

    @Test(
        "A user's private group may write, as with the umask 002; another group may not",
        .enabled(if: geteuid() == 0, "only root can make folders of other users"))
    func privateGroup() throws {
        let path = root.appending("own")
        try Files.makeDirectory(path, durable: false)
        MadePlugin.setMode(path, 0o775)
        #expect(try Ownership(of: path).isShared, "a group of root's")
        if let (user, group) = PluginFolderTests.user(hasOwnGroup: true) {
            _ = path.withCString { chown($0, user, group) }
            #expect(try !Ownership(of: path).isShared && !Ownership(of: path).isOwn)
            _ = path.withCString { chown($0, user, 0) }
            #expect(try Ownership(of: path).isShared)
        }
        if let (user, group) = PluginFolderTests.user(hasOwnGroup: false) {
            _ = path.withCString { chown($0, user, group) }
            #expect(try Ownership(of: path).isShared)
        }
    }

    @Test("A folder of somebody else is refused", .enabled(if: geteuid() == 0, "only root can make one"))
    func owner() throws {
        let people = root.appending("people")
        try MadePlugin.write(people)
        _ = people.withCString { chown($0, 12345, 12345) }
        #expect(try search("people").unusable.first?.reason.contains("belongs to another user") == true)
    }

    @Test("A plugin in an input, or with one in it, is refused, by its path alone")
    func inputs() throws {
        try MadePlugin.write(root.appending("in/plugins/people"))
        let found = try plugin("in/plugins")
        func conflict(_ path: String) -> String? {
            found.conflict(with: [(RawPath("/elsewhere"), "the output folder"), (root.appending(path), "the input")])
        }
        #expect(conflict("in")?.hasPrefix("it lies in the input, \(root.display)/in:") == true)
        #expect(conflict("in/plugins/people")?.hasPrefix("it lies in the input") == true)
        #expect(conflict("in/plugins/people/a/b.mp4")?.contains("lies in it") == true)
        #expect(conflict("in/plugins/people2") == nil && conflict("in/videos") == nil)
    }

    @Test("The fingerprint is of the manifest and the files: contents, names, and nothing else")
    func fingerprint() throws {
        let people = root.appending("people")
        func write(_ name: String, _ text: String) throws {
            try Files.makeDirectory(people.appending(name).parent, durable: false)
            try AtomicFile.write(Array(text.utf8), to: people.appending(name), durable: false)
            MadePlugin.setMode(people.appending(name).parent, 0o755)
            MadePlugin.setMode(people.appending(name), 0o644)
        }
        let manifest = MadePlugin.manifest().replacing("[\"plugin.py\"]", with: "[\"plugin.py\", \"model\"]")
        try MadePlugin.write(people, manifest)
        try write("model/a.bin", "weights")
        let first = try fingerprint("people")
        // By hand: name, zero, length, zero, content, with the manifest before the files.
        var bytes: [UInt8] = []
        for (name, text) in [("manifest.json", manifest), ("model/a.bin", "weights"), ("plugin.py", "pass\n")] {
            bytes += Array(name.utf8) + [0] + Array("\(text.utf8.count)".utf8) + [0] + Array(text.utf8)
        }
        #expect(first == "p1:" + Digest.sha256(bytes))
        try write("notes.txt", "not named")
        try write("model/__pycache__/a.pyc", "made by itself")
        #expect(try fingerprint("people") == first)
        try write("model/a.bin", "weightz")
        let changed = try fingerprint("people")
        #expect(changed != first)
        try write("model/b.bin", "")
        let added = try fingerprint("people")
        #expect(Set([first, changed, added]).count == 3)
        try write("manifest.json", manifest + " ")
        #expect(try fingerprint("people") != added)
    }

    @Test(
        "A file that is not there is told of; a link is followed, also out of the folder, where nobody else may write")
    func files() throws {
        let people = root.appending("people")
        let program = people.appending("plugin.py")
        try MadePlugin.write(people, program: "same")
        let plain = try fingerprint("people")
        Files.remove(program)
        #expect(throws: ManifestError("files: plugin.py: No such file or directory")) { try fingerprint("people") }
        let installed = root.appending("installed/real.py")
        try Files.makeDirectory(installed.parent, durable: false)
        try AtomicFile.write(Array("same".utf8), to: installed, durable: false)
        for (path, mode) in [(installed.parent, UInt32(0o755)), (installed, 0o644)] { MadePlugin.setMode(path, mode) }
        try Files.link(installed, at: program)
        #expect(try fingerprint("people") == plain)
        MadePlugin.setMode(installed.parent, 0o777)
        let reason = "others may write to \(installed.parent.display); chmod go-w keeps them out"
        #expect(throws: ManifestError("files: plugin.py: \(reason)")) { try fingerprint("people") }
        Files.remove(program)
        try Files.link(RawPath("/dev/null"), at: program)
        #expect(throws: ManifestError.self) { try fingerprint("people") }
    }

    @Test("Devices: a card for those that can use one, the processor for all others")
    func devices() throws {
        func manifest(_ devices: String) throws -> PluginManifest {
            try PluginManifest(
                JSONReader.parse(MadePlugin.manifest("people", tool: nil, "\"devices\": [\(devices)], ")))
        }
        let (cpu, both, card) = (
            try manifest("\"cpu\""), try manifest("\"cpu\", \"cuda\""), try manifest("\"cuda\"")
        )
        let two = try #require(PluginDevices("cuda:1, cuda:0,cuda:1"))
        #expect(two.places == ["cuda:1", "cuda:0"])
        #expect(two.devices(of: cpu)?.places == ["cpu"])
        #expect(two.devices(of: both)?.kind == "cuda" && two.devices(of: both)?.places == ["cuda:1", "cuda:0"])
        #expect(PluginDevices.standard.devices(of: both)?.kind == "cpu")
        #expect(PluginDevices.standard.devices(of: card) == nil)
        for text in ["", "cuda", "cuda:", "cuda:x", "gpu", "cpu,", "cuda:1234"] { #expect(PluginDevices(text) == nil) }
    }
}

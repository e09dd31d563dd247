import Bytes
import TestSupport
import Testing

/// The import table of docs/architecture.md, held against the sources: a target that reaches a module through another
/// may import it without a word from the compiler.
@Suite struct ArchitectureTests {
    /// Every Swift source below a folder of the repository.
    private func sources(_ folder: RawPath) throws -> [RawPath] {
        try Files.list(folder).flatMap { name -> [RawPath] in
            let path = folder.appending(name)
            switch try Files.status(path, follow: false).kind {
            case .directory: return try sources(path)
            case .file where name.lowercasedExtension == "swift": return [path]
            default: return []
            }
        }
    }

    private func text(_ path: RawPath) throws -> String {
        try #require(String(validating: Files.read(path), as: UTF8.self))
    }

    private let targets = Samples.root.appending("Sources")

    @Test func `no source imports what its target must not know, and none is public`() throws {
        var seen = 0
        for target in try Files.list(targets) {
            for path in try sources(targets.appending(target)) {
                #expect(ImportRules.breaches(in: try text(path), target: target.display) == [], "\(path.display)")
                seen += 1
            }
        }
        #expect(seen > 60)
    }

    @Test func `every target has a rule, and every rule a target`() throws {
        let found = try Files.list(targets).filter { try !sources(targets.appending($0)).isEmpty }.map(\.display)
        #expect(Set(found) == Set(ImportRules.arrows.keys))
    }

    @Test func `the arrows make no circle`() {
        var reach = ImportRules.arrows
        for _ in reach.keys {
            for (target, modules) in reach {
                reach[target] = modules.reduce(into: modules) { $0.formUnion(reach[$1, default: []]) }
            }
        }
        for (target, modules) in reach { #expect(!modules.contains(target), "\(target)") }
        // The two halves meet in texts: the parent cannot reach a pixel, nor the worker another process.
        for module in ["Media", "FrameTools", "Frames", "Stills", "VideoWorker"] {
            #expect(!reach["BatchRun", default: []].contains(module))
        }
        // Archive detects events, which takes no picture; whoever reads from it gets no nearer to one.
        for module in ["Media", "Stills", "VideoWorker"] {
            #expect(!reach["Archive", default: []].contains(module))
            #expect(!reach["HTMLReport", default: []].contains(module))
        }
        #expect(!ImportRules.arrows["Archive", default: []].contains("Frames"))
        #expect(ImportRules.arrows["HTMLReport", default: []].isDisjoint(with: ["Frames", "FrameTools"]))
        #expect(!reach["VideoWorker", default: []].contains("BatchRun"))
    }

    @Test(arguments: [
        ("BatchRun", "internal import Media"), ("BatchRun", "import CFFmpeg"), ("Jobs", "package import FrameResults"),
        ("FrameTools", "internal import Glibc"), ("HTMLReport", "import Foundation"),
        ("Bytes", "import FoundationEssentials"), ("VideoWorker", "@preconcurrency import Subprocess"),
        ("Stills", "import struct CFFmpeg.AVFrame"), ("Archive", "internal import CSHA // only here"),
        ("WebSocketChannel", "internal import NIOPosix"), ("WebSocketChannel", "internal import Bytes"),
        ("BatchRun", "internal import NIOCore"), ("Archive", "internal import NIOHTTP1"),
        ("Jobs", "@_exported import Bytes"), ("Jobs", "@testable import Bytes"), ("Jobs", "public import Bytes"),
        ("Frames", "public struct A {}"), ("Frames", "    public private(set) var a = 1"),
        ("Frames", "open class A {}"), ("Frames", "    open private(set) var a = 1"),
        ("Frames", "@objc open override func a() {}"),
        ("Nowhere", "import Bytes"),
    ])
    func `a breach is found`(target: String, line: String) {
        #expect(!ImportRules.breaches(in: "/// A file.\n\(line)\nlet a = 1\n", target: target).isEmpty)
    }

    @Test(arguments: [
        ("Media", "internal import CFFmpeg"), ("Media", "package import Frames"),
        ("Bytes", "    internal import Glibc"), ("ReplayServer", "internal import NIOCore"),
        ("WebSocketChannel", "package import NIOCore"),
        ("Jobs", "// import Foundation"), ("Jobs", "let text = \"public import\""), ("Jobs", "package import Bytes"),
        ("Jobs", "/// What is public stays public."), ("Jobs", "    var open = false"),
        ("Jobs", "        return open + end"),
    ])
    func `what is allowed is no breach`(target: String, line: String) {
        #expect(ImportRules.breaches(in: line, target: target) == [])
    }

    @Test func `the documentation's table has the same targets and owners`() throws {
        let page = try text(Samples.root.appending("docs/architecture.md"))
        var owners: [String: String] = [:]
        var documented: Set<String> = []
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
            let target = String(cells[0].dropFirst().dropLast())
            documented.insert(target)
            guard cells.count > 3 else { continue }
            for module in cells[3].split(separator: ",") { owners[module.split(separator: " ").joined()] = target }
        }
        #expect(documented == Set(ImportRules.arrows.keys).union(["CLimits", "CAssets", "CKernels"]))
        #expect(owners == ImportRules.owners)
    }

    @Test func `the package declares no dependency that the rules do not know`() throws {
        let manifest = try text(Samples.root.appending("Package.swift"))
        let declared = try PackageManifest.dependencies(manifest)
        for (target, modules) in declared where ImportRules.arrows[target] != nil {
            for module in modules { #expect(ImportRules.mayImport(module, in: target), "\(target) needs \(module)") }
            // What a target imports it also declares, so that the build does not hang on another one's needs.
            for path in try sources(targets.appending(target)) {
                for (module, _) in ImportRules.imports(in: try text(path)) {
                    let isSystem = ImportRules.system[target, default: []].contains(module)
                    #expect(isSystem || modules.contains(module), "\(path.display) imports \(module)")
                }
            }
        }
        #expect(Set(declared.keys).isSuperset(of: ImportRules.arrows.keys))
    }

    @Test func `no record of the output folder is read by string keys outside the store`() throws {
        var read: Set<String> = []
        for folder in try Files.list(targets) where folder != RawPath("Store") {
            for path in try sources(targets.appending(folder)) {
                let name = path.display.dropFirst(targets.display.count + 1)
                let found = RecordKeys.read(in: try text(path))
                if RecordKeys.others[String(name)] != nil {
                    if !found.isEmpty { read.insert(String(name)) }
                } else {
                    #expect(found.isEmpty, "\(name) reads \(found.sorted()): a typed record of Store has it")
                }
            }
        }
        #expect(read == Set(RecordKeys.others.keys), "a file that is let off reads none")
        // What the store itself reads is found, so the search finds something.
        let store = try sources(targets.appending("Store")).map { RecordKeys.read(in: try text($0)) }
        #expect(store.reduce(into: Set<String>()) { $0.formUnion($1) } == RecordKeys.members)
    }

    @Test(arguments: [
        "let a = json[\"run_id\"]?.string", "line?[\"verdict\"]", "x[ \"sha256\" ]", "f(a[0][\"cleared\"])",
        "text(\"run_id\")", "run.list(\"roots\")", "a?.count( \"tries\" )", "RawPath(json, key: \"result_bytes\")",
    ])
    func `a record's member read by its name is found`(line: String) {
        #expect(RecordKeys.read(in: line).count == 1)
    }

    @Test(arguments: [
        "\"run_id\": .string(id)", "// json[\"run_id\"]", "[\"verdict\": 1]", "f([\"verdict\", \"cause\"])",
        "[.string(\"stopped\")]", "JSON.Member(\"tries\", 1)", "(\"skipped\", 1)", "members(\"cause\") { $0 }",
    ])
    func `a record's member that is only named is no reading`(line: String) {
        #expect(RecordKeys.read(in: line).isEmpty)
    }

    @Test func `no type has the name of a module`() throws {
        // `Archive.run` would mean either; a reader, and the compiler, must not have to guess.
        let modules = try Files.list(targets).map(\.display)
        for folder in try Files.list(targets) {
            for path in try sources(targets.appending(folder)) {
                for line in try text(path).split(separator: "\n") {
                    let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
                    for (kind, name) in zip(words, words.dropFirst())
                    where ["enum", "struct", "class", "actor", "protocol", "typealias"].contains(kind) {
                        #expect(line.hasPrefix("//") || !modules.contains(name), "\(path.display): \(name)")
                    }
                }
            }
        }
    }

    @Test func `how a video stands is spelled in one place`() throws {
        var spelled: Set<String> = []
        for folder in try Files.list(targets) {
            for path in try sources(targets.appending(folder)) {
                let name = String(path.display.dropFirst(targets.display.count + 1))
                let found = StatusWords.spelled(in: try text(path))
                spelled.formUnion(StatusWords.letOff(found, in: name))
                let left = found.subtracting(StatusWords.letOff(found, in: name))
                #expect(left.isEmpty, "\(name) spells \(left.sorted()): VideoStatus has it")
            }
        }
        #expect(!spelled.isEmpty)
    }

    @Test func `every file that may spell a status word spells it`() throws {
        for (name, other) in StatusWords.others {
            let found = StatusWords.spelled(in: try text(targets.appending(RawPath(name))))
            #expect(found.isSuperset(of: other.words), "\(name)")
        }
    }

    @Test(arguments: [
        "case \"failed\":", "let a = [\"ok\"]", "a ?? \"damaged\" // why", "f(\"quarantined\", \"a\")",
        "== \"completed\"",
    ])
    func `a status word in a literal is found`(line: String) {
        #expect(StatusWords.spelled(in: line).count == 1)
    }

    @Test(arguments: ["// \"failed\"", "\"it failed\"", "\"<a href=\\\"ok\\\">\"", "case failed", ".damaged"])
    func `a status word elsewhere is none`(line: String) {
        #expect(StatusWords.spelled(in: line).isEmpty)
    }

    @Test func `the server's event loop is known in one folder only`() throws {
        let folder = targets.appending("ReplayServer")
        let serving = folder.appending("Serving")
        var users = 0
        for path in try sources(folder) {
            let modules = ImportRules.imports(in: try text(path)).map(\.module)
            guard modules.contains(where: { $0.hasPrefix("NIO") || $0 == "Dispatch" }) else { continue }
            #expect(path.isInside(serving), "\(path.display)")
            users += 1
        }
        #expect(users > 2)
    }

    @Test func `tools are arithmetic: no concurrency, no unsafe code`() throws {
        let barred: Set = ["await", "async", "Task", "actor", "Mutex", "unsafe", "nonisolated(unsafe)", "throws"]
        for path in try sources(targets.appending("FrameTools")) {
            for line in try text(path).split(separator: "\n") {
                let code = line.split(separator: " ").prefix { !$0.hasPrefix("//") && !$0.hasPrefix("\"") }
                #expect(code.allSatisfy { !barred.contains(String($0)) }, "\(path.display): \(line)")
            }
        }
    }

    @Test func `nothing is forced: no try!, no unchecked sendability without its proof`() throws {
        for path in try sources(targets) {
            let lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() {
                #expect(!line.contains("try!") && !line.contains("as! "), "\(path.display): \(line)")
                guard line.contains("@unchecked Sendable") else { continue }
                let before = lines[max(0, index - 6)..<index]
                #expect(before.contains { $0.contains("//") }, "\(path.display): \(line)")
            }
        }
    }

    @Test func `what a target offers to others is explained`() throws {
        let kinds: Set = ["struct", "enum", "class", "actor", "protocol", "func", "typealias"]
        var seen = 0
        for path in try sources(targets) {
            let lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() where line.hasPrefix("package ") {
                guard line.split(separator: " ").prefix(4).contains(where: { kinds.contains(String($0)) }) else {
                    continue
                }
                let before = lines[..<index].last { !$0.hasPrefix("@") }
                #expect(before?.hasPrefix("///") == true, "\(path.display): \(line)")
                seen += 1
            }
        }
        #expect(seen > 40)
    }

    @Test func `templates and the stylesheet name no address on the network`() throws {
        let folder = Samples.root.appending("templates")
        // uPlot is kept as it came, with addresses in its comments; that no page asks for one is seen in a browser.
        for name in try Files.list(folder) where name != RawPath("uplot.js") {
            // A picture of its own has to name its namespace, which nobody asks for.
            let page = try text(folder.appending(name)).replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "")
            for mark in ["http:", "https:", "src=\"//", "url(//", "@import"] {
                #expect(!page.contains(mark), "\(name.display): \(mark)")
            }
        }
    }
}

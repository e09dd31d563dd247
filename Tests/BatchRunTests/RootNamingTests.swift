import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

@Suite("What input roots are called")
struct RootNamingTests {
    /// What a walk would find: videos by their roots, in the order of the inputs.
    private func found(_ videos: [(root: String, names: [String])]) -> Discovery {
        var discovery = Discovery()
        var unique = UniqueNames()
        for (root, names) in videos {
            let path = RawPath(root)
            let prefix = videos.count == 1 ? RawPath("") : unique.make(path.lastComponent)
            discovery.roots.append(InputRoot(prefix: prefix, path: path))
            discovery.rootNames.append(path.lastComponent)
            for name in names {
                var video = Planned.candidate(name)
                video.path = path.appending(name)
                video.relative = prefix.appending(name)
                discovery.candidates.append(video)
            }
        }
        discovery.candidates.sort()
        return discovery
    }

    private func prior(_ roots: [(String, String)], _ videos: [String] = []) -> PriorResults {
        var prior = PriorResults(catalog: videos.map { Planned.entry($0) })
        prior.roots = RootNames(roots.map { InputRoot(prefix: RawPath($0.1), path: RawPath($0.0)) })
        return prior
    }

    private func names(
        _ prior: PriorResults, _ videos: [(root: String, names: [String])], declared: [(String, String)] = [],
        gone: Set<String> = []
    ) throws -> (names: [String], roots: [String]) {
        let roots = declared.map { InputRoot(prefix: RawPath($0.1), path: RawPath($0.0)) }
        let naming = RootNaming(prior, declared: roots)
        let homes = try naming.homes(of: found(videos))
        let (discovery, names) = try naming.name(
            found(videos), gone: Set(homes.filter { gone.contains($0.display) }))
        return (
            discovery.candidates.map(\.relative.display), names.roots.map { "\($0.prefix.display)=\($0.path.display)" }
        )
    }

    @Test("The only input of a new folder has no name, several inputs have")
    func new() throws {
        let one = try names(prior([]), [("/a/cam1", ["x.mp4"])])
        #expect(one.names == ["x.mp4"] && one.roots == ["=/a/cam1"])
        let two = try names(prior([]), [("/a/cam1", ["x.mp4"]), ("/b/cam1", ["x.mp4"]), ("/b/CAM1", ["x.mp4"])])
        #expect(two.names == ["CAM1~3/x.mp4", "cam1/x.mp4", "cam1~2/x.mp4"])
        #expect(two.roots == ["cam1=/a/cam1", "cam1~2=/b/cam1", "CAM1~3=/b/CAM1"])
    }

    @Test("A root that has a name keeps it whatever other inputs there are, in any order")
    func kept() throws {
        let known = prior([("/a/cam1", "")], ["x.mp4"])
        for order in [["/a/cam1", "/a/cam2"], ["/a/cam2", "/a/cam1"]] {
            let both = try names(known, order.map { ($0, ["x.mp4"]) })
            #expect(both.names == ["cam2/x.mp4", "x.mp4"])
            #expect(both.roots == ["=/a/cam1", "cam2=/a/cam2"])
        }
        let other = try names(known, [("/b/cam1", ["x.mp4"])])
        #expect(other.names == ["cam1/x.mp4"])
        let several = prior([("/a/cam1", "cam1"), ("/b/cam1", "cam1~2")])
        #expect(try names(several, [("/b/cam1", ["x.mp4"])]).names == ["cam1~2/x.mp4"])
        #expect(try names(several, [("/c/cam1", ["x.mp4"])]).names == ["cam1~3/x.mp4"])
    }

    @Test("A new name is not that of a folder of the root without a name")
    func folders() throws {
        let known = prior([("/a", "")], ["cam2/x.mp4"])
        #expect(try names(known, [("/b/cam2", ["x.mp4"])]).names == ["cam2~2/x.mp4"])
        let both = try names(prior([("/a", "")]), [("/a", ["cam2/y.mp4"]), ("/b/CAM2", ["x.mp4"])])
        #expect(both.names == ["CAM2~2/x.mp4", "cam2/y.mp4"])
    }

    @Test("A folder that appears later and is called as another root is refused, with what to do")
    func later() throws {
        let known = prior([("/a", ""), ("/b/cam2", "cam2")])
        #expect(throws: RunRefusal.self) { try names(known, [("/a", ["cam2/x.mp4"])]) }
        do {
            _ = try names(known, [("/a", ["cam2/x.mp4"])])
        } catch let refusal as RunRefusal {
            #expect("\(refusal)".contains("--root NAME=PATH") && "\(refusal)".contains("/b/cam2"))
        }
        #expect(try names(known, [("/a", ["cam2/x.mp4"])], declared: [("/b/cam2", "second")]).names == ["cam2/x.mp4"])
        #expect(try names(known, [("/a", ["cam2"])]).names == ["cam2"])
    }

    @Test("A root below another one is called as from there, and the other way round")
    func nested() throws {
        let known = prior([("/a", "")], ["sub/x.mp4"])
        let below = try names(known, [("/a/sub", ["x.mp4"])])
        #expect(below.names == ["sub/x.mp4"] && below.roots == ["=/a"])
        for order in [["/a", "/a/sub"], ["/a/sub", "/a"]] {
            let both = try names(prior([]), order.map { ($0, [$0 == "/a" ? "y.mp4" : "x.mp4"]) })
            #expect(both.names == ["sub/x.mp4", "y.mp4"])
        }
        let inner = try names(prior([("/a/sub", "")], ["x.mp4"]), [("/a", ["sub/x.mp4", "y.mp4"])])
        #expect(inner.names == ["a/y.mp4", "x.mp4"])
    }

    @Test("A root that moved keeps its name: its path is gone, and one of its videos is below the new one")
    func moved() throws {
        let known = prior([("/a/cam1", ""), ("/a/cam2", "cam2")], ["d/x.mp4", "cam2/x.mp4"])
        let videos = [("/b/cam1", ["d/x.mp4"]), ("/b/cam2", ["x.mp4", "y.mp4"])]
        let gone = try names(known, videos, gone: ["/a/cam1", "/a/cam2"])
        #expect(gone.names == ["cam2/x.mp4", "cam2/y.mp4", "d/x.mp4"])
        let there = try names(known, videos)
        #expect(there.names == ["cam1/d/x.mp4", "cam2~2/x.mp4", "cam2~2/y.mp4"])
        // A name that an input has is not free.
        let shared = prior([("/snap/1", "cam"), ("/snap/2", "cam")], ["cam/x.mp4"])
        let third = try names(shared, [("/snap/2", ["x.mp4"]), ("/snap/3", ["x.mp4"])], gone: ["/snap/1"])
        #expect(third.names == ["3/x.mp4", "cam/x.mp4"])
        let others = try names(known, [("/b/cam1", ["e/x.mp4"])], gone: ["/a/cam1", "/a/cam2"])
        #expect(others.names == ["cam1/e/x.mp4"])
    }

    @Test("--root names a root, and gives two paths one name; two videos of one name are refused")
    func declared() throws {
        let first = try names(prior([]), [("/snap/1", ["x.mp4"])], declared: [("/snap/1", "cam")])
        #expect(first.names == ["cam/x.mp4"] && first.roots == ["cam=/snap/1"])
        let known = prior([("/snap/1", "cam")], ["cam/x.mp4"])
        let second = try names(known, [("/snap/2", ["x.mp4"])], declared: [("/snap/2", "cam"), ("/else", "z")])
        #expect(second.names == ["cam/x.mp4"] && second.roots == ["cam=/snap/1", "cam=/snap/2"])
        #expect(throws: RunRefusal.self) {
            try names(known, [("/snap/1", ["x.mp4"]), ("/snap/2", ["x.mp4"])], declared: [("/snap/2", "cam")])
        }
        // A name is kept where it was used, and only there.
        let other = try names(prior([]), [("/a", ["x.mp4"])], declared: [("/b", "b")])
        #expect(other.names == ["x.mp4"] && other.roots == ["=/a"])
        let below = try names(prior([]), [("/snap/1/d", ["x.mp4"])], declared: [("/snap/1", "cam")])
        #expect(below.names == ["cam/d/x.mp4"] && below.roots == ["cam=/snap/1"])
        let within = try names(prior([]), [("/a", ["d/x.mp4"])], declared: [("/a/d", "cam")])
        #expect(within.names == ["cam/x.mp4"] && within.roots == ["cam=/a/d", "=/a"])
        #expect(try names(prior([]), [("/", ["x.mp4"])]).roots == ["=/"])
        let unnamed = prior([("/snap/1", "")], ["x.mp4", "d/x.mp4"])
        #expect(try names(unnamed, [("/snap/2", ["x.mp4"])], declared: [("/snap/2", "")]).names == ["x.mp4"])
        #expect(throws: RunRefusal.self) {
            try names(unnamed, [("/snap/2", ["x.mp4"])], declared: [("/snap/2", "d")])
        }
    }

    @Test("NAME=PATH is a name without a slash and a path; . is the empty name")
    func arguments() {
        #expect(InputRoot(declared: RawPath("cam=/a=b"), resolved: { _ in nil })?.path == RawPath("/a=b"))
        #expect(InputRoot(declared: RawPath("cam=/a=b"), resolved: { _ in nil })?.prefix == RawPath("cam"))
        #expect(InputRoot(declared: RawPath(".=/nowhere"), resolved: { _ in nil })?.prefix == RawPath(""))
        for text in ["cam", "=/a", "cam=", "..=/a", "a/b=/c"] {
            #expect(InputRoot.parts(declared: RawPath(text)) == nil)
        }
    }

    @Test("Twenty thousand roots of one name are named in the time that reading them takes")
    func many() throws {
        let videos = (0..<20_000).map { (root: "/share/\($0)/DCIM", names: ["x.mp4"]) }
        let discovery = found(videos)
        let start = ThreadTime.now
        let (named, names) = try RootNaming(prior([])).name(discovery)
        #expect(ThreadTime.now - start < 10)
        #expect(named.candidates.first?.relative == RawPath("DCIM/x.mp4"))
        #expect(names.roots.last?.prefix == RawPath("DCIM~20000"))
    }
}

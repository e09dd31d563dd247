import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import ReplayServer

/// The runs of a folder, many of which may be asked for.
@Suite("Many runs")
struct LibraryTests {
    private let made: MadeOutputFolder
    private let ids: [String]

    /// A folder of so many runs that are over, each with the jobs `a` and `b`.
    init() throws {
        made = try MadeOutputFolder()
        ids = (100..<160).map { "20260226T010\($0)Z-abcdef" }
        for id in ids { try made.writeLog(id, MadeRun.events(step: 1000)) }
    }

    private func library(isPaused: Bool = false) -> RunLibrary {
        RunLibrary(made.layout, selected: nil, options: RunFeed.Options(isPaused: isPaused))
    }

    /// Descriptors of this process for files of the folder.
    private func open() throws -> Int {
        let table = RawPath("/proc/self/fd")
        return try Files.list(table).filter { number in
            (try? Files.linkTarget(table.appending(number)))?.isInside(made.layout.root) == true
        }.count
    }

    @Test("Descriptors do not grow with the runs that were asked for, and each replay is where it was left")
    func many() async throws {
        let library = library()
        let first = try #require(library.feed(ids[0]))
        #expect(first.change(at: 3, speed: nil, isPlaying: false))
        let watched = try #require(library.feed(ids[1]))
        let subscription = watched.subscribe(MadeRun.a)
        for _ in 0..<2 {
            for id in ids {
                let feed = try #require(library.feed(id))
                // As a question about one of its jobs does.
                feed.start()
                await feed.whenLoaded(to: .infinity)
                #expect(feed.view(MadeRun.a) != nil)
            }
        }
        // Two a feed; those that end give theirs back on a thread of their own.
        let limit = 2 * (RunLibrary.heldFeeds + 2)
        let fits = try await poll { try open() <= limit ? true : nil }
        #expect(fits == true, "\((try? open()) ?? -1) are open")
        let again = try #require(library.feed(ids[0]))
        #expect(again.clock.at == 3 && !again.clock.isPlaying)
        await again.whenLoaded(to: .infinity)
        #expect(again.clock.at == 3 && again.clock.duration == 20)
        #expect(library.feed(ids[1]) === watched)
        watched.unsubscribe(subscription)
    }

    @Test("A replay that nobody watches goes on while its feed is away")
    func playing() async throws {
        let library = library()
        let isGone = try await left(playing: ids[0], library)
        for id in ids.dropFirst() { _ = library.feed(id) }
        let hasGone = try await poll { isGone() ? true : nil }
        #expect(hasGone == true)
        let clock = try #require(library.feed(ids[0])).clock
        #expect(clock.at >= 5 && clock.at < 20 && clock.isPlaying && clock.speed == .times(0.001))
    }

    /// Sets a replay going and leaves it.
    private func left(playing id: String, _ library: RunLibrary) async throws -> @Sendable () -> Bool {
        let feed = try #require(library.feed(id))
        await feed.whenLoaded(to: .infinity)
        #expect(feed.change(at: 5, speed: .times(0.001), isPlaying: true))
        return { [weak feed] in feed == nil }
    }

    @Test("A job whose run nothing tells does not have all runs opened")
    func unknownRun() async throws {
        let job = JobID(video: RawPath("c.mp4"))
        try made.add([
            CatalogEntry(.done("c.mp4"), run: "", digest: "d")
        ])
        let library = library()
        let found = try #require(await library.find(job, run: nil))
        #expect(found.kept?.view.status == .ok && found.kept?.feed == nil)
        let limit = 2 * (RunLibrary.heldFeeds + 2)
        let fits = try await poll { try open() <= limit ? true : nil }
        #expect(fits == true, "\((try? open()) ?? -1) are open")
        let own = try #require(await library.find(MadeRun.a, run: nil))
        #expect(own.feed.id == ids.last && own.kept == nil)
    }
}

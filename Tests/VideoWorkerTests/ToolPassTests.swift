import Bytes
import FrameResults
import FrameTools
import Frames
import Jobs
import TestSupport
import Testing

@testable import VideoWorker

/// What a worker's tools hand over, frame by frame, and what stands in the file then.
@Suite("Tools over one video") struct ToolPassTests {
    private static let tools = ToolRegistry.all + [Tool(Prompt.self), Tool(Slow.self)]

    private struct Account {
        var records: [FrameRecord] = []
        /// How many records were ready after each frame.
        var ready: [Int] = []
        var lumas: [Double] = []
        var description: [JSON] = []
    }

    private func pass(_ ids: [String], frames: Int) throws -> Account {
        var pass = try ToolPass(ids.map { JobRequest.Tool(id: $0, settings: [:]) }, among: Self.tools)
        var account = Account()
        for index in 0..<frames {
            let time = FrameTime(index: index, time: Double(index) / 10, duration: 0.1)
            let (ready, luma) = try pass.take(Drawing.flat(index), time)
            account.records += ready
            account.ready.append(account.records.count)
            account.lumas.append(try #require(luma))
        }
        account.records += pass.finish(end: Double(frames) / 10)
        account.description = pass.description
        return account
    }

    /// The frames of a result with these records, as a reader sees them.
    private func written(_ account: Account) throws -> [JSON] {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        var writer = try ResultWriter(path: path)
        for record in account.records { try writer.append(record) }
        var report = DecodeReport()
        report.decodedFrames = account.records.count
        _ = try writer.finish(
            ResultHead(
                jobID: "eccb3f5c-07f4-5f69-92f9-aa2774046302",
                source: .init(path: RawPath("a.mp4"), size: 1, fingerprint: "x1:00"), video: .object([]),
                decode: report, tools: account.description, summary: .object([]), events: []))
        return try #require(try JSONReader.parse(Files.read(path))["frames"]?.array)
    }

    @Test func `without latency a frame is ready at once`() throws {
        for ids in [["luma"], ["prompt"], ["luma", "prompt"]] {
            let account = try pass(ids, frames: 8)
            #expect(account.ready == Array(1...8))
            #expect(account.lumas == (0..<8).map { Double($0) })
        }
    }

    @Test func `frames wait until their objects are known, and come in order`() throws {
        let account = try pass(["luma", "slow"], frames: 12)
        #expect(account.ready == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7])
        #expect(account.records.map(\.time) == (0..<12).map { Double($0) / 10 })
        #expect(account.records.map { $0.detections?.first?.corners.first } == (0..<12).map { Double($0) })
        // The measures are those of the same frame.
        #expect(account.records.map { $0.measures.first?.values.first?.value } == (0..<12).map { Double($0) })
    }

    @Test(arguments: 1...7) func `nothing is lost of a video shorter than the latency`(frames: Int) throws {
        let account = try pass(["slow"], frames: frames)
        #expect(account.records.count == frames)
        #expect(account.records.map { $0.detections?.first?.corners.first } == (0..<frames).map { Double($0) })
    }

    @Test func `no frame, no record`() throws { #expect(try pass(["slow"], frames: 0).records.isEmpty) }

    @Test func `an object in the file has all members of the contract`() throws {
        let frames = try written(try pass(["luma", "slow"], frames: 3))
        let expected = try (0..<3).map { index in
            try JSONReader.parse(
                Array(
                    """
                    {"tracked_objects":[{"track_id":1,"class_id":8,"class":"class 8",\
                    "xyxy":[\(index),10,\(index + 4),15],"center":[\(index + 2),12.5]}]}
                    """.utf8))
        }
        #expect(frames.map { $0["detections"] } == expected)
        #expect(frames.map { $0["frame_index"] } == (0..<3).map { .int($0) })
        for frame in frames {
            let object = frame["detections"]?["tracked_objects"]?.array?.first
            #expect(object?.members?.map(\.key) == ["track_id", "class_id", "class", "xyxy", "center"])
            #expect(frame["slow"]?.members?.map(\.key) == ["number", "regions"])
        }
    }

    @Test func `a second tool that detects keeps its objects under its own id`() throws {
        for (ids, first, second) in [(["prompt", "slow"], 7, "slow"), (["slow", "luma", "prompt"], 8, "prompt")] {
            let account = try pass(ids, frames: 9)
            // The slowest decides when a frame is whole.
            #expect(account.ready == [0, 0, 0, 0, 0, 1, 2, 3, 4])
            let frames = try written(account)
            #expect(frames.count == 9)
            for (index, frame) in frames.enumerated() {
                let object = frame["detections"]?["tracked_objects"]?.array?.first
                #expect(object?["class_id"]?.int == first)
                let other = frame[second]?["tracked_objects"]?.array?.first
                #expect(other?["class_id"]?.int == 15 - first)
                #expect(other?["xyxy"]?.array?.first?.int == index)
                #expect(frame[ids[0]]?["tracked_objects"] == nil)
            }
        }
    }

    @Test func `without a tool that detects the member is empty`() throws {
        let frames = try written(try pass(["luma", "scene"], frames: 2))
        #expect(frames.allSatisfy { $0["detections"] == .object([]) })
    }

    @Test func `a tool that is not there is an error`() {
        #expect(throws: WorkerError.self) { try pass(["nonsense"], frames: 1) }
        #expect(throws: WorkerError.self) {
            // Test tools are no part of the product.
            try ToolPass([JobRequest.Tool(id: "slow", settings: [:])])
        }
    }
}

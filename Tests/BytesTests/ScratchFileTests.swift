import Bytes
import TestSupport
import Testing

@Suite struct ScratchFileTests {
    @Test func `bytes are read again wherever they lie, in memory, on the disk and across both`() throws {
        let folder = try TemporaryFolder()
        let file = ScratchFile(in: folder.path.appending("made/when/needed"))
        var all: [UInt8] = []
        var generator = SeededGenerator(seed: 7)
        #expect(try file.read(at: 0, count: 0).isEmpty)
        // In steps that end on no bound of what is written at once.
        while all.count < 3 << 20 {
            let piece = (0..<Int.random(in: 0...70_000, using: &generator)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try file.append(piece) == Int64(all.count))
            all += piece
            #expect(file.size == Int64(all.count))
            let start = Int.random(in: 0...all.count, using: &generator)
            let count = Int.random(in: 0...(all.count - start), using: &generator)
            #expect(try Array(file.read(at: Int64(start), count: count)) == Array(all[start..<(start + count)]))
        }
        for start in stride(from: 0, to: all.count - 100, by: 9973) {
            #expect(try Array(file.read(at: Int64(start), count: 100)) == Array(all[start..<(start + 100)]))
        }
        #expect(try Files.list(folder.path.appending("made/when/needed")).isEmpty)
    }

    @Test func `few bytes need no file, and a folder that cannot be made is told when many are written`() throws {
        let folder = try TemporaryFolder()
        let place = folder.path.appending("file")
        try AtomicFile.write([], to: place, durable: false)
        let file = ScratchFile(in: place.appending("below"))
        try file.append([1, 2, 3])
        #expect(try Array(file.read(at: 1, count: 2)) == [2, 3])
        #expect(throws: SystemError.self) { try file.append(Array(repeating: 0, count: 2 << 20)) }
    }
}

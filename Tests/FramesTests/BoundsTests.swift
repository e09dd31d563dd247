import TestSupport
import Testing

@testable import Frames

@Suite("What loops read and write") struct BoundsTests {
    /// A picture of 8 bits whose planes have memory of their own without a byte to spare, at either end of it.
    private struct Guarded {
        let picture: Picture

        init(
            _ sizes: [(samples: Int, rows: Int)], atEnd: Bool, isBottomUp: Bool, using generator: inout SeededGenerator
        ) {
            var memories: [GuardedMemory] = []
            let planes = sizes.map { size in
                let memory = GuardedMemory(count: size.samples * size.rows)
                memories.append(memory)
                let bytes = memory.bytes(atEnd: atEnd)
                for place in 0..<memory.count {
                    bytes.storeBytes(
                        of: UInt8.random(in: 0...255, using: &generator), toByteOffset: place, as: UInt8.self)
                }
                let first = isBottomUp ? bytes + (size.rows - 1) * size.samples : bytes
                return Plane(
                    base: UnsafeRawPointer(first), stride: isBottomUp ? -size.samples : size.samples,
                    samplesPerRow: size.samples, rows: size.rows)
            }
            picture = Picture(
                planes: planes, width: sizes[0].samples, height: sizes[0].rows, depth: 8, shift: 0, isFullRange: false,
                owner: memories as AnyObject)
        }
    }

    private static let widths = Array(1...70) + [127, 128, 129, 255, 256, 257, 300, 640, 1281]

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    func `the traversal stays within the rows`(atEnd: Bool, isBottomUp: Bool) {
        var generator = SeededGenerator(seed: 61)
        for width in Self.widths {
            let height = 8 + width % 5
            func draw() -> Picture {
                Guarded([(width, height)], atEnd: atEnd, isBottomUp: isBottomUp, using: &generator).picture
            }
            let (one, two, three) = (draw(), draw(), draw())
            let differences = KernelWay.available.map { Kernels.difference(one, two, plane: 0, way: $0) }
            #expect(Set(differences).count == 1, "\(width)")
            for factor in [0, 1, 2, 3, 4, 5, 6, 7, 8] where factor <= width {
                let expected = Kernels.luma(
                    two, previous: one, reference: three, darkLimit: 128, factor: factor, way: .swift)
                #if arch(x86_64)
                    // The small picture and the sums of columns have no room to spare either.
                    let small = GuardedMemory(count: expected.small.count)
                    let columns = GuardedMemory(count: 2 * width)
                    for way in KernelWay.available where way != .swift {
                        let pixels = small.bytes(atEnd: atEnd).assumingMemoryBound(to: UInt8.self)
                        let sums = Kernels.twin(
                            two.luma, one.luma, three.luma, 128, factor, small: factor == 0 ? nil : pixels,
                            columns: columns.bytes(atEnd: atEnd).assumingMemoryBound(to: UInt16.self), way)
                        #expect(sums == expected.sums, "\(way), \(width), \(factor)")
                        let found = [UInt8](UnsafeBufferPointer(start: pixels, count: small.count))
                        #expect(found == expected.small, "\(way), \(width), \(factor)")
                    }
                #endif
            }
        }
    }

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    func `colours stay within the rows`(atEnd: Bool, isBottomUp: Bool) {
        var generator = SeededGenerator(seed: 62)
        for (width, height) in Self.widths.map({ ($0, 6) }) + [(40, 512), (100, 1280), (2, 300), (1920, 22)] {
            let chroma = ((width + 1) / 2, (height + 1) / 2)
            let picture = Guarded(
                [(width, height), chroma, chroma], atEnd: atEnd, isBottomUp: isBottomUp, using: &generator
            ).picture
            var plan: HuePlan?
            let expected = Kernels.hues(picture, plan: &plan, way: .swift)
            guard let plan, let columns = plan.columns else { continue }
            let image = GuardedMemory(count: expected.samples.count)
            for way in KernelWay.available {
                let target = image.bytes(atEnd: atEnd).assumingMemoryBound(to: UInt8.self)
                WholeHues.image(picture, plan, columns, target, way)
                let found = [UInt8](UnsafeBufferPointer(start: target, count: image.count))
                #expect(found == expected.samples, "\(way), \(width)x\(height)")
            }
        }
    }

    @Test(arguments: [false, true]) func `detail stays within the picture`(atEnd: Bool) {
        var generator = SeededGenerator(seed: 63)
        for width in Self.widths {
            for height in [3, 4] {
                let memory = GuardedMemory(count: width * height)
                let samples = memory.bytes(atEnd: atEnd).assumingMemoryBound(to: UInt8.self)
                for place in 0..<memory.count { samples[place] = UInt8.random(in: 0...255, using: &generator) }
                let expected = Kernels.detail(samples, width: width, height: height, .swift)
                for way in KernelWay.available {
                    let found = Kernels.detail(samples, width: width, height: height, way)
                    #expect(found == expected, "\(way), \(width)x\(height)")
                }
            }
        }
    }

    @Test(arguments: [false, true]) func `the loops of motion stay within their lists`(atEnd: Bool) {
        var generator = SeededGenerator(seed: 64)
        for width in Self.widths {
            let height = 1 + width % 3
            let count = width * height
            let first = MotionLists(width, height, atEnd: atEnd, using: &generator)
            let expected = first.copy().run(.swift)
            for way in KernelWay.available where way != .swift {
                let lists = first.copy()
                #expect(lists.run(way) == expected, "\(way), \(width), \(count)")
            }
        }
    }
}

import Frames
import TestSupport
import Testing

@Suite("Frames for other programs") struct RGBKernelTests {
    /// A turn of three by two pixels, each named by its place.
    @Test(
        "a picture is turned as a player turns it",
        arguments: [
            (false, 0, "abcdef"), (false, 1, "daebfc"), (false, 2, "fedcba"), (false, 3, "cfbead"),
            (true, 0, "defabc"), (true, 1, "adbecf"), (true, 2, "cbafed"), (true, 3, "fcebda"),
        ])
    func turned(isMirrored: Bool, turns: Int, wanted: String) {
        let found = Kernels.turned(
            Array("abcdef".utf8), width: 3, height: 2, size: 1, isMirrored: isMirrored, turns: turns)
        #expect(String(decoding: found, as: UTF8.self) == wanted)
        // Three bytes of a pixel stay together.
        let wide = Kernels.turned(
            "abcdef".utf8.flatMap { [$0, $0 &+ 1, 0] }, width: 3, height: 2, size: 3, isMirrored: isMirrored,
            turns: turns)
        #expect(wide == wanted.utf8.flatMap { [$0, $0 &+ 1, 0] })
    }

    @Test(
        "each pixel is what a plain formula gives, at every size of chroma",
        arguments: [(1, 1), (2, 1), (1, 2), (2, 2)])
    func rgb(across: Int, down: Int) throws {
        var generator = SeededGenerator(seed: UInt64(across * 2 + down))
        for (width, height) in [(1, 1), (7, 5), (16, 9), (33, 4)] {
            let (columns, rows) = ((width + across - 1) / across, (height + down - 1) / down)
            let samples = [(width, height), (columns, rows), (columns, rows)].map { width, height in
                (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            let planes = [(width, height), (columns, rows), (columns, rows)].enumerated().map { index, size in
                DrawnPicture.gray(width: size.0, height: size.1, stride: 3) { x, y in
                    Int(samples[index][y * size.0 + x])
                }
            }
            let picture = Picture(
                planes: planes.map(\.luma), width: width, height: height, depth: 8, shift: 0, isFullRange: false,
                chroma: .planar, owner: planes as AnyObject)
            func factors() -> SIMD2<Double> {
                SIMD2(.random(in: -2.2...2.2, using: &generator), .random(in: -2.2...2.2, using: &generator))
            }
            let chroma = [factors(), factors(), factors()]
            let conversion = RGBConversion(luma: { Double($0 - 16) * 1.1644 }, chroma: chroma)
            let found = Kernels.rgb(picture, by: conversion)
            #expect(found.count == 3 * width * height)
            for y in 0..<height {
                for x in 0..<width {
                    let place = y / down * columns + x / across
                    let (u, v) = (Double(samples[1][place]) - 128, Double(samples[2][place]) - 128)
                    for (index, by) in chroma.enumerated() {
                        let sum = (Double(samples[0][y * width + x]) - 16) * 1.1644 + u * by.x + v * by.y
                        let byte = Double(found[3 * (y * width + x) + index])
                        // Rounded as a plain sum is, but within a hair of a half.
                        #expect(abs(byte - min(max(sum, 0), 255)) <= 0.5 + 1 / 600, "\(x), \(y)")
                    }
                }
            }
        }
    }
}

import Bytes
import FrameResults
import Testing

@Suite("Pictures as they are shown")
struct ShownPictureTests {
    private func video(_ width: Int, _ height: Int, _ display: (Int, Int), _ rest: KeyValuePairs<String, JSON?> = [:])
        -> JSON
    {
        let size = JSON.members([
            "width": .int(width), "height": .int(height),
            "display": .members(["width": .int(display.0), "height": .int(display.1)]),
        ])
        return .object((size.members ?? []) + (JSON.members(rest).members ?? []))
    }

    /// A box of 10 x 6 at (30, 20) in a picture of 100 x 50, by where its edges are then.
    @Test(arguments: [
        (0, false, [30.0, 20, 40, 26]), (90, false, [24, 30, 30, 40]), (180, false, [60, 24, 70, 30]),
        (270, false, [20, 60, 26, 70]), (0, true, [30, 24, 40, 30]), (180, true, [60, 20, 70, 26]),
        (90, true, [20, 30, 26, 40]), (270, true, [24, 60, 30, 70]),
        // Other angles count as the nearest quarter.
        (44, false, [30, 20, 40, 26]), (46, false, [24, 30, 30, 40]), (359, false, [30, 20, 40, 26]),
    ])
    func `a box turns and is mirrored with its picture`(rotation: Int, isMirrored: Bool, corners: [Double]) {
        let isUpright = (rotation + 45) / 90 % 2 == 0
        let json = video(
            100, 50, isUpright ? (100, 50) : (50, 100),
            ["rotation": .int(rotation), "mirrored": isMirrored ? true : nil])
        let picture = ShownPictures(json).first
        for (got, wanted) in zip(picture.place([30, 20, 40, 26]), corners) { #expect(abs(got - wanted) < 1e-9) }
    }

    @Test func `pixels that are not square stretch a box before it is turned`() {
        let plain = ShownPictures(video(720, 576, (1024, 576), ["sample_aspect_ratio": "64:45"])).first
        for (got, wanted) in zip(plain.place([90, 100, 180, 200]), [128.0, 100, 256, 200]) {
            #expect(abs(got - wanted) < 1e-9)
        }
        #expect(plain.sampleAspectRatio == "64:45")
        let turned = ShownPictures(video(720, 576, (576, 1024), ["rotation": 90])).first
        for (got, wanted) in zip(turned.place([90, 100, 180, 200]), [376.0, 128, 476, 256]) {
            #expect(abs(got - wanted) < 1e-9)
        }
    }

    @Test func `what lies outside the clean aperture is outside the picture`() {
        let aperture = JSON.members(["x": 8, "y": 0, "width": 704, "height": 480])
        let picture = ShownPictures(video(720, 480, (704, 480), ["clean_aperture": aperture])).first
        let known: [(box: [Double], shown: [Double])] = [
            ([8, 0, 712, 480], [0, 0, 704, 480]), ([0, 0, 720, 480], [-8, 0, 712, 480]),
        ]
        for (box, wanted) in known {
            for (got, edge) in zip(picture.place(box), wanted) { #expect(abs(got - edge) < 1e-9) }
        }
    }

    @Test func `a result that does not say how pictures are shown has them as stored`() {
        let old = JSON.members(["width": 640, "height": 360, "rotation": 90])
        let picture = ShownPictures(old).first
        #expect(picture.shown == (640, 360) && picture.place([1, 2, 3, 4]) == [1, 2, 3, 4])
        let none = ShownPictures(nil, width: 1280, height: 720)
        #expect(none.main.shown == (1280, 720) && !none.varies)
        #expect(ShownPictures(nil).main.shown == (320, 180))
    }

    @Test func `a picture of another shape is fitted into the middle of the frame`() {
        let picture = ShownPictures(video(100, 200, (100, 200))).first
        #expect(picture.place([0, 0, 100, 200], on: (400, 400)) == [100, 0, 300, 400])
        #expect(picture.place([50, 50, 60, 70], on: (400, 400)) == [200, 100, 220, 140])
        #expect(picture.place([0, 0, 100, 200], on: (100, 100)) == [25, 0, 75, 100])
    }

    private let changing: JSON = {
        func run(_ first: Int, _ frames: Int, _ width: Int, _ height: Int, _ display: Int) -> JSON {
            .members([
                "first_frame": .int(first), "frames": .int(frames), "width": .int(width), "height": .int(height),
                "display": .members(["width": .int(display), "height": .int(height)]),
            ])
        }
        return .members([
            "width": 160, "height": 90, "display": .members(["width": 160, "height": 90]),
            "sizes": .array([
                run(0, 30, 160, 90, 160), run(30, 25, 720, 576, 768), run(55, 10, 720, 576, 1024),
                run(65, 26, 720, 576, 768),
            ]),
        ])
    }()

    @Test func `each frame has its own size, and the main one is the most frequent in all`() {
        var pictures = ShownPictures(changing)
        #expect(pictures.varies && pictures.first.width == 160 && pictures.main.shown == (768, 576))
        let wanted = [0: 160, 29: 160, 30: 768, 54: 768, 55: 1024, 64: 1024, 65: 768, 90: 768]
        for index in 0...90 {
            pictures.take(index: index)
            if let width = wanted[index] { #expect(pictures.current.shown.width == width, "\(index)") }
        }
        // Frames may be left out.
        var jump = ShownPictures(changing)
        jump.take(index: 60)
        #expect(jump.current.shown.width == 1024)
    }

    @Test func `where sizes are not listed, frames tell them, and pixels keep their shape`() {
        var pictures = ShownPictures(video(720, 576, (576, 1024), ["rotation": 270]))
        pictures.take(index: 0, size: (720, 576))
        #expect(pictures.current == pictures.first)
        pictures.take(index: 1, size: (360, 288))
        #expect(pictures.current.width == 360 && pictures.current.shown == (288, 512))
        pictures.take(index: 2)
        #expect(pictures.current.width == 360)
    }
}

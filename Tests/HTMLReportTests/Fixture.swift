import Bytes
import Jobs
import Store

/// An output folder as a run leaves it, with the names that make pages break.
struct Fixture {
    struct Clip {
        var path: RawPath
        var standing = "ok"
        var frames = 450
        var message: String?
        var errors = 0
        var events = 4
        var isWritten = true
        var isSkipped = false
        var isQuarantined = false
        /// What the result says of the pictures; nil for 1920x1080.
        var video: JSON?
        /// The box of an object that every frame has.
        var box: [Int] = []

        var job: JobID { JobID(video: path) }
        var result: RawPath { OutputLayout.result(for: path, job: job) }
        /// As a run has it: the message without what is particular to one video.
        var cause: String? { message.map { Cause.of($0) } }
        var hasResult: Bool { standing != "failed" }
    }

    static let run = "20261123T141259Z-7f3a"

    let layout: OutputLayout
    let clips: [Clip]

    /// One of each kind, most of them with a hostile name.
    static let standard: [Clip] = [
        Clip(path: RawPath("cam01/2026-11-23/front-door.mp4")),
        Clip(path: RawPath("cam02/yard.mkv"), standing: "damaged", errors: 70, events: 64),
        Clip(
            path: RawPath("</script><img src=x onerror=alert(1)>.mp4"), standing: "failed",
            message: "<b onclick=\"x()\">bold</b>: demux: no video stream"),
        Clip(
            path: RawPath("#?%.mp4"), standing: "failed",
            message: "#?%.mp4: decode: worker killed by SIGSEGV at frame 120"),
        Clip(path: RawPath("new\nline.mp4")),
        Clip(path: RawPath("right\u{202e}4pm.mp4"), standing: "warning"),
        Clip(path: RawPath(bytes: Array("bad".utf8) + [0xff, 0xfe] + Array(" name.mp4".utf8))),
        Clip(path: RawPath("-rf.mp4")),
        Clip(path: RawPath("\"quoted\" 'both' &amp;.mp4")),
        Clip(path: RawPath("<\u{301}i\u{301}>\u{200b}.mp4")),
        Clip(path: RawPath("javascript:alert(1).mp4"), frames: 3),
        Clip(path: RawPath("cam03/gone.mp4"), isWritten: false),
        Clip(path: RawPath("cam03/" + String(repeating: "long-", count: 30) + "name.mp4")),
        Clip(path: RawPath("cam04/kept.webm"), isSkipped: true),
        Clip(
            path: RawPath("cam04/hangs.mov"), standing: "failed", message: "cam04/hangs.mov: no frame for 60 s",
            isSkipped: true, isQuarantined: true),
    ]

    /// Writes the folder.
    init(_ root: RawPath, clips: [Clip] = Fixture.standard, framesWritten: Bool = true) throws {
        layout = OutputLayout(root: root)
        self.clips = clips
        var catalog = JSONWriter()
        var failures = JSONWriter()
        for clip in clips {
            if clip.hasResult {
                catalog.value(Fixture.catalogLine(clip))
                catalog.endLine()
                if clip.isWritten, framesWritten {
                    try AtomicFile.write(Fixture.result(clip), to: root.appending(clip.result), durable: false)
                }
            } else {
                failures.value(Fixture.failureLine(clip))
                failures.endLine()
            }
        }
        try AtomicFile.write(catalog.bytes, to: layout.catalog, durable: false)
        try AtomicFile.write(failures.bytes, to: layout.failures, durable: false)
        try AtomicFile.write(Array("{}\n".utf8), to: layout.log(run: Fixture.run), durable: false)
        try AtomicFile.write(
            JSONWriter.encode(Fixture.summary(clips)), to: layout.summary(run: Fixture.run), durable: false)
    }

    private static func place(_ clip: Clip) -> [JSON.Member] {
        var members = [JSON.Member("job_id", .string(clip.job.text)), JSON.Member("path", .string(clip.path.display))]
        if let text = clip.path.text {
            members[1].value = .string(text)
        } else {
            members.append(JSON.Member("path_bytes", .string(Base64.encode(clip.path.bytes))))
        }
        return members
    }

    private static func shape(_ clip: Clip) -> [JSON.Member] {
        [
            JSON.Member("codec", "h264"), JSON.Member("width", 1920), JSON.Member("height", 1080),
            JSON.Member("duration", .double(Double(clip.frames) / 25)), JSON.Member("size", .int(clip.frames * 7411)),
        ]
    }

    private static func catalogLine(_ clip: Clip) -> JSON {
        var members = place(clip) + shape(clip)
        members.append(JSON.Member("result", .string(clip.result.text ?? clip.result.display)))
        if clip.result.text == nil {
            members.append(JSON.Member("result_bytes", .string(Base64.encode(clip.result.bytes))))
        }
        members += [
            JSON.Member("verdict", .string(clip.standing)), JSON.Member("frames", .int(clip.frames)),
            JSON.Member("run_id", .string(run)), JSON.Member("events", .int(clip.events)),
        ]
        return .object(members)
    }

    private static func failureLine(_ clip: Clip) -> JSON {
        .object(
            place(clip) + [
                JSON.Member("message", .string(clip.message ?? "")), JSON.Member("cause", .string(clip.cause ?? "")),
                JSON.Member("quarantined", .bool(clip.isQuarantined)), JSON.Member("cleared", false),
            ])
    }

    private static func job(_ clip: Clip) -> JSON {
        var members = place(clip)
        if clip.hasResult {
            members += shape(clip)
            members += [
                JSON.Member("result", .string(clip.result.text ?? clip.result.display)),
                JSON.Member("status", "completed"), JSON.Member("verdict", .string(clip.standing)),
                JSON.Member("frames", .int(clip.frames)), JSON.Member("events", .int(clip.events)),
                JSON.Member("seconds", .double(Double(clip.frames) / 320)),
                JSON.Member("reasons", .array(reasons(clip).map { .string($0) })),
            ]
        } else {
            members += [
                JSON.Member("result", .null), JSON.Member("status", "failed"),
                JSON.Member("message", .string(clip.message ?? "")), JSON.Member("cause", .string(clip.cause ?? "")),
                JSON.Member("frame_reached", 120), JSON.Member("declared", 450), JSON.Member("tries", 2),
                JSON.Member("seconds", .double(3.25)), JSON.Member("size", 48213),
                JSON.Member(
                    "stderr",
                    .array([
                        "[h264] error while decoding MB 5 <14>", "signal: SIGSEGV at 0x7f\u{1b}[31m, \"frame\" 120",
                    ])),
            ]
        }
        return .object(members)
    }

    private static func reasons(_ clip: Clip) -> [String] {
        switch clip.standing {
        case "damaged": ["decode_errors", "ends_early", "frame_count"]
        case "warning": ["gaps"]
        default: []
        }
    }

    static func summary(_ clips: [Clip]) -> JSON {
        let ours = clips.filter { !$0.isSkipped }
        func count(_ holds: (Clip) -> Bool) -> JSON { .int(ours.filter(holds).count) }
        return .members([
            "schema": "forgebatch/run/1", "run_id": .string(run), "version": "0.1.0",
            "started": "2026-11-23T16:12:59+02:00", "finished": "2026-11-23T16:13:40+02:00", "seconds": .double(41.2),
            "input": .array(["videos/night shift"]),
            "command": .array(["forgebatch", "run", "videos/night shift", "-o", "out", "--force", "--jobs", "2"]),
            "exit_status": 3, "interrupted": false, "stopped": .null, "workers": 2,
            "libraries": .members(["libavformat": "59.27.100", "libavcodec": "59.37.100"]),
            "settings": .members([
                "tools": .array(["luma", "scene", "black", "freeze"]), "scene.threshold": 10,
                "freeze.noise": .double(0.001), "timeout": "auto", "retries": 1,
            ]),
            "counts": .members([
                "found": .int(clips.count), "completed": count { $0.hasResult }, "ok": count { $0.standing == "ok" },
                "warning": count { $0.standing == "warning" }, "damaged": count { $0.standing == "damaged" },
                "failed": count { $0.standing == "failed" },
                "skipped": .int(clips.filter { $0.isSkipped && $0.hasResult }.count), "skipped_failed": 0,
                "skipped_damaged": 0, "quarantined": .int(clips.filter(\.isQuarantined).count),
            ]),
            "jobs": .array(ours.map(job)),
        ])
    }

    /// A result: its head on the first line, then a line for each frame.
    static func result(_ clip: Clip) -> [UInt8] {
        let head = JSON.members([
            "schema": "forgebatch/result/1", "job_id": .string(clip.job.text), "status": "completed",
            "source": .members(["path": .string(clip.path.display), "size": .int(clip.frames * 7411)]),
            "video": .object(
                (clip.video?.members ?? [JSON.Member("width", 1920), JSON.Member("height", 1080)]) + [
                    JSON.Member("codec", "h264"), JSON.Member("pixel_format", "yuv420p"),
                    JSON.Member("frame_rate", .members(["r": "25/1", "avg": "25/1"])),
                    JSON.Member("duration", .double(Double(clip.frames) / 25)),
                ]),
            "total_frames": .int(clip.frames),
            "declared_frames": .int(clip.standing == "damaged" ? clip.frames + 52 : clip.frames),
            "decode": .members([
                "error_count": .int(clip.errors * 2),
                "errors": .array(
                    (0..<clip.errors).map { index in
                        .members([
                            "frame": .int(200 + index * index % 97),
                            "text": .string("[h264] error while decoding MB \(index % 120) 14, bytestream -5 <frames>"),
                        ])
                    }),
                "note_count": clip.errors > 0 ? 30 : nil,
                "notes": clip.errors > 0
                    ? .array((0..<20).map { .members(["frame": .int($0), "text": "h264: SEI type <5> truncated"]) })
                    : nil,
                "timestamps": .members(["missing": 0, "gaps": 2, "backward": 0, "variable": false]),
                "verdict": .string(clip.standing), "reasons": .array(reasons(clip).map { .string($0) }),
            ]),
            "sanitized": .members(["dropped_values": 0, "dropped_objects": 0]),
            // Nothing but the member of the document itself begins the frames.
            "summary": .members(["luma": .members(["text": ",\"frames\":[", "frames": .array([1, 2])])]),
            "events": .array((0..<clip.events).map { event($0, clip) }),
        ])
        var bytes = JSONWriter.encode(head)
        bytes.removeLast()
        bytes += Array(",\"frames\":[\n".utf8)
        for index in 0..<clip.frames {
            if index > 0 { bytes += Array(",\n".utf8) }
            bytes += JSONWriter.encode(frame(index, clip))
        }
        return bytes + Array("\n]}\n".utf8)
    }

    private static func event(_ index: Int, _ clip: Clip) -> JSON {
        let start = clip.frames * (index + 1) / (clip.events + 2)
        let type = ["scene", "black", "freeze", "scene"][index % 4]
        let end = type == "scene" ? start : min(clip.frames - 1, start + clip.frames / 9)
        return .members([
            "tool": .string(type), "type": .string(type), "start_frame": .int(start), "end_frame": .int(end),
            "start": .double(Double(start) / 25), "end": .double(Double(end) / 25),
        ])
    }

    /// A slow wave with some noise on it, in integers.
    private static func frame(_ index: Int, _ clip: Clip) -> JSON {
        let phase = index % 180
        let wave = phase < 90 ? phase : 180 - phase
        let noise = (index &* 7919 % 31)
        let isDark = index > clip.frames * 2 / 6 && index < clip.frames * 2 / 6 + clip.frames / 9
        let isStill = index > clip.frames * 3 / 6 && index < clip.frames * 3 / 6 + clip.frames / 9
        return .members([
            "frame_index": .int(index), "time": .double(Double(index) / 25),
            "detections": clip.box.isEmpty
                ? .object([])
                : .members([
                    "tracked_objects": .array([
                        .members(["track_id": 1, "xyxy": .array(clip.box.map { .int($0) })])
                    ])
                ]),
            "luma": .members([
                "min": .int(isDark ? 16 : 16 + noise / 3), "avg": .double(isDark ? 17.2 : Double(60 + wave + noise)),
                "max": .int(isDark ? 22 : 190 + noise),
            ]),
            "scene": index == 0
                ? nil : .members(["score": .double(index % 100 == 75 ? 31.5 : Double(noise) / 12)]),
            "black": .members(["ratio": .double(isDark ? 0.995 : Double(noise) / 400)]),
            "freeze": isStill
                ? .members(["since": .int(clip.frames / 2), "difference": .double(0.0004)]) : .object([]),
        ])
    }
}

package import Bytes

/// A stretch of runs for which a video was not at its place, as the lines of the catalog and of the failure memory tell.
package struct Absence: Equatable, Sendable {
    /// The run that missed it first.
    package var from: String
    /// When that was: milliseconds since 1970.
    package var time: Int64
    /// The run that found it again; nil while it is gone.
    package var until: String?

    package init(from: String, time: Int64, until: String? = nil) {
        self.from = from
        self.time = time
        self.until = until
    }

    /// Whether the video is gone as of now.
    package var isOpen: Bool { until == nil }

    /// The same once a run found the video again.
    package func ended(by run: String) -> Absence {
        Absence(from: from, time: time, until: until ?? run)
    }

    /// Whether it was gone for a run.
    package func holds(for run: String) -> Bool { from <= run && until.map { run < $0 } ?? true }

    package var json: JSON {
        .members([
            "run_id": .string(from), "time": .string(UTCTime(milliseconds: time).text), "time_ms": .int(time),
            "back_run_id": until.map { .string($0) },
        ])
    }

    package init?(_ json: JSON) {
        guard let from = json["run_id"]?.string else { return nil }
        self.init(from: from, time: Int64(json["time_ms"]?.int ?? 0), until: json["back_run_id"]?.string)
    }
}

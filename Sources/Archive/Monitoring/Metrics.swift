package import Bytes
internal import Jobs
package import Store

/// The numbers of a run for Prometheus' textfile collector: gauges that stand until the next run.
package struct Metrics {
    private let run: RunSummary
    private let output: RawPath
    private let finished: UTCTime

    /// - Parameter output: the output folder, which tells the numbers of several batches on one machine apart.
    package init(_ run: RunSummary, output: RawPath, finished: UTCTime) {
        self.run = run
        self.output = output
        self.finished = finished
    }

    /// Puts the file in place, whole or not at all.
    package func write(to path: RawPath) throws(SystemError) {
        try AtomicFile.write(Array(text.utf8), to: path)
    }

    /// The text format, version 0.0.4.
    package var text: String {
        var text = ""
        gauge("run_finished_timestamp_seconds", "When the last run ended.", Double(finished.milliseconds) / 1000, &text)
        gauge("run_duration_seconds", "Wall time of the last run.", run.seconds ?? 0, &text)
        gauge("run_cpu_seconds", "Processor time of its workers.", run.processorSeconds ?? 0, &text)
        gauge("run_exit_status", "Its exit status; 0 is success.", Double(run.exitStatus ?? 1), &text)
        gauge("run_interrupted", "1 when it was stopped before its work was done.", run.isInterrupted ? 1 : 0, &text)
        gauge("run_frames", "Frames that it decoded.", Double(run.frames ?? 0), &text)
        gauge("run_tools_failed", "How often an external tool failed on a video.", Double(run.toolsFailed), &text)
        head("run_videos", "Videos by what became of them in the last run.", &text)
        for (name, count) in RunCounts.fields where !Metrics.sums.contains(name) {
            sample("run_videos", Double(run.tally[keyPath: count]), &text, more: ",status=\"\(name)\"")
        }
        head("build_info", "The version that ran.", &text)
        sample("build_info", 1, &text, more: ",version=\"\(Escape.prometheusLabel(run.version))\"")
        return text
    }

    /// Counts that are sums of others.
    private static let sums: Set = ["found", VideoStatus.completedWord]

    private func gauge(_ name: String, _ help: String, _ value: Double, _ text: inout String) {
        head(name, help, &text)
        sample(name, value, &text)
    }

    private func head(_ name: String, _ help: String, _ text: inout String) {
        text += "# HELP forgebatch_\(name) \(help)\n# TYPE forgebatch_\(name) gauge\n"
    }

    private func sample(_ name: String, _ value: Double, _ text: inout String, more: String = "") {
        let label = Escape.prometheusLabel(output.display)
        text += "forgebatch_\(name){output=\"\(label)\"\(more)} \(JSONWriter.text(.double(value)))\n"
    }
}

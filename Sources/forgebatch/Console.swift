internal import BatchRun
internal import Bytes
internal import Jobs
internal import Synchronization

/// Progress on standard error while a run works, or a plan is made.
final class Console: Sendable {
    private enum Style { case bar, plain, json, none }
    private struct State {
        var linesDrawn = 0
        var lastPlain: Double?
        var statusWanted = false
        var notes: [String] = []
    }
    private let style: Style
    private let colors: Bool
    private let state = Mutex(State())

    /// Seconds between two lines of the plain style.
    private static let plainInterval = 60.0

    init(arguments: OutputArguments) {
        let isTerminal = Terminal.errorIsTerminal
        style =
            switch arguments.progress {
            case .auto: isTerminal && Terminal.isCapable && !arguments.quiet ? .bar : .none
            case .bar: .bar
            case .plain: .plain
            case .json: .json
            case .none: .none
            }
        colors = Colors.areWanted(arguments.color, isTerminal: isTerminal)
    }

    /// SIGUSR1: the next view is printed whatever the style is.
    func askForStatus() { state.withLock { $0.statusWanted = true } }

    /// Something to know, printed once the display allows it.
    func note(_ text: String) { Terminal.error("forgebatch: \(text)", .note) }

    func show(_ view: RunView) {
        state.withLock { state in
            if state.statusWanted {
                state.statusWanted = false
                erase(&state)
                if style != .json { Terminal.error(Console.line(view) + Console.workers(view)) }
            }
            switch style {
            case .none: break
            case .json: EventStream.write(.progress, Console.members(view))
            case .plain:
                if state.lastPlain.map({ view.elapsed - $0 >= Console.plainInterval }) ?? true {
                    state.lastPlain = view.elapsed
                    Terminal.error(Console.line(view))
                }
            case .bar: draw(view, &state)
            }
        }
    }

    /// Takes the display off the screen.
    func clear() { state.withLock { erase(&$0) } }

    private func erase(_ state: inout State) {
        guard state.linesDrawn > 0 else { return }
        Terminal.write("\u{1B}[\(state.linesDrawn)A\r\u{1B}[J", to: .standardError)
        state.linesDrawn = 0
    }

    private func draw(_ view: RunView, _ state: inout State) {
        let size = Terminal.size
        let width = max(20, size.columns - 1)
        var lines = [overall(view, width)]
        // What has scrolled off the screen could not be drawn over.
        for worker in view.workers.prefix(max(1, size.rows - 2)) { lines.append(Console.worker(worker, width)) }
        // One write per redraw, so that no half-drawn screen is seen.
        var text = state.linesDrawn > 0 ? "\u{1B}[\(state.linesDrawn)A\r" : ""
        // A name of wide characters is cut at the edge; wrapped, it would be a line more than we count.
        text += "\u{1B}[?7l"
        for line in lines { text += line + "\u{1B}[K\n" }
        text += "\u{1B}[J\u{1B}[?7h"
        Terminal.write(text, to: .standardError)
        state.linesDrawn = lines.count
    }

    private func overall(_ view: RunView, _ width: Int) -> String {
        let cells = 20
        let full = view.done >= view.planned ? cells : Int(view.share * Double(cells))
        let bar = String(repeating: "━", count: full) + String(repeating: "─", count: cells - full)
        let text = Console.line(view)
        guard cells + 1 + text.count <= width else { return String(text.prefix(width)) }
        return (colors ? Colors.paint(bar, view.failed > 0 ? .yellow : .green) : bar) + " " + text
    }

    /// `12 of 16 videos, 1 failed, 812 frames/s, 1 min 20 s left`, `probed 12 of 16 videos, 3 s left`
    private static func line(_ view: RunView) -> String {
        let verb = view.stage == .probe ? "probed " : ""
        var parts = ["\(verb)\(view.done) of \(Quantity.plural(view.planned, "video"))"]
        if view.failed > 0 { parts.append("\(view.failed) failed") }
        if view.skipped > 0 { parts.append("\(view.skipped) skipped") }
        if view.elapsed > 0.5, view.stage == .work {
            parts.append("\(Int(Double(view.frames) / view.elapsed)) frames/s")
        }
        if let stop = view.stop {
            parts.append("stopping (\(stop.text))")
        } else if let left = view.remaining {
            parts.append("\(Quantity.duration(left)) left")
        }
        return parts.joined(separator: ", ")
    }

    private static func worker(_ worker: RunView.Worker, _ width: Int) -> String {
        var right = ""
        if let progress = worker.progress {
            right =
                progress.totalFrames > 0
                ? "\(pad("\(progress.percent)", 3)) %  \(progress.currentFrame)/\(progress.totalFrames)"
                : (worker.shownPercent.map { "\(pad("~\($0)", 4)) %  " } ?? "") + "frame \(progress.currentFrame)"
            if let pass = progress.pass { right = "\(Escape.visible(pass.label))  " + right }
            right += "  \(Int(worker.speed))/s"
        }
        if worker.attempt > 1 { right += "  try \(worker.attempt)" }
        let room = max(8, width - right.count - 4)
        let name = shorten(worker.path.display, room)
        let gap = String(repeating: " ", count: max(1, width - 2 - name.count - right.count))
        return "  " + name + gap + right
    }

    private static func workers(_ view: RunView) -> String {
        view.workers.map { "\n" + worker($0, 100) }.joined()
    }

    /// The end of a path says more than its beginning.
    private static func shorten(_ text: String, _ room: Int) -> String {
        text.count <= room ? text : "…" + text.suffix(room - 1)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func members(_ view: RunView) -> [JSON.Member] {
        let json = JSON.members([
            "stage": view.stage == .work ? nil : .string(view.stage.rawValue), "planned": .int(view.planned),
            "done": .int(view.done), "failed": .int(view.failed),
            "skipped": .int(view.skipped), "frames": .int(view.frames),
            "elapsed": .double((view.elapsed * 10).rounded() / 10),
            "remaining": view.remaining.map { .double(($0 * 10).rounded() / 10) },
            "stopping": view.stop.map { .string($0.text) },
            "workers": .array(
                view.workers.map { worker in
                    .object(
                        worker.path.members() + (worker.progress?.pass?.members ?? []) + [
                            JSON.Member("current_frame", .int(worker.progress?.currentFrame ?? 0)),
                            JSON.Member("total_frames", .int(worker.progress?.totalFrames ?? 0)),
                            JSON.Member("percent", .int(worker.progress?.percent ?? 0)),
                            JSON.Member(
                                "estimated_percent",
                                .int(worker.shownPercent ?? worker.progress?.percent ?? 0)),
                        ])
                }),
        ])
        return json.members ?? []
    }
}

enum Colors {
    enum Name: String { case red = "31", green = "32", yellow = "33" }

    static func areWanted(_ mode: ColorMode, isTerminal: Bool) -> Bool {
        switch mode {
        case .always: true
        case .never: false
        case .auto:
            isTerminal && Terminal.isCapable && (Terminal.environment("NO_COLOR") ?? "").isEmpty
        }
    }

    static func paint(_ text: String, _ color: Name) -> String { "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" }
}

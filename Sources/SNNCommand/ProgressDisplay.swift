import SNN
import SNNKernel

/// Shows how a long run goes: on a terminal one line that is redrawn, elsewhere one line an epoch.
final class ProgressDisplay {
    private let isTerminal: Bool
    private let stages: Int
    private var stage = 0
    private var style: ProgressLine.Style
    private var isDrawn = false
    /// When the stage began, and what was done of it then: a resumed run does not begin at 0.
    private var start: Double?
    private var doneAtStart = 0

    /// A display for a run of `stages` stages.
    init(stages: Int, isTerminal: Bool = Console.isTerminal) {
        self.stages = stages
        self.isTerminal = isTerminal
        style = Console.isUnicode ? .unicode : .ascii
    }

    /// A stage of the recipe, from 0, is about to begin.
    func begin(stage: Int) {
        self.stage = stage
        start = nil
        if stages > 1, !isTerminal { Console.log("stage \(stage + 1) of \(stages)") }
    }

    /// Something is under way.
    func update(_ progress: Progress) {
        let now = Clock.seconds
        if progress.isTraining {
            if start == nil {
                // The first news of an epoch come after some of it: what went before is estimated from its speed.
                start = now - Double(progress.done) / max(progress.samplesPerSecond, 1e-9)
                doneAtStart = (progress.epoch - 1) * progress.total
            }
        }
        guard isTerminal else { return }
        let prefix = stages > 1 ? "stage \(stage + 1)/\(stages)  " : ""
        let line = ProgressLine(progress, secondsLeft: secondsLeft(progress, now: now))
        Console.draw("\r\u{1B}[K" + prefix + line.text(columns: Console.columns - prefix.count - 1, style: style))
        isDrawn = true
    }

    /// An epoch of `epochs` is complete.
    func complete(_ result: EpochResult, of epochs: Int) {
        guard !isTerminal else { return }
        let left = secondsLeft(done: result.epoch * result.samples, of: epochs * result.samples, now: Clock.seconds)
        Console.log(ProgressLine(result, of: epochs, secondsLeft: left).figures.joined(separator: "  "))
    }

    /// Leaves the line as it is and goes to the next one.
    func finish() {
        if isDrawn { Console.draw("\n") }
        isDrawn = false
    }

    private func secondsLeft(_ progress: Progress, now: Double) -> Double? {
        guard progress.isTraining else {
            let speed = progress.samplesPerSecond
            return speed.isFinite ? Double(progress.total - progress.done) / max(speed, 1e-9) : nil
        }
        let before = (progress.epoch - 1) * progress.total
        return secondsLeft(done: before + progress.done, of: progress.epochs * progress.total, now: now)
    }

    private func secondsLeft(done: Int, of total: Int, now: Double) -> Double? {
        guard let start, done > doneAtStart else { return nil }
        return (now - start) / Double(done - doneAtStart) * Double(total - done)
    }
}

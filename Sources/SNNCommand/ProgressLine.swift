import SNN
import SNNKernel

/// One line on a run in progress: a bar and the figures that matter.
struct ProgressLine {
    /// What the bar is drawn with.
    enum Style: Sendable {
        case ascii
        case unicode
    }

    /// The share that is done, 0...1: of all epochs, or of an evaluation.
    let share: Double
    /// From the most to the least important.
    let figures: [String]

    /// What is under way; `secondsLeft` is of the whole stage, nil where nobody knows yet.
    init(_ progress: Progress, secondsLeft: Double?) {
        let done = progress.total > 0 ? Double(progress.done) / Double(progress.total) : 0
        let isTraining = progress.isTraining
        let title = isTraining ? "epoch \(progress.epoch)/\(progress.epochs)" : "testing"
        self.init(
            title: progress.phase.isEmpty ? title : progress.phase,
            share: isTraining ? (Double(progress.epoch - 1) + done) / Double(max(1, progress.epochs)) : done,
            loss: progress.loss,
            accuracy: progress.accuracy,
            speed: progress.samplesPerSecond,
            secondsLeft: secondsLeft
        )
    }

    /// An epoch of `epochs` that is complete.
    init(_ result: EpochResult, of epochs: Int, secondsLeft: Double?) {
        self.init(
            title: "epoch \(result.epoch)/\(epochs)",
            share: Double(result.epoch) / Double(max(1, epochs)),
            loss: result.loss,
            accuracy: result.accuracy,
            speed: Double(result.samples) / result.seconds,
            secondsLeft: secondsLeft
        )
    }

    /// Figures that are not finite are left out.
    init(title: String, share: Double, loss: Double, accuracy: Double, speed: Double, secondsLeft: Double?) {
        self.share = share
        var figures = [title]
        if loss.isFinite { figures.append("loss \(loss.fixed(4))") }
        if accuracy.isFinite { figures.append("accuracy \(accuracy.percent)") }
        if speed.isFinite { figures.append("\(Int(speed.rounded()).grouped) samples/s") }
        if let secondsLeft { figures.append("\(ProgressLine.duration(secondsLeft)) left") }
        self.figures = figures
    }

    /// The line in at most `columns`; figures that do not fit are left out from the end.
    ///
    /// The bar's length depends on the columns alone, so that it does not jump while figures change.
    func text(columns: Int, style: Style) -> String {
        var line = ProgressLine.bar(share, columns: min(32, max(8, columns - ProgressLine.widest)), style: style)
        let isNarrow = columns < ProgressLine.widest + 8
        for figure in figures {
            let short = isNarrow && figure.hasPrefix("accuracy") ? "acc" + figure.dropFirst(8) : figure
            guard line.count + 2 + short.count <= columns else { break }
            line += "  " + short
        }
        return line
    }

    /// Columns of all figures, each with two spaces before it, as long as they commonly get.
    private static let widest = 76

    /// A bar of exactly `columns`.
    static func bar(_ share: Double, columns: Int, style: Style) -> String {
        let halves = Int((min(1, max(0, share.isFinite ? share : 0)) * Double(2 * columns)).rounded(.down))
        let (full, half, rest) = style == .unicode ? ("\u{2501}", "\u{2578}", "\u{2500}") : ("#", "=", ".")
        let hasHalf = !halves.isMultiple(of: 2)
        return String(repeating: full, count: halves / 2) + (hasHalf ? half : "")
            + String(repeating: rest, count: columns - halves / 2 - (hasHalf ? 1 : 0))
    }

    /// «0:07», «12:30», «1:02:03».
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "-:--" }
        let whole = Int(max(0, seconds).rounded(.up))
        let pair = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        return (hours > 0 ? "\(hours):\(pair(minutes))" : "\(minutes)") + ":" + pair(whole % 60)
    }
}

import ArgumentParser
import SNN
import SNNKernel

/// `snn fs-fit`: the table of a few-spikes neuron for a function.
struct FSFitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fs-fit",
        abstract: "Fit the steps of a few-spikes neuron to a function.",
        discussion: """
            Functions: \(StaircaseRequest.functions.joined(separator: ", ")); others from C and Python. The table is what \
            a network document takes as a neuron. The same seed gives the same table for any number of threads.
            """
    )

    @Argument(help: "The function by name.")
    var function: String
    @Option(parsing: .unconditional, help: "Steps K, 1 to 32: most spikes of an input.")
    var steps = 12
    @Option(parsing: .unconditional, help: "Lower end of the interval; the function's own.")
    var low: Double?
    @Option(parsing: .unconditional, help: "Upper end of the interval; the function's own.")
    var high: Double?
    @Option(
        help: ArgumentHelp(
            "How much an input counts: \(StaircaseRequest.weightings.joined(separator: ", ")).",
            valueName: "weighting"
        )
    )
    var weighting = "uniform"
    @Option(parsing: .unconditional, help: "Mean of the inputs, where the weighting is not uniform; 0.")
    var mean: Double?
    @Option(parsing: .unconditional, help: "Their deviation; 1 for normal, 2 for importance.")
    var deviation: Double?
    @Option(parsing: .unconditional, help: "What one spike per input costs, in units of the mean squared error.")
    var spikePrice = 0.0
    @Option(
        help:
            "When a potential that equals the threshold spikes: \(StaircaseRequest.comparisons.joined(separator: ", "))."
    )
    var comparison = "above"
    @Option(
        help: "How the table is found: \(StaircaseRequest.methods.joined(separator: ", ")) (the published trainer)."
    )
    var method = "annealing"
    @Option(parsing: .unconditional, help: "Moves that are tried; \(StaircaseRequest.defaultMovesText).")
    var moves: Int?
    @Option(parsing: .unconditional, help: "Seed of starts and moves.")
    var seed: UInt64 = 0
    @OptionGroup var thread: ThreadOptions
    @Option(help: ArgumentHelp("Where to draw function, staircase, error and spikes.", valueName: "file.svg"))
    var picture: String?
    @Option(help: ArgumentHelp("Where to write the neuron for a network document.", valueName: "file.json"))
    var out: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
        // Before the work rather than after it.
        for path in [picture, out].compactMap(\.self) {
            if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
                try ReadFile.createFolder(String(path[..<slash]))
            }
        }
        let outcome = try fitted()
        if let out { try write(outcome.neuron.text(pretty: true) + "\n", to: out) }
        if let picture { try write(StaircasePicture(outcome).svg, to: picture) }
        if output.json { return Console.result(outcome.json.text()) }
        show(outcome)
    }

    private func fitted() throws -> StaircaseOutcome {
        var request = StaircaseRequest()
        request.function = function
        (request.steps, request.low, request.high) = (steps, low, high)
        (request.weighting, request.mean, request.deviation) = (weighting, mean, deviation)
        (request.spikePrice, request.comparison, request.method) = (spikePrice, comparison, method)
        (request.moves, request.seed, request.threads) = (moves, seed, thread.threads)
        Interruption.watch()
        let display = FitDisplay()
        defer { display.finish() }
        do {
            return try request.run { done, total, cost in
                display.update(share: Double(done) / Double(total), cost: cost)
                return !Interruption.isRequested
            }
        } catch SNNError.cancelled {
            display.finish()
            Console.error("interrupted; no table is written before the fit is complete")
            throw Exit.interrupted
        }
    }

    private func write(_ text: String, to path: String) throws {
        try AtomicFile.write(try ByteBuffer(Array(text.utf8)), to: path)
    }

    private func show(_ outcome: StaircaseOutcome) {
        let quality = outcome.quality
        Console.result(
            "\(function) on \(outcome.target.low.short) ... \(outcome.target.high.short) in \(outcome.table.steps) steps"
        )
        var summary = Summary()
        summary.add("mean squared error", quality.meanSquaredError.scientific(3), outcome.weighting + " weighting")
        summary.add("largest error", quality.largestError.fixed(4), "at x = \(quality.largestErrorInput.fixed(3))")
        summary.add("spikes per input", quality.spikesPerInput.fixed(2), "of at most \(outcome.table.steps)")
        summary.add(
            "fit",
            outcome.seconds.fixed(1) + " s",
            "\(outcome.method), \(outcome.moves.grouped) moves, "
                + "\(outcome.threads) \(outcome.threads == 1 ? "thread" : "threads"), seed \(outcome.seed)"
        )
        if let picture { summary.add("picture", picture, "open it in a browser") }
        if let out { summary.add("neuron", out, "goes into a network document") }
        summary.show()
        Console.result("")
        var table = Table(["step", "threshold", "reset", "amplitude"], [.right, .right, .right, .right])
        for step in 0..<outcome.table.steps {
            table.add(
                ["\(step + 1)"]
                    + [outcome.table.thresholds, outcome.table.resets, outcome.table.amplitudes].map { "\($0[step])" }
            )
        }
        table.show()
    }
}

/// How far a fit is: on a terminal one line that is redrawn, elsewhere a line at every tenth.
private final class FitDisplay {
    private let start = Clock.seconds
    private let isTerminal = Console.isTerminal
    private let style: ProgressLine.Style = Console.isUnicode ? .unicode : .ascii
    private var tenths = 0
    private var isDrawn = false

    func update(share: Double, cost: Double) {
        let seconds = Clock.seconds - start
        let left = share > 0 ? ProgressLine.duration(seconds / share * (1 - share)) : "-:--"
        let figures = "\(share.percent)  cost \(cost.scientific(2))  \(left) left"
        if isTerminal {
            let columns = min(32, max(8, Console.columns - figures.count - 3))
            Console.draw("\r\u{1B}[K" + ProgressLine.bar(share, columns: columns, style: style) + "  " + figures)
            isDrawn = true
        } else if Int(share * 10) > tenths {
            tenths = Int(share * 10)
            Console.log(figures)
        }
    }

    func finish() {
        if isDrawn { Console.draw("\n") }
        isDrawn = false
    }
}

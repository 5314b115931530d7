import FSPlugin
import SNNKernel

/// What a fit of a few-spikes neuron asks for: what `snn_fs_fit` and `snn fs-fit` take.
package struct StaircaseRequest: Sendable {
    /// A named function; nil where points are given.
    package var function: String?
    /// Steps K, from 1 to 32.
    package var steps = 12
    /// The interval; nil takes the function's own.
    package var low: Double?
    package var high: Double?
    /// uniform, normal or importance.
    package var weighting = "uniform"
    /// Of the inputs, where `weighting` is not uniform.
    package var mean: Double?
    package var deviation: Double?
    /// What one spike per input costs, in units of the mean squared error.
    package var spikePrice = 0.0
    /// Whether a potential that equals the threshold spikes: above or at_least.
    package var comparison = StepTable.Comparison.above.rawValue
    /// annealing or surrogate.
    package var method = StaircaseFit.Method.annealing.rawValue
    /// Moves of all chains; nil takes the method's default.
    package var moves: Int?
    /// Drives starts and moves.
    package var seed: UInt64 = 0
    /// 0: one a core.
    package var threads = 0

    /// The words of `weighting`.
    package static let weightings = ["importance", "normal", "uniform"]
    /// The words of `method`.
    package static let methods = StaircaseFit.Method.allCases.map(\.rawValue)
    /// Moves where nobody says otherwise, for people.
    package static let defaultMovesText = StaircaseFit.Method.allCases
        .map { "\($0.defaultMoves.grouped) for \($0.rawValue)" }
        .joined(separator: ", ")
    /// The words of `comparison`.
    package static let comparisons = StepTable.Comparison.allCases.map(\.rawValue)
    /// The named functions.
    package static let functions = StaircaseTarget.names

    /// Told how many of how many moves are done, and the smallest cost so far; answering false cancels.
    package typealias ProgressHandler = (_ done: Int, _ total: Int, _ cost: Double) -> Bool

    /// A request with every default.
    package init() {}

    /// A request as JSON, without `steps`.
    ///
    /// Throws ``SNNError/document(_:)``, ``SNNError/unknownName(_:)`` and ``SNNError/parameter(_:)`` as the fields do.
    package init(_ json: JSONField) throws(SNNError) {
        try json.check(keys: [
            "function", "low", "high", "weighting", "mean", "deviation", "spike_price", "comparison", "method", "moves",
            "seed", "threads",
        ])
        function = try json["function"].optionalString()
        low = try json["low"].optionalNumber()
        high = try json["high"].optionalNumber()
        weighting = try json["weighting"].optionalString() ?? weighting
        mean = try json["mean"].optionalNumber()
        deviation = try json["deviation"].optionalNumber()
        spikePrice = try json["spike_price"].optionalNumber() ?? spikePrice
        comparison = try json["comparison"].optionalString() ?? comparison
        method = try json["method"].optionalString() ?? method
        moves = try json["moves"].optionalInteger()
        seed = try json["seed"].optionalSeed() ?? seed
        threads = try json["threads"].optionalInteger() ?? threads
    }

    /// The fit of a named function.
    ///
    /// - Parameter progress: told about ten times a second or less; answering false cancels.
    /// - Returns: the table and what it is worth.
    /// - Throws: ``SNNError/argument(_:)`` without a function, and what ``StaircaseFit`` and ``StaircaseTarget`` throw.
    package func run(progress: ProgressHandler? = nil) throws(SNNError) -> StaircaseOutcome {
        guard let function else {
            throw .argument(
                "either a function or points must be given; functions: \(Self.functions.joined(separator: ", "))"
            )
        }
        let target = try StaircaseTarget(function, low: low, high: high, weighting: try resolvedWeighting())
        return try run(target, progress)
    }

    /// The fit of straight lines through points, with a weight each.
    ///
    /// - Parameters:
    ///   - x: ascending; the first and the last are the interval.
    ///   - y: the function there.
    ///   - weights: how much the neighbourhood of each point counts; nil counts all the same.
    ///   - progress: as for a named function.
    /// - Returns: the table and what it is worth.
    /// - Throws: ``SNNError/argument(_:)`` where the request names a function, an interval or a weighting, too, and what
    ///   ``StaircaseFit`` and ``StaircaseTarget`` throw.
    package func run(
        x: [Double],
        y: [Double],
        weights: [Double]?,
        progress: ProgressHandler? = nil
    ) throws(SNNError) -> StaircaseOutcome {
        guard function == nil, low == nil, high == nil else {
            throw .argument(
                "points must come without function, low and high: the points are both function and interval"
            )
        }
        guard weights == nil || weighting == "uniform" else {
            throw .argument("weights must come without weighting, got \(weighting)")
        }
        let target = try StaircaseTarget("points", x: x, y: y, weights: weights, weighting: try resolvedWeighting())
        return try run(target, progress)
    }

    private func run(
        _ target: StaircaseTarget,
        _ progress: ProgressHandler?
    ) throws(SNNError) -> StaircaseOutcome {
        guard let method = StaircaseFit.Method(rawValue: method) else {
            throw .unknown("method", self.method, known: Self.methods)
        }
        guard let comparison = StepTable.Comparison(rawValue: comparison) else {
            throw .unknown("comparison", self.comparison, known: Self.comparisons)
        }
        let start = Clock.seconds
        let fit = StaircaseFit(
            steps: steps,
            method: method,
            spikePrice: spikePrice,
            comparison: comparison,
            moves: moves,
            seed: seed
        )
        let threads = try resolvedThreads(threads)
        let moves = fit.resolvedMoves
        var told = start
        let table = try fit.run(target, threads: threads) { share, cost in
            guard let progress, share >= 1 || Clock.seconds - told >= 0.1 else { return true }
            told = Clock.seconds
            return progress(Int(share * Double(moves)), moves, cost)
        }
        return StaircaseOutcome(
            target: target,
            table: table,
            quality: try StaircaseReport(table, target),
            method: method.rawValue,
            weighting: weighting,
            moves: moves,
            seed: seed,
            threads: threads,
            seconds: Clock.seconds - start
        )
    }

    private func resolvedWeighting() throws(SNNError) -> StaircaseTarget.Weighting {
        switch weighting {
        case "uniform":
            guard mean == nil, deviation == nil else {
                throw .argument("mean and deviation must come with weighting normal or importance")
            }
            return .uniform
        case "normal": return .normal(mean: mean ?? 0, deviation: deviation ?? 1)
        case "importance": return .importance(mean: mean ?? 0, deviation: deviation ?? 2)
        default: throw .unknown("weighting", weighting, known: Self.weightings)
        }
    }
}

/// A table that was fitted, and what it is worth.
package struct StaircaseOutcome: Sendable {
    /// What was fitted.
    package let target: StaircaseTarget
    /// What was found.
    package let table: StepTable
    /// Errors and spikes.
    package let quality: StaircaseReport
    /// How it was found.
    package let method: String
    package let weighting: String
    package let moves: Int
    package let seed: UInt64
    package let threads: Int
    package let seconds: Double

    /// The neuron as a network document takes it.
    package var neuron: JSONValue {
        .object([
            "model": "fs", "thresholds": Self.list(table.thresholds), "resets": Self.list(table.resets),
            "amplitudes": Self.list(table.amplitudes), "comparison": .string(table.comparison.rawValue),
        ])
    }

    /// Everything, as `snn fs-fit --json` prints it and `snn_report_json` gives it.
    package var json: JSONValue {
        .object([
            "function": .string(target.name), "steps": .number(Double(table.steps)), "low": .number(target.low),
            "high": .number(target.high), "weighting": .string(weighting), "method": .string(method),
            "mean_squared_error": .number(quality.meanSquaredError), "largest_error": .number(quality.largestError),
            "largest_error_input": .number(quality.largestErrorInput),
            "spikes_per_input": .number(quality.spikesPerInput), "thresholds": Self.list(table.thresholds),
            "resets": Self.list(table.resets), "amplitudes": Self.list(table.amplitudes),
            "comparison": .string(table.comparison.rawValue), "moves": .number(Double(moves)),
            "seed": seed <= 1 << 53 ? .number(Double(seed)) : .string(String(seed)), "seconds": .number(seconds),
            "threads": .number(Double(threads)),
        ])
    }

    /// The numbers, as `snn_report_number` gives them.
    package var report: Report {
        var report = Report()
        report["steps"] = Double(table.steps)
        report["low"] = target.low
        report["high"] = target.high
        report["mean_squared_error"] = quality.meanSquaredError
        report["largest_error"] = quality.largestError
        report["largest_error_input"] = quality.largestErrorInput
        report["spikes_per_input"] = quality.spikesPerInput
        report["moves"] = Double(moves)
        report["seconds"] = seconds
        report["seed"] = Double(seed)
        report["threads"] = Double(threads)
        report.set("function", text: target.name)
        report.set("weighting", text: weighting)
        report.set("method", text: method)
        report.set("comparison", text: table.comparison.rawValue)
        report.set("version", text: Library.version)
        return report
    }

    /// Numbers with the digits that tell them apart as float32.
    private static func list(_ numbers: [Float]) -> JSONValue {
        .array(
            numbers.map { number in
                let short = Double("\(number)") ?? Double(number)
                return .number(Float(short) == number ? short : Double(number))
            }
        )
    }
}

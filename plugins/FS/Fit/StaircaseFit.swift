import SNNKernel

/// Finds the table of a few-spikes neuron that comes closest to a function.
///
/// Work is cut into chains whose number does not depend on threads, and is counted in moves, not in seconds: the same seed
/// gives the same table, to the bit.
package struct StaircaseFit: Sendable {
    /// How the table is found.
    package enum Method: String, CaseIterable, Sendable {
        /// Simulated annealing over thresholds and resets, with the best amplitudes for each (``StaircaseSearch``): many
        /// chains from different structures on few points, then the best of them, colder, on more points.
        case annealing
        /// The published trainer: Adam with a surrogate gradient and restarts (``SurrogateTrainer``).
        case surrogate

        /// Moves where nobody says otherwise.
        package var defaultMoves: Int {
            switch self {
            case .annealing: 8_000_000
            case .surrogate: 80_000
            }
        }
    }

    /// How the table is found.
    package var method: Method
    /// Steps K, from 1 to 32.
    package var steps: Int
    /// What one spike per input costs, in units of the mean squared error; 0 does not count spikes.
    package var spikePrice: Double
    /// Whether a potential that equals the threshold spikes.
    package var comparison: StepTable.Comparison
    /// Moves of all chains together, or steps of the trainer; nil takes the method's default.
    package var moves: Int?
    /// Drives starts and moves.
    package var seed: UInt64

    /// Told how much is done, 0...1, and the best cost so far, on the thread of the call; answering false cancels.
    package typealias ProgressHandler = (_ share: Double, _ cost: Double) -> Bool

    /// A fit that has not begun.
    package init(
        steps: Int,
        method: Method = .annealing,
        spikePrice: Double = 0,
        comparison: StepTable.Comparison = .above,
        moves: Int? = nil,
        seed: UInt64 = 0
    ) {
        self.steps = steps
        self.method = method
        self.spikePrice = spikePrice
        self.comparison = comparison
        self.moves = moves
        self.seed = seed
    }

    /// Moves that a run makes.
    package var resolvedMoves: Int { moves ?? method.defaultMoves }

    /// The table for `target`.
    ///
    /// Throws ``SNNError/parameter(_:)`` for settings outside their range, ``SNNError/notSupported(_:)`` for a price of
    /// spikes where the method has none, ``SNNError/notFinite(_:)`` where the function is not finite,
    /// ``SNNError/cancelled(_:)``.
    package func run(
        _ target: StaircaseTarget,
        threads: Int = 1,
        progress: ProgressHandler? = nil
    ) throws(SNNError) -> StepTable {
        try check()
        var table =
            switch method {
            case .annealing: try anneal(target, threads, progress)
            case .surrogate: try train(target, threads, progress)
            }
        table.comparison = comparison
        // v > T is v >= the next number above T.
        if comparison == .atLeast { table.thresholds = table.thresholds.map(\.nextUp) }
        return table
    }

    private func check() throws(SNNError) {
        guard 1...StepTable.mostSteps ~= steps else {
            throw .parameter("steps must be 1 ... \(StepTable.mostSteps), got \(steps)")
        }
        guard 1...Self.mostMoves ~= resolvedMoves else {
            throw .parameter("moves must be 1 ... 10^12, got \(resolvedMoves)")
        }
        guard spikePrice >= 0, spikePrice.isFinite else {
            throw .parameter("spike_price must be finite and >= 0, got \(spikePrice)")
        }
        guard method == .annealing || spikePrice == 0 else {
            throw .notSupported("method surrogate has no spike_price, got \(spikePrice)")
        }
    }

    private static let mostMoves = 1_000_000_000_000

    // MARK: - Annealing

    private func anneal(
        _ target: StaircaseTarget,
        _ threads: Int,
        _ progress: ProgressHandler?
    ) throws(SNNError) -> StepTable {
        var leaders: [StaircaseParameters] = []
        var done = 0.0
        for (index, stage) in AnnealingStage.all.enumerated() {
            let points = try target.points(stage.blocks * StaircaseSearch.block)
            let chains = try Parallel.map(stage.chains, threads: threads) { [leaders] number throws(SNNError) in
                chain(number, of: index, target, points, leaders)
            }
            let total = max(1, Int(Double(resolvedMoves) * stage.share) / stage.chains)
            for round in 0..<AnnealingStage.rounds {
                let range = Self.part(round, of: AnnealingStage.rounds, total)
                _ = try Parallel.map(stage.chains, threads: threads) { number throws(SNNError) in
                    chains[number].run(
                        moves: range.count,
                        from: stage.temperature(round),
                        to: stage.temperature(round + 1)
                    )
                }
                done += stage.time / Double(AnnealingStage.rounds)
                try Self.tell(progress, done, chains.map(\.bestCost))
            }
            leaders = ranking(chains)
        }
        return try table(leaders[0], target)
    }

    /// Chain `number` of a stage, from its own structure or from one of the leaders of the stage before.
    private func chain(
        _ number: Int,
        of stage: Int,
        _ target: StaircaseTarget,
        _ points: (x: [Float], y: [Double]),
        _ leaders: [StaircaseParameters]
    ) -> StaircaseChain {
        var random = ChainGenerator(seed: seed, stage: stage, chain: number)
        let start =
            leaders.isEmpty
            ? StaircaseStarts(steps: steps, low: target.low, high: target.high).start(number, &random)
            : leaders[number % AnnealingStage.all[stage].leaders]
        return StaircaseChain(
            StaircaseSearch(steps: steps, points: points, spikePrice: spikePrice),
            extent: target.high - target.low,
            from: start,
            random: random
        )
    }

    /// What the chains found, the best first; of equal ones the lower number first.
    private func ranking(_ chains: [StaircaseChain]) -> [StaircaseParameters] {
        chains.enumerated()
            .sorted { ($0.element.bestCost, $0.offset) < ($1.element.bestCost, $1.offset) }
            .map(\.element.best)
    }

    /// The table with the best amplitudes on many points.
    private func table(_ parameters: StaircaseParameters, _ target: StaircaseTarget) throws(SNNError) -> StepTable {
        let search = StaircaseSearch(
            steps: steps,
            points: try target.points(Self.finalBlocks * StaircaseSearch.block),
            spikePrice: spikePrice
        )
        search.thresholds = parameters.thresholds
        search.resets = parameters.resets
        _ = search.propose(from: 0)
        search.take()
        var resets = parameters.resets
        // It would act after the last step.
        resets[steps - 1] = 0
        return try StepTable(
            thresholds: parameters.thresholds,
            resets: resets,
            amplitudes: search.amplitudes.map { Float($0) }
        )
    }

    /// Blocks of points for the last amplitudes.
    private static let finalBlocks = 64

    // MARK: - Surrogate gradient

    private func train(
        _ target: StaircaseTarget,
        _ threads: Int,
        _ progress: ProgressHandler?
    ) throws(SNNError) -> StepTable {
        let points = try target.points(Self.trainerPoints)
        let trainers = (0..<Self.trainers).map { number in
            SurrogateTrainer(
                steps: steps,
                points: points,
                random: ChainGenerator(seed: seed, stage: 0, chain: number)
            )
        }
        let total = max(1, resolvedMoves / Self.trainers)
        for round in 0..<Self.trainerRounds {
            let range = Self.part(round, of: Self.trainerRounds, total)
            _ = try Parallel.map(trainers.count, threads: threads) { number throws(SNNError) in
                trainers[number].run(steps: range.count)
            }
            try Self.tell(progress, Double(round + 1) / Double(Self.trainerRounds), trainers.map(\.bestError))
        }
        let best = trainers.min { $0.bestError < $1.bestError }
        guard let best, best.bestError.isFinite else {
            throw .notFinite("the error of every restart must be finite, the trainer diverged on \(target.name)")
        }
        return try best.best.table()
    }

    private static let trainers = 8
    private static let trainerPoints = 2048
    private static let trainerRounds = 50

    // MARK: - Both

    /// Part `round` of `rounds` equal parts of 0 ..< total.
    private static func part(_ round: Int, of rounds: Int, _ total: Int) -> Range<Int> {
        // The quotient first, so that no product leaves the integers.
        let place = { (number: Int) in total / rounds * number + total % rounds * number / rounds }
        return place(round)..<place(round + 1)
    }

    private static func tell(_ progress: ProgressHandler?, _ share: Double, _ costs: [Double]) throws(SNNError) {
        guard let progress else { return }
        let best = costs.reduce(Double.infinity) { min($0, $1) }
        guard progress(min(1, share), best) else { throw .cancelled("the fit was cancelled") }
    }
}

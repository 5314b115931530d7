import SNNKernel

/// Thresholds and resets somewhere in a search.
struct StaircaseParameters: Sendable, Equatable {
    var thresholds: [Float]
    var resets: [Float]
}

/// One chain of simulated annealing: a move is kept where the cost grows by less than a random amount.
///
///     kept if C' <= C (1 + tau e),    e exponential with mean 1
///
/// The temperature tau is relative to the cost, so that it is the same for all functions, and falls geometrically.
/// Not thread-safe; a chain is one thread's at a time.
final class StaircaseChain: @unchecked Sendable {
    /// The best so far.
    private(set) var best: StaircaseParameters
    private(set) var bestCost: Double

    private let search: StaircaseSearch
    private let move: StaircaseMove
    private var random: ChainGenerator

    /// A chain that stands at `start`.
    init(_ search: StaircaseSearch, extent: Double, from start: StaircaseParameters, random: ChainGenerator) {
        self.search = search
        self.random = random
        move = StaircaseMove(extent: extent)
        best = start
        search.thresholds = start.thresholds
        search.resets = start.resets
        bestCost = search.propose(from: 0)
        search.take()
    }

    /// Tries `moves` moves while the temperature goes from `hot` to `cold`.
    func run(moves: Int, from hot: Double, to cold: Double) {
        var temperature = hot
        let cooling = moves > 1 ? ((cold / hot).logarithm / Double(moves - 1)).exponential : 1
        for _ in 0..<moves {
            let step = move.apply(to: search, &random)
            let cost = search.propose(from: step)
            // A cost that is not a number, after an overflow, is never at most anything.
            if cost <= search.cost * (1 - temperature * (1 - random.uniform()).logarithm) {
                search.take()
                if cost < bestCost {
                    bestCost = cost
                    best = StaircaseParameters(thresholds: search.thresholds, resets: search.resets)
                }
            } else {
                search.dropProposal()
            }
            temperature *= cooling
        }
    }
}

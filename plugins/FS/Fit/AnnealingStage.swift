/// A part of the annealing.
struct AnnealingStage {
    /// Chains that run side by side.
    let chains: Int
    /// Of the stage before, how many are continued.
    let leaders: Int
    /// Share of all moves.
    let share: Double
    /// Blocks of points.
    let blocks: Int
    /// Temperatures at the beginning and at the end.
    let hot: Double
    let cold: Double

    /// Few long chains find better structures than many short ones; more points keep the last chains from fitting the
    /// gaps between points.
    static let all = [
        AnnealingStage(chains: 8, leaders: 0, share: 0.5, blocks: 2, hot: 0.1, cold: 0.002),
        AnnealingStage(chains: 4, leaders: 2, share: 0.35, blocks: 4, hot: 0.03, cold: 0.001),
        AnnealingStage(chains: 4, leaders: 1, share: 0.15, blocks: 8, hot: 0.003, cold: 0.0002),
    ]

    /// Rounds, after each of which progress is told.
    static let rounds = 40

    /// The temperature at the beginning of a round.
    func temperature(_ round: Int) -> Double {
        hot * (Double(round) / Double(AnnealingStage.rounds) * (cold / hot).logarithm).exponential
    }

    /// Share of the whole time: a move costs about 1 + 0.5 blocks.
    var time: Double {
        let cost = { (stage: AnnealingStage) in stage.share * (1 + 0.5 * Double(stage.blocks)) }
        return cost(self) / AnnealingStage.all.reduce(0) { $0 + cost($1) }
    }
}

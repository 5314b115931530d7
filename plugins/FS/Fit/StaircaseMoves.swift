import SNNKernel

/// Random numbers of one chain: SplitMix64, whose state is one word.
///
/// Source: Steele, Lea, Flood, «Fast splittable pseudorandom number generators», OOPSLA 2014.
struct ChainGenerator {
    private var state: UInt64

    /// The numbers of one chain of one stage.
    init(seed: UInt64, stage: Int, chain: Int) {
        let words = RandomStream(seed: seed, purpose: .initialisation, stream: 0x4653)
            .words(index: UInt32(chain), step: UInt32(stage))
        state = UInt64(words.x) << 32 | UInt64(words.y)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In [0, 1).
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// In 0 ..< bound.
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// Standard normal (Box and Muller).
    mutating func normal() -> Double {
        (-2 * (1 - uniform()).logarithm).squareRoot() * (2 * Double.pi * uniform()).cosine
    }
}

/// What a chain tries: small changes of one or two numbers, and now and then another structure.
///
/// Amounts are normal with a deviation between 1/40,000 and 1/4 of the interval, all orders of magnitude alike.
struct StaircaseMove {
    /// Length of the interval.
    let extent: Double

    /// Changes thresholds and resets of `search`; answers the first step that changed.
    func apply(to search: StaircaseSearch, _ random: inout ChainGenerator) -> Int {
        let deviation = extent * 0.25 * (-9.2 * random.uniform()).exponential
        // The reset of the last step has no effect.
        let last = search.steps - 1
        guard last > 0 else {
            search.thresholds[0] += amount(deviation, &random)
            return 0
        }
        switch random.below(20) {
        case 0..<7:
            let step = random.below(search.steps)
            search.thresholds[step] += amount(deviation, &random)
            return step
        case 7..<13:
            let step = random.below(last)
            search.resets[step] += amount(deviation, &random)
            return step
        case 13..<15:
            let step = random.below(last)
            let change = amount(deviation, &random)
            search.thresholds[step] += change
            search.resets[step] += change
            return step
        case 15..<17:
            // What falls by more meets a later threshold that is lower by as much.
            let step = random.below(last)
            let change = amount(deviation, &random)
            search.resets[step] += change
            search.thresholds[step + 1 + random.below(last - step)] -= change
            return step
        case 17: return exchange(in: search, &random)
        case 18: return moveToInput(in: search, deviation, &random)
        default: return replace(in: search, deviation, &random)
        }
    }

    /// Two steps change places, mostly neighbours.
    private func exchange(in search: StaircaseSearch, _ random: inout ChainGenerator) -> Int {
        let last = search.steps - 1
        let step = random.below(last)
        let other = random.uniform() < 0.7 ? step + 1 : step + 1 + random.below(last - step)
        search.thresholds.swapAt(step, other)
        search.resets.swapAt(step, other)
        return step
    }

    /// A threshold goes where the potential of some input is.
    private func moveToInput(
        in search: StaircaseSearch,
        _ deviation: Double,
        _ random: inout ChainGenerator
    ) -> Int {
        let step = random.below(search.steps)
        search.thresholds[step] = search.potential(of: random.below(search.count), before: step)
        if random.uniform() < 0.5 { search.resets[step] = amount(4 * deviation, &random) }
        return step
    }

    /// One step is taken out and a new one put in elsewhere.
    private func replace(in search: StaircaseSearch, _ deviation: Double, _ random: inout ChainGenerator) -> Int {
        let old = random.below(search.steps)
        let new = random.below(search.steps)
        let threshold =
            new <= old
            ? search.potential(of: random.below(search.count), before: new)
            : search.thresholds[new] + amount(4 * deviation, &random)
        search.thresholds.remove(at: old)
        search.resets.remove(at: old)
        search.thresholds.insert(threshold, at: new)
        search.resets.insert(amount(4 * deviation, &random), at: new)
        return min(old, new)
    }

    private func amount(_ deviation: Double, _ random: inout ChainGenerator) -> Float {
        Float(deviation * random.normal())
    }
}

import SNNKernel

/// Where chains begin: structures known to fit well, and chance.
///
/// Optimised tables look like binary codes: thresholds and resets halve from step to step, more slowly at first, and the
/// last steps serve the part of the function that the code does not reach. Source of the structured initialisation: arXiv
/// 2409.00044, which fits the trend of the constants over the steps and trains again.
struct StaircaseStarts {
    let steps: Int
    let low: Double
    let high: Double

    /// The start of chain `index`; chains beyond the kinds begin again with other random numbers.
    func start(_ index: Int, _ random: inout ChainGenerator) -> StaircaseParameters {
        switch index % 4 {
        case 0: binaryCode(from: low, ratio: 0.5, steps)
        case 1: binaryCode(from: origin, ratio: 0.5, max(1, steps * 5 / 8), &random)
        case 2: binaryCode(from: origin, ratio: 0.6 + 0.25 * random.uniform(), max(1, steps * 3 / 4), &random)
        default: binaryCode(from: low, ratio: 0.5, 0, &random)
        }
    }

    /// Zero where it is inside the interval, else its middle: most activations change their nature there.
    private var origin: Double { low < 0 && high > 0 ? 0 : (low + high) / 2 }

    /// Halving steps over the interval above `base`: T(t) = base + h(t), h(t) = (high - base) ratio^(t-1) (1 - ratio).
    private func binaryCode(from base: Double, ratio: Double, _ count: Int) -> StaircaseParameters {
        var result = StaircaseParameters(thresholds: [], resets: [])
        var rest = high - base
        for _ in 0..<count {
            let reset = rest * (1 - ratio)
            result.thresholds.append(Float(base + reset))
            result.resets.append(Float(reset))
            rest -= reset
        }
        return result
    }

    /// The same for `count` steps; the others at random.
    private func binaryCode(
        from base: Double,
        ratio: Double,
        _ count: Int,
        _ random: inout ChainGenerator
    ) -> StaircaseParameters {
        var result = binaryCode(from: base, ratio: ratio, count)
        let top = count == 0 ? high : base
        for _ in count..<steps {
            result.thresholds.append(Float(low + (top - low) * random.uniform()))
            result.resets.append(Float((high - low) / 8 * random.normal()))
        }
        return result
    }
}

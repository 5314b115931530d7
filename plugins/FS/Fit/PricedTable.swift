import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The table of a rectified linear unit for the values that a layer sends: little error for few spikes.
///
///     cost = mean of (x - y(x))^2 / mean of x^2 + price x mean of the spikes of x        over the positive values x
///
/// Resets are the amplitudes d, and no amplitude is below the sum of those after it, so that the larger value has the larger
/// code, which maxima compare. The thresholds follow from d: a step spikes where that costs less than not to, if all
/// later steps do what costs least,
///
///     C(r, t) = min(C(r, t+1), C(r - d(t), t+1) + price x mean of x^2),   C(r, K+1) = r^2,   T(t): where both are equal
///
/// So 3 d becomes 4 d where one spike is worth the error. The amplitudes are looked for by steps of ever fewer per cent, from
/// binary codes of several ranges.
package struct PricedTable {
    /// Steps that it is made for: with more of them codes are so fine that spikes are saved by range alone.
    package static let mostSteps = 8

    private let values: [(value: Double, count: Double)]
    private let count: Double
    private let meanSquare: Double
    /// Of a spike, in units of squares.
    private let spikeCost: Double
    private let steps: Int

    /// Groups of values that a search looks at.
    private static let mostGroups = 400

    /// For values of which some are positive.
    package init(_ survey: ActivitySurvey, steps: Int, price: Double) {
        let all = survey.values
        let size = (all.count + Self.mostGroups - 1) / Self.mostGroups
        values = stride(from: 0, to: all.count, by: size).map { first in
            let group = all[first..<min(first + size, all.count)]
            let count = group.reduce(0) { $0 + $1.count }
            return (group.reduce(0) { $0 + $1.value * $1.count } / count, count)
        }
        count = values.reduce(0) { $0 + $1.count }
        meanSquare = values.reduce(0) { $0 + $1.count * $1.value * $1.value } / count
        spikeCost = price * meanSquare
        self.steps = steps
    }

    /// The best table found, the same for the same values.
    package func table() throws(SNNError) -> StepTable {
        var best: (amplitudes: [Double], cost: Double) = ([], .infinity)
        for start in starts() {
            let found = improved(start)
            if found.cost < best.cost { best = found }
        }
        let amplitudes = best.amplitudes.map { Float($0) }
        return try StepTable(
            thresholds: thresholds(best.amplitudes).map { Float($0) },
            resets: amplitudes,
            amplitudes: amplitudes
        )
    }

    /// Binary codes whose range is some multiple of the root of the mean square: the three that cost least.
    private func starts() -> [[Double]] {
        let root = meanSquare.squareRoot()
        let codes = stride(from: 1.0, through: 8, by: 0.5).map { multiple in
            (1...steps).map { multiple * root * exp2(Double(-$0)) }
        }
        return codes.map { ($0, cost($0)) }.sorted { $0.1 < $1.1 }.prefix(3).map(\.0)
    }

    /// Amplitudes moved one at a time as long as that costs less.
    private func improved(_ start: [Double]) -> (amplitudes: [Double], cost: Double) {
        var best = (amplitudes: start, cost: cost(start))
        var share = 0.16
        while share > 0.004 {
            var hasMoved = false
            for step in 0..<steps {
                for factor in [1 + share, 1 / (1 + share)] {
                    var moved = best.amplitudes
                    moved[step] *= factor
                    guard keepsOrder(moved) else { continue }
                    let cost = cost(moved)
                    if cost < best.cost * (1 - 1e-9) {
                        best = (moved, cost)
                        hasMoved = true
                    }
                }
            }
            if !hasMoved { share /= 2 }
        }
        return best
    }

    private func keepsOrder(_ amplitudes: [Double]) -> Bool {
        var rest = 0.0
        for amplitude in amplitudes.reversed() {
            if amplitude < rest { return false }
            rest += amplitude
        }
        return true
    }

    /// Where a spike of each step begins to cost less than none.
    private func thresholds(_ amplitudes: [Double]) -> [Double] {
        amplitudes.indices.map { step in
            let later = amplitudes[(step + 1)...]
            let amplitude = amplitudes[step]
            var (low, high) = (0.0, 2 * amplitude + spikeCost.squareRoot())
            for _ in 0..<30 {
                let middle = (low + high) / 2
                let gain = least(middle, later) - least(middle - amplitude, later) - spikeCost
                (low, high) = gain > 0 ? (low, middle) : (middle, high)
            }
            return (low + high) / 2
        }
    }

    /// C: what is left of `rest` costs least with these amplitudes.
    private func least(_ rest: Double, _ amplitudes: ArraySlice<Double>) -> Double {
        guard let first = amplitudes.first else { return rest * rest }
        let later = amplitudes.dropFirst()
        return min(least(rest, later), least(rest - first, later) + spikeCost)
    }

    private func cost(_ amplitudes: [Double]) -> Double {
        let thresholds = thresholds(amplitudes)
        var (errors, spikes) = (0.0, 0.0)
        for (value, count) in values {
            var rest = value
            for step in 0..<steps where rest > thresholds[step] {
                rest -= amplitudes[step]
                spikes += count
            }
            errors += count * rest * rest
        }
        return (errors + spikes * spikeCost) / (count * meanSquare)
    }
}

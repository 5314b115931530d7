import SNNKernel

/// What becomes of the steps of a window.
enum Reduction: String, CaseIterable {
    case sum, mean, max, last
}

/// Scores of a window from what the last node sent: reduced over the steps, then averaged over groups of neurons.
///
///     a[n] = sum | mean | max | last of y[t, n] over t
///     z[c] = (1 / P) sum of a[n] over n in group c,   group c = neurons c P ..< (c + 1) P
///
/// Spike count: sum or mean of spikes, P = 1. Membrane: any reduction of values, P = 1. Population voting: mean of
/// spikes, P neurons a class.
/// The gradient of a maximum goes to the first largest step. Shapes: `[T, B, N]` -> `[B, N / P]`.
struct GroupReadout: Readout {
    let reduction: Reduction
    /// Neurons a class, P.
    let groupSize: Int
    let kinds: Set<ActivityKind>

    func scoreCount(neurons: Int) throws(SNNError) -> Int {
        guard neurons % groupSize == 0 else {
            throw .shape("neurons_per_class must divide the \(neurons) neurons of the last node, got \(groupSize)")
        }
        return neurons / groupSize
    }

    func reads(_ kind: ActivityKind) -> Bool { kinds.contains(kind) }

    func accumulate(_ sent: UnsafePointer<Float>, step: Int, into total: Values) {
        let (sums, row) = (total.base, total.row)
        switch reduction {
        case .sum, .mean: for index in 0..<row { sums[index] += sent[index] }
        case .max where step > 0: for index in 0..<row { sums[index] = Swift.max(sums[index], sent[index]) }
        case .max, .last: sums.update(from: sent, count: row)
        }
    }

    func scores(total: Values, steps: Int) -> Values {
        let scores = Values(steps: 1, batch: total.batch, count: total.count / groupSize, isConstant: true)
        stepScores(total.base, batch: total.batch, neurons: total.count, to: scores.base)
        if reduction == .mean {
            for index in 0..<scores.row { scores.base[index] /= Float(steps) }
        }
        return scores
    }

    func adjoint(of scores: Values, activity: Activity) -> Values {
        let spread = Values(steps: activity.steps, batch: activity.batch, count: activity.count, isConstant: true)
        stepAdjoint(scores.base, batch: activity.batch, neurons: activity.count, to: spread.base)
        switch reduction {
        case .sum, .mean:
            // A constant activity takes part in every step: its gradient is the total over them.
            let share: Float = reduction == .mean ? 1 / Float(activity.steps) : 1
            let factor = activity.isConstant ? share * Float(activity.steps) : share
            for index in 0..<spread.row { spread.base[index] *= factor }
            return spread
        case .max, .last:
            if activity.isConstant { return spread }
            return pick(spread, activity)
        }
    }

    /// The gradient at the one step that counted, zero elsewhere.
    private func pick(_ spread: Values, _ activity: Activity) -> Values {
        let result = Values(steps: activity.steps, batch: activity.batch, count: activity.count)
        let chosen = Storage<Int32>(spread.row)
        let best = Storage<Float>(spread.row)
        let row = Storage<Float>(spread.row)
        for t in 0..<activity.steps {
            activity.write(step: t, to: row.base)
            for index in 0..<spread.row where t == 0 || reduction == .last || row.base[index] > best.base[index] {
                best.base[index] = row.base[index]
                chosen.base[index] = Int32(truncatingIfNeeded: t)
            }
        }
        for index in 0..<spread.row { result.step(Int(chosen.base[index]))[index] = spread.base[index] }
        withExtendedLifetime((chosen, best, row)) {}
        return result
    }

    func stepScores(
        _ sent: UnsafePointer<Float>,
        batch: Int,
        neurons: Int,
        to scores: UnsafeMutablePointer<Float>
    ) {
        for place in 0..<batch * neurons / groupSize {
            var sum: Float = 0
            for member in 0..<groupSize { sum += sent[place * groupSize + member] }
            scores[place] = groupSize == 1 ? sum : sum / Float(groupSize)
        }
    }

    func stepAdjoint(
        _ scores: UnsafePointer<Float>,
        batch: Int,
        neurons: Int,
        to sent: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<batch * neurons { sent[index] = scores[index / groupSize] / Float(groupSize) }
    }
}

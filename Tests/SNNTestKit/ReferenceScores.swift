import SNNKernel

/// The readouts as their formulas, read from a complete description.
struct ReferenceReadout<V: ReferenceLane> {
    private let reduction: String
    private let groupSize: Int

    init(_ choice: ComponentChoice) {
        var reduction = "mean"
        if case .text(let text) = choice.parameters["reduce"] { reduction = text }
        var size = 1
        if case .number(let number) = choice.parameters["neurons_per_class"] { size = Int(number) }
        self.reduction = reduction
        groupSize = size
    }

    func scoreCount(_ neurons: Int) -> Int { neurons / groupSize }

    private func grouped(_ row: [V]) -> [V] {
        (0..<row.count / groupSize).map { group in
            let sum = (0..<groupSize).reduce(V.zero) { $0 + row[group * groupSize + $1] }
            return groupSize == 1 ? sum : sum / V(Double(groupSize))
        }
    }

    /// The step whose value counts, where one step alone does.
    private func chosen(_ signal: Signal<V>, _ sample: Int, _ index: Int) -> Int {
        guard reduction == "max" else { return signal.steps - 1 }
        var best = 0
        for t in 1..<max(1, signal.steps)
        where signal.value(t, sample, index).isAbove(signal.value(best, sample, index)) { best = t }
        return best
    }

    /// Scores of the window, `[batch, classes]`.
    func scores(_ signal: Signal<V>) -> [V] {
        var reduced: [V] = []
        for sample in 0..<signal.batch {
            for index in 0..<signal.count {
                if reduction == "sum" || reduction == "mean" {
                    reduced.append((0..<signal.steps).reduce(V.zero) { $0 + signal.value($1, sample, index) })
                } else {
                    reduced.append(signal.value(chosen(signal, sample, index), sample, index))
                }
            }
        }
        let scores = grouped(reduced)
        return reduction == "mean" ? scores.map { $0 / V(Double(signal.steps)) } : scores
    }

    /// Scores of every step, `[steps, batch, classes]`.
    func stepScores(_ signal: Signal<V>) -> [V] {
        grouped(
            (0..<signal.numbers.count).map { place in
                signal.value(
                    place / (signal.batch * signal.count),
                    place / signal.count % signal.batch,
                    place % signal.count
                )
            }
        )
    }

    /// The gradient of the signal's values, given that of ``scores(_:)``.
    func adjoint(of scores: [V], _ signal: Signal<V>) -> [V] {
        var result = [V](repeating: V.zero, count: signal.numbers.count)
        for sample in 0..<signal.batch {
            for index in 0..<signal.count {
                let share = scores[(sample * signal.count + index) / groupSize] / V(Double(groupSize))
                switch reduction {
                case "sum", "mean":
                    let part = reduction == "mean" ? share / V(Double(signal.steps)) : share
                    for t in 0..<signal.steps { result[signal.place(t, sample) + index] = part }
                default: result[signal.place(chosen(signal, sample, index), sample) + index] = share
                }
            }
        }
        return result
    }

    /// The gradient of the signal's values, given that of ``stepScores(_:)``.
    func stepAdjoint(of scores: [V], _ signal: Signal<V>) -> [V] {
        signal.numbers.indices.map { scores[$0 / groupSize] / V(Double(groupSize)) }
    }
}

/// The losses as their formulas.
struct ReferenceLoss<V: ReferenceLane> {
    let loss: Loss
    let answers: Answers
    let batch: Int
    let steps: Int
    let classes: Int

    /// Slices of scores: one a window or one a step.
    private var spans: Int { loss.span == .step ? steps : 1 }

    /// Where the answer to a slice of a sample lies.
    private func place(_ t: Int, _ sample: Int) -> Int { answers.perStep ? sample * steps + t : sample }

    private func weight(_ label: Int) -> Double { loss.classWeights.map { Double($0[label]) } ?? 1 }

    private func label(_ t: Int, _ sample: Int) -> Int {
        guard case .labels(let labels) = answers.kind else { return 0 }
        return Int(labels[place(t, sample)])
    }

    private func wanted(_ t: Int, _ sample: Int, _ c: Int) -> Double {
        switch answers.kind {
        case .labels(let labels): Int(labels[place(t, sample)]) == c ? 1 : 0
        case .values(let values): Double(values[place(t, sample) * classes + c])
        }
    }

    private var divisor: Double {
        guard loss.reduction == .mean else { return Double(spans) }
        guard loss.kind == .crossEntropy else { return Double(batch * classes * spans) }
        var total = 0.0
        for t in 0..<spans {
            for sample in 0..<batch { total += weight(label(t, sample)) }
        }
        return total
    }

    /// The loss of scores `[spans, batch, classes]`, and its gradient.
    func evaluate(_ scores: [V]) -> (loss: V, gradient: [V]) {
        var total = V.zero
        var gradient = scores
        for t in 0..<spans {
            for sample in 0..<batch {
                let first = (t * batch + sample) * classes
                let z = Array(scores[first..<first + classes])
                if loss.kind == .crossEntropy {
                    let y = label(t, sample)
                    let largest = V(z.map(\.primal).max() ?? 0)
                    let powers = z.map { ($0 - largest).exponential }
                    let sum = powers.reduce(V.zero, +)
                    total = total + V(weight(y)) * (sum.logarithm + largest - z[y])
                    for c in 0..<classes {
                        gradient[first + c] = V(weight(y) / divisor) * (powers[c] / sum - V(c == y ? 1 : 0))
                    }
                } else {
                    for c in 0..<classes {
                        let error = z[c] - V(wanted(t, sample, c))
                        total = total + V(weight(c)) * error * error
                        gradient[first + c] = V(2 * weight(c) / divisor) * error
                    }
                }
            }
        }
        return (total / V(divisor), gradient)
    }
}

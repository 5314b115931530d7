/// What the scores should be.
public struct Targets: Sendable {
    /// How they are given.
    public enum Kind: @unchecked Sendable {
        /// Class numbers, one a sample or one a sample and step `[B, T]`.
        case labels(UnsafePointer<Int32>)
        /// Values `[B, C]`, or `[B, T, C]` where there is one a step.
        case values(UnsafePointer<Float>)
    }

    /// Labels or values.
    public let kind: Kind
    /// Whether there is one target a step rather than one a sample.
    public let perStep: Bool

    /// Targets in memory that must outlive the call they are for.
    public init(_ kind: Kind, perStep: Bool = false) {
        self.kind = kind
        self.perStep = perStep
    }
}

/// The loss of scores against targets, with its gradient.
///
///     cross_entropy        l = w_y (log sum_c exp(z_c) - z_y)
///     mean_squared_error   l = sum_c w_c (z_c - y_c)^2, y one-hot or given values
///
///     reduction   mean: cross_entropy over sum of w_y of the batch; mean_squared_error over batch x classes
///                 sum:  no division
///     per         window: the scores of the window;  step: each step's own scores, mean over the steps
public struct Loss: Sendable {
    /// The families, by their names in JSON.
    public enum Kind: String, CaseIterable, Sendable {
        case crossEntropy = "cross_entropy"
        case meanSquaredError = "mean_squared_error"
    }
    /// Mean or sum over the batch.
    public enum Reduction: String, CaseIterable, Sendable { case mean, sum }
    /// One score a window or one a step.
    public enum Span: String, CaseIterable, Sendable { case window, step }

    /// The family.
    public let kind: Kind
    /// Mean or sum over the batch.
    public let reduction: Reduction
    /// Whether the scores of the window are judged or those of every step.
    public let span: Span
    /// One weight a class; nil weighs all alike.
    public let classWeights: [Float]?

    /// Unless told otherwise: the mean over the batch, scores of the window, all classes alike.
    public init(_ kind: Kind, reduction: Reduction = .mean, span: Span = .window, classWeights: [Float]? = nil) {
        self.kind = kind
        self.reduction = reduction
        self.span = span
        self.classWeights = classWeights
    }

    /// What the loss of a whole batch is divided by.
    public func divisor(targets: Targets, batch: Int, steps: Int, classes: Int) -> Double {
        let spanSteps = span == .step ? steps : 1
        guard reduction == .mean else { return Double(spanSteps) }
        if kind == .crossEntropy {
            guard let classWeights, case .labels(let labels) = targets.kind else { return Double(batch * spanSteps) }
            var total = 0.0
            for sample in 0..<batch {
                for t in 0..<spanSteps {
                    total += Double(classWeights[Int(labels[targets.perStep ? sample * steps + t : sample])])
                }
            }
            return max(total, .leastNormalMagnitude)
        }
        return Double(batch * classes * spanSteps)
    }

    /// The undivided loss of a block of samples; adds 1 / divisor times its gradient to `gradient`.
    ///
    /// - Parameters:
    ///   - scores: `[B, C]` constant, or `[T, B, C]` where the loss is per step.
    ///   - targets: of the whole batch.
    ///   - first: the number within the batch of the block's first sample.
    ///   - divisor: from ``divisor(targets:batch:steps:classes:)``, for the whole batch.
    ///   - gradient: laid out as the scores, or nil.
    /// - Returns: the sum of the losses of the block; the sum over the blocks, divided by `divisor`, is the batch's loss.
    public func evaluate(_ scores: Values, targets: Targets, first: Int, divisor: Double, gradient: Values?) -> Double {
        var total = 0.0
        let classes = scores.count
        for t in 0..<scores.slices {
            for sample in 0..<scores.batch {
                let z = UnsafePointer(scores.step(t) + sample * classes)
                let slope = gradient.map { $0.step(t) + sample * classes }
                let place = targets.perStep ? (first + sample) * scores.steps + t : first + sample
                switch kind {
                case .crossEntropy: total += crossEntropy(z, classes, targets, place, divisor, slope)
                case .meanSquaredError: total += squaredError(z, classes, targets, place, divisor, slope)
                }
            }
        }
        return total
    }

    private func crossEntropy(
        _ z: UnsafePointer<Float>,
        _ classes: Int,
        _ targets: Targets,
        _ place: Int,
        _ divisor: Double,
        _ slope: UnsafeMutablePointer<Float>?
    ) -> Double {
        guard case .labels(let labels) = targets.kind else { preconditionFailure("cross-entropy takes labels") }
        let label = Int(labels[place])
        let weight = Double(classWeights?[label] ?? 1)
        let (largest, sum) = Softmax.parts(z, classes)
        if let slope {
            for c in 0..<classes {
                let p = (Double(z[c]) - largest).exponential / sum
                slope[c] += Float((p - (c == label ? 1 : 0)) * weight / divisor)
            }
        }
        return weight * (largest - Double(z[label]) + sum.logarithm)
    }

    private func squaredError(
        _ z: UnsafePointer<Float>,
        _ classes: Int,
        _ targets: Targets,
        _ place: Int,
        _ divisor: Double,
        _ slope: UnsafeMutablePointer<Float>?
    ) -> Double {
        var total = 0.0
        for c in 0..<classes {
            let wanted: Double =
                switch targets.kind {
                case .labels(let labels): Int(labels[place]) == c ? 1 : 0
                case .values(let values): Double(values[place * classes + c])
                }
            let weight = Double(classWeights?[c] ?? 1)
            let error = Double(z[c]) - wanted
            total += weight * error * error
            slope?[c] += Float(2 * weight * error / divisor)
        }
        return total
    }
}

/// The softmax of a row of scores, computed in double.
public enum Softmax {
    /// The largest score and sum_c exp(z_c - largest): apart, they stay exact where scores are huge.
    static func parts(_ z: UnsafePointer<Float>, _ count: Int) -> (largest: Double, sum: Double) {
        var largest = z[0]
        for c in 1..<max(1, count) { largest = max(largest, z[c]) }
        var sum = 0.0
        for c in 0..<count { sum += (Double(z[c]) - Double(largest)).exponential }
        return (Double(largest), sum)
    }

    /// -log of the probability of class `label`.
    public static func loss(_ z: UnsafePointer<Float>, _ count: Int, label: Int) -> Double {
        let (largest, sum) = parts(z, count)
        return largest - Double(z[label]) + sum.logarithm
    }

    /// Probabilities that add up to 1.
    public static func probabilities(_ z: UnsafePointer<Float>, _ count: Int, to p: UnsafeMutablePointer<Float>) {
        let (largest, sum) = parts(z, count)
        for c in 0..<count { p[c] = Float((Double(z[c]) - largest).exponential / sum) }
    }

    /// The winner; the lowest index wins a tie.
    public static func winner(_ z: UnsafePointer<Float>, _ count: Int) -> Int {
        var best = 0
        for c in 1..<max(1, count) where z[c] > z[best] { best = c }
        return best
    }
}

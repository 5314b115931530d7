import SNNKernel

/// What a few-spikes neuron does at each of its K steps.
///
///     v(1) = x
///     z(t) = 1 if v(t) > T(t) else 0
///     v(t+1) = v(t) - h(t) z(t)
///     y = sum over t of d(t) z(t)
///
/// The K spikes z are one number of K bits, the first step the highest: all that a receiver needs, as it knows d.
/// Source: Stöckl and Maass, Nature Machine Intelligence 3 (2021), arXiv 2002.00860.
public struct StepTable: Sendable, Equatable {
    /// When a potential that equals the threshold spikes.
    public enum Comparison: String, CaseIterable, Sendable {
        /// Never: `v > T`, as published.
        case above
        /// Always: `v >= T`.
        case atLeast = "at_least"
    }

    /// Most steps: a spike a bit.
    public static let mostSteps = 32

    /// T, one a step.
    public var thresholds: [Float]
    /// h, one a step; the last has no effect on what is sent.
    public var resets: [Float]
    /// d, one a step.
    public var amplitudes: [Float]
    /// Whether a potential that equals the threshold spikes.
    public var comparison: Comparison

    /// Steps, K.
    public var steps: Int { amplitudes.count }

    /// A table of K numbers each.
    ///
    /// Errors: ``SNNError/parameter(_:)`` unless all three are of one length 1 ... 32 and finite.
    public init(
        thresholds: [Float],
        resets: [Float],
        amplitudes: [Float],
        comparison: Comparison = .above
    ) throws(SNNError) {
        guard thresholds.count == resets.count, resets.count == amplitudes.count else {
            throw .parameter(
                "thresholds, resets and amplitudes must hold one number a step each, "
                    + "got \(thresholds.count), \(resets.count) and \(amplitudes.count)"
            )
        }
        guard 1...Self.mostSteps ~= amplitudes.count else {
            throw .parameter("steps must be 1 ... \(Self.mostSteps), got \(amplitudes.count)")
        }
        for (name, list) in [("thresholds", thresholds), ("resets", resets), ("amplitudes", amplitudes)] {
            for (place, number) in list.enumerated() where !number.isFinite {
                throw .parameter("\(name)[\(place)] must be finite, got \(number)")
            }
        }
        self.thresholds = thresholds
        self.resets = resets
        self.amplitudes = amplitudes
        self.comparison = comparison
    }

    /// The rectified linear unit up to `range`: T(t) = h(t) = d(t) = range 2^-t.
    public init(reluSteps steps: Int, range: Float, comparison: Comparison = .above) {
        var numbers: [Float] = []
        var number = range
        for _ in 0..<steps {
            number /= 2
            numbers.append(number)
        }
        thresholds = numbers
        resets = numbers
        amplitudes = numbers
        self.comparison = comparison
    }

    /// The spikes for a current, the first step the highest of K bits; none for one that is not a number.
    public func spikes(for x: Float) -> UInt32 {
        var v = x
        var mask: UInt32 = 0
        for t in 0..<steps {
            let fires = comparison == .above ? v > thresholds[t] : v >= thresholds[t]
            mask = mask << 1 | (fires ? 1 : 0)
            if fires { v -= resets[t] }
        }
        return mask
    }

    /// What spikes are worth: the sum of their amplitudes, first step first.
    public func value(of spikes: UInt32) -> Float {
        var sum: Float = 0
        for t in 0..<steps where spikes >> UInt32(steps - 1 - t) & 1 != 0 { sum += amplitudes[t] }
        return sum
    }
}

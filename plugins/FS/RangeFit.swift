import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Ranges of few-spikes rectified linear units as large as a data set needs, without gradients and in one pass.
///
///     by percentile   range = margin x the percentile of what a layer decodes to
///     by error        range = the largest whose codes of K steps differ from the values by a mean square of at most
///                     tolerance x theirs, and at most 16 x the largest; where K steps are too few for that, the range
///                     with the least difference
///     both            rounded up to eight significant bits
///
/// | parameter    | unit | default      | range       | meaning                                          |
/// |--------------|------|--------------|-------------|--------------------------------------------------|
/// | `by`         |      | `percentile` |             | which of the two                                 |
/// | `percentile` | %    | 100          | > 0, <= 100 | share of the positive currents that are in range |
/// | `margin`     |      | 1            | > 0         | room above it                                    |
/// | `tolerance`  |      | 3e-5         | 0 ..< 1     | mean square of the difference, over that of the values |
///
/// A large range costs a bit of resolution an octave and saves half a spike a neuron, so the tolerance is the exchange of
/// accuracy for spikes; cutting off a few large values may cost less than rounding all others to few codes.
///
/// A range of eight significant bits has multiples that are all numbers: K subtractions and their closed form agree to the
/// bit. Currents above the range are cut to it. Layers whose description gives a range keep it.
/// Source: ranges a layer from calibration data as in mlGeNN; the published neuron has 25 everywhere.
struct RangeFit: CalibrationRule {
    /// What a range is to achieve.
    enum Criterion: String, CaseIterable, Sendable { case percentile, error }

    let criterion: Criterion
    let percentile: Double
    let margin: Double
    /// For codes, a share of the mean square of the values.
    let tolerance: Double

    /// Room above the largest value that codes may have, a factor: four octaves.
    private static let mostRoom = 16.0

    init(_ p: ParameterSet) {
        criterion = p.choice("by")
        percentile = p.number("percentile")
        margin = p.number("margin")
        tolerance = p.number("tolerance")
    }

    static let parameters: [ParameterDescription] = [
        .choice("by", default: Criterion.percentile, "what a range is to have room for, or its codes to differ by"),
        .number("percentile", default: 100, above: 0, atMost: 100, "share of the currents that is in range"),
        .number("margin", default: 1, above: 0, "room above it"),
        .number(
            "tolerance",
            default: 3e-5,
            atLeast: 0,
            below: 1,
            "mean square by which codes may differ, over that of the currents"
        ),
    ]

    /// Lets every layer send what it would with steps and range without end.
    func begin(_ network: Network) throws(SNNError) {
        var hasRanges = false
        for node in network.nodes where Self.isFitted(node) {
            guard let range = network.buffer("range", of: node) else { continue }
            hasRanges = true
            range.base[0] = .infinity
        }
        guard hasRanges else {
            throw .notSupported("fs.fit_ranges needs a layer of fs.relu neurons with range 0, there is none")
        }
    }

    func finish(_ network: Network, _ seen: [ActivitySurvey]) throws(SNNError) {
        let layers = zip(network.nodes, seen).filter { Self.isFitted($0.0) }
        if let silent = layers.first(where: { $0.1.count == 0 }) {
            for (node, _) in layers { network.buffer("range", of: node)?.base[0] = 0 }
            throw .state("layer '\(silent.0.name)' never spiked: its range cannot be fitted")
        }
        let ranges = layers.map { Self.rounded(range(for: $0.0, survey: $0.1, steps: network.steps)) }
        if let wrong = ranges.firstIndex(where: { !$0.isFinite }) {
            for (node, _) in layers { network.buffer("range", of: node)?.base[0] = 0 }
            throw .state("layer '\(layers[wrong].0.name)': its range must be finite, got \(ranges[wrong])")
        }
        for ((node, _), range) in zip(layers, ranges) { network.buffer("range", of: node)?.base[0] = range }
    }

    private func range(for node: Node, survey: ActivitySurvey, steps: Int) -> Float {
        switch criterion {
        case .percentile: return Float(margin * Double(survey.percentile(percentile)))
        case .error:
            let codes = exp2(Double(steps))
            let shift = Double((node.neuron as? FSReLUModel)?.shift ?? 0)
            let staircase = ActivitySurvey.Staircase(divisions: codes, most: codes - 1, shift: shift)
            return survey.range(staircase, tolerance: tolerance, room: Self.mostRoom)
        }
    }

    /// A range that the description gives stays: a unit that is clipped has one.
    private static func isFitted(_ node: Node) -> Bool { (node.neuron as? FSReLUModel)?.startRange == 0 }

    /// The next larger number of eight significant bits.
    static func rounded(_ range: Float) -> Float {
        let step: UInt32 = 1 << 16
        return Float(bitPattern: (range.bitPattern &+ (step - 1)) & ~(step - 1))
    }
}

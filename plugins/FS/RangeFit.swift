import SNNKernel

/// Ranges of few-spikes rectified linear units as large as a data set needs, without gradients and in one pass.
///
///     range = margin x the percentile of what a layer decodes to, rounded up to eight significant bits
///
/// | parameter    | unit | default | range       | meaning                                        |
/// |--------------|------|---------|-------------|------------------------------------------------|
/// | `percentile` | %    | 100     | > 0, <= 100 | share of the positive currents that are in range |
/// | `margin`     |      | 1       | > 0         | room above it                                  |
///
/// A range of eight significant bits has multiples that are all numbers: K subtractions and their closed form agree to the
/// bit. Currents above the range are cut to it. Layers whose description gives a range keep it.
/// Source: ranges a layer from calibration data as in mlGeNN; the published neuron has 25 everywhere.
struct RangeFit: CalibrationRule {
    let percentile: Double
    let margin: Double

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
        let ranges = layers.map { Self.rounded(Float(margin * Double($0.1.percentile(percentile)))) }
        if let wrong = ranges.firstIndex(where: { !$0.isFinite }) {
            for (node, _) in layers { network.buffer("range", of: node)?.base[0] = 0 }
            throw .state("layer '\(layers[wrong].0.name)': its range must be finite, got \(ranges[wrong])")
        }
        for ((node, _), range) in zip(layers, ranges) { network.buffer("range", of: node)?.base[0] = range }
    }

    /// A range that the description gives stays: a unit that is clipped has one.
    private static func isFitted(_ node: Node) -> Bool { (node.neuron as? FSReLUModel)?.startRange == 0 }

    /// The next larger number of eight significant bits.
    static func rounded(_ range: Float) -> Float {
        let step: UInt32 = 1 << 16
        return Float(bitPattern: (range.bitPattern &+ (step - 1)) & ~(step - 1))
    }
}

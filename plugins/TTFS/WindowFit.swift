import SNNKernel

/// Windows as long as the activations of a data set need, without gradients and in one pass.
///
///     D = margin x the percentile of a layer's positive times left; 100 takes the largest
///
/// | parameter    | unit | default | range   | meaning                                            |
/// |--------------|------|---------|---------|----------------------------------------------------|
/// | `percentile` | %    | 100     | > 0, <= 100 | share of the spikes that need no more room     |
/// | `margin`     |      | 1.5     | > 0     | room above it                                      |
///
/// Activations above D are cut to it: the neuron fires when its window begins.
/// Source: Stanojevic et al., arXiv 2306.08744, whose margin is 1 + zeta with zeta = 0.5.
struct WindowFit: CalibrationRule {
    let percentile: Double
    let margin: Double

    func begin(_ network: Network) throws(SNNError) {
        var hasWindows = false
        for node in network.nodes {
            guard let neuron = node.neuron as? TTFSModel, let window = network.buffer("window", of: node) else {
                continue
            }
            guard neuron.jitter == 0, neuron.timeBits == 0 else {
                throw .notSupported("layer '\(node.name)': windows are fitted without jitter and time_bits")
            }
            guard neuron.alpha1 == nil else {
                throw .notSupported(
                    "layer '\(node.name)': what ttfs.alpha1 computes depends on its window, which stays"
                )
            }
            hasWindows = true
            // Room for every activation there is.
            window.base[0] = .greatestFiniteMagnitude
        }
        guard hasWindows else { throw .notSupported("ttfs.fit_windows needs a layer of ttfs neurons, there is none") }
    }

    func finish(_ network: Network, _ seen: [ActivitySurvey]) throws(SNNError) {
        for (node, survey) in zip(network.nodes, seen) {
            guard node.neuron is TTFSModel, let window = network.buffer("window", of: node) else { continue }
            guard survey.count > 0 else {
                throw .state("layer '\(node.name)' never spiked: its window cannot be fitted")
            }
            window.base[0] = Float(margin * Double(survey.percentile(percentile)))
        }
    }
}

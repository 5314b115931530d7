import SNNKernel

/// What a conversion did to every layer, where accuracy went, and how many steps would be enough.
package struct ConversionReport: Sendable {
    /// One spiking layer.
    ///
    /// Errors are mean squares over samples and neurons, in units of the analog layer's mean square.
    package struct Layer: Sendable {
        package let name: String
        /// The neuron model.
        package let model: String
        package let neurons: Int
        /// The largest value that it can send: its range, threshold or window.
        package let range: Double
        /// Pearson's correlation of what the layer sends with what the analog layer sends.
        package let correlation: Double
        /// Share of the values, in the converted network, above the range.
        package let clippedShare: Double
        /// All of the error: what it sends, less what the analog layer sends.
        package let error: Double
        /// What came in with its currents from the layers before it.
        package let inheritedError: Double
        /// What it lost above the range.
        package let clippingError: Double
        /// What rounding to codes, times or rates cost.
        package let roundingError: Double
        /// Share of the neurons that never sent anything.
        package let deadShare: Double
        /// Share of the neurons that were above the range in at least half of the samples.
        package let saturatedShare: Double
        /// Spikes a sample and neuron.
        package let spikesPerNeuron: Double
    }

    /// What windows of another length would give.
    package struct Point: Sendable {
        package let steps: Int
        package let accuracy: Double
        package let spikesPerNeuron: Double
    }

    /// Samples of the calibration data that were looked at.
    package let samples: Int
    package let layers: [Layer]
    /// Accuracy on these samples: of the analog network, of the converted one, and of one that only clips.
    package let accuracyAnalog: Double
    package let accuracyConverted: Double
    package let accuracyClipped: Double
    /// Accuracy by the steps of a window; empty for spike times.
    package let curve: [Point]
    /// The loss of accuracy that ``enoughSteps`` allows.
    package let allowedLoss: Double
    /// The fewest steps of ``curve`` whose loss is within it; nil where none is.
    package let enoughSteps: Int?

    /// Points of accuracy, 0...1, that cutting at ranges costs.
    package var clippingLoss: Double { accuracyAnalog - accuracyClipped }
    /// Points that rounding and short windows cost beside.
    package var roundingLoss: Double { accuracyClipped - accuracyConverted }
}

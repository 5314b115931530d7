import SNNKernel

/// What a network can be converted to.
package enum ConversionTarget: String, CaseIterable, Sendable {
    /// Few-spikes neurons: a code of K spikes a window.
    case fs
    /// Integrate-and-fire neurons: values as rates of spikes.
    case rate = "if"
    /// Rectified linear units.
    case relu
    /// Spike times: at most one spike a neuron.
    case ttfs

    /// The coding of what converts to it.
    fileprivate var source: String { self == .relu ? "ttfs" : "constant" }
}

/// What a conversion needs beside the network.
package struct ConversionSettings: Sendable {
    /// From the value that stays silent to the one that spikes at once, for spike times.
    package var range: ClosedRange<Double> = 0...1
    /// Window of every layer of spike times; 0 asks to be fitted.
    package var window = 0.0
    /// Steps of a window of codes or rates.
    package var steps = 10
    /// What is added to the currents of few-spikes neurons, in units of the last bit: 0.5 rounds to the nearest code.
    package var shift = 0.5
    /// What a neuron's rate of 1 stands for, a layer, for rates.
    package var thresholds: [String: Double] = [:]
    /// Tables of few-spikes neurons by the name of the function, for windows that have no published one.
    package var tables: [String: ComponentChoice] = [:]
    /// Tables of few-spikes neurons a layer, for rectified linear units whose spikes have a price.
    package var pricedTables: [String: ComponentChoice] = [:]

    package init() {}
}

extension Network {
    /// The same function with other neurons: an analog network as one of spikes, or one of spike times as an analog one.
    ///
    /// Weights and biases keep their bits, but for what is folded into them: batch normalisation before a nonlinearity into
    /// the connection before it, behind one into the next connection, and a range of the input other than 0...1 into the
    /// first. Dropout, which does nothing in inference, goes. What the spikes stand for is what the analog units send, as far
    /// as it lies within windows and ranges, exactly (spike times), rounded to K bits (few spikes) or as a mean over T steps
    /// (rates).
    ///
    /// - Returns: a network of its own, whose windows and ranges may still have to be fitted.
    /// - Throws: ``SNNError/notSupported(_:)`` that names the layer which has no counterpart, ``SNNError/parameter(_:)`` for
    ///   an empty range.
    package func converted(
        to target: ConversionTarget,
        _ settings: ConversionSettings = ConversionSettings(),
        registry: Registry
    ) throws(SNNError) -> Network {
        guard description.coding.name == target.source else {
            throw .notSupported(
                "a network converts to \(target.rawValue) from the coding \(target.source), "
                    + "got \(description.coding.name)"
            )
        }
        var result = description
        var map: (factor: Double, constant: Double)?
        switch target {
        case .ttfs:
            let (low, high) = (settings.range.lowerBound, settings.range.upperBound)
            guard low < high else { throw .parameter("high must be > low, got \(high.plain) and \(low.plain)") }
            result.coding = ComponentChoice("ttfs", ["low": .number(low), "high": .number(high)])
            if low != 0 || high != 1 { map = (factor: high - low, constant: low) }
        case .relu:
            result.coding = ComponentChoice("constant")
            if case .number(let low) = description.coding.parameters["low"],
                case .number(let high) = description.coding.parameters["high"], low != 0 || high != 1
            {
                map = (factor: 1 / (high - low), constant: -low / (high - low))
            }
        case .fs:
            result.steps = settings.steps
            // The last layer sends the same scores at every step.
            result.readout = ComponentChoice("membrane", ["reduce": .text("last")])
        case .rate:
            result.steps = settings.steps
            result.readout = ComponentChoice("membrane", ["reduce": .text("mean")])
        }
        let folded = try FoldedNetwork(self, inputMap: map, countsSpikes: target == .rate)
        return try folded.built(result, registry: registry) { layer, unit throws(SNNError) in
            try target.neuron(for: unit, layer: layer.description.name, settings)
        }
    }

    /// The analog network that a conversion starts from: batch normalisation folded, dropout gone.
    package func folded(registry: Registry) throws(SNNError) -> Network {
        try FoldedNetwork(self, inputMap: nil).built(description, registry: registry) { _, unit in unit.analog }
    }
}

extension ConversionTarget {
    /// The neuron that computes what an analog unit does.
    fileprivate func neuron(
        for unit: AnalogUnit,
        layer: String,
        _ settings: ConversionSettings
    ) throws(SNNError) -> ComponentChoice {
        switch (self, unit) {
        case (.relu, _): return unit.analog
        case (.ttfs, .rectified): return ComponentChoice("ttfs", ["window": .number(settings.window)])
        case (.ttfs, .linear): return ComponentChoice("ttfs.membrane")
        case (.fs, .linear): return ComponentChoice("relu.identity")
        case (.fs, .rectified):
            if let table = settings.pricedTables[layer] { return table }
            return ComponentChoice("fs.relu", ["range": .number(0), "shift": .number(settings.shift)])
        case (.fs, .clipped(let low, let high)) where low == 0:
            return ComponentChoice("fs.relu", ["range": .number(high), "shift": .number(settings.shift)])
        case (.fs, .smooth(let name)):
            if let table = settings.tables[name] { return table }
            if let (model, steps) = Self.published[name], steps == settings.steps { return ComponentChoice(model) }
            throw .notSupported("\(name) has no table of \(settings.steps) steps; fit one with `snn fs-fit`")
        case (.rate, .linear):
            // It remembers nothing: at every step what arrives.
            return ComponentChoice("lif.integrator", ["decay": .text("factor"), "beta": .number(0)])
        case (.rate, .rectified):
            guard let threshold = settings.thresholds[layer] else {
                throw .state("its threshold is not known; balance thresholds on data first")
            }
            return ComponentChoice(
                "lif",
                [
                    "decay": .text("none"), "v_threshold": .number(threshold), "amplitude": .number(threshold),
                    "v_start": .number(threshold / 2),
                ]
            )
        default:
            throw .notSupported("\(unit.analog.name) does not convert to \(rawValue)")
        }
    }

    /// Few-spikes neurons with published tables, and their steps.
    static let published = [
        "silu": (model: "fs.silu", steps: 16), "sigmoid": (model: "fs.sigmoid", steps: 12),
    ]
}

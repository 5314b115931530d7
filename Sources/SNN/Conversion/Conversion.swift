import SNNKernel

/// What a network can be converted to.
package enum ConversionTarget: String, CaseIterable, Sendable {
    /// Spike times: at most one spike a neuron.
    case ttfs
    /// Rectified linear units.
    case relu

    /// Names of what such networks are made of.
    fileprivate var coding: String { self == .ttfs ? "ttfs" : "constant" }
    fileprivate var hidden: String { self == .ttfs ? "ttfs" : "relu" }
    fileprivate var last: String { self == .ttfs ? "ttfs.membrane" : "relu.identity" }
    fileprivate var other: ConversionTarget { self == .ttfs ? .relu : .ttfs }
}

extension Network {
    /// The same function with other neurons: a network of rectified linear units as one of spike times, or back.
    ///
    /// Weights and biases keep their bits, but for what is folded into them: batch normalisation before a nonlinearity into
    /// the connection before it, behind one into the next connection, and a range of the input other than 0...1 into the
    /// first. Dropout, which does nothing in inference, goes. Spike times decode to what rectified linear units send as long
    /// as that stays within the windows.
    ///
    /// - Parameters:
    ///   - target: what it becomes.
    ///   - range: from the value that stays silent to the one that spikes at once, for spike times.
    ///   - window: of every layer of spike times; 0 asks to be fitted.
    ///   - registry: where components come from.
    /// - Returns: a network of its own, whose windows are still to be fitted where `window` is 0.
    /// - Throws: ``SNNError/notSupported(_:)`` that names the layer which has no counterpart, ``SNNError/parameter(_:)`` for
    ///   an empty range.
    package func converted(
        to target: ConversionTarget,
        range: ClosedRange<Double> = 0...1,
        window: Double = 0,
        registry: Registry
    ) throws(SNNError) -> Network {
        guard description.coding.name == target.other.coding else {
            throw .notSupported(
                "a network converts to \(target.rawValue) from the coding \(target.other.coding), "
                    + "got \(description.coding.name)"
            )
        }
        var result = description
        result.coding = ComponentChoice(target.coding)
        var builder = ConversionBuilder(network: self, target: target, window: window)
        if target == .ttfs {
            let (low, high) = (range.lowerBound, range.upperBound)
            guard low < high else { throw .parameter("high must be > low, got \(high.plain) and \(low.plain)") }
            result.coding.parameters = ["low": .number(low), "high": .number(high)]
            builder.arriving(low == 0 && high == 1 ? nil : (factor: high - low, constant: low))
        } else if case .number(let low) = description.coding.parameters["low"],
            case .number(let high) = description.coding.parameters["high"], low != 0 || high != 1
        {
            builder.arriving((factor: 1 / (high - low), constant: -low / (high - low)))
        }
        for (node, choice) in zip(nodes, description.nodes) {
            do throws(SNNError) { try builder.add(node, choice) } catch {
                throw error.prefixed(by: "layer '\(node.name)': ")
            }
        }
        let layers = try builder.finish()
        result.nodes = layers.map(\.description)
        let network = try Network(result, registry: registry, seed: seed)
        for (node, layer) in zip(network.nodes, layers) {
            for (tensor, numbers) in zip(network.tensors[node.tensors], [layer.folded.weight, layer.folded.bias]) {
                for (index, number) in numbers.enumerated() {
                    guard Float(number).isFinite else {
                        throw .notFinite("\(tensor.name) must be finite, got \(number) at \(index) by folding")
                    }
                    tensor.storage.base[index] = Float(number)
                }
            }
        }
        return network
    }
}

/// A layer of the network that comes out.
private struct ConvertedLayer {
    var description: NodeDescription
    var folded: FoldedConnection
    /// Whether its neurons pass currents on: the last layer, or one that waits for batch normalisation.
    var isLinear: Bool
}

/// Takes nodes in order and makes layers of them.
private struct ConversionBuilder {
    let network: Network
    let target: ConversionTarget
    let window: Double
    private var layers: [ConvertedLayer] = []
    /// Stages that the next layer begins with.
    private var stages: [ComponentChoice] = []
    /// What is still to be done to the activity that arrives at the next layer.
    private var pending: ChannelMap?
    /// Who asked for that.
    private var asking = "input"

    init(network: Network, target: ConversionTarget, window: Double) {
        self.network = network
        self.target = target
        self.window = window
    }

    /// Takes a map of the input, the same for all channels.
    mutating func arriving(_ map: (factor: Double, constant: Double)?) {
        pending = map.map {
            ChannelMap(factor: $0.factor, constant: $0.constant, channels: network.inputShape.channels)
        }
    }

    mutating func add(_ node: Node, _ choice: NodeDescription) throws(SNNError) {
        for (stage, choice) in zip(node.stages, choice.stages) { try add(stage, choice) }
        guard let neuron = choice.neuron else { return }
        try check(neuron)
        let isLinear = neuron.name == target.other.last
        if let norm = node.connection as? BatchNormalisation {
            try add(norm, node, isLinear)
        } else if let map = node.connection as? Convolution {
            try add(map, node, choice, isLinear)
        } else {
            throw .notSupported("dense, conv2d and batch_norm convert, not \(choice.connection?.name ?? "others")")
        }
    }

    private mutating func add(_ stage: any Stage, _ choice: ComponentChoice) throws(SNNError) {
        if stage is Dropout { return }
        // What a linear layer sends cannot be staged: its neurons only get their nonlinearity from what follows.
        try checkClosed()
        var choice = choice
        if let pool = stage as? Pooling, pool.kind == .max {
            let falling = pending?.factor.map { $0 < 0 } ?? Array(repeating: false, count: pool.inputShape.channels)
            let latest = falling.indices.filter { falling[$0] != pool.latest.contains($0) }
            choice.parameters["latest"] = .numbers(latest.map(Double.init))
        } else if stage is Flatten {
            pending = pending?.tiled(over: stage.inputShape.pixels)
        } else {
            throw .notSupported("flatten, max_pool and dropout convert, not \(choice.name)")
        }
        stages.append(choice)
    }

    private mutating func add(_ norm: BatchNormalisation, _ node: Node, _ isLinear: Bool) throws(SNNError) {
        let map = ChannelMap(
            norm,
            tensors: Array(network.tensors[node.tensors]),
            buffers: Array(network.buffers[node.buffers])
        )
        if let last = layers.indices.last, layers[last].isLinear {
            try checkStored(layers[last].description)
            layers[last].folded.fold(behind: map)
            setNeuron(of: last, isLinear: isLinear)
            return
        }
        guard isLinear else {
            throw .notSupported(
                "batch_norm before a nonlinearity converts right behind dense or conv2d with \(target.other.last) alone"
            )
        }
        pending = map.behind(pending)
        asking = node.name
    }

    private mutating func add(
        _ map: Convolution,
        _ node: Node,
        _ choice: NodeDescription,
        _ isLinear: Bool
    ) throws(SNNError) {
        try checkClosed()
        var folded = FoldedConnection(map, tensors: Array(network.tensors[node.tensors]))
        if let pending {
            try checkStored(choice)
            folded.fold(before: pending)
        }
        pending = nil
        layers.append(
            ConvertedLayer(
                description: NodeDescription(name: node.name, stages: stages, connection: choice.connection),
                folded: folded,
                isLinear: isLinear
            )
        )
        stages = []
        setNeuron(of: layers.count - 1, isLinear: isLinear)
    }

    private mutating func setNeuron(of layer: Int, isLinear: Bool) {
        layers[layer].isLinear = isLinear
        var neuron = ComponentChoice(isLinear ? target.last : target.hidden)
        if target == .ttfs, !isLinear { neuron.parameters = ["window": .number(window)] }
        layers[layer].description.neuron = neuron
    }

    /// A layer without nonlinearity has no counterpart but at the end.
    private func checkClosed() throws(SNNError) {
        guard let last = layers.last, last.isLinear else { return }
        throw .notSupported(
            "batch_norm must follow '\(last.description.name)' at once, which has the neuron \(target.other.last)"
        )
    }

    private func check(_ neuron: ComponentChoice) throws(SNNError) {
        let known = [target.other.hidden, target.other.last]
        guard known.contains(neuron.name) else {
            throw .notSupported("the neurons \(known.joined(separator: " and ")) convert, not \(neuron.name)")
        }
        for name in ["jitter", "time_bits"] {
            if case .number(let number) = neuron.parameters[name], number != 0 {
                throw .notSupported("\(name) must be 0 in a network that is converted, got \(number.plain)")
            }
        }
    }

    /// Weights that act otherwise than they are stored stay as they are.
    private func checkStored(_ layer: NodeDescription) throws(SNNError) {
        guard case .number(let bits) = layer.connection?.parameters["weight_bits"], bits != 0 else { return }
        throw .notSupported(
            "weight_bits of '\(layer.name)' must be 0 where something is folded into it, got \(bits.plain)"
        )
    }

    /// The layers, with connections as they have become.
    func finish() throws(SNNError) -> [ConvertedLayer] {
        guard let last = layers.last, last.isLinear, stages.isEmpty else {
            let name = network.nodes[network.nodes.count - 1].name
            throw .notSupported("layer '\(name)': the last layer must have the neuron \(target.other.last)")
        }
        guard pending == nil else {
            throw .notSupported("layer '\(asking)': no layer follows into which batch_norm could be folded")
        }
        return layers.map { layer in
            var layer = layer
            layer.description.connection?.parameters["bias"] = .boolean(!layer.folded.bias.isEmpty)
            if layer.folded.isPerPixel { layer.description.connection?.parameters["bias_per_pixel"] = .boolean(true) }
            return layer
        }
    }
}

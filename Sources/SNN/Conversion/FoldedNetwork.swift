import SNNKernel

/// What an analog neuron, or one that stands for it, computes of its current.
package enum AnalogUnit: Sendable, Equatable {
    case linear
    case rectified
    case clipped(low: Double, high: Double)
    /// A smooth function by its name: silu, sigmoid, tanh, gelu.
    case smooth(String)

    /// The neurons that convert, by name.
    static let known = [
        "relu", "relu.identity", "ttfs", "ttfs.membrane", "analog.clip", "analog.silu", "analog.sigmoid", "analog.tanh",
        "analog.gelu",
    ]

    /// Errors: ``SNNError/notSupported(_:)`` for another neuron, and for one with noise or a clock.
    init(_ neuron: ComponentChoice) throws(SNNError) {
        for name in ["jitter", "time_bits"] {
            if case .number(let number) = neuron.parameters[name], number != 0 {
                throw .notSupported("\(name) must be 0 in a network that is converted, got \(number.plain)")
            }
        }
        switch neuron.name {
        case "relu", "ttfs": self = .rectified
        case "relu.identity", "ttfs.membrane": self = .linear
        case "analog.clip":
            guard case .number(let low) = neuron.parameters["low"], case .number(let high) = neuron.parameters["high"]
            else { throw .notSupported("analog.clip needs low and high") }
            self = .clipped(low: low, high: high)
        case "analog.silu", "analog.sigmoid", "analog.tanh", "analog.gelu":
            self = .smooth(String(neuron.name.dropFirst("analog.".count)))
        default:
            throw .notSupported(
                "the neurons \(Self.known.joined(separator: ", ")) convert, not \(neuron.name)"
            )
        }
    }

    /// The analog neuron.
    var analog: ComponentChoice {
        switch self {
        case .linear: ComponentChoice("relu.identity")
        case .rectified: ComponentChoice("relu")
        case .clipped(let low, let high):
            ComponentChoice("analog.clip", ["low": .number(low), "high": .number(high)])
        case .smooth(let name): ComponentChoice("analog.\(name)")
        }
    }
}

/// A layer of a folded network.
struct FoldedLayer {
    var description: NodeDescription
    /// Nil for the identity and for stages alone.
    var folded: FoldedConnection?
    /// Nil for stages alone.
    var unit: AnalogUnit?
}

/// A network as conversions want it: linear maps and nonlinearities, with batch normalisation and dropout gone.
///
/// Batch normalisation right behind a linear layer is folded into it, one behind a nonlinearity into the next connection,
/// and so is a map of the input. Numbers into which nothing is folded keep their bits.
struct FoldedNetwork {
    /// In order.
    private(set) var layers: [FoldedLayer] = []
    private let network: Network
    /// How many nodes read each node.
    private let readers: [Int: Int]
    /// Whether a maximum is that of spike counts.
    private let countsSpikes: Bool
    /// What each node of the network became.
    private var outputs: [Output] = []
    private let input: Output

    /// What stands for the activity of a node.
    private struct Output {
        /// The layer that sends it; nil for the input.
        var layer: Int?
        /// Stages that it still has to pass.
        var stages: [ComponentChoice] = []
        /// What is still to be done to it, and who asked.
        var pending: ChannelMap?
        var asking = "input"
    }

    /// Folds a network whose input arrives through `map`, the same for all channels, and whose maxima are those of spike
    /// counts where `countsSpikes` says so.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` that names the layer which does not convert.
    init(
        _ network: Network,
        inputMap map: (factor: Double, constant: Double)?,
        countsSpikes: Bool = false
    ) throws(SNNError) {
        self.network = network
        self.countsSpikes = countsSpikes
        var readers: [Int: Int] = [:]
        for node in network.nodes { for sender in node.inputs { readers[sender, default: 0] += 1 } }
        self.readers = readers
        input = Output(
            pending: map.map {
                ChannelMap(factor: $0.factor, constant: $0.constant, channels: network.inputShape.channels)
            }
        )
        for (node, choice) in zip(network.nodes, network.description.nodes) {
            do throws(SNNError) { outputs.append(try add(node, choice)) } catch {
                throw error.prefixed(by: "layer '\(node.name)': ")
            }
        }
        try checkEnd()
    }

    private mutating func add(_ node: Node, _ choice: NodeDescription) throws(SNNError) -> Output {
        guard node.inputs.count == 1 else { return try join(node, choice) }
        var output = node.inputs[0] < 0 ? input : outputs[node.inputs[0]]
        for (stage, choice) in zip(node.stages, choice.stages) { try pass(stage, choice, &output) }
        guard let neuron = choice.neuron else { return output }
        let unit = try AnalogUnit(neuron)
        switch node.connection {
        case let norm as BatchNormalisation: return try fold(norm, node, unit, output)
        case let map as Convolution: return try append(map, node, choice, unit, output)
        case is Identity:
            guard output.pending == nil else { throw Self.unfoldable(output) }
            return place(
                FoldedLayer(
                    description: NodeDescription(
                        name: node.name,
                        inputs: names([output]),
                        stages: output.stages,
                        connection: ComponentChoice("identity")
                    ),
                    folded: nil,
                    unit: unit
                )
            )
        default:
            throw .notSupported(
                "dense, conv2d, identity and batch_norm convert, not \(choice.connection?.name ?? "others")"
            )
        }
    }

    private static func unfoldable(_ output: Output) -> SNNError {
        .notSupported("what '\(output.asking)' does to every channel cannot be folded into an addition or a border")
    }

    /// Several inputs: stages on the way to the sum become layers of their own.
    private mutating func join(_ node: Node, _ choice: NodeDescription) throws(SNNError) -> Output {
        var parts: [Output] = []
        for sender in node.inputs {
            var part = sender < 0 ? input : outputs[sender]
            guard part.pending == nil else { throw Self.unfoldable(part) }
            if !part.stages.isEmpty {
                part = place(
                    FoldedLayer(
                        description: NodeDescription(
                            name: sender < 0 ? "\(node.name).input" : network.nodes[sender].name,
                            inputs: names([part]),
                            stages: part.stages
                        )
                    )
                )
                if sender >= 0 { outputs[sender] = part }
            }
            parts.append(part)
        }
        guard node.connection is Identity, node.stages.isEmpty, let neuron = choice.neuron else {
            throw .notSupported("several inputs convert where a layer has the connection identity and no stages")
        }
        return place(
            FoldedLayer(
                description: NodeDescription(
                    name: node.name,
                    inputs: names(parts),
                    connection: ComponentChoice("identity")
                ),
                unit: try AnalogUnit(neuron)
            )
        )
    }

    private func names(_ outputs: [Output]) -> [String] {
        outputs.map { output in output.layer.map { layers[$0].description.name } ?? "input" }
    }

    private mutating func place(_ layer: FoldedLayer) -> Output {
        layers.append(layer)
        return Output(layer: layers.count - 1)
    }

    private func pass(_ stage: any Stage, _ choice: ComponentChoice, _ output: inout Output) throws(SNNError) {
        if stage is Dropout { return }
        var choice = choice
        if let pool = stage as? Pooling, pool.kind == .max {
            let falling = output.pending?.factor.map { $0 < 0 } ?? []
            let turned = falling.indices.filter { falling[$0] != pool.latest.contains($0) }
            let latest = falling.isEmpty ? pool.latest.sorted() : turned
            choice.parameters["latest"] = .numbers(latest.map(Double.init))
            if countsSpikes { choice.parameters["counts"] = .boolean(true) }
        } else if stage is Flatten {
            output.pending = output.pending?.tiled(over: stage.inputShape.pixels)
        } else if stage is Pooling {
            // A mean keeps what is done to every channel.
        } else if stage is ZeroPadding {
            // What is added to every channel would have to be added to the border, too.
            guard output.pending?.constant.allSatisfy({ $0 == 0 }) ?? true else { throw Self.unfoldable(output) }
        } else {
            throw .notSupported("flatten, zero_pad, pools and dropout convert, not \(choice.name)")
        }
        output.stages.append(choice)
    }

    private mutating func fold(
        _ norm: BatchNormalisation,
        _ node: Node,
        _ unit: AnalogUnit,
        _ output: Output
    ) throws(SNNError) -> Output {
        let map = ChannelMap(
            norm,
            tensors: Array(network.tensors[node.tensors]),
            buffers: Array(network.buffers[node.buffers])
        )
        if let last = output.layer, output.stages.isEmpty, output.pending == nil, layers[last].unit == .linear,
            layers[last].folded != nil, node.inputs[0] >= 0, readers[node.inputs[0]] == 1
        {
            try checkStored(layers[last].description)
            layers[last].folded?.fold(behind: map)
            layers[last].unit = unit
            return output
        }
        guard unit == .linear else {
            throw .notSupported(
                "batch_norm before a nonlinearity converts right behind dense or conv2d with relu.identity alone"
            )
        }
        var behind = output
        behind.pending = map.behind(output.pending)
        behind.asking = node.name
        return behind
    }

    private mutating func append(
        _ map: Convolution,
        _ node: Node,
        _ choice: NodeDescription,
        _ unit: AnalogUnit,
        _ output: Output
    ) throws(SNNError) -> Output {
        var folded = FoldedConnection(map, tensors: Array(network.tensors[node.tensors]))
        if let pending = output.pending {
            try checkStored(choice)
            folded.fold(before: pending)
        }
        // Where layers follow one another no input needs a name.
        let follows = output.layer == layers.indices.last
        return place(
            FoldedLayer(
                description: NodeDescription(
                    name: node.name,
                    inputs: follows ? [] : names([output]),
                    stages: output.stages,
                    connection: choice.connection
                ),
                folded: folded,
                unit: unit
            )
        )
    }

    /// Weights that act otherwise than they are stored stay as they are.
    private func checkStored(_ layer: NodeDescription) throws(SNNError) {
        guard case .number(let bits) = layer.connection?.parameters["weight_bits"], bits != 0 else { return }
        throw .notSupported(
            "weight_bits of '\(layer.name)' must be 0 where something is folded into it, got \(bits.plain)"
        )
    }

    private mutating func checkEnd() throws(SNNError) {
        if let output = outputs.last, output.pending != nil {
            throw .notSupported("layer '\(output.asking)': no layer follows into which batch_norm could be folded")
        }
        guard let output = outputs.last, let last = layers.last, output.layer == layers.count - 1,
            output.stages.isEmpty,
            last.unit == .linear
        else {
            let name = network.nodes[network.nodes.count - 1].name
            throw .notSupported("layer '\(name)': the last layer must have the neuron relu.identity or ttfs.membrane")
        }
        for index in layers.indices {
            guard let folded = layers[index].folded else { continue }
            layers[index].description.connection?.parameters["bias"] = .boolean(!folded.bias.isEmpty)
            if folded.isPerPixel {
                layers[index].description.connection?.parameters["bias_per_pixel"] = .boolean(true)
            }
        }
    }

    /// A network of these layers with other neurons.
    ///
    /// `neuron` says what a layer's neurons become. Errors: those of building a network, and
    /// ``SNNError/notFinite(_:)`` where folding overflowed.
    func built(
        _ description: NetworkDescription,
        registry: Registry,
        neuron: (FoldedLayer, AnalogUnit) throws(SNNError) -> ComponentChoice
    ) throws(SNNError) -> Network {
        var result = description
        result.nodes = []
        for layer in layers {
            var node = layer.description
            if let unit = layer.unit {
                do throws(SNNError) { node.neuron = try neuron(layer, unit) } catch {
                    throw error.prefixed(by: "layer '\(node.name)': ")
                }
            }
            result.nodes.append(node)
        }
        let network = try Network(result, registry: registry, seed: self.network.seed)
        for (node, layer) in zip(network.nodes, layers) {
            guard let folded = layer.folded else { continue }
            for (tensor, numbers) in zip(network.tensors[node.tensors], [folded.weight, folded.bias]) {
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

/// Builds nodes one after another, checking that each fits what the one before sends.
struct NodeBuilder {
    let registry: Registry
    let dt: Double
    let steps: Int
    private(set) var nodes: [Node] = []
    /// The place of every node, and of the encoded input, by name.
    private var placesByName = ["input": -1]
    private(set) var tensors: [Tensor] = []
    private(set) var buffers: [Tensor] = []
    /// The encoded input, then what each node sends.
    private var sent: [Sending]
    /// What arrives at the part of a node that is being added.
    private var arriving: Sending

    init(registry: Registry, dt: Double, steps: Int, input: Sending) {
        self.registry = registry
        self.dt = dt
        self.steps = steps
        sent = [input]
        arriving = input
    }

    /// What the last node sends.
    ///
    /// Errors: ``SNNError/document(_:)`` for another node that nobody reads.
    func output() throws(SNNError) -> Sending {
        let read = Set(nodes.flatMap(\.inputs))
        for (index, node) in nodes.enumerated().dropLast() where !read.contains(index) {
            throw .document("layer '\(node.name)' sends to no other layer, and only the last one is read out")
        }
        return sent[sent.count - 1]
    }

    /// Adds a node and returns its description with every default filled in.
    mutating func add(_ given: NodeDescription) throws(SNNError) -> NodeDescription {
        var node = given
        if node.name.isEmpty { node.name = "layer\(nodes.count + 1)" }
        guard placesByName[node.name] == nil else {
            throw .document("layers[\(nodes.count)]: the name '\(node.name)' is taken")
        }
        guard !node.name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .document("layers[\(nodes.count)]: a name must not hold control characters")
        }
        do throws(SNNError) {
            let inputs = try places(of: node.inputs)
            arriving = try Sending.sum(inputs.map { sent[$0 + 1] })
            let joined = arriving.kind
            let needsInputGradient = arriving.carriesGradient
            let stages = try addStages(&node)
            let (first, firstBuffer) = (tensors.count, buffers.count)
            let staged = arriving.kind
            let (connection, neuron, weightMap) = try addNeurons(&node)
            nodes.append(
                Node(
                    name: node.name,
                    inputs: inputs,
                    joins: joined,
                    stages: stages,
                    connection: connection,
                    neuron: neuron,
                    weightMap: weightMap,
                    tensors: first..<tensors.count,
                    connectionTensors: first..<first + (connection?.tensors.count ?? 0),
                    buffers: firstBuffer..<buffers.count,
                    outputShape: arriving.shape,
                    sends: arriving.kind,
                    needsInputGradient: needsInputGradient,
                    defersGradients: staged.isConstant && weightMap == nil
                        && connection?.defersConstantGradients == true
                )
            )
            placesByName[node.name] = nodes.count - 1
            sent.append(arriving)
        } catch {
            throw error.prefixed(by: "layer '\(node.name)': ")
        }
        return node
    }

    /// The nodes of these names; -1 is the encoded input.
    private func places(of inputs: [String]) throws(SNNError) -> [Int] {
        guard !inputs.isEmpty else { return [nodes.count - 1] }
        var places: [Int] = []
        for name in inputs {
            guard let place = placesByName[name] else {
                throw .unknown("input", name, known: ["input"] + nodes.map(\.name))
            }
            guard !places.contains(place) else { throw .document("inputs must name a layer once, got '\(name)' twice") }
            places.append(place)
        }
        return places
    }

    private mutating func addStages(_ node: inout NodeDescription) throws(SNNError) -> [any Stage] {
        var stages: [any Stage] = []
        for (position, choice) in node.stages.enumerated() {
            let (stage, complete) = try BuiltIn.stage(choice, input: arriving.shape)
            node.stages[position] = complete
            try stage.check(arriving.kind)
            stages.append(stage)
            arriving.shape = stage.outputShape
            arriving.kind = stage.sends(arriving.kind)
            arriving.count = stage.largestCount(arriving.count)
            if !stage.keepsScale { arriving.isUnit = false }
        }
        guard arriving.count <= Int(Int16.max) else {
            throw .notSupported("pooled spike counts must be <= \(Int16.max), got up to \(arriving.count)")
        }
        return stages
    }

    private mutating func addNeurons(
        _ node: inout NodeDescription
    ) throws(SNNError) -> ((any Connection)?, (any NeuronModel)?, (any WeightMap)?) {
        guard let connectionChoice = node.connection, let neuronChoice = node.neuron else {
            guard node.connection == nil, node.neuron == nil else {
                throw .document("a connection needs a neuron and a neuron a connection; one of them is missing")
            }
            guard !node.stages.isEmpty else { throw .document("a layer must hold stages or a connection and a neuron") }
            return (nil, nil, nil)
        }
        guard let component = registry.neurons[neuronChoice.name] else {
            let error = SNNError.unknown("neuron", neuronChoice.name, known: registry.neurons.keys)
            throw .unknownName(error.message + "; one of your own is loaded first: --plugin FILE, snn_plugin_load()")
        }
        let (made, completeNeuron) = try component.made(neuronChoice, dt: dt)
        let (connection, completeConnection) = try BuiltIn.connection(
            component.initialiser.map { BuiltIn.filled(connectionChoice, with: $0) } ?? connectionChoice,
            input: arriving.shape
        )
        try connection.check(arriving.kind)
        try made.check(steps: steps)
        if made.demand == .total, !arriving.kind.isConstant {
            throw .notSupported(
                "\(neuronChoice.name) takes one total a window and needs constant input, but \(arriving.kind.rawValue) arrive"
            )
        }
        if made.demand == .times, arriving.kind != .times {
            throw .notSupported(
                "\(neuronChoice.name) takes spike times, but \(arriving.kind.rawValue) arrive; a coding or a layer that sends "
                    + "spike times must come before it"
            )
        }
        node.connection = completeConnection
        node.neuron = completeNeuron
        let weights = (tensors.map(\.description) + connection.tensors).reduce(0.0) { $0 + Double($1.count) }
        try Machine.check(4 * weights, for: "weights")
        for tensor in connection.tensors {
            tensors.append(Tensor(name: "\(node.name).\(tensor.name)", description: tensor))
        }
        let own = (connection.buffers + made.buffers).map { buffer in
            let tensor = Tensor(
                name: "\(node.name).\(buffer.name)",
                description: TensorDescription(
                    name: buffer.name,
                    shape: buffer.shape,
                    fanIn: 1,
                    fanOut: 1,
                    initialiser: Initialiser(.zero)
                )
            )
            tensor.storage.base.update(repeating: buffer.start, count: tensor.storage.count)
            return tensor
        }
        buffers += own
        let trained = made.tensors(of: connection.outputShape).map {
            Tensor(name: "\(node.name).\($0.name)", description: $0)
        }
        tensors += trained
        let neuron = made.bound(
            to: own.dropFirst(connection.buffers.count).map(\.storage),
            tensors: trained.map(\.storage),
            shape: connection.outputShape
        )
        let maps = [BuiltIn.weightMap(completeConnection), neuron.weightMap].compactMap(\.self)
        guard maps.count <= 1 else {
            throw .notSupported("\(neuronChoice.name) makes its own of the weights: weight_bits must be 0")
        }
        guard maps.first?.needsBias != true || connection.tensors.count > 1 else {
            throw .notSupported("\(neuronChoice.name) needs a connection with a bias")
        }
        arriving = Sending(
            shape: connection.outputShape,
            kind: neuron.sends,
            count: 1,
            isUnit: neuron.sendsUnitSpikes,
            carriesGradient: arriving.carriesGradient || !connection.tensors.isEmpty || !trained.isEmpty
        )
        return (connection, neuron, maps.first)
    }
}

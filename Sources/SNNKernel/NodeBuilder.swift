/// Builds nodes one after another, checking that each fits what the one before sends.
struct NodeBuilder {
    let registry: Registry
    let dt: Double
    var shape: Shape
    var kind: ActivityKind
    var count: Int
    var nodes: [Node] = []
    var tensors: [Tensor] = []
    var buffers: [Tensor] = []
    private var hasConnection = false

    init(registry: Registry, dt: Double, shape: Shape, kind: ActivityKind, count: Int) {
        self.registry = registry
        self.dt = dt
        self.shape = shape
        self.kind = kind
        self.count = count
    }

    /// Adds a node and returns its description with every default filled in.
    mutating func add(_ given: NodeDescription) throws(SNNError) -> NodeDescription {
        var node = given
        if node.name.isEmpty { node.name = "layer\(nodes.count + 1)" }
        guard node.name != "input", !nodes.contains(where: { $0.name == node.name }) else {
            throw .document("layers[\(nodes.count)]: the name '\(node.name)' is taken")
        }
        guard !node.name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .document("layers[\(nodes.count)]: a name must not hold control characters")
        }
        try checkInputs(of: node)
        var stages: [any Stage] = []
        do throws(SNNError) {
            for (position, choice) in given.stages.enumerated() {
                let (stage, complete) = try BuiltIn.stage(choice, input: shape)
                node.stages[position] = complete
                try stage.check(kind)
                stages.append(stage)
                shape = stage.outputShape
                kind = stage.sends(kind)
                count = stage.largestCount(count)
            }
            guard count <= Int(Int16.max) else {
                throw .notSupported("pooled spike counts must be <= \(Int16.max), got up to \(count)")
            }
            let (first, firstBuffer) = (tensors.count, buffers.count)
            let needsInputGradient = hasConnection
            let arriving = kind
            let (connection, neuron, weightMap) = try addNeurons(&node)
            nodes.append(
                Node(
                    name: node.name,
                    stages: stages,
                    connection: connection,
                    neuron: neuron,
                    weightMap: weightMap,
                    tensors: first..<tensors.count,
                    buffers: firstBuffer..<buffers.count,
                    outputShape: shape,
                    sends: kind,
                    needsInputGradient: needsInputGradient,
                    defersGradients: arriving.isConstant && weightMap == nil
                        && connection?.defersConstantGradients == true
                )
            )
        } catch {
            throw error.prefixed(by: "layer '\(node.name)': ")
        }
        return node
    }

    private func checkInputs(of node: NodeDescription) throws(SNNError) {
        let before = nodes.last?.name ?? "input"
        if node.inputs.count > 1 {
            throw .notSupported(
                "layer '\(node.name)': a second input ('\(node.inputs[1])') is not supported by this version"
            )
        }
        guard let input = node.inputs.first, input != before else { return }
        if input == "input" || nodes.contains(where: { $0.name == input }) {
            throw .notSupported(
                "layer '\(node.name)': inputs must name the layer before ('\(before)') in this version, got '\(input)'"
            )
        }
        throw .unknown("input of layer '\(node.name)':", input, known: ["input"] + nodes.map(\.name))
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
        let component = try registry.find("neuron", neuronChoice.name, in: registry.neurons)
        let (made, completeNeuron) = try component.made(neuronChoice, dt: dt)
        let (connection, completeConnection) = try BuiltIn.connection(
            component.initialiser.map { BuiltIn.filled(connectionChoice, with: $0) } ?? connectionChoice,
            input: shape
        )
        try connection.check(kind)
        if made.demand == .total, !kind.isConstant {
            throw .notSupported(
                "\(neuronChoice.name) takes one total a window and needs constant input, but \(kind.rawValue) arrive"
            )
        }
        if made.demand == .times, kind != .times {
            throw .notSupported(
                "\(neuronChoice.name) takes spike times, but \(kind.rawValue) arrive; a coding or a layer that sends "
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
        let neuron = made.bound(to: own.dropFirst(connection.buffers.count).map(\.storage))
        let maps = [BuiltIn.weightMap(completeConnection), neuron.weightMap].compactMap(\.self)
        guard maps.count <= 1 else {
            throw .notSupported("\(neuronChoice.name) makes its own of the weights: weight_bits must be 0")
        }
        guard maps.first?.needsBias != true || connection.tensors.count > 1 else {
            throw .notSupported("\(neuronChoice.name) needs a connection with a bias")
        }
        shape = connection.outputShape
        kind = neuron.sends
        count = 1
        hasConnection = true
        return (connection, neuron, maps.first)
    }
}

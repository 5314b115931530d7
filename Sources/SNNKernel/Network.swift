/// A trainable tensor of a network.
public final class Tensor: Sendable {
    /// Node and tensor: `hidden.weight`.
    public let name: String
    /// Its extents, its fans and how it starts.
    public let description: TensorDescription
    /// Its numbers, row-major; training changes them in place.
    public let storage: Storage<Float>

    /// Elements of the last extent, which lie together.
    var rowLength: Int { description.shape.last ?? 1 }

    init(name: String, description: TensorDescription) {
        self.name = name
        self.description = description
        storage = Storage(description.count, zerosAfter: TensorDescription.zeros(outputs: description.shape.last ?? 1))
    }
}

/// One layer, ready to run.
public struct Node: Sendable {
    /// Unique in the network.
    public let name: String
    /// The places of the nodes whose activity arrives, all before it; -1 is the encoded input.
    public let inputs: [Int]
    /// What arrives, several inputs added up.
    public let joins: ActivityKind
    /// What activity passes before the connection, in this order.
    public let stages: [any Stage]
    /// Nil, as is ``neuron``, in a node of stages alone.
    public let connection: (any Connection)?
    /// Nil, as is ``connection``, in a node of stages alone.
    public let neuron: (any NeuronModel)?
    /// What turns its tensors as stored into those that act; nil where they are the same.
    let weightMap: (any WeightMap)?
    /// Which of the network's tensors are its own: those of the connection, then those of the neurons.
    public let tensors: Range<Int>
    /// Which of them are the connection's.
    let connectionTensors: Range<Int>
    /// Which of the network's buffers are its own.
    public let buffers: Range<Int>
    /// Shape of what one sample sends on.
    public let outputShape: Shape
    /// What it sends.
    public let sends: ActivityKind
    /// Whether the gradient must pass through it to reach another node.
    let needsInputGradient: Bool
    /// Whether the gradients of its tensors wait for the whole batch (``Connection/defersConstantGradients``).
    let defersGradients: Bool

    /// Which of them are the neurons'.
    var neuronTensors: Range<Int> { connectionTensors.upperBound..<tensors.upperBound }

    /// The connection's tensors that act, of those stored.
    func used(_ stored: [Storage<Float>]) -> [Storage<Float>] { weightMap?.used(stored) ?? stored }

    /// Whether it sends spikes of neurons of its own.
    public var spikes: Bool { neuron != nil && (sends == .raster || sends == .times || sends == .codes) }
}

/// A network: coding, nodes in order, readout, and the weights. The flow, top to bottom:
///
///     values [B, F] -> Coding.encode -> Activity
///                   -> (stages -> Connection -> current -> NeuronModel) x L
///                   -> Readout.decode -> scores [B, C]
///
/// ``forward(_:weights:context:record:)`` is pure: same arguments, same answer, from any thread. Whoever drives it cuts
/// the batch into blocks of samples (``Trainer``, ``Inference``), so that results do not depend on threads.
public final class Network: @unchecked Sendable {
    /// Complete: every default filled in.
    public let description: NetworkDescription
    /// Turns the values of samples into the activity that enters the first node.
    public let coding: any Coding
    /// Turns the activity of the last node into scores.
    public let readout: any Readout
    /// The nodes in the order that activity passes them.
    public let nodes: [Node]
    /// Trainable tensors in the order of the nodes.
    public let tensors: [Tensor]
    /// What its parts keep beside the weights, in the order of the nodes.
    public let buffers: [Tensor]
    /// A node, the nodes whose activity nobody needs behind it.
    let releases: [[Int]]
    /// Scores of a sample.
    public let scoreCount: Int
    /// Seed of the weights and of random codings in inference.
    public let seed: UInt64
    /// Memory for the passes, kept from call to call.
    let workspaces = Workspaces()

    /// Steps of a window.
    public var steps: Int { description.steps }
    /// Shape of one sample (of one frame, where the coding takes frames).
    public var inputShape: Shape { description.input }
    /// Values of one sample.
    public var inputCount: Int { description.input.count * (coding.takesFrames ? steps : 1) }

    /// Builds a network and draws its weights.
    public init(_ description: NetworkDescription, registry: Registry, seed: UInt64) throws(SNNError) {
        guard description.steps >= 1, description.steps <= 1 << 20 else {
            throw .parameter("steps must be 1 ... \(1 << 20), got \(description.steps)")
        }
        guard description.dt > 0, description.dt.isFinite else {
            throw .parameter("dt must be > 0 ms, got \(description.dt.plain)")
        }
        let input = description.input
        guard input.height >= 1, input.width >= 1, input.channels >= 1 else {
            throw .shape("input.shape must be >= 1 in every extent, got \(input)")
        }
        guard input.height <= 1 << 16, input.width <= 1 << 16, input.channels <= 1 << 24, input.count <= 1 << 28 else {
            throw .shape("input.shape must have <= 2^28 values, got \(input)")
        }
        guard !description.nodes.isEmpty else { throw .document("layers must hold at least one layer") }

        var complete = description
        let (coding, codingChoice) = try registry.find("coding", description.coding.name, in: registry.codings)
            .made(description.coding, dt: description.dt)
        complete.coding = codingChoice
        let (readout, readoutChoice) = try registry.find("readout", description.readout.name, in: registry.readouts)
            .made(description.readout, dt: description.dt)
        complete.readout = readoutChoice

        var builder = NodeBuilder(
            registry: registry,
            dt: description.dt,
            steps: description.steps,
            input: Sending(shape: input, kind: coding.sends, count: coding.largestCount, isUnit: false)
        )
        for (index, node) in description.nodes.enumerated() {
            complete.nodes[index] = try builder.add(node)
        }
        nodes = builder.nodes
        tensors = builder.tensors
        buffers = builder.buffers
        releases = Self.releases(builder.nodes)
        let output = try builder.output()
        guard readout.reads(output.kind) else {
            throw .notSupported(
                "readout \(description.readout.name) cannot read \(output.kind.rawValue), which node "
                    + "'\(nodes[nodes.count - 1].name)' sends"
            )
        }
        // Event lists of a block count in 32 bits.
        let widest = nodes.reduce(input.count) { max($0, $1.outputShape.count) }
        guard widest <= Int(Int32.max) / (description.steps * Block.largest) else {
            throw .shape(
                "steps x widest layer must be <= \(Int(Int32.max) / Block.largest), got \(description.steps) x \(widest)"
            )
        }
        // A block's currents and what they send, the least that running it takes.
        try Machine.check(8 * Double(description.steps) * Double(widest * Block.largest), for: "a block of samples")
        scoreCount = try readout.scoreCount(neurons: output.shape.count)
        self.description = complete
        self.coding = coding
        self.readout = readout
        self.seed = seed
        for (index, tensor) in tensors.enumerated() {
            let stream = RandomStream(seed: seed, purpose: .initialisation, stream: UInt32(truncatingIfNeeded: index))
            tensor.description.initialiser.fill(tensor.storage, for: tensor.description, from: stream)
        }
        for node in nodes { node.weightMap?.start(tensors[node.connectionTensors].map(\.storage)) }
    }

    /// A node, the nodes that it is the last to read.
    private static func releases(_ nodes: [Node]) -> [[Int]] {
        var lastReader: [Int: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for input in node.inputs where input >= 0 { lastReader[input] = index }
        }
        return nodes.indices.map { index in lastReader.filter { $0.value == index }.keys.sorted() }
    }

    /// The position of the node called `name`.
    public func nodeIndex(_ name: String) throws(SNNError) -> Int {
        guard let index = nodes.firstIndex(where: { $0.name == name }) else {
            throw .unknown("node", name, known: nodes.map(\.name))
        }
        return index
    }

    /// Its tensors, then its buffers: what a file holds.
    public var allTensors: [Tensor] { tensors + buffers }

    /// The tensors of a node's connection as they act.
    public func actingTensors(of node: Node) -> [Storage<Float>] {
        node.used(tensors[node.connectionTensors].map(\.storage))
    }

    /// The buffer of a node, if it has one of that name.
    public func buffer(_ name: String, of node: Node) -> Storage<Float>? {
        buffers[node.buffers].first { $0.name == "\(node.name).\(name)" }?.storage
    }

    /// The buffers of a node's connection, in its order: the first of the node's.
    func connectionBuffers(of node: Node) -> [Storage<Float>] {
        buffers[node.buffers].prefix(node.connection?.buffers.count ?? 0).map(\.storage)
    }

    /// Whether a node sends codes of spikes.
    var sendsCodes: Bool { nodes.contains { $0.sends == .codes } }

    /// Whether the samples of a block meet in training.
    var mixesSamples: Bool { nodes.contains { $0.connection?.mixesSamples == true } }

    /// Whether every node's buffers let it run.
    ///
    /// Errors: ``SNNError/state(_:)`` that names the node and says what to do first.
    func checkReady() throws(SNNError) {
        for node in nodes {
            do throws(SNNError) {
                try node.connection?.checkReady(connectionBuffers(of: node))
                try node.neuron?.checkReady()
            } catch {
                throw error.prefixed(by: "layer '\(node.name)': ")
            }
        }
    }

    /// Whether every node's neurons have a derivative.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` that names the node.
    func checkTrainable() throws(SNNError) {
        for node in nodes {
            do throws(SNNError) { try node.neuron?.checkTrainable() } catch {
                throw error.prefixed(by: "layer '\(node.name)': ")
            }
        }
    }

    /// Whether neurons that can fail did, in a pass that just ended.
    ///
    /// Errors: what the neurons say, with the node's name.
    func checkFailures() throws(SNNError) {
        for node in nodes {
            if let failure = node.neuron?.takeFailure() { throw failure.prefixed(by: "layer '\(node.name)': ") }
        }
    }

    /// Weights in the layouts the passes want; valid until a weight changes.
    ///
    /// Errors: those of ``checkReady()``.
    func prepared(forTraining: Bool) throws(SNNError) -> [PreparedWeights?] {
        try checkReady()
        return nodes.map { node in
            node.connection?.prepare(
                actingTensors(of: node),
                buffers: connectionBuffers(of: node),
                isTraining: forTraining,
                adjoint: forTraining && node.needsInputGradient
            )
        }
    }

    /// The tensors whose gradients are computed for a whole batch at once.
    var deferredTensors: Set<Int> { Set(nodes.filter(\.defersGradients).flatMap(\.connectionTensors)) }

    /// Runs a block of samples through all nodes.
    ///
    /// - Parameters:
    ///   - input: the encoded input.
    ///   - weights: from ``prepared(forTraining:)``.
    ///   - context: which samples these are, and whether this is training.
    ///   - states: the state of each node's neurons, which moves on; nil starts all of them at rest.
    ///   - first: the first node up to its neurons, where that is known.
    ///   - record: asks for the membrane potentials of a node by handing memory for them.
    /// - Returns: what the last node sent and, in training or where the context keeps activity, what every node met.
    func forward(
        _ input: Activity,
        weights: [PreparedWeights?],
        context: BlockContext,
        states: [(any NeuronState)?]? = nil,
        first: LayerTrace? = nil,
        record: (Int) -> Values? = { _ in nil }
    ) -> Trace {
        var trace = Trace(input: input)
        var sent = Sent(input: input, nodes: nodes.count)
        let keeps = context.isTraining || context.keeps != .scores
        for (index, node) in nodes.enumerated() {
            var layer = LayerTrace()
            if index == 0, let first {
                layer = first
            } else {
                arrive(
                    sent.joined(at: node),
                    at: index,
                    weights: weights,
                    context: context,
                    inPanels: states == nil && context.keeps != .currents,
                    in: &layer
                )
            }
            if let current = layer.current, let neuron = node.neuron {
                let state = states?[index] ?? neuron.rest(count: current.row)
                layer.output = neuron.run(current, state: state, potentials: record(index), context.neurons(index))
                if context.recomputed.contains(index) { layer.current = nil }
            }
            sent[index] = layer.output
            for done in releases[index] where !keeps { sent[done] = nil }
            trace.layers.append(keeps ? layer : LayerTrace())
        }
        trace.output = sent[nodes.count - 1] ?? input
        return trace
    }

    /// Takes activity through the stages and the connection of a node, up to its neurons.
    func arrive(
        _ activity: Activity,
        at index: Int,
        weights: [PreparedWeights?],
        context: BlockContext,
        inPanels: Bool = false,
        in layer: inout LayerTrace
    ) {
        let node = nodes[index]
        var activity = activity
        for (position, stage) in node.stages.enumerated() {
            layer.stageInputs.append(activity)
            activity = stage.forward(activity, context.stage(node: index, position: position))
        }
        if let connection = node.connection, let weights = weights[index] {
            if context.keeps != .scores { layer.arriving = activity }
            let input = activity.decoded
            layer.connectionInput = input
            let keeps = context.isTraining && !context.recomputed.contains(index)
            if inPanels, let found = node.runPanels(input, weights: weights, keeps: keeps) {
                layer.output = .raster(found.output)
                layer.panels = found.panels
            } else {
                layer.current = connection.current(of: input, with: weights)
            }
        } else {
            layer.output = activity
        }
    }

    /// The reverse walk: given the gradient of the last node's activity, adds the gradient of every tensor.
    ///
    /// What a node that defers its gradients needs for them, the gradient of its current and what arrived, is handed to
    /// `later` instead. `penalty` is the factor on the summed activity of hidden nodes.
    func backward(
        _ trace: Trace,
        gradient: Values,
        weights: [PreparedWeights?],
        context: BlockContext,
        penalty: Float = 0,
        to gradients: [Storage<Float>],
        later: (_ node: Int, _ current: Values, _ input: Values) -> Void
    ) {
        var slopes = GradientsOfSent(output: gradient, nodes: nodes.count)
        // What stands behind them, pools say, makes their neurons no hidden ones.
        let lastNeurons = nodes.lastIndex { $0.neuron != nil } ?? 0
        for (index, node) in nodes.enumerated().reversed() {
            let layer = trace.layers[index]
            guard var gradient = slopes.take(index) else { continue }
            if let connection = node.connection, let neuron = node.neuron, let input = layer.connectionInput,
                let weights = weights[index]
            {
                if penalty > 0, index < lastNeurons, let output = layer.output {
                    gradient = output.addingSigns(times: penalty, to: gradient)
                }
                // The law of sums gives a current that was not kept the same bits again.
                let current: AdjointCurrent =
                    layer.panels.isEmpty
                    ? .whole(layer.current ?? connection.current(of: input, with: weights)) : .panels(layer.panels)
                let own = Array(gradients[node.neuronTensors])
                let ofWeights = Array(gradients[node.connectionTensors])
                if !node.needsInputGradient, !node.defersGradients, !current.isConstant {
                    let strips = current.strips(of: gradient, neuron, own: own)
                    let isDone = connection.addGradients(input: input, to: ofWeights, errors: strips)
                    if isDone { continue }
                }
                let ofCurrent = current.adjoint(of: gradient, neuron, own: own)
                if node.defersGradients, case .values(let values) = input {
                    later(index, ofCurrent, values)
                } else {
                    connection.addGradients(of: ofCurrent, input: input, to: ofWeights)
                }
                guard node.needsInputGradient else { continue }
                gradient = connection.inputGradient(of: ofCurrent, input: input, with: weights)
            }
            for (position, stage) in node.stages.enumerated().reversed() {
                gradient = stage.adjoint(
                    of: gradient,
                    input: layer.stageInputs[position],
                    context.stage(node: index, position: position)
                )
            }
            slopes.hand(gradient, to: node, trace)
        }
    }
}

/// What every node sent, as long as somebody needs it.
private struct Sent {
    private let input: Activity
    private var outputs: [Activity?]

    init(input: Activity, nodes: Int) {
        self.input = input
        outputs = Array(repeating: nil, count: nodes)
    }

    /// -1 is the encoded input.
    subscript(node: Int) -> Activity? {
        get { node < 0 ? input : outputs[node] }
        set { outputs[node] = newValue }
    }

    /// What arrives at a node, several inputs added up.
    func joined(at node: Node) -> Activity {
        let arriving = node.inputs.map { sender -> Activity in
            guard let activity = self[sender] else { preconditionFailure("'\(node.name)' reads what is gone") }
            return activity
        }
        return Activity.sum(arriving, as: node.joins)
    }
}

/// Gradients of what nodes sent, on the way back.
private struct GradientsOfSent {
    private var gradients: [Values?]

    init(output: Values, nodes: Int) {
        gradients = Array(repeating: nil, count: nodes)
        gradients[nodes - 1] = output
    }

    /// The gradient of what a node sent, now that all its readers have spoken.
    mutating func take(_ node: Int) -> Values? {
        defer { gradients[node] = nil }
        return gradients[node]
    }

    /// Hands the gradient of what arrived at a node to those that sent it.
    mutating func hand(_ gradient: Values, to node: Node, _ trace: Trace) {
        for input in node.inputs where input >= 0 {
            guard let activity = trace.layers[input].output else { continue }
            let part = node.inputs.count > 1 ? activity.partGradient(gradient, of: node.joins) : gradient
            gradients[input] = gradients[input].map { $0.adding(part) } ?? part
        }
    }
}

/// Which samples a block holds, and what for.
struct BlockContext: Sendable {
    /// What somebody looks at when a slab is done, beside what training needs.
    enum Kept {
        /// What the readout made.
        case scores
        /// What arrived at every node and what it sent.
        case activity
        /// Currents and potentials too.
        case currents
    }

    let isTraining: Bool
    let seed: UInt64
    let samples: [UInt64]
    var firstStep = 0
    /// What of every node is kept until a slab is done.
    var keeps = Kept.scores
    /// Nodes whose currents are computed again on the way back instead of kept (``Trainer/memoryBudget``).
    var recomputed: Set<Int> = []
    /// What the stages of every node remember, in a session.
    var memories: [[(any StageMemory)?]] = []

    func stage(node: Int, position: Int) -> StageContext {
        let stream = UInt32(truncatingIfNeeded: node << 8 | position & 0xFF)
        return StageContext(
            isTraining: isTraining,
            samples: samples,
            firstStep: firstStep,
            random: RandomStream(seed: seed, purpose: .dropout, stream: stream),
            memory: memories.isEmpty ? nil : memories[node][position]
        )
    }

    func neurons(_ node: Int) -> StageContext {
        StageContext(
            isTraining: isTraining,
            samples: samples,
            firstStep: firstStep,
            random: RandomStream(seed: seed, purpose: .jitter, stream: UInt32(truncatingIfNeeded: node))
        )
    }

    var coding: RandomStream { RandomStream(seed: seed, purpose: .coding) }
}

/// What a forward pass leaves for the backward pass, statistics and recordings.
struct Trace {
    let input: Activity
    var layers: [LayerTrace] = []
    var output: Activity

    init(input: Activity) {
        self.input = input
        output = input
    }
}

/// One node's part of a ``Trace``.
struct LayerTrace {
    var stageInputs: [Activity] = []
    /// What arrived at the connection, with codes of spikes as they came; only where activity is kept.
    var arriving: Activity?
    var connectionInput: Activity?
    var current: Values?
    /// The current, of a layer that ran in panels.
    var panels: [Panel] = []
    var output: Activity?
}

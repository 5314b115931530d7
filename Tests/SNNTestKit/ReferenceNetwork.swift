import SNNKernel

/// The whole flow written a second time, plain and slow, over any lane: what the engine is compared with.
///
///     Float    obeys the law of sums, so that the engine must give the same bits
///     Double   the number that float32 results are compared with, and finite differences of it
///     Dual     forward-mode derivatives, through the surrogate where a neuron spikes
///
/// It shares with the engine the equations of the neurons (over another lane), the codings and the random streams, and
/// nothing else: connections, stages, readouts and losses are their formulas, without skipping, tiles or sample blocks.
public struct ReferenceNetwork<V: ReferenceLane> {
    /// The network that is run.
    public let network: Network
    /// The numbers of each tensor, as stored.
    public var tensors: [[V]]

    /// Takes the weights as they are now.
    public init(_ network: Network) {
        self.network = network
        tensors = network.tensors.map { tensor in tensor.storage.elements.map { V(Double($0)) } }
    }

    /// Nil where there is none, and where it is the identity.
    private func connection(_ node: Node) -> ReferenceConnection<V>? {
        guard let connection = node.connection, !(connection is Identity) else { return nil }
        guard let map = connection as? Convolution else {
            preconditionFailure("the reference knows no such connection")
        }
        let own = tensors[node.tensors]
        return ReferenceConnection(
            map: map,
            weight: own[own.startIndex],
            bias: map.hasBias ? own[own.startIndex + 1] : nil
        )
    }

    private func model(_ index: Int) -> ReferenceModel<V>? {
        network.nodes[index].neuron.map { neuron in
            ReferenceModel(neuron, name: network.description.nodes[index].neuron?.name ?? "")
        }
    }

    private func dropout(
        _ dropout: Dropout,
        _ node: Int,
        _ position: Int,
        _ context: ReferenceContext
    )
        -> ReferenceDropout<V>
    {
        ReferenceDropout(
            dropout: dropout,
            random: RandomStream(seed: context.seed, purpose: .dropout, stream: UInt32(node << 8 | position)),
            samples: context.samples
        )
    }

    /// Runs a window.
    public func forward(_ input: Signal<V>, _ context: ReferenceContext) -> ReferenceTrace<V> {
        var trace = ReferenceTrace(input: input)
        for (index, node) in network.nodes.enumerated() {
            var layer = ReferenceTrace<V>.Layer()
            var signal = trace.arriving(at: node)
            for (position, stage) in node.stages.enumerated() {
                layer.stageInputs.append(signal)
                if let pool = stage as? Pooling {
                    signal = ReferencePooling(pool: pool).forward(signal)
                } else if let drop = stage as? Dropout, context.isTraining {
                    signal = dropout(drop, index, position, context).forward(signal)
                }
            }
            if let model = model(index) {
                layer.arriving = signal
                layer.current = connection(node)?.current(of: signal) ?? signal.values
                let result = model.run(layer.current, steps: signal.steps)
                layer.potentials = result.potentials
                signal = Signal(
                    steps: signal.steps,
                    batch: signal.batch,
                    count: node.outputShape.count,
                    numbers: result.sent,
                    isRaster: node.sends == .raster
                )
            }
            layer.output = signal
            trace.layers.append(layer)
        }
        return trace
    }

    /// The scores of the window, `[batch, classes]`.
    public func scores(_ trace: ReferenceTrace<V>) -> [V] {
        ReferenceReadout(network.description.readout).scores(trace.output)
    }

    /// The loss of a window.
    public func loss(_ trace: ReferenceTrace<V>, _ loss: Loss, _ answers: Answers) -> V {
        judged(trace, loss, answers).loss
    }

    private func judged(_ trace: ReferenceTrace<V>, _ loss: Loss, _ answers: Answers) -> (loss: V, gradient: [V]) {
        let readout = ReferenceReadout<V>(network.description.readout)
        let signal = trace.output
        let scores = loss.span == .step ? readout.stepScores(signal) : readout.scores(signal)
        return ReferenceLoss<V>(
            loss: loss,
            answers: answers,
            batch: signal.batch,
            steps: signal.steps,
            classes: readout.scoreCount(signal.count)
        ).evaluate(scores)
    }

    /// The gradient of every tensor, by the reverse walk.
    public func gradients(
        _ trace: ReferenceTrace<V>,
        _ loss: Loss,
        _ answers: Answers,
        _ context: ReferenceContext
    ) -> [[V]] {
        let readout = ReferenceReadout<V>(network.description.readout)
        let slope = judged(trace, loss, answers).gradient
        var gradients: [Int: [V]] = [:]
        gradients[network.nodes.count - 1] =
            loss.span == .step
            ? readout.stepAdjoint(of: slope, trace.output) : readout.adjoint(of: slope, trace.output)
        var result = tensors.map { [V](repeating: V.zero, count: $0.count) }
        for (index, node) in network.nodes.enumerated().reversed() {
            let layer = trace.layers[index]
            guard var gradient = gradients[index] else { continue }
            if let model = model(index), let arriving = layer.arriving {
                gradient = model.adjoint(of: gradient, current: layer.current, steps: arriving.steps)
                if let connection = connection(node) {
                    let parts = connection.adjoint(of: gradient, input: arriving)
                    result[node.tensors.lowerBound] = parts.weight
                    if node.tensors.count > 1 { result[node.tensors.lowerBound + 1] = parts.bias }
                    gradient = parts.input
                }
            }
            for (position, stage) in node.stages.enumerated().reversed() {
                let input = layer.stageInputs[position]
                if let pool = stage as? Pooling {
                    gradient = ReferencePooling(pool: pool).adjoint(of: gradient, input: input)
                } else if let drop = stage as? Dropout, context.isTraining {
                    gradient = dropout(drop, index, position, context).adjoint(of: gradient, input: input)
                }
            }
            for sender in node.inputs {
                gradients[sender] = gradients[sender].map { zip($0, gradient).map { $0 + $1 } } ?? gradient
            }
        }
        return result
    }
}

/// Everything that a reference pass went through.
public struct ReferenceTrace<V: ReferenceLane> {
    /// One node's part.
    public struct Layer {
        var stageInputs: [Signal<V>] = []
        var arriving: Signal<V>?
        var current: [V] = []
        /// Potentials after charge and before reset, `[steps, batch, neurons]`; empty without neurons.
        public var potentials: [V] = []
        /// What the node sent.
        public var output: Signal<V>?
    }

    /// The encoded input.
    public let input: Signal<V>
    /// One a node.
    public var layers: [Layer] = []

    init(input: Signal<V>) { self.input = input }

    /// What the last node sent.
    public var output: Signal<V> { layers.last?.output ?? input }

    /// What arrives at a node: the sum of its inputs.
    func arriving(at node: Node) -> Signal<V> {
        let parts = node.inputs.map { $0 < 0 ? input : layers[$0].output ?? input }
        guard parts.count > 1 else { return parts[0] }
        return Signal(
            steps: input.steps,
            batch: input.batch,
            count: parts[0].count,
            numbers: parts.dropFirst().reduce(parts[0].values) { sum, part in zip(sum, part.values).map { $0 + $1 } },
            isRaster: parts.allSatisfy { $0.isRaster && $0.scale.primal == 1 }
        )
    }
}

/// A streaming run: the same nodes one step at a time.
///
/// After a whole window its scores are those of ``Network/predict`` to the bit, as both run the same code on the same
/// state. A network that sends codes of spikes takes a new sample every window of K steps, and its scores come
/// ``latency`` steps after the sample.
public final class Session {
    /// The network it runs, with a copy of the weights as they were when the session began.
    public let network: Network
    /// Independent streams.
    public let batch: Int
    /// Steps since the start or the newest reset.
    public private(set) var steps = 0
    private let weights: [PreparedWeights?]
    private let samples: [UInt64]
    private var states: [(any NeuronState)?] = []
    private var memories: [[(any StageMemory)?]] = []
    private var total: Values
    private var inputs: Storage<Float>?
    private var outputs: [Activity] = []
    private var pipeline: Pipeline?

    /// Opens `batch` streams at rest; `firstSample` is the number of the first one's sample, for random codings.
    ///
    /// Errors: ``SNNError/argument(_:)`` for a batch below 1 or of more than 2^28 neurons in the widest layer, and those of
    /// ``Network/checkReady()``.
    public init(_ network: Network, batch: Int, firstSample: UInt64 = 0) throws(SNNError) {
        guard batch >= 1, batch <= Session.largestBatch(of: network) else {
            throw .argument("batch must be 1 ... \(Session.largestBatch(of: network)), got \(batch)")
        }
        try network.checkReady()
        self.network = network
        self.batch = batch
        // Copies: training may go on while a session runs.
        weights = network.nodes.map { node in
            node.connection?.prepare(
                node.used(network.tensors[node.connectionTensors].map { $0.storage.copy() }),
                buffers: network.connectionBuffers(of: node).map { $0.copy() },
                isTraining: false,
                adjoint: false
            )
        }
        samples = (0..<batch).map { firstSample &+ UInt64($0) }
        total = Values(steps: 1, batch: 1, count: 1, isConstant: true)
        reset()
    }

    private static func largestBatch(of network: Network) -> Int {
        let widest = network.nodes.reduce(network.inputShape.count) { max($0, $1.outputShape.count) }
        return max(1, (1 << 28) / widest)
    }

    /// Steps between a sample and its scores: 0 but for networks that send codes of spikes, K a layer that receives them.
    public var latency: Int { network.sendsCodes ? network.steps * Pipeline.latency(of: network) : 0 }

    /// Values of one step of one stream.
    public var inputCount: Int { network.inputShape.count }

    /// Back to rest.
    public func reset() {
        steps = 0
        inputs = nil
        outputs = []
        pipeline = network.sendsCodes ? Pipeline(network, weights: weights, context: context) : nil
        memories = network.nodes.map { node in node.stages.map { $0.rest(batch: batch) } }
        states = network.nodes.map { node in node.neuron?.rest(count: batch * node.outputShape.count) }
        total = Values(
            steps: 1,
            batch: batch,
            count: network.nodes[network.nodes.count - 1].outputShape.count,
            isConstant: true
        )
    }

    /// Advances every stream by one step.
    ///
    /// - Parameter rows: `[batch, inputCount]` in NCHW order; nil repeats those of the step before.
    /// - Throws: ``SNNError/notFinite(_:)`` for an input that is not a finite number, ``SNNError/parameter(_:)`` for one
    ///   that the coding does not take, ``SNNError/state(_:)`` where the first step comes without rows, or where rows come
    ///   before a window of codes has ended.
    public func step(_ rows: UnsafePointer<Float>?) throws(SNNError) {
        var inputs = self.inputs
        if let rows {
            let copy = Storage<Float>(overwriting: batch * inputCount)
            copy.base.update(from: rows, count: copy.count)
            for index in 0..<copy.count where !copy.base[index].isFinite {
                throw .notFinite("inputs must be finite, got \(copy.base[index]) at \(index)")
            }
            inputs = copy
        }
        guard let inputs else { throw .state("the first step needs inputs") }
        if let pipeline { return try step(pipeline, inputs, isNew: rows != nil) }
        let input = try network.encode(
            RowSource(UnsafePointer(inputs.base), inputCount: inputCount),
            samples: 0..<batch,
            context: context,
            steps: steps..<steps + 1
        )
        // Only now: a refused step leaves the inputs of the step before to be repeated.
        self.inputs = inputs
        let trace = network.forward(input, weights: weights, context: context, states: states)
        try network.checkFailures()
        outputs = [input] + trace.layers.compactMap(\.output)
        let sent = Storage<Float>(total.row)
        trace.output.write(step: 0, to: sent.base)
        network.readout.accumulate(sent.base, step: steps, into: total)
        withExtendedLifetime(sent) {}
        steps += 1
    }

    private var context: BlockContext {
        BlockContext(
            isTraining: false,
            seed: network.seed,
            samples: samples,
            firstStep: pipeline == nil ? steps : 0,
            keeps: .currents,
            memories: memories
        )
    }

    /// One step of a network that sends codes: the first of a window takes a sample.
    private func step(_ pipeline: Pipeline, _ inputs: Storage<Float>, isNew: Bool) throws(SNNError) {
        let place = steps % network.steps
        guard place == 0 || !isNew else {
            throw .state("a new sample must come at the first of \(network.steps) steps, got one at step \(place + 1)")
        }
        if place == 0 {
            let input = try network.encode(
                RowSource(UnsafePointer(inputs.base), inputCount: inputCount),
                samples: 0..<batch,
                context: context
            )
            pipeline.begin(input)
            self.inputs = inputs
        }
        outputs = (-1..<network.nodes.count).map { pipeline.sent($0, step: place, batch: batch) }
        steps += 1
    }

    /// Scores `[batch, C]` after the steps so far.
    ///
    /// Of codes those of the newest sample that has passed all layers.
    public func scores() throws(SNNError) -> Values {
        if let pipeline {
            guard let output = pipeline.output else {
                throw .state("the first scores are there after \(latency + 1) steps, got \(steps)")
            }
            return network.readout.decode(output)
        }
        guard steps > 0 else { throw .state("there are no scores before the first step") }
        return network.readout.scores(total: total, steps: steps)
    }

    /// What a node («input» for the encoded input) sent in the newest step.
    public func output(_ node: String) throws(SNNError) -> Activity {
        let index = node == "input" ? 0 : try network.nodeIndex(node) + 1
        guard steps > 0 else { throw .state("nothing was sent before the first step") }
        return outputs[index]
    }
}

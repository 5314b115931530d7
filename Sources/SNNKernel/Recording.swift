/// What to record of a window, and how much memory it may take.
public struct RecordingRequest: Sendable {
    /// Names of nodes, «input» for the encoded input; nil records all.
    public var nodes: [String]?
    /// Whether to record spike counts: 2 bytes a neuron, sample and step.
    public var spikes: Bool
    /// Whether to record potentials and analog values: 4 bytes a neuron, sample and step.
    public var potentials: Bool
    /// Most bytes of the recording.
    public var byteBudget: Int

    /// Unless told otherwise: the spikes of every node, in at most 64 MiB.
    public init(nodes: [String]? = nil, spikes: Bool = true, potentials: Bool = false, byteBudget: Int = 64 << 20) {
        self.nodes = nodes
        self.spikes = spikes
        self.potentials = potentials
        self.byteBudget = byteBudget
    }
}

/// Spikes and membrane potentials of one window.
public final class Recording: Sendable {
    /// One node's part.
    public struct Node: Sendable {
        /// The node's name; «input» for the encoded input.
        public let name: String
        /// `[steps, batch, neurons]`; zeros where the node was not recorded.
        public let shape: [Int]
        /// Signed counts, to be multiplied by `scale`; nil where they were not recorded or the node sends values.
        public let counts: Storage<Int16>?
        /// What a count of 1 is worth on arrival.
        public let scale: Float
        /// Potentials after charge and before reset, or the values an analog node sent.
        public let potentials: Storage<Float>?
    }

    /// The encoded input, then every node of the network in order.
    public let nodes: [Node]

    init(nodes: [Node]) { self.nodes = nodes }

    /// The part of the node called `name`.
    public func node(_ name: String) throws(SNNError) -> Node {
        guard let node = nodes.first(where: { $0.name == name }) else {
            throw .unknown("node", name, known: nodes.map(\.name))
        }
        return node
    }
}

extension Network {
    /// Runs one window and records it.
    ///
    /// A recording over its budget is refused before anything runs. Errors: ``SNNError/memory(_:)`` for that,
    /// ``SNNError/unknownName(_:)`` for a node, ``SNNError/argument(_:)`` for a batch below 1,
    /// ``SNNError/notFinite(_:)`` for an input that is not a finite number.
    public func record(
        _ source: any SampleSource,
        count: Int,
        firstSample: UInt64 = 0,
        request: RecordingRequest
    ) throws(SNNError) -> Recording {
        guard count >= 1 else { throw .argument("batch must be >= 1, got \(count)") }
        let known = ["input"] + nodes.map(\.name)
        for name in request.nodes ?? [] where !known.contains(name) { throw .unknown("node", name, known: known) }
        let wanted = known.map { request.nodes?.contains($0) ?? true }
        try checkBudget(request, wanted: wanted, count: count)

        let context = BlockContext(
            isTraining: false,
            seed: seed,
            samples: (0..<count).map { firstSample &+ UInt64($0) },
            keeps: .currents
        )
        let input = try encode(source, samples: 0..<count, context: context)
        let potentials = nodes.indices.map { index in
            request.potentials && wanted[index + 1] && nodes[index].neuron != nil
                ? Values(steps: steps, batch: count, count: nodes[index].outputShape.count) : nil
        }
        let trace = forward(input, weights: try prepared(forTraining: false), context: context) { potentials[$0] }
        try checkFailures()
        var parts: [Recording.Node] = []
        let activities = [input] + trace.layers.compactMap(\.output)
        for (index, activity) in activities.enumerated() {
            parts.append(
                wanted[index]
                    ? part(known[index], activity, potentials: index == 0 ? nil : potentials[index - 1], request)
                    : Recording.Node(name: known[index], shape: [0, 0, 0], counts: nil, scale: 1, potentials: nil)
            )
        }
        return Recording(nodes: parts)
    }

    private func checkBudget(_ request: RecordingRequest, wanted: [Bool], count: Int) throws(SNNError) {
        let sizes = [inputShape.count] + nodes.map(\.outputShape.count)
        // All samples run as one block, whose event lists count in 32 bits.
        let widest = Double(sizes.max() ?? 1)
        guard widest * Double(steps) * Double(count) <= Double(Int32.max) else {
            throw .memory(
                "batch x steps x widest layer of a recording must be <= \(Int32.max), got "
                    + "\(count) x \(steps) x \(widest.plain); record fewer samples at a time"
            )
        }
        let neurons = zip(sizes, wanted).reduce(0.0) { $0 + ($1.1 ? Double($1.0) : 0) }
        let bytes = neurons * Double(steps) * Double(count) * ((request.spikes ? 2 : 0) + (request.potentials ? 4 : 0))
        guard bytes <= Double(request.byteBudget) else {
            throw .memory(
                "the recording must be <= \(request.byteBudget) bytes (byte_budget), it would take "
                    + "\(bytes.plain); name fewer nodes or samples"
            )
        }
    }

    private func part(
        _ name: String,
        _ activity: Activity,
        potentials: Values?,
        _ request: RecordingRequest
    ) -> Recording.Node {
        let shape = [activity.steps, activity.batch, activity.count]
        var counts: Storage<Int16>?
        var scale: Float = 1
        var analog = potentials?.storage
        switch activity {
        case .raster(let raster):
            scale = raster.scale
            guard request.spikes else { break }
            let storage = Storage<Int16>(raster.steps * raster.row)
            for t in 0..<raster.steps {
                raster.forEachEvent(step: t, in: 0..<raster.row) {
                    storage.base[t * raster.row + $0] = Int16(truncatingIfNeeded: $1)
                }
            }
            counts = storage
        case .values(let values):
            guard request.potentials else { break }
            let storage = Storage<Float>(values.steps * values.row)
            for t in 0..<values.steps {
                (storage.base + t * values.row).update(from: values.step(t), count: values.row)
            }
            analog = storage
        }
        return Recording.Node(name: name, shape: shape, counts: counts, scale: scale, potentials: analog)
    }
}

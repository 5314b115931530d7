import SNNKernel
import Testing

/// What an engine check saw, so that a test can tell that its networks were neither silent nor saturated.
public struct EngineActivity: Sendable {
    /// Entries that nodes could have sent.
    public var slots = 0
    /// Entries that were not zero.
    public var events = 0

    /// Nothing seen yet.
    public init() {}

    /// Adds what another check saw.
    public static func += (a: inout EngineActivity, b: EngineActivity) {
        a.slots += b.slots
        a.events += b.events
    }
}

/// Checks that every way of running a network gives the bits of the float32 reference.
///
/// The reference walks over every input, silent or not, in the order that the law of sums states. Compared with it are
///
/// 1. spikes, potentials and scores of a whole window;
/// 2. scores on one and on three threads;
/// 3. a streaming session: every node's spikes at every step, and the scores;
/// 4. potentials, one step at a time through the public parts;
/// 5. every sample alone.
@discardableResult
public func checkEngine(
    _ network: Network,
    rows: [Float],
    seed: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> EngineActivity {
    let count = rows.count / network.inputCount
    let check = EngineCheck(
        network: network,
        source: ArraySource(rows, inputCount: network.inputCount),
        count: count,
        law: IssueLog(subject: "engine", seed: seed, location: sourceLocation)
    )
    let context = ReferenceContext(isTraining: false, seed: network.seed, samples: (0..<count).map(UInt64.init))
    let reference = ReferenceNetwork<Float>(network)
    let trace = reference.forward(Signal(network.encoded(rows, context)), context)
    let scores = reference.scores(trace)
    let whole = try network.record(check.source, count: count, request: RecordingRequest(potentials: true))

    try check.window(whole, trace)
    try check.threads(scores)
    try check.session(trace, scores)
    check.stream(trace, context, rows)
    try check.alone(whole)
    return check.activity(trace)
}

private struct EngineCheck {
    let network: Network
    let source: ArraySource
    let count: Int
    let law: IssueLog

    /// What a node sent as the recording and the session see it.
    private func sent(_ layer: ReferenceTrace<Float>.Layer) -> [Float] {
        guard let output = layer.output else { return [] }
        return output.isRaster ? output.numbers.map { $0 * output.scale } : output.numbers
    }

    func window(_ recording: Recording, _ trace: ReferenceTrace<Float>) throws {
        for (node, layer) in zip(network.nodes, trace.layers) {
            let part = try recording.node(node.name)
            if let counts = part.counts {
                law.equalBits(counts.elements.map { Float($0) * part.scale }, sent(layer), "spikes of \(node.name)")
                if let potentials = part.potentials {
                    law.equalBits(Array(potentials.elements), layer.potentials, "potentials of \(node.name)")
                }
            } else if let values = part.potentials {
                law.equalBits(Array(values.elements), sent(layer), "values of \(node.name)")
            } else {
                law.require(false, "nothing was recorded of \(node.name)")
            }
        }
    }

    func threads(_ scores: [Float]) throws {
        for threads in [1, 3] {
            let found = Storage<Float>(scores.count)
            try network.predict(source, count: count, threads: threads, scores: found.base)
            law.equalBits(Array(found.elements), scores, "scores on \(threads) threads")
        }
    }

    func session(_ trace: ReferenceTrace<Float>, _ scores: [Float]) throws {
        let session = try Session(network, batch: count)
        let frame = network.inputShape.count
        for t in 0..<network.steps {
            if network.coding.takesFrames || t == 0 {
                let input = Storage<Float>(count * frame)
                for sample in 0..<count {
                    let from = sample * network.inputCount + (network.coding.takesFrames ? t * frame : 0)
                    for index in 0..<frame { input.base[sample * frame + index] = source.rows[from + index] }
                }
                try session.step(input.base)
            } else {
                try session.step(nil)
            }
            for (node, layer) in zip(network.nodes, trace.layers) {
                let all = sent(layer)
                let row = all.count / network.steps
                law.equalBits(
                    try session.output(node.name).numbers,
                    Array(all[t * row..<(t + 1) * row]),
                    "session, step \(t), \(node.name)"
                )
            }
        }
        law.equalBits(try session.scores().numbers, scores, "scores of the session")
    }

    func stream(_ trace: ReferenceTrace<Float>, _ context: ReferenceContext, _ rows: [Float]) {
        let states = network.nodes.map { $0.neuron?.rest(count: count * $0.outputShape.count) }
        let weights = network.nodes.map { node in
            node.connection?.prepare(
                network.tensors[node.tensors].map(\.storage),
                buffers: [],
                isTraining: false,
                adjoint: false
            )
        }
        let whole = network.encoded(rows, context)
        for t in 0..<network.steps {
            let input = slice(whole, t)
            var sent: [Activity] = []
            for (index, node) in network.nodes.enumerated() {
                var activity = Activity.sum(node.inputs.map { $0 < 0 ? input : sent[$0] }, as: node.joins)
                defer { sent.append(activity) }
                let stageContext = StageContext(
                    isTraining: false,
                    samples: context.samples,
                    firstStep: t,
                    random: RandomStream(seed: context.seed, purpose: .dropout)
                )
                for stage in node.stages { activity = stage.forward(activity, stageContext) }
                guard let connection = node.connection, let neuron = node.neuron, let weights = weights[index],
                    let state = states[index]
                else { continue }
                let current = connection.current(of: activity, with: weights)
                let potentials = Values(steps: 1, batch: count, count: node.outputShape.count)
                activity = neuron.run(current, state: state, potentials: potentials)
                let row = potentials.row
                law.equalBits(
                    potentials.numbers,
                    Array(trace.layers[index].potentials[t * row..<(t + 1) * row]),
                    "streamed potentials, step \(t), \(node.name)"
                )
            }
        }
    }

    /// One step of an activity, as an activity of one step.
    private func slice(_ activity: Activity, _ t: Int) -> Activity {
        switch activity {
        case .values(let values):
            let part = Values(
                steps: 1,
                batch: values.batch,
                count: values.count,
                isConstant: values.isConstant
            )
            for index in 0..<values.row { part.base[index] = values.step(t)[index] }
            return .values(part)
        case .raster(let raster):
            let counts = Storage<Int16>(raster.row)
            for index in 0..<raster.row { counts.base[index] = Int16(raster.event(step: t, index: index)) }
            return .raster(
                Raster(steps: 1, batch: raster.batch, count: raster.count, scale: raster.scale, form: .counts(counts))
            )
        }
    }

    func alone(_ whole: Recording) throws {
        for sample in 0..<count {
            let row = Array(source.rows[sample * source.inputCount..<(sample + 1) * source.inputCount])
            let single = try network.record(
                ArraySource(row, inputCount: source.inputCount),
                count: 1,
                firstSample: UInt64(sample),
                request: RecordingRequest(potentials: true)
            )
            for (one, all) in zip(single.nodes, whole.nodes) {
                let neurons = one.shape[2]
                if let a = one.counts, let b = all.counts {
                    law.equalBits(
                        a.elements.map(Float.init),
                        part(of: sample, in: b.elements.map(Float.init), batch: count, count: neurons),
                        "spikes of \(one.name), sample \(sample) alone"
                    )
                }
                if let a = one.potentials, let b = all.potentials {
                    law.equalBits(
                        Array(a.elements),
                        part(of: sample, in: Array(b.elements), batch: count, count: neurons),
                        "potentials of \(one.name), sample \(sample) alone"
                    )
                }
            }
        }
    }

    func activity(_ trace: ReferenceTrace<Float>) -> EngineActivity {
        var seen = EngineActivity()
        for layer in trace.layers where layer.output?.isRaster == true {
            let numbers = sent(layer)
            seen.slots += numbers.count
            seen.events += numbers.filter { $0 != 0 }.count
        }
        return seen
    }
}

/// Checks that several training steps leave the same weights and moments for every number of threads.
public func checkThreads(
    _ make: () throws -> Trainer,
    rows: [Float],
    answers: Answers,
    steps: Int,
    threads: [Int],
    seed: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let law = IssueLog(subject: "training", seed: seed, location: sourceLocation)
    var first: [[Float]]?
    for threads in threads {
        let trainer = try make()
        let source = ArraySource(rows, inputCount: trainer.network.inputCount)
        let start = trainer.network.tensors.map { Array($0.storage.elements) }
        try answers.withTargets { targets in
            for _ in 0..<steps {
                _ = try trainer.trainBatch(
                    source,
                    targets: targets,
                    count: rows.count / source.inputCount,
                    threads: threads
                )
            }
        }
        let trained = trainer.network.tensors.map { Array($0.storage.elements) }
        let moments = trainer.moments.flatMap { $0.map { Array($0.elements) } }
        for (index, tensor) in trainer.network.tensors.enumerated() {
            law.require(trained[index] != start[index], "\(tensor.name) did not move")
        }
        guard let wanted = first else {
            first = trained + moments
            continue
        }
        for (found, wanted) in zip(trained + moments, wanted) {
            law.equalBits(found, wanted, "weights and moments after \(steps) steps on \(threads) threads")
        }
    }
}

import CodingsPlugin
import ReLUPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import FSPlugin

/// Two residual blocks of different depth and a max pool: branches of one, two and three layers meet.
private func residual(steps: Int) throws -> Network {
    func node(
        _ name: String,
        _ inputs: [String],
        _ connection: String,
        channels: Int = 6,
        neuron: String = "fs.relu",
        stages: [ComponentChoice] = []
    ) -> NodeDescription {
        NodeDescription(
            name: name,
            inputs: inputs,
            stages: stages,
            connection: connection == "conv"
                ? ComponentChoice(
                    "conv2d",
                    ["channels": .number(Double(channels)), "kernel": .number(3), "padding": .number(1)]
                )
                : connection == "dense"
                    ? ComponentChoice("dense", ["outputs": .number(Double(channels))]) : ComponentChoice(connection),
            neuron: ComponentChoice(neuron, neuron == "fs.relu" ? ["range": .number(3.3)] : [:])
        )
    }
    return try Network(
        NetworkDescription(
            input: Shape(height: 6, width: 6, channels: 2),
            steps: steps,
            nodes: [
                node("a", ["input"], "conv"), node("b", ["a"], "conv"),
                node("c", ["b"], "conv", neuron: "relu.identity"), node("d", ["a", "c"], "identity"),
                node("e", ["d"], "conv"), node("f", ["e"], "conv", neuron: "relu.identity"),
                node("g", ["f", "d", "a"], "identity"),
                NodeDescription(name: "pool", stages: [ComponentChoice("max_pool", ["kernel": .number(2)])]),
                node("out", [], "dense", channels: 4, neuron: "relu.identity", stages: [ComponentChoice("flatten")]),
            ],
            readout: ComponentChoice("membrane", ["reduce": .text("last")])
        ),
        registry: try Registry(
            plugins: [FSPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self, ReLUPlugin.PluginEntry.self]
        ),
        seed: 11
    )
}

@Test("a stream of samples, one every K steps, gives what they give one by one: branches of depth 1, 2 and 3")
func pipeline() throws {
    let (steps, batch, samples) = (5, 3, 9)
    let network = try residual(steps: steps)
    var random = Seeded(2)
    let rows = random.numbers(samples * batch * network.inputCount, in: -1...1, activity: 1)
    let expected = Storage<Float>(samples * batch * 4)
    try network.predict(
        ArraySource(rows, inputCount: network.inputCount),
        count: samples * batch,
        scores: expected.base
    )
    let session = try Session(network, batch: batch)
    // a sends at once, then b, c and d, e, f and g, out: five frames between a sample and its scores.
    #expect(session.latency == 5 * steps)
    for sample in 0..<samples + 5 {
        for step in 0..<steps {
            if step == 0, sample < samples {
                try rows.withUnsafeBufferPointer {
                    try session.step($0.baseAddress.map { $0 + sample * batch * network.inputCount })
                }
            } else {
                try session.step(nil)
            }
            guard sample >= 5 else {
                #expect(throws: SNNError.state("the first scores are there after 26 steps, got \(session.steps)")) {
                    try session.scores()
                }
                continue
            }
            let from = (sample - 5) * batch * 4
            let scores = try session.scores()
            let found = withExtendedLifetime(scores) { Array(scores.storage.elements) }
            #expect(found == Array(expected.elements[from..<from + batch * 4]))
        }
    }
    #expect(
        throws: SNNError.state("a new sample must come at the first of 5 steps, got one at step 2")
    ) {
        let fresh = try Session(network, batch: 1)
        try rows.withUnsafeBufferPointer { try fresh.step($0.baseAddress) }
        try rows.withUnsafeBufferPointer { try fresh.step($0.baseAddress) }
    }
}

@Test("what a stream sends step by step is the code of the layer, first bit first")
func streamedBits() throws {
    let network = try residual(steps: 6)
    var random = Seeded(4)
    let rows = random.numbers(network.inputCount, in: -1...1, activity: 1)
    let source = ArraySource(rows, inputCount: network.inputCount)
    let whole = try network.record(source, count: 1, request: RecordingRequest())
    let session = try Session(network, batch: 1)
    // The layer b sends in the second frame.
    for step in 0..<12 {
        try rows.withUnsafeBufferPointer { try session.step(step == 0 ? $0.baseAddress : nil) }
        guard step >= 6, case .raster(let spikes) = try session.output("b") else { continue }
        let counts = try #require(try whole.node("b").counts)
        for index in 0..<spikes.count {
            #expect(spikes.event(step: 0, index: index) == Int(counts.base[(step - 6) * spikes.count + index]))
        }
        #expect(spikes.worth(step: 0) == 3.3 * Float(sign: .plus, exponent: -(step - 5), significand: 1))
    }
}

@Test("logits come to those of the analog network as K grows, and a fitted range leaves nothing out")
func limit() throws {
    var last = Float.infinity
    var random = Seeded(6)
    let rows = random.numbers(20 * 72, in: -1...1, activity: 1)
    func scores(_ network: Network) throws -> [Float] {
        let result = Storage<Float>(80)
        try network.predict(ArraySource(rows, inputCount: 72), count: 20, scores: result.base)
        return Array(result.elements)
    }
    for steps in [4, 8, 12, 16] {
        let network = try residual(steps: steps)
        for name in ["a", "b", "d", "e", "g"] {
            let node = network.nodes[try network.nodeIndex(name)]
            network.buffer("range", of: node)?.base[0] = .infinity
        }
        let analog = try scores(network)
        for name in ["a", "b", "d", "e", "g"] {
            let node = network.nodes[try network.nodeIndex(name)]
            network.buffer("range", of: node)?.base[0] = 32
        }
        let error = zip(try scores(network), analog).map { abs($0 - $1) }.max() ?? 0
        #expect(error < last / 4, "K = \(steps): \(error)")
        last = error
    }
    #expect(last < 0.01)
}

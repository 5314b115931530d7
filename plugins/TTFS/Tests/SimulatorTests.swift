import SNNKernel
import SNNTestKit
import Testing

@testable import TTFSPlugin

/// The simulation of the equations, event by event, against closed forms of its own.
@Suite("Event-driven simulation")
struct SimulatorTests {
    /// Rectified linear units in double precision: activations of each hidden layer, then scores.
    private func rectified(_ network: Network, _ input: [Float]) -> [[Double]] {
        var x = input.map(Double.init)
        var all: [[Double]] = []
        for (index, node) in network.nodes.enumerated() {
            let tensors = network.actingTensors(of: node)
            let outputs = tensors[1].count
            let sums = (0..<outputs).map { output in
                x.indices.reduce(Double(tensors[1].base[output])) {
                    $0 + x[$1] * Double(tensors[0].base[$1 * outputs + output])
                }
            }
            x = index == network.nodes.count - 1 ? sums : sums.map { max(0, $0) }
            all.append(x)
        }
        return all
    }

    private func outcomes(_ network: Network, _ source: ArraySource) throws -> [EventSimulator.Outcome] {
        let simulator = try EventSimulator(network)
        let count = network.inputCount
        return (0..<source.rows.count / count).map { sample in
            Array(source.rows[sample * count..<(sample + 1) * count]).withUnsafeBufferPointer { row in
                row.baseAddress.map { simulator.run($0, count: count) } ?? EventSimulator.Outcome()
            }
        }
    }

    @Test("times and scores are those of rectified linear units in double precision", arguments: [2, 5, 16])
    func closedForm(_ depth: Int) throws {
        let layers = (1..<depth).map { _ in Twins.Layer.dense(34) } + [.dense(5)]
        let network = try Twins.network(layers, input: Shape(30), spikes: true)
        Twins.setWindows(network, 15)
        let source = Twins.inputs(20, network)
        for (sample, outcome) in try outcomes(network, source).enumerated() {
            let wanted = rectified(network, Array(source.rows[sample * 30..<(sample + 1) * 30]))
            for (layer, times) in outcome.times.enumerated() {
                let end = 1 + 15 * Double(layer + 1)
                for (time, x) in zip(times, wanted[layer]) {
                    #expect((time.isFinite ? end - time : 0 as Double).distance(to: x).magnitude <= 1e-9)
                    if time.isFinite { #expect(time >= end - 15 && time < end) }
                }
            }
            for (score, x) in zip(outcome.scores, wanted[depth - 1]) { #expect(abs(score - x) <= 1e-9) }
        }
    }

    @Test("ten times the windows give the same scores")
    func invariance() throws {
        let network = try Twins.network([.dense(34), .dense(34), .dense(5)], input: Shape(30), spikes: true)
        let source = Twins.inputs(10, network)
        Twins.setWindows(network, 15)
        let short = try outcomes(network, source)
        Twins.setWindows(network, 150)
        for (a, b) in zip(short, try outcomes(network, source)) {
            for (x, y) in zip(a.scores, b.scores) { #expect(abs(x - y) <= 1e-11 * max(1, abs(x))) }
        }
    }

    @Test("the engine agrees to 1e-5, convolutions, pools, clocks and short windows included", arguments: 0..<40)
    func engine(_ seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let isImage = random.happens(0.5)
        let layers: [Twins.Layer] =
            isImage
            ? [
                .conv(4, kernel: 3, padding: random.integer(0...1)), .conv(6, kernel: 2, pool: true),
                .dense(9, flatten: true), .dense(4),
            ] : [.dense(40), .dense(30), .dense(4)]
        let bits = random.pick([0, 0, 3, 6])
        let network = try Twins.network(
            layers,
            input: isImage ? Shape(height: 9, width: 8, channels: 2) : Shape(25),
            spikes: true,
            [
                "window": .number(random.pick([1, 4, 50])), "time_bits": .number(Double(bits)),
                "clock": .text(random.pick(["nearest", "ceil"])),
            ],
            seed: UInt64(seed + 1)
        )
        let source = Twins.inputs(15, network, seed: UInt64(seed + 50))
        // On a clock a time that lies on the edge between two ticks may fall either way.
        let tolerance: Float = bits > 0 ? 0.6 : 1e-5
        let scores = try Twins.scores(network, source)
        let found = try Twins.result("event_scores", of: network, source)
        for (a, b) in zip(found, scores) { #expect(abs(a - b) <= tolerance * max(1, abs(b))) }
        guard bits == 0 else { return }
        for (a, b) in zip(
            try Twins.result("event_times", of: network, source),
            try Twins.result("spike_times", of: network, source)
        ) { #expect(a == b || abs(a - b) <= 1e-5 * abs(a)) }
    }

    @Test("membranes above threshold before their window are counted")
    func premature() throws {
        let network = try Twins.network(
            [.dense(2), .dense(2)],
            input: Shape(2),
            spikes: true,
            ["window": .number(0.5)]
        )
        // The first neuron passes its threshold of 0.5 half-way and falls back; the second never does.
        network.tensors[0].storage.base.update(from: [2, 0.1, -8, 0.1], count: 4)
        network.tensors[1].storage.base.update(repeating: 0, count: 2)
        let source = ArraySource([1, 0.6], inputCount: 2)
        #expect(try Twins.result("premature_crossings", of: network, source) == [1])
        Twins.setWindows(network, 3)
        #expect(try Twins.result("premature_crossings", of: network, source) == [0])
    }
}

/// Certificates of early decisions.
@Suite("Early decisions")
struct EarlyDecisionTests {
    @Test("whatever later spikes do, the class stays", arguments: 0..<200)
    func certain(_ seed: Int) {
        var random = Seeded(UInt64(seed))
        let (inputs, classes, window) = (random.integer(1...30), random.integer(2...6), 4.0)
        let weights = (0..<inputs * classes).map { _ in random.number(-1...1) }
        let bias = (0..<classes).map { _ in random.number(-1...1) }
        var activations = (0..<inputs).map { _ in random.happens(0.6) ? Float(random.number(0...4)) : 0 }
        let table = DecisionTable(weights: weights, bias: bias, inputs: inputs)
        func scores(_ x: [Float]) -> [Float] {
            (0..<classes).map { k in
                Float(x.indices.reduce(bias[k]) { $0 + Double(x[$1]) * weights[$1 * classes + k] })
            }
        }
        let decision = table.decide(activations, window: window, scores: scores(activations))
        #expect(decision.left >= 0 && decision.left <= window)
        // The class of the window, and of every way in which the silent could go on.
        // A decision may fall on a spike, which counts then.
        let silent = activations.indices.filter { Double(activations[$0]) < decision.left }
        for trial in 0..<50 {
            let final = scores(activations)
            let winner = final.indices.reduce(0) { final[$1] > final[$0] ? $1 : $0 }
            if trial == 0 || decision.left > 0 { #expect(decision.winner == winner) }
            for j in silent { activations[j] = random.happens(0.5) ? Float(decision.left * random.number(0...1)) : 0 }
        }
        // Half of all weight goes to one class for sure: that is seen at once.
        let plain = DecisionTable(weights: [0, 0], bias: [1, 0], inputs: 1)
        #expect(plain.decide([2], window: window, scores: [1, 0]).left == window)
    }

    @Test("in networks of every kind it is the class of the whole window, before it ends")
    func networks() throws {
        for seed: UInt64 in 1...20 {
            let network = try Twins.network(
                [.dense(30), .dense(20), .dense(4)],
                input: Shape(25),
                spikes: true,
                ["window": .number(6)],
                seed: seed
            )
            let source = Twins.inputs(50, network, seed: seed)
            let scores = try Twins.scores(network, source)
            let decided = try Twins.result("decision_class", of: network, source)
            let times = try Twins.result("decision_time", of: network, source)
            let latency = try Twins.result("latency", of: network, source)
            for sample in 0..<50 {
                let row = Array(scores[sample * 4..<sample * 4 + 4])
                #expect(Int(decided[sample]) == row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 })
                #expect(latency[sample] == 13 && times[sample] <= 13 && times[sample] >= 7)
            }
            #expect(times.reduce(0, +) < latency.reduce(0, +))
        }
    }
}

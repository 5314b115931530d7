import SNNKernel
import SNNTestKit
import Testing

@testable import TTFSPlugin

/// The model whose slope depends on its weights.
@Suite("The alpha-1 model")
struct Alpha1Tests {
    /// When a neuron reaches its threshold, found from its equation: spikes in order, a line between two.
    private func spike(_ j: [Double], _ times: [Double], threshold: Double, from: Double, to: Double) -> Double {
        let order = times.indices.sorted { times[$0] < times[$1] }
        var (potential, slope, moment) = (0.0, 1.0, from)
        for place in 0...order.count {
            let next = place < order.count ? times[order[place]] : to
            if slope > 0, moment + (threshold - potential) / slope < next {
                return moment + (threshold - potential) / slope
            }
            potential += slope * (next - moment)
            moment = next
            if place < order.count { slope += j[order[place]] }
        }
        return .infinity
    }

    @Test("smart weights act as those drawn, to 1e-13; a neuron of sum 0.99 has slope 100")
    func smart() {
        var random = Seeded(2)
        for _ in 0..<300 {
            let drawn = Alpha1Map.Neuron(
                weights: (0..<random.integer(1...40)).map { _ in random.number(-0.2...0.2) },
                bias: random.number(-1...1)
            )
            guard drawn.slope - 1 < 0.95 else { continue }
            let stored = drawn.stored(window: 15)
            guard let acting = stored.acting(window: 15) else {
                Issue.record("the slope must be positive")
                return
            }
            for (a, b) in zip(acting.weights, drawn.weights) { #expect(abs(a - b) <= 1e-13) }
            #expect(abs(acting.bias - drawn.bias) <= 1e-11)
        }
        let steep = Alpha1Map.Neuron(weights: [0.99], bias: 0).stored(window: 1)
        #expect(abs(steep.slope - 100) < 1e-10)
    }

    @Test("the event search of its equation gives the time left of the closed form, to 1e-11")
    func eventSearch() {
        var random = Seeded(3)
        var spikes = 0
        for _ in 0..<500 {
            let stored = Alpha1Map.Neuron(
                weights: (0..<12).map { _ in random.number(-0.1...0.15) },
                bias: random.number(-3...1)
            )
            let window = 6.0
            // Inputs spike in [0, 1), the neuron in [1, 7).
            let times = (0..<12).map { _ in random.happens(0.7) ? random.number(0...0.999) : 1 }
            guard let acting = stored.acting(window: window) else { continue }
            let current = zip(acting.weights, times).reduce(acting.bias) { $0 + $1.0 * (1 - $1.1) }
            guard current < window - 1 else { continue }
            // V at the window's end minus D is where it would spike with x = 0.
            let found = spike(stored.weights, times, threshold: window + 1 - stored.bias, from: 0, to: 1 + window)
            guard found >= 1 else { continue }
            spikes += found.isFinite ? 1 : 0
            #expect(abs((found.isFinite ? 1 + window - found : 0) - max(0, current)) <= 1e-11)
        }
        #expect(spikes > 50)
    }

    @Test("a smart start computes what the rectified twin does")
    func twin() throws {
        let layers: [Twins.Layer] = [.dense(30), .dense(30), .dense(4)]
        let parameters: [String: ParameterValue] = ["window": .number(20)]
        let alpha = try Twins.network(layers, input: Shape(25), spikes: true, neuron: "ttfs.alpha1", parameters)
        let plain = try Twins.network(layers, input: Shape(25), spikes: true, parameters)
        for (place, node) in plain.nodes.enumerated() {
            for (tensor, acting) in zip(plain.tensors[node.tensors], alpha.actingTensors(of: alpha.nodes[place])) {
                tensor.storage.base.update(from: acting.base, count: acting.count)
            }
        }
        let source = Twins.inputs(30, alpha)
        #expect(try Twins.scores(alpha, source) == Twins.scores(plain, source))
    }

    @Test("its gradients are those of its formula, by finite differences", arguments: ["smart", "naive"])
    func gradients(_ start: String) throws {
        let network = try Twins.network(
            [.dense(6), .dense(3)],
            input: Shape(7),
            spikes: true,
            neuron: "ttfs.alpha1",
            ["window": .number(3), "start": .text(start)]
        )
        let source = Twins.inputs(5, network)
        let labels = Storage<Int32>(5)
        for sample in 0..<5 { labels.base[sample] = Int32(sample % 3) }
        let trainer = try Trainer(
            network: network,
            rule: Backpropagation(),
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: 1e-3),
            seed: 1
        )
        func loss() throws -> Double {
            let targets = Targets(.labels(UnsafePointer(labels.base)))
            return try trainer.computeGradients(source, targets: targets, count: 5, threads: 1).loss
        }
        _ = try loss()
        let found = try trainer.gradients.map { Array($0.elements) }
        for (place, tensor) in network.tensors.prefix(2).enumerated() {
            for index in stride(from: 0, to: tensor.storage.count, by: 5) {
                let kept = tensor.storage.base[index]
                tensor.storage.base[index] = kept + 2e-3
                let above = try loss()
                tensor.storage.base[index] = kept - 2e-3
                let below = try loss()
                tensor.storage.base[index] = kept
                let slope = (above - below) / 4e-3
                #expect(abs(Double(found[place][index]) - slope) <= 0.02 * max(0.1, abs(slope)))
            }
        }
        withExtendedLifetime(labels) {}
    }

    @Test("it needs a bias, and makes its own of weights")
    func refusals() {
        for extra: [String: ParameterValue] in [["bias": .boolean(false)], ["weight_bits": .number(3)]] {
            #expect(throws: SNNError.self) {
                try Twins.network([.dense(6, extra), .dense(3)], input: Shape(7), spikes: true, neuron: "ttfs.alpha1")
            }
        }
    }

    @Test("what it computes depends on its window: no rule moves it")
    func window() throws {
        let network = try Twins.network([.dense(6), .dense(3)], input: Shape(7), spikes: true, neuron: "ttfs.alpha1")
        WindowRule(growth: 10, activityPenalty: 0).afterStep(network, largest: [1e6, 1])
        #expect(network.buffers[0].storage.base[0] == 1500)
        let error = #expect(throws: SNNError.self) { try WindowFit(percentile: 100, margin: 1).begin(network) }
        #expect(error?.message.contains("layer 'layer1'") == true && error?.message.contains("ttfs.alpha1") == true)
    }
}

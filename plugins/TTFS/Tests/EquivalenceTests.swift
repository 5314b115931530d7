import SNNKernel
import SNNTestKit
import Testing

@testable import TTFSPlugin

/// A network of spike times is a network of rectified linear units.
@Suite("Spike times and rectified linear units")
struct EquivalenceTests {
    private static let flat: [Twins.Layer] = [.dense(34), .dense(20), .dense(5)]
    private static let image: [Twins.Layer] = [
        .conv(5, kernel: 3, padding: 1), .conv(7, kernel: 3, padding: 1, pool: true), .dense(12, flatten: true),
        .dense(4),
    ]
    private static let deep: [Twins.Layer] = (0..<16).map { _ in .dense(34) } + [.dense(4)]
    private static let cases: [(layers: [Twins.Layer], input: Shape)] = [
        (flat, Shape(30)), (image, Shape(height: 10, width: 8, channels: 2)), (deep, Shape(30)),
    ]

    @Test("scores have the same bits, whatever the windows are", arguments: 0..<3, [Float(1500), 40, 400])
    func forward(_ place: Int, _ window: Float) throws {
        let (layers, input) = Self.cases[place]
        let spikes = try Twins.network(layers, input: input, spikes: true)
        let analog = try Twins.network(layers, input: input, spikes: false)
        Twins.setWindows(spikes, window)
        let source = Twins.inputs(40, spikes)
        #expect(try Twins.scores(spikes, source) == Twins.scores(analog, source))
    }

    @Test("1000 Adam steps leave the same bits, with and without a penalty", arguments: [0, 0.01])
    func trajectory(_ penalty: Double) throws {
        let spikes = try Twins.network(Self.flat, input: Shape(30), spikes: true)
        let analog = try Twins.network(Self.flat, input: Shape(30), spikes: false)
        let rule = WindowRule(growth: 10, activityPenalty: penalty)
        let found = try Twins.train(spikes, rule: rule, steps: 1000, threads: 2)
        let wanted = try Twins.train(analog, rule: Backpropagation(activityPenalty: penalty), steps: 1000)
        #expect(found == wanted)
        #expect(Twins.weights(spikes) == Twins.weights(analog))
    }

    @Test("so they do while windows grow from 1.5", arguments: 0..<3)
    func growing(_ place: Int) throws {
        let (layers, input) = Self.cases[place]
        let parameters: [String: ParameterValue] = ["window": .number(0.05), "early": .text("pass")]
        let spikes = try Twins.network(layers, input: input, spikes: true, parameters)
        let analog = try Twins.network(layers, input: input, spikes: false)
        let steps = place == 0 ? 1000 : 60
        _ = try Twins.train(spikes, rule: WindowRule(growth: 10, activityPenalty: 0), steps: steps)
        _ = try Twins.train(analog, rule: Backpropagation(), steps: steps)
        #expect(Twins.weights(spikes) == Twins.weights(analog))
        #expect(spikes.buffers.allSatisfy { $0.storage.base[0] > 0.05 })
    }

    @Test("windows never shrink, and hold ten times the largest activation of the batch")
    func windowRule() throws {
        let network = try Twins.network(Self.flat, input: Shape(30), spikes: true, ["window": .number(0.5)])
        let rule = WindowRule(growth: 10, activityPenalty: 0)
        rule.afterStep(network, largest: [0.02, 3, 9])
        #expect(network.buffers.map { $0.storage.base[0] } == [0.5, 30])
        rule.afterStep(network, largest: [0.1, 1, 9])
        #expect(network.buffers.map { $0.storage.base[0] } == [1, 30])
        WindowRule(growth: 0, activityPenalty: 0).afterStep(network, largest: [])
        #expect(network.buffers.map { $0.storage.base[0] } == [1, 30])
    }

    @Test("an activity penalty has the gradient of its formula, by finite differences")
    func penalty() throws {
        let network = try Twins.network([.dense(9), .dense(3)], input: Shape(12), spikes: true)
        Twins.setWindows(network, 15)
        let source = Twins.inputs(6, network)
        let labels = Storage<Int32>(6)
        func gradient(_ penalty: Double) throws -> [Float] {
            let trainer = try Trainer(
                network: network,
                rule: WindowRule(growth: 0, activityPenalty: penalty),
                loss: Loss(.crossEntropy),
                optimizer: Adam(learningRate: 1e-3),
                seed: 1
            )
            let targets = Targets(.labels(UnsafePointer(labels.base)))
            _ = try trainer.computeGradients(source, targets: targets, count: 6, threads: 1)
            return Array(try trainer.gradients[1].elements)
        }
        let plain = try gradient(0)
        let penalised = try gradient(0.5)
        // The penalty's part: d/db of 0.5 / 6 sum of x.
        let bias = network.tensors[1].storage
        func summed() throws -> Double {
            let times = try Twins.result("spike_times", of: network, source)
            return times.reduce(0) { $1.isFinite ? $0 + (16 - Double($1)) : $0 }
        }
        for neuron in 0..<9 {
            let kept = bias.base[neuron]
            bias.base[neuron] = kept + 0.002
            let above = try summed()
            bias.base[neuron] = kept - 0.002
            let below = try summed()
            bias.base[neuron] = kept
            let slope = 0.5 / 6 * (above - below) / 0.004
            #expect(abs(Double(penalised[neuron] - plain[neuron]) - slope) < 0.02)
        }
        withExtendedLifetime(labels) {}
    }
}

import CForeignFixtures
import CSNN
import LIFPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import SNNForeign

/// The neurons of the fixtures against the built-in ones with the same equations.
@Suite("Foreign neurons")
struct ForeignNeuronTests {
    private func lif() throws -> any NeuronModel {
        try Registry(plugins: [LIFPlugin.PluginEntry.self])
            .neuron(ComponentChoice("lif", ["decay": .text("factor"), "beta": .number(0.9)]), dt: 0.5)
    }

    @Test("a foreign neuron sends what the built-in one with its equations sends, step by step and by windows")
    func forward() throws {
        let lif = try lif()
        for (steps, batch, count) in [(1, 1, 1), (7, 3, 21), (20, 2, 64), (9, 1, 75)] {
            for isConstant in [false, true] {
                let current = drawnCurrents(steps: steps, batch: batch, count: count, isConstant: isConstant)
                let wanted = run(lif, current)
                for plugin in [fixture_leaky, fixture_window] {
                    let found = run(try foreign(plugin), current)
                    #expect(found.sent == wanted.sent)
                    #expect(relativeError(found.potentials, wanted.potentials) < 1e-6)
                }
            }
        }
    }

    private func run(_ model: any NeuronModel, _ current: Values) -> (sent: [Float], potentials: [Double]) {
        let potentials = Values(steps: current.steps, batch: current.batch, count: current.count)
        let sent = model.run(current, state: model.rest(count: current.row), potentials: potentials)
        return (sent.numbers, potentials.numbers.map(Double.init))
    }

    @Test("its gradient is that of the built-in neuron")
    func backward() throws {
        let lif = try lif()
        var random = Seeded(3)
        for isConstant in [false, true] {
            for constantGradient in [false, true] {
                let current = drawnCurrents(steps: 11, batch: 3, count: 21, isConstant: isConstant)
                let gradient = random.values(steps: 11, batch: 3, count: 21, isConstant: constantGradient)
                let wanted = lif.adjoint(of: gradient, current: current)
                for plugin in [fixture_leaky, fixture_window] {
                    let found = try foreign(plugin).adjoint(of: gradient, current: current)
                    #expect(found.isConstant == wanted.isConstant)
                    #expect(
                        relativeError(found.numbers.map(Double.init), wanted.numbers.map(Double.init)) < 1e-5
                    )
                }
            }
        }
    }

    @Test("foreign neurons obey every law of a neuron model")
    func conformance() throws {
        checkConformance(of: try foreign(fixture_leaky))
        checkConformance(of: try foreign(fixture_window))
        checkConformance(of: try foreign(fixture_values))
    }

    @Test("slopes may be chosen")
    func slopes() throws {
        let neuron = try foreign(fixture_leaky)
        let current = drawnCurrents(steps: 5, batch: 1, count: 4)
        let gradient = Values(steps: 5, batch: 1, count: 4)
        for index in 0..<20 { gradient.base[index] = 1 }
        let none = neuron.adjoint(of: gradient, current: current, slopes: Values(steps: 5, batch: 1, count: 4))
        #expect(none.numbers.allSatisfy { $0 == 0 })
        let last = Values(steps: 5, batch: 1, count: 4)
        for index in 16..<20 { last.base[index] = 2 }
        let found = neuron.adjoint(of: gradient, current: current, slopes: last)
        // d(distance[4]) / d(current[t]) is alpha^(4 - t).
        for t in 0..<5 {
            let wanted = 2 * (0..<4 - t).reduce(Float(1)) { product, _ in product * 0.9 }
            #expect(abs(found.step(t)[1] - wanted) < 1e-5)
        }
    }

    @Test("rest, integers, doubles and the length of a step arrive")
    func types() throws {
        let neuron = try foreign(fixture_typed, ["shift": .number(2), "many": .number(0x1p41)])
        let current = Values(steps: 2, batch: 1, count: 3)
        for index in 0..<6 { current.base[index] = Float(index) }
        let sent = neuron.run(current, state: neuron.rest(count: 3), potentials: nil).numbers
        // 0.25 at rest, a quarter of each current, dt = 0.5, many / 2^40 = 2.
        #expect(sent == [2.75, 3.0, 3.25, 3.5, 4.0, 4.5])
        #expect(throws: SNNError.self) { try foreign(fixture_typed) }
        #expect(throws: SNNError.self) { try foreign(fixture_typed, ["shift": .number(9), "many": .number(0)]) }
    }

    @Test("a spike that is no spike, a state that is no number, and a failing step are told with their place")
    func failures() throws {
        let current = Values(steps: 3, batch: 2, count: 5)
        for index in 0..<30 { current.base[index] = 0.5 }
        current.step(1)[7] = 3
        for (plugin, words) in [
            (fixture_loud, "neuron 'foreign_loud': the spike of neuron 2 at step 1 must be 0 or 1, got 2.0"),
            (fixture_nan, "neuron 'foreign_nan': the state v of neuron 0 is -nan after 3 steps; it must stay finite"),
            (fixture_failing, "neuron 'foreign_failing': step returned 7: the current is above the limit"),
        ] {
            let neuron = try foreign(plugin)
            let sent = neuron.run(current, state: neuron.rest(count: 10), potentials: nil)
            #expect(sent.steps == 3 && sent.batch == 2 && sent.count == 5)
            #expect(neuron.takeFailure()?.message == words)
            #expect(neuron.takeFailure() == nil)
        }
    }

    @Test("a network tells the failure of its neurons, and goes on after it")
    func failingNetwork() throws {
        let network = try network(fixture_failing)
        network.tensors[0].storage.base.update(repeating: 1, count: network.tensors[0].storage.count)
        let wanted = SNNError.plugin(
            "layer 'hidden': neuron 'foreign_failing': step returned 7: the current is above the limit"
        )
        for threads in [1, 2] {
            #expect(throws: wanted) { try predict(network, [Float](repeating: 2, count: 40 * 4), threads: threads) }
            _ = try predict(network, [Float](repeating: 0.1, count: 40 * 4), threads: threads)
        }
        let session = try Session(network, batch: 1)
        #expect(throws: wanted) { try session.step([2, 2, 2, 2]) }
        session.reset()
        try session.step([0, 0, 0, 0])
        #expect(throws: SNNError.self) {
            try network.record(ArraySource([2, 2, 2, 2], inputCount: 4), count: 1, request: RecordingRequest())
        }
        #expect(throws: SNNError.self) {
            try Trainer(network: network, loss: Loss(.crossEntropy), optimizer: Adam(learningRate: 0.1), seed: 1)
        }
    }

    @Test("a network of foreign neurons learns the same bits on one and two threads")
    func training() throws {
        var found: [[Float]] = []
        for threads in [1, 2] {
            let network = try network(fixture_leaky)
            let trainer = try Trainer(
                network: network,
                loss: Loss(.crossEntropy),
                optimizer: Adam(learningRate: 0.02),
                seed: 1
            )
            var random = Seeded(4)
            let rows = random.numbers(64 * 4, in: 0...1, activity: 1)
            let labels = (0..<64).map { Int32(rows[4 * $0] > rows[4 * $0 + 1] ? 1 : 0) }
            var losses: [Double] = []
            for _ in 0..<30 {
                let result = try Answers(.labels(labels)).withTargets { targets in
                    try trainer.trainBatch(
                        ArraySource(rows, inputCount: 4),
                        targets: targets,
                        count: 64,
                        threads: threads
                    )
                }
                losses.append(result.loss)
            }
            #expect(losses[29] < 0.7 * losses[0])
            found.append(network.tensors.flatMap { Array($0.storage.elements) })
        }
        #expect(found[0].map(\.bitPattern) == found[1].map(\.bitPattern))
    }

    private func network(_ plugin: snn_plugin) throws -> Network {
        let nodes = [("hidden", 20, String(cString: plugin.name)), ("out", 2, "lif")].map { name, outputs, model in
            NodeDescription(
                name: name,
                connection: ComponentChoice("dense", ["outputs": .number(outputs)]),
                neuron: ComponentChoice(model)
            )
        }
        return try Network(
            NetworkDescription(input: Shape(4), steps: 6, nodes: nodes),
            registry: registry(plugin),
            seed: 2
        )
    }

    private func predict(_ network: Network, _ rows: [Float], threads: Int) throws -> [Float] {
        var scores = [Float](repeating: 0, count: rows.count / 4 * 2)
        try scores.withUnsafeMutableBufferPointer { buffer in
            try network.predict(
                ArraySource(rows, inputCount: 4),
                count: rows.count / 4,
                threads: threads,
                scores: try #require(buffer.baseAddress)
            )
        }
        return scores
    }

    @Test("without an adjoint nothing trains")
    func inference() throws {
        let neuron = try foreign(fixture_inference)
        #expect(
            throws: SNNError.notSupported("the neuron 'foreign_inference' has no adjoint, so it serves inference only")
        ) {
            try neuron.checkTrainable()
        }
        let names = try registry(fixture_inference).components.filter { $0.plugin == "foreign_inference" }[0].parameters
            .map(\.name)
        #expect(names == ["alpha", "threshold"])
    }
}

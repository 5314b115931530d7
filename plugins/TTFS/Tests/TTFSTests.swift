import SNNKernel
import SNNTestKit
import Testing

@testable import TTFSPlugin

/// The neuron alone.
@Suite("Neurons that spike once")
struct TTFSTests {
    private func values(_ numbers: [Float]) -> Values {
        let values = Values(steps: 1, batch: 1, count: numbers.count, isConstant: true)
        for (index, number) in numbers.enumerated() { values.base[index] = number }
        return values
    }

    private func context(_ samples: Int = 1, seed: UInt64 = 1) -> StageContext {
        StageContext(
            isTraining: false,
            samples: (0..<samples).map { UInt64($0) },
            firstStep: 0,
            random: RandomStream(seed: seed, purpose: .jitter)
        )
    }

    private func sent(_ model: TTFSModel, _ current: Values, seed: UInt64 = 1) -> [Float] {
        let state = model.rest(count: current.row)
        return model.run(current, state: state, potentials: nil, context(current.batch, seed: seed)).numbers
    }

    @Test("the golden vector: potentials, raw times, times and activations")
    func golden() throws {
        let layers: [Twins.Layer] = [.dense(2), .dense(2)]
        let network = try Twins.network(layers, input: Shape(3), spikes: true, ["window": .number(2)])
        let weights: [Float] = [0.5, -1, 0.25, 0.75, -0.5, 0.1]
        network.tensors[0].storage.base.update(from: weights, count: 6)
        network.tensors[1].storage.base.update(from: [0.1, 0.05], count: 2)
        // Input spikes at 0.1, 0.4 and 0.8, that is values 0.9, 0.6 and 0.2.
        let source = ArraySource([0.9, 0.6, 0.2], inputCount: 3)
        let recording = try network.record(
            source,
            count: 1,
            request: RecordingRequest(spikes: false, potentials: true)
        )
        let activations = try #require(try recording.node("layer1").potentials)
        #expect(abs(activations.base[0] - 0.6) < 1e-7 && activations.base[1] == 0)
        let times = try Twins.result("spike_times", of: network, source)
        #expect(abs(times[0] - 2.4) < 1e-6 && times[1] == .infinity)
        let simulated = try Twins.result("event_times", of: network, source)
        #expect(abs(simulated[0] - 2.4) < 1e-6 && simulated[1] == .infinity)
    }

    @Test("a spike at the very end of the window is none, and has no gradient")
    func tie() {
        let model = TTFSModel(window: 2)
        let current = values([0, -0.0, 0x1p-149, 2, 2.5, -1])
        #expect(sent(model, current) == [0, 0, 0x1p-149, 2, 2, 0])
        let gradient = model.adjoint(of: values([1, 1, 1, 1, 1, 1]), current: current)
        #expect(gradient.numbers == [0, 0, 1, 1, 0, 0])
        let passing = TTFSModel(window: 2, early: .pass)
        #expect(sent(passing, current) == [0, 0, 0x1p-149, 2, 2.5, 0])
        #expect(passing.adjoint(of: values([1, 1, 1, 1, 1, 1]), current: current).numbers == [0, 0, 1, 1, 1, 0])
    }

    @Test("no jitter and no clock are the clean path")
    func clean() {
        var random = Seeded(4)
        let current = values((0..<200).map { _ in Float(random.number(-2...4)) })
        let model = TTFSModel(window: 3, jitter: 0, timeBits: 0)
        let state = model.rest(count: 200)
        #expect(sent(model, current) == model.run(current, state: state, potentials: nil).numbers)
    }

    @Test("a clock of b bits leaves at most 2^b times, each the nearest tick or the next", arguments: 1...8)
    func clock(_ bits: Int) {
        var random = Seeded(UInt64(bits))
        let numbers = (0..<2000).map { _ in Float(random.number(-1...4)) }
        let tick = 3 / Double((1 << bits) - 1)
        for clock in TTFSModel.Clock.allCases {
            let found = sent(TTFSModel(window: 3, timeBits: bits, clock: clock), values(numbers))
            #expect(Set(found).count <= 1 << bits)
            for (left, given) in zip(found, numbers) {
                let clean = Double(min(max(0, given), 3))
                let lost = clean - Double(left)
                switch clock {
                case .nearest: #expect(abs(lost) <= tick / 2 + 1e-6)
                case .ceil: #expect(lost >= -1e-6 && lost < tick + 1e-6)
                }
            }
        }
    }

    @Test("jitter of real spikes stays in the window and leaves silence alone; of all it moves everything")
    func jitter() {
        let current = Values(steps: 1, batch: 50, count: 40, isConstant: true)
        for index in 0..<current.row { current.base[index] = index % 4 == 0 ? -1 : Float(index % 4) }
        let real = sent(TTFSModel(window: 3, jitter: 0.2), current)
        let all = sent(TTFSModel(window: 3, jitter: 0.2, jittered: .all), current)
        var (sum, squares, count) = (0.0, 0.0, 0.0)
        for index in real.indices {
            let clean = max(0, current.base[index])
            #expect(real[index] >= 0 && real[index] <= 3)
            if clean == 0 { #expect(real[index] == 0) }
            #expect(all[index] != clean)
            if clean > 0, clean < 2.5 { #expect(real[index] == all[index] || real[index] == 0) }
            let noise = Double(all[index] - clean)
            (sum, squares, count) = (sum + noise, squares + noise * noise, count + 1)
        }
        #expect(abs(sum / count) < 0.02 && abs((squares / count).squareRoot() - 0.2) < 0.01)
        // Sample by sample: the batch does not matter.
        let alone = current.copy
        #expect(sent(TTFSModel(window: 3, jitter: 0.2), alone) == real)
        #expect(sent(TTFSModel(window: 3, jitter: 0.2), current, seed: 2) != real)
    }

    @Test("all silent: the next layer sees its bias alone, and no gradient passes")
    func silence() throws {
        let network = try Twins.network([.dense(6), .dense(3)], input: Shape(8), spikes: true)
        for index in 0..<network.tensors[1].storage.count { network.tensors[1].storage.base[index] = -100 }
        let source = Twins.inputs(4, network)
        let scores = try Twins.scores(network, source)
        let bias = Array(network.tensors[3].storage.elements)
        for sample in 0..<4 { #expect(Array(scores[sample * 3..<sample * 3 + 3]) == bias) }
        let before = Twins.weights(network)
        _ = try Twins.train(network, rule: WindowRule(growth: 10, activityPenalty: 0), steps: 3)
        #expect(Twins.weights(network)[0] == before[0] && Twins.weights(network)[1] == before[1])
    }

    @Test("the largest of a pool's activations is the earliest of its times, silent windows included")
    func pooling() throws {
        let layers: [Twins.Layer] = [.conv(3, kernel: 3), .conv(2, kernel: 2, pool: true)]
        let network = try Twins.network(
            layers + [.dense(2, flatten: true)],
            input: Shape(height: 6, width: 6, channels: 1),
            spikes: true,
            ["window": .number(9)]
        )
        let source = Twins.inputs(20, network)
        #expect(try close(Twins.result("event_scores", of: network, source), Twins.scores(network, source), 1e-5))
    }

    private func close(_ a: [Float], _ b: [Float], _ tolerance: Float) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }

    @Test("what cannot run is refused by name")
    func refusals() throws {
        let network = try Twins.network([.dense(6), .dense(3)], input: Shape(8), spikes: true, ["window": .number(0)])
        let source = Twins.inputs(2, network)
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return (error as? SNNError)?.message ?? "" }
            return ""
        }
        #expect(message { _ = try Twins.scores(network, source) }.contains("layer 'layer1': its window is not fitted"))
        for bad: Float in [-1, .nan, .infinity] {
            Twins.setWindows(network, bad)
            #expect(message { _ = try Twins.scores(network, source) }.contains("its window must be > 0 and finite"))
            #expect(message { _ = try Session(network, batch: 1) }.contains("its window must be > 0 and finite"))
        }
        Twins.setWindows(network, 2)
        for bad: Float in [-0.01, 1.01] {
            let rows = ArraySource([Float](repeating: 0.5, count: 15) + [bad], inputCount: 8)
            #expect(
                message { _ = try Twins.scores(network, rows) }.contains("the coding ttfs takes numbers 0 ... 1, got")
            )
        }
        let rows = ArraySource([Float](repeating: 0.5, count: 7) + [.nan], inputCount: 8)
        #expect(message { _ = try Twins.scores(network, rows) }.contains("inputs must be finite"))
        func build(_ coding: String, _ stages: [ComponentChoice], _ neuron: String) throws {
            var description = Twins.description(
                [.conv(2, kernel: 3), .dense(3)],
                input: Shape(height: 6, width: 6, channels: 1),
                spikes: true,
                neuron: neuron
            )
            description.coding = ComponentChoice(coding)
            description.nodes[1].stages = stages + [ComponentChoice("flatten")]
            _ = try Network(description, registry: try Twins.registry(), seed: 1)
        }
        #expect(
            message { try build("constant", [], "ttfs") }.contains("ttfs takes spike times, but constant values arrive")
        )
        let average = ComponentChoice("average_pool", ["kernel": .number(2)])
        #expect(
            message { try build("ttfs", [average], "ttfs") }.contains("takes spike times, but constant values arrive")
        )
        #expect(message { try build("ttfs", [], "relu") }.contains("ttfs.membrane takes spike times"))
        #expect(message { _ = try TimeCoding(low: 1, high: 1) }.contains("high must be > low"))
        let analog = try Twins.network([.dense(6), .dense(3)], input: Shape(8), spikes: false)
        for name in ["decision_time", "decision_class", "spike_times", "latency", "event_scores"] {
            #expect(message { _ = try Twins.result(name, of: analog, source) }.contains("networks of spike times"))
        }
    }

    @Test("all results together take one pass, and are those of each alone")
    func onePass() throws {
        let network = try Twins.network([.dense(12), .dense(9), .dense(3)], input: Shape(8), spikes: true)
        Twins.setWindows(network, 4)
        let rows = Twins.inputs(40, network)
        let names = TTFSPlugin.PluginEntry.results.map(\.name)
        let readers = try names.map { try Twins.registry().result($0).reader(of: network) }
        let targets = readers.map { Storage<Float>(40 * $0.size) }
        let scores = Storage<Float>(40 * network.scoreCount)
        let source = CountingSource(source: rows)
        try network.predict(
            source,
            count: 40,
            threads: 2,
            scores: scores.base,
            results: zip(readers, targets).map { ($0, $1.base) }
        )
        #expect(names.count == 7 && source.fills == 40)
        #expect(try Array(scores.elements) == Twins.scores(network, rows))
        for (name, target) in zip(names, targets) {
            #expect(try Array(target.elements) == Twins.result(name, of: network, rows), "\(name)")
        }
    }

    @Test("a range other than 0...1 is brought to it")
    func range() throws {
        let coding = try TimeCoding(low: -3, high: 5)
        let sent = coding.encode(
            values([-3, 5, 1, -1]),
            steps: 0..<1,
            window: 1,
            samples: [0],
            random: RandomStream(seed: 1, purpose: .coding)
        )
        #expect(sent.numbers == [0, 1, 0.5, 0.25])
        #expect(coding.takes == .range(-3, 5))
    }
}

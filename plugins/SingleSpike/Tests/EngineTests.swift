import CodingsPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import SingleSpikePlugin

private func registry() throws -> Registry {
    try Registry(plugins: [SingleSpikePlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self])
}

/// A layer of neurons, and a decay for each.
private struct Layer {
    let model: any NeuronModel
    let betas: [Float]
    let tensor: Storage<Float>

    init(_ name: String, _ parameters: [String: ParameterValue] = [:], betas: [Float]) throws {
        let unbound = try registry().neuron(ComponentChoice(name, parameters), dt: 1)
        tensor = Storage(betas.count)
        for (index, beta) in betas.enumerated() { tensor.base[index] = beta }
        model = unbound.bound(to: [], tensors: [tensor], shape: Shape(betas.count))
        self.betas = betas
    }

    /// What was sent and the potentials, a neuron of a sample to a row.
    func run(_ current: Values, recording: Bool) -> (sent: [Float], potentials: [Float]) {
        let potentials = recording ? Values(steps: current.steps, batch: current.batch, count: current.count) : nil
        let sent = model.run(current, state: model.rest(count: current.row), potentials: potentials)
        return (sent.numbers, potentials?.numbers ?? [])
    }
}

/// Currents whose potentials often equal the threshold: multiples of 1/8 for decays of 0, 1/2 and 1.
private func currents(_ random: inout Seeded, steps: Int, batch: Int, count: Int, ties: Bool) -> Values {
    let values = Values(steps: steps, batch: batch, count: count)
    let drive = random.number(0.02...0.6)
    for index in 0..<steps * batch * count {
        values.base[index] =
            ties ? Float(random.integer(-2...3)) / 8 : Float(random.number(-0.3...0.3) + drive * random.number(0...1))
    }
    return values
}

struct EngineTests {
    static let models = ["single_spike", "single_spike.sequential", "single_spike.multi", "single_spike.integrator"]

    @Test("all laws of the kernel hold")
    func conformance() throws { try checkPlugin(SingleSpikePlugin.PluginEntry.self) }

    @Test("the fast path spikes as the simulation step by step, with the same membrane up to the spike")
    func fastPathEqualsSimulation() throws {
        var random = Seeded(3)
        var cases = 0
        var fired = 0
        for (steps, rounds) in [(1, 40), (7, 40), (100, 40), (500, 8), (2000, 3)] {
            for round in 0..<rounds {
                let ties = round % 3 == 0
                let count = random.integer(1...70)
                let batch = random.integer(1...3)
                let shared = Float(random.number())
                let betas = (0..<count).map { _ in
                    ties ? random.pick([0, 0.5, 1]) : round % 2 == 0 ? shared : Float(random.number())
                }
                let current = currents(&random, steps: steps, batch: batch, count: count, ties: ties)
                let fast = try Layer("single_spike", betas: betas)
                let (sent, _) = fast.run(current, recording: false)
                let (recorded, potentials) = fast.run(current, recording: true)
                #expect(sent == recorded)
                let slow = try Layer("single_spike.sequential", betas: betas).run(current, recording: true)
                #expect(sent == slow.sent)
                for neuron in 0..<batch * count {
                    let model = SequentialSpike(crossing: Crossing<Float>(threshold: 1, slope: 10))
                    let reference = Reference(equations: model, beta: betas[neuron % count])
                    let places = (0..<steps).map { $0 * batch * count + neuron }
                    let found = reference.run(places.map { current.base[$0] })
                    #expect(places.map { sent[$0] } == found.sent)
                    let end = found.sent.firstIndex(of: 1).map { $0 + 1 } ?? steps
                    #expect(places.prefix(end).map { potentials[$0] } == Array(found.potentials.prefix(end)))
                    #expect(places.prefix(end).map { slow.potentials[$0] } == Array(found.potentials.prefix(end)))
                    fired += end < steps || found.sent.last == 1 ? 1 : 0
                    cases += 1
                }
            }
        }
        #expect(cases > 5000)
        #expect(fired > cases / 10 && fired < cases)
    }

    @Test("a potential at the threshold does not fire")
    func threshold() throws {
        let current = Values(steps: 3, batch: 1, count: 2)
        for (index, value) in [1, 0.5, 0, 0.5, 0.25, 0.125].enumerated() as EnumeratedSequence<[Float]> {
            current.base[index] = value
        }
        let layer = try Layer("single_spike", betas: [1, 1])
        #expect(layer.run(current, recording: false).sent == [0, 0, 0, 0, 1, 1])
    }

    @Test("currents and decays have the gradients of the equations", arguments: models)
    func gradients(_ name: String) throws {
        var random = Seeded(11)
        for steps in [1, 3, 60] {
            let count = 37
            let betas = (0..<count).map { _ in Float(random.number()) }
            let current = currents(&random, steps: steps, batch: 3, count: count, ties: false)
            let gradient = currents(&random, steps: steps, batch: 3, count: count, ties: false)
            let layer = try Layer(name, betas: betas)
            let own = Storage<Float>(count)
            let found = layer.model.adjoint(of: gradient, current: current, own: [own]).numbers
            let ofBetas = (0..<count).map { own.base[$0] }
            let crossing = Crossing<Double>(threshold: 1, slope: 10)
            let expected =
                switch name {
                case "single_spike": expectedGradients(SingleSpike(crossing: crossing), gradient, current, betas)
                case "single_spike.sequential":
                    expectedGradients(SequentialSpike(crossing: crossing), gradient, current, betas)
                case "single_spike.multi": expectedGradients(MultiSpike(crossing: crossing), gradient, current, betas)
                default: expectedGradients(DecayIntegrator<Double>(), gradient, current, betas)
                }
            #expect(relativeError(found.map(Double.init), expected.current) < 2e-5)
            #expect(relativeError(ofBetas.map(Double.init), expected.betas) < 2e-5)
            try expectStripsAgree(layer, gradient, current, found, ofBetas)
        }
    }

    /// float32 currents through equations in double precision: a potential within rounding of the threshold is unlikely.
    private func expectedGradients<Equations: DecayEquations>(
        _ equations: Equations,
        _ gradient: Values,
        _ current: Values,
        _ betas: [Float]
    ) -> (current: [Double], betas: [Double]) where Equations.Value == Double {
        var result = [Double](repeating: 0, count: current.steps * current.row)
        var ofBetas = [Double](repeating: 0, count: betas.count)
        for neuron in 0..<current.row {
            let places = (0..<current.steps).map { $0 * current.row + neuron }
            let back = Reference(equations: equations, beta: Double(betas[neuron % betas.count])).adjoint(
                of: places.map { Double(gradient.base[$0]) },
                current: places.map { Double(current.base[$0]) }
            )
            for (place, value) in zip(places, back.current) { result[place] = value }
            ofBetas[neuron % betas.count] += back.beta
        }
        return (result, ofBetas)
    }

    private func relativeError(_ found: [Double], _ expected: [Double]) -> Double {
        let difference = zip(found, expected).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (difference / expected.reduce(1e-30) { $0 + $1 * $1 }).squareRoot()
    }

    private func expectStripsAgree(
        _ layer: Layer,
        _ gradient: Values,
        _ current: Values,
        _ whole: [Float],
        _ ofBetas: [Float]
    ) throws {
        let own = Storage<Float>(layer.betas.count)
        let rows = current.steps * current.batch
        for first in stride(from: 0, to: layer.betas.count, by: GradientStrip.width) {
            let neurons = first..<min(first + GradientStrip.width, layer.betas.count)
            let memory = Storage<Float>(rows * 32)
            let strip = GradientStrip(neurons: neurons, low: memory.base, high: memory.base + 16, rowLength: 32)
            layer.model.adjoint(of: gradient, current: current, to: strip, own: [own])
            for row in 0..<rows {
                for neuron in neurons {
                    #expect(memory.base[row * 32 + neuron - first] == whole[row * layer.betas.count + neuron])
                }
            }
        }
        #expect((0..<layer.betas.count).map { own.base[$0] } == ofBetas)
    }

    @Test("neurons of a layer alone have the bits and the decays that they have in the whole", arguments: models)
    func parts(_ name: String) throws {
        var random = Seeded(17)
        for (count, parameters) in [
            (150, [:]), (70, ["beta_per": .text("layer")]), (130, ["train_beta": .boolean(false)]),
        ] as [(Int, [String: ParameterValue])] {
            let isShared = parameters["beta_per"] != nil
            let betas = (0..<(isShared ? 1 : count)).map { _ in Float(random.number()) }
            let layer = try Layer(name, parameters, betas: betas)
            let current = currents(&random, steps: 40, batch: 2, count: count, ties: false)
            let gradient = currents(&random, steps: 40, batch: 2, count: count, ties: false)
            let own = Storage<Float>(betas.count)
            let whole = (
                sent: layer.run(current, recording: false).sent,
                back: layer.model.adjoint(of: gradient, current: current, own: [own]).numbers
            )
            let ofParts = Storage<Float>(betas.count)
            for neurons in [0..<64, 64..<count] {
                let some = current.neurons(neurons)
                let part = try #require(layer.model.part(neurons, own: [ofParts]))
                let sent = part.model.run(some, state: part.model.rest(count: some.row), potentials: nil).numbers
                let back = part.model.adjoint(of: gradient.neurons(neurons), current: some, own: part.own).numbers
                for row in 0..<80 {
                    for (place, neuron) in neurons.enumerated() {
                        #expect(sent[row * neurons.count + place] == whole.sent[row * count + neuron])
                        #expect(back[row * neurons.count + place] == whole.back[row * count + neuron])
                    }
                }
            }
            for index in betas.indices {
                let (found, expected) = (ofParts.base[index], own.base[index])
                #expect(isShared ? abs(found - expected) <= 1e-4 * abs(expected) : found == expected)
            }
        }
    }

    @Test("a stream step by step sends what a whole window does", arguments: models)
    func streams(_ name: String) throws {
        var random = Seeded(5)
        let current = currents(&random, steps: 30, batch: 2, count: 21, ties: false)
        let layer = try Layer(name, betas: (0..<21).map { _ in Float(random.number()) })
        let whole = layer.run(current, recording: false).sent
        let state = layer.model.rest(count: current.row)
        var steps: [Float] = []
        for t in 0..<30 {
            let step = Values(steps: 1, batch: 2, count: 21)
            step.base.update(from: current.step(t), count: current.row)
            steps += layer.model.run(step, state: state, potentials: nil).numbers
        }
        #expect(steps == whole)
    }

    @Test(
        "a decay outside of 0 ... 1 acts as the nearer end and gets no gradient; the ends get theirs",
        arguments: [4, 36]
    )
    func clamp(count: Int) throws {
        var random = Seeded(9)
        let current = currents(&random, steps: 20, batch: 1, count: count, ties: false)
        let layer = try Layer("single_spike", betas: (0..<count).map { [-0.5, 0, 1, 1.5][$0 % 4] })
        let own = Storage<Float>(count)
        _ = layer.model.adjoint(of: current, current: current, own: [own])
        let potentials = layer.run(current, recording: true).potentials
        for neuron in 0..<count {
            #expect((own.base[neuron] == 0) == (neuron % 4 == 0 || neuron % 4 == 3))
            // 0 forgets at once, and 1 forgets nothing.
            var sum: Float = 0
            for t in 0..<20 {
                sum = neuron % 4 < 2 ? current.step(t)[neuron] : sum + current.step(t)[neuron]
                #expect(potentials[t * count + neuron] == sum)
            }
        }
    }

    @Test("neurons share a decay by channel or layer, and its gradient is the sum of theirs")
    func sharing() throws {
        var random = Seeded(13)
        let shape = Shape(height: 2, width: 3, channels: 4)
        let current = currents(&random, steps: 9, batch: 2, count: shape.count, ties: false)
        let single = try registry().neuron(ComponentChoice("single_spike"), dt: 1)
        func gradient(_ sharing: String) throws -> [Float] {
            let choice = ComponentChoice("single_spike", ["beta_per": .text(sharing)])
            let unbound = try registry().neuron(choice, dt: 1)
            let description = unbound.tensors(of: shape)[0]
            let tensor = Storage<Float>(description.count)
            tensor.base.update(repeating: 0.9, count: tensor.count)
            let model = unbound.bound(to: [], tensors: [tensor], shape: shape)
            let own = Storage<Float>(description.count)
            _ = model.adjoint(of: current, current: current, own: [own])
            return (0..<own.count).map { own.base[$0] }
        }
        let neurons = try gradient("neuron")
        #expect(neurons.count == 24 && single.tensors(of: shape)[0].shape == [2, 3, 4])
        let channels = try gradient("channel")
        for channel in 0..<4 {
            let sum = stride(from: channel, to: 24, by: 4).reduce(Float(0)) { $0 + neurons[$1] }
            #expect(abs(channels[channel] - sum) < 1e-3 * max(1, abs(sum)))
        }
        let layer = try gradient("layer")
        let sum = neurons.reduce(0, +)
        #expect(layer.count == 1 && abs(layer[0] - sum) < 1e-3 * max(1, abs(sum)))
        let fixed = try registry().neuron(ComponentChoice("single_spike", ["train_beta": .boolean(false)]), dt: 1)
        #expect(fixed.tensors(of: shape).isEmpty)
    }

    @Test("a layer that is silent passes gradients on")
    func silence() throws {
        let current = Values(steps: 50, batch: 1, count: 3)
        let gradient = Values(steps: 50, batch: 1, count: 3, isConstant: true)
        gradient.base.update(repeating: 1, count: 3)
        let layer = try Layer("single_spike", betas: [0.9, 0.9, 0.9])
        #expect(layer.run(current, recording: false).sent.allSatisfy { $0 == 0 })
        #expect(layer.model.adjoint(of: gradient, current: current).numbers.allSatisfy { $0 > 0 })
    }
}

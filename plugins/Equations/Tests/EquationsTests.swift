import SNNKernel
import SNNTestKit
import Testing

@testable import EquationsPlugin

@Test("the plugin keeps every law, as it comes")
func plugin() throws { try checkPlugin(EquationsPlugin.PluginEntry.self) }

/// Texts that use every operation, smooth enough for differences, at rest without input.
private let conforming: [(text: String, parameters: [String: ParameterValue])] = [
    (Text.soft, [:]),
    (Text.hard, [:]),
    (Text.hard, ["method": .text("euler")]),
    (Text.adaptive, [:]),
    ("dv/dt = (i - v)/tau_mem", [:]),
    ("dv/dt = (2*tanh(i) - v)/(2 ms); dw/dt = (v - w)/tau_syn; spike when v - 0.5*w >= 0.2; v = w; w *= 0.5", [:]),
    ("dv/dt = (j - v)/tau_mem; dj/dt = (2*i - j)/tau_syn; spike when v >= 0.3; v -= 0.3; j = 0.1 - j", [:]),
    (
        """
        v' = 0.9*v + tanh(i)/(1 + v^2) + 0.1*max(v, w - 0.2)
        w' = min(0.8*w + exp(-abs(v)) - 1, 0.5*tanh(i))
        spike when max(v, w)*1.5 >= 0.4
        v = 0.3*v*w + 0.1; w += v^3/(2 + v^2)
        """, [:]
    ),
]

@Test("the conformance kit passes for texts with every operation", arguments: conforming.indices)
func conformance(_ index: Int) throws {
    let (text, parameters) = conforming[index]
    for seed: UInt64 in 1...2 {
        for surrogate in ["arctan", "gaussian"] {
            let given = parameters.merging(["surrogate": .text(surrogate), "surrogate_width": .number(0.8)]) { $1 }
            let fires = text.contains("spike")
            let neuron = try model(text, given)
            checkConformance(
                of: text.contains("tanh") ? Untold(neuron: neuron) : neuron,
                relaxed: fires ? try model(text, given.merging(["output": .text("relaxed")]) { $1 }) : nil,
                seed: seed
            )
        }
    }
}

@Test("the conformance kit passes for every surrogate", arguments: Surrogate.Kind.allCases.map(\.rawValue))
func surrogates(_ name: String) throws {
    let given: [String: ParameterValue] = [
        "surrogate": .text(name), "surrogate_width": .number(0.8), "values": .text("tau_mem = 2 ms"),
    ]
    checkConformance(
        of: try model(Text.soft, given),
        relaxed: try model(Text.soft, given.merging(["output": .text("relaxed")]) { $1 })
    )
}

@Test("the conformance kit passes for a detached reset")
func detached() throws {
    for text in [Text.soft, Text.hard, Text.adaptive] {
        checkConformance(of: try model(text, ["detach_reset": .boolean(true)]), isDetached: true)
    }
}

@Test("slopes from outside: those of the surrogate at the distances give its gradient")
func slopes() throws {
    for text in [Text.soft, Text.hard, Text.adaptive] {
        let neuron = try #require(try model(text) as? any SlopedNeuron)
        var random = Seeded(11)
        let current = random.values(steps: 9, batch: 2, count: 35, in: -1...5)
        let gradient = random.values(steps: 9, batch: 2, count: 35)
        let distances = Values(steps: 9, batch: 2, count: 35)
        let observed = neuron.run(current, state: neuron.rest(count: 70), potentials: nil, distances: distances)
        let plain = neuron.run(current, state: neuron.rest(count: 70), potentials: nil)
        #expect(observed.numbers == plain.numbers)
        #expect(zip(distances.numbers, plain.numbers).allSatisfy { ($0 >= 0) == ($1 == 1) })
        let slopes = Values(steps: 9, batch: 2, count: 35)
        for index in 0..<630 { slopes.base[index] = neuron.surrogate.derivative(distances.base[index]) }
        let given = neuron.adjoint(of: gradient, current: current, slopes: slopes)
        let own = neuron.adjoint(of: gradient, current: current)
        #expect(relativeError(given.numbers.map(Double.init), own.numbers.map(Double.init)) < 1e-6)
    }
}

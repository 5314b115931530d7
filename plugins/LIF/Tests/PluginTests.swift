import CodingsPlugin
import LIFPlugin
import SNNKernel
import SNNTestKit
import Testing

/// What the tests of this plugin share.
enum LIFTest {
    static func registry() throws -> Registry {
        try Registry(plugins: [LIFPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self])
    }

    static func model(
        _ name: String,
        _ parameters: [String: ParameterValue] = [:],
        dt: Double = 1
    ) throws
        -> any NeuronModel
    {
        try registry().neuron(ComponentChoice(name, parameters), dt: dt)
    }

    /// One neuron driven by `currents`, one a step.
    static func run(_ model: any NeuronModel, _ currents: [Float]) -> (sent: [Float], potentials: [Float]) {
        let current = Values(steps: currents.count, batch: 1, count: 1)
        for (t, i) in currents.enumerated() { current.base[t] = i }
        let potentials = Values(steps: currents.count, batch: 1, count: 1)
        let sent = model.run(current, state: model.rest(count: 1), potentials: potentials)
        return (sent.numbers, potentials.numbers)
    }

    /// dL/d(current) of one neuron, given dL/d(sent) of every step.
    static func adjoint(_ model: any NeuronModel, _ currents: [Float], sent: [Float]) -> [Float] {
        let current = Values(steps: currents.count, batch: 1, count: 1)
        let gradient = Values(steps: currents.count, batch: 1, count: 1)
        for (t, i) in currents.enumerated() { current.base[t] = i }
        for (t, g) in sent.enumerated() { gradient.base[t] = g }
        return model.adjoint(of: gradient, current: current).numbers
    }

    /// Whether all numbers agree to `tolerance`.
    static func agree(_ a: [Float], _ b: [Double], within tolerance: Double = 1e-6) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs(Double($0) - $1) <= tolerance }
    }

    static let models = ["lif", "lif.synaptic", "lif.adaptive"]
    static let resets = ["hard", "soft", "none"]
    static let surrogates = Surrogate.Kind.allCases.map(\.rawValue)

    /// Firing models by name and parameters: every reset and order, with names for failures.
    static var variants: [ComponentChoice] {
        var list: [ComponentChoice] = []
        for model in models {
            for reset in resets { list.append(ComponentChoice(model, ["reset": .text(reset)])) }
        }
        list.append(ComponentChoice("lif", ["reset_order": .text("next_step")]))
        list.append(ComponentChoice("lif", ["reset_order": .text("next_step"), "reset": .text("hard")]))
        return list
    }
}

@Test("the plugin keeps every law, as it comes")
func plugin() throws { try checkPlugin(LIFPlugin.PluginEntry.self) }

@Test("the conformance kit passes for every model, reset and order", arguments: LIFTest.variants)
func conformance(_ choice: ComponentChoice) throws {
    let registry = try LIFTest.registry()
    for seed: UInt64 in 1...3 {
        checkConformance(
            of: try registry.neuron(choice, dt: 1),
            relaxed: try registry.neuron(choice.with(["output": .text("relaxed")]), dt: 1),
            seed: seed
        )
    }
}

@Test("the conformance kit passes for every surrogate", arguments: LIFTest.surrogates)
func surrogateConformance(_ name: String) throws {
    let registry = try LIFTest.registry()
    for unitArea in [true, false] {
        let choice = ComponentChoice(
            "lif",
            ["surrogate": .text(name), "surrogate_width": .number(0.8), "surrogate_unit_area": .boolean(unitArea)]
        )
        checkConformance(
            of: try registry.neuron(choice, dt: 1),
            relaxed: try registry.neuron(choice.with(["output": .text("relaxed")]), dt: 1)
        )
    }
}

@Test(
    "the conformance kit passes for every decay, gain, comparison and for a leak potential",
    arguments: [
        ["decay": .text("euler")], ["decay": .text("factor"), "beta": .number(0.3)], ["decay": .text("none")],
        ["input_gain": .text("leak"), "tau_mem": .number(2)], ["comparison": .text("above")],
        ["v_leak": .number(-0.3), "v_reset": .number(-0.5), "reset": .text("hard")],
        ["decay": .text("factor"), "beta": .number(0)],
    ] as [[String: ParameterValue]]
)
func optionConformance(_ parameters: [String: ParameterValue]) throws {
    let registry = try LIFTest.registry()
    for model in LIFTest.models {
        let choice = ComponentChoice(model, parameters)
        checkConformance(
            of: try registry.neuron(choice, dt: 1),
            relaxed: try registry.neuron(choice.with(["output": .text("relaxed")]), dt: 1)
        )
    }
}

@Test("the conformance kit passes for refractory neurons, integrators and detached resets")
func otherConformance() throws {
    checkConformance(of: try LIFTest.model("lif", ["refractory": .number(3)]))
    checkConformance(of: try LIFTest.model("lif", ["refractory": .number(2), "reset": .text("hard")]))
    checkConformance(
        of: try LIFTest.model("lif", ["refractory": .number(2), "reset_order": .text("next_step")])
    )
    checkConformance(of: try LIFTest.model("lif.integrator"))
    checkConformance(of: try LIFTest.model("lif.integrator", ["decay": .text("none"), "v_leak": .number(0.25)]))
    for choice in LIFTest.variants where choice.parameters["reset"] != .text("none") {
        checkConformance(
            of: try LIFTest.registry().neuron(choice.with(["detach_reset": .boolean(true)]), dt: 1),
            isDetached: true
        )
    }
}

@Test("models other than lif refuse a soft reset in the next step, by name")
func delayedResetElsewhere() throws {
    for model in ["lif.synaptic", "lif.adaptive"] {
        let error = #expect(throws: SNNError.self) { try LIFTest.model(model, ["reset_order": .text("next_step")]) }
        #expect(error?.message.contains("next_step") == true)
    }
}

@Test("laws that join two parameters name both")
func joinedLaws() throws {
    let cases: [([String: ParameterValue], [String])] = [
        (["v_threshold": .number(1), "v_reset": .number(1)], ["v_threshold", "v_reset = 1", "got 1"]),
        (["decay": .text("euler"), "tau_mem": .number(0.5)], ["tau_mem", "dt = 1", "got 0.5"]),
        (["decay": .text("none"), "input_gain": .text("leak")], ["input_gain", "alpha"]),
        (["output": .text("relaxed"), "refractory": .number(2)], ["relaxed", "refractory"]),
    ]
    for (parameters, words) in cases {
        let error = #expect(throws: SNNError.self) { try LIFTest.model("lif", parameters) }
        for word in words {
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "") says no «\(word)»")
        }
    }
}

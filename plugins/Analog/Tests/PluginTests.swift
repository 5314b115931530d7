import CodingsPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import AnalogPlugin

@Test("the plugin keeps every law, as it comes")
func plugin() throws { try checkPlugin(AnalogPlugin.PluginEntry.self) }

@Test("the conformance kit passes", arguments: AnalogPlugin.PluginEntry.neurons.map(\.name))
func conformance(_ name: String) throws {
    let registry = try Registry(plugins: [AnalogPlugin.PluginEntry.self])
    for seed: UInt64 in 1...5 {
        checkConformance(of: try registry.neuron(ComponentChoice(name), dt: 1), seed: seed)
    }
}

@Test("clip refuses an upper end that is not above the lower")
func ends() throws {
    let registry = try Registry(plugins: [AnalogPlugin.PluginEntry.self])
    for (low, high) in [(2.0, 1.0), (3, 3), (1, 1 + 1e-12)] {
        let choice = ComponentChoice("analog.clip", ["low": .number(low), "high": .number(high)])
        let error = #expect(throws: SNNError.self) { try registry.neuron(choice, dt: 1) }
        #expect(error?.message.contains("high must be > low, got") == true)
    }
}

/// Kaiming's bound is gain sqrt(3 / 96); 48,000 draws come within 0.1 % of it.
@Test(
    "weights start with the spread that the unit asks for",
    arguments: [
        ("analog.silu", 1.677), ("analog.gelu", 1.534), ("analog.sigmoid", 3.578), ("analog.tanh", 1),
        ("analog.clip", 1.4142136),
    ]
)
func initialiser(_ name: String, _ gain: Float) throws {
    let network = try Network(
        NetworkDescription(
            input: Shape(96),
            steps: 1,
            nodes: [
                NodeDescription(
                    name: "only",
                    connection: ComponentChoice("dense", ["outputs": .number(500)]),
                    neuron: ComponentChoice(name)
                )
            ],
            readout: ComponentChoice("membrane")
        ),
        registry: try Registry(plugins: [AnalogPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self]),
        seed: 1
    )
    let largest = network.tensors[0].storage.elements.map(\.magnitude).max() ?? 0
    let bound = gain * Float(3.0 / 96).squareRoot()
    #expect(largest > 0.999 * bound && largest <= 1.000_001 * bound)
}

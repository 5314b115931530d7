import CodingsPlugin
import ReLUPlugin
import SNNKernel
import SNNTestKit
import Testing

@Test("the plugin keeps every law, as it comes")
func plugin() throws { try checkPlugin(ReLUPlugin.PluginEntry.self) }

@Test("weights before a relu start with Kaiming's spread, unless the description says otherwise")
func initialiser() throws {
    func largest(_ parameters: [String: ParameterValue]) throws -> Float {
        let network = try Network(
            NetworkDescription(
                input: Shape(96),
                steps: 1,
                nodes: [
                    NodeDescription(
                        name: "only",
                        connection: ComponentChoice("dense", ["outputs": .number(50)].merging(parameters) { $1 }),
                        neuron: ComponentChoice("relu")
                    )
                ],
                readout: ComponentChoice("membrane")
            ),
            registry: try Registry(plugins: [ReLUPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self]),
            seed: 1
        )
        return network.tensors[0].storage.elements.map(\.magnitude).max() ?? 0
    }
    // sqrt(2) sqrt(3 / 96) = 0.25 against 1 / sqrt(96) = 0.102; 4,800 draws come within 1 % of the bound.
    #expect(try largest([:]) > 0.2475 && largest([:]) <= 0.25)
    #expect(try largest(["init": .text("uniform")]) <= 0.1021)
}

@Test("the conformance kit passes", arguments: ["relu", "relu.identity"])
func conformance(_ name: String) throws {
    let registry = try Registry(plugins: [ReLUPlugin.PluginEntry.self])
    for seed: UInt64 in 1...5 {
        checkConformance(of: try registry.neuron(ComponentChoice(name), dt: 1), seed: seed)
    }
}

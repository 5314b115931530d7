import ReLUPlugin
import SNNKernel
import SNNTestKit
import Testing

@Test("the plugin keeps every law, as it comes")
func plugin() throws { try checkPlugin(ReLUPlugin.PluginEntry.self) }

@Test("the conformance kit passes", arguments: ["relu", "relu.identity"])
func conformance(_ name: String) throws {
    let registry = try Registry(plugins: [ReLUPlugin.PluginEntry.self])
    for seed: UInt64 in 1...5 {
        checkConformance(of: try registry.neuron(ComponentChoice(name), dt: 1), seed: seed)
    }
}

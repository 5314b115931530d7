import CForeignFixtures
import CSNN
import CodingsPlugin
import LIFPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import SNNForeign

/// A neuron of the fixtures, made with parameters.
func foreign(_ plugin: snn_plugin, _ parameters: [String: ParameterValue] = [:]) throws -> ForeignNeuron {
    let model = try registry(plugin).neuron(ComponentChoice(identifier(plugin), parameters), dt: 0.5)
    return try #require(model as? ForeignNeuron)
}

/// A registry that knows one plugin of the fixtures alone.
func registry(_ plugin: snn_plugin) throws -> Registry {
    try withUnsafePointer(to: plugin) { pointer in
        try Registry(
            plugins: [CodingsPlugin.PluginEntry.self, LIFPlugin.PluginEntry.self],
            loaded: [try ForeignPlugin.read(pointer)]
        )
    }
}

private func identifier(_ plugin: snn_plugin) -> String { String(cString: plugin.name) }

/// Currents that fire often.
func drawnCurrents(steps: Int, batch: Int, count: Int, seed: UInt64 = 1, isConstant: Bool = false) -> Values {
    var random = Seeded(seed)
    return random.values(
        steps: steps,
        batch: batch,
        count: count,
        isConstant: isConstant,
        in: -0.6...1.6,
        activity: 0.8
    )
}

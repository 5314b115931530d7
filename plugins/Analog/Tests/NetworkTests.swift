import AnalogPlugin
import CodingsPlugin
import ReLUPlugin
import SNNKernel
import SNNTestKit
import Testing

/// Analog units in networks.
struct NetworkTests {
    private func registry() throws -> Registry {
        try Registry(plugins: [
            AnalogPlugin.PluginEntry.self, ReLUPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self,
        ])
    }

    static let units = AnalogPlugin.PluginEntry.neurons.map(\.name)

    @Test("gradients of a network: engine, adjoint, forward mode and differences agree", arguments: units)
    func gradients(_ unit: String) throws {
        let description = NetworkDescription(
            input: Shape(height: 5, width: 6, channels: 2),
            steps: 3,
            coding: ComponentChoice("constant"),
            nodes: [
                NodeDescription(
                    name: "conv",
                    connection: ComponentChoice(
                        "conv2d",
                        ["channels": .number(5), "kernel": .numbers([3, 2]), "padding": .number(1)]
                    ),
                    neuron: ComponentChoice(unit)
                ),
                NodeDescription(
                    name: "hidden",
                    stages: [ComponentChoice("max_pool", ["kernel": .number(2)]), ComponentChoice("flatten")],
                    connection: ComponentChoice("dense", ["outputs": .number(12)]),
                    neuron: ComponentChoice(unit)
                ),
                NodeDescription(
                    name: "out",
                    connection: ComponentChoice("dense", ["outputs": .number(3)]),
                    neuron: ComponentChoice("relu.identity")
                ),
            ],
            readout: ComponentChoice("membrane")
        )
        for loss in [Loss(.crossEntropy), Loss(.meanSquaredError), Loss(.crossEntropy, span: .step)] {
            try checkGradients(of: description, registry: try registry(), loss: loss, law: .smooth, seed: 3)
        }
    }

    @Test("window, session, single samples and the reference give the same bits", arguments: units)
    func engine(_ unit: String) throws {
        for seed: UInt64 in 1...25 {
            let drawn = RandomNetwork(
                seed: seed,
                neurons: [ComponentChoice(unit)],
                readout: ComponentChoice("membrane"),
                codings: [ComponentChoice("constant")]
            )
            let network = try Network(drawn.description, registry: try registry(), seed: seed)
            try checkEngine(network, rows: drawn.rows, seed: seed)
        }
    }

    @Test("spikes and values per step are refused, by name", arguments: units)
    func perStep(_ unit: String) throws {
        let node = NodeDescription(
            name: "only",
            connection: ComponentChoice("dense", ["outputs": .number(3)]),
            neuron: ComponentChoice(unit)
        )
        for (coding, arriving) in [("rate", "spikes"), ("frames", "values per step")] {
            let description = NetworkDescription(
                input: Shape(4),
                steps: 3,
                coding: ComponentChoice(coding),
                nodes: [node],
                readout: ComponentChoice("membrane")
            )
            let error = #expect(throws: SNNError.self) { try Network(description, registry: try registry(), seed: 1) }
            #expect(error?.message.contains(unit) == true && error?.message.contains(arriving) == true)
        }
    }
}

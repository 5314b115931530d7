import CodingsPlugin
import LIFPlugin
import ReLUPlugin

@testable import SNNKernel

/// Every plugin of the package.
func allPlugins() throws -> Registry {
    try Registry(
        plugins: [CodingsPlugin.PluginEntry.self, LIFPlugin.PluginEntry.self, ReLUPlugin.PluginEntry.self])
}

extension NodeDescription {
    /// A dense node.
    static func dense(
        _ name: String,
        _ outputs: Int,
        stages: [ComponentChoice] = [],
        neuron: ComponentChoice = ComponentChoice("lif"),
        inputs: [String] = [],
        gain: Double = 1
    ) -> NodeDescription {
        NodeDescription(
            name: name,
            inputs: inputs,
            stages: stages,
            connection: ComponentChoice(
                "dense",
                ["outputs": .number(Double(outputs)), "init_gain": .number(gain)]
            ),
            neuron: neuron
        )
    }

    /// A convolution.
    static func conv(
        _ name: String,
        channels: Int,
        kernel: Int,
        padding: Int = 0,
        stages: [ComponentChoice] = []
    ) -> NodeDescription {
        NodeDescription(
            name: name,
            stages: stages,
            connection: ComponentChoice(
                "conv2d",
                [
                    "channels": .number(Double(channels)), "kernel": .number(Double(kernel)),
                    "padding": .number(Double(padding)),
                ]
            ),
            neuron: ComponentChoice("lif")
        )
    }

    /// Stages alone.
    static func stages(_ name: String, _ stages: ComponentChoice...) -> NodeDescription {
        NodeDescription(name: name, stages: stages)
    }
}

/// A dense network of LIF neurons; with gain 3 random inputs in [0, 1) make all layers spike.
func denseNetwork(
    inputs: Int = 6,
    hidden: Int = 20,
    outputs: Int = 3,
    steps: Int = 8,
    coding: String = "constant",
    dropout: Double = 0,
    gain: Double = 3,
    seed: UInt64 = 1
) throws -> Network {
    let stages =
        dropout > 0 ? [ComponentChoice("dropout", ["probability": .number(dropout), "mask": .text("window")])] : []
    return try Network(
        NetworkDescription(
            input: Shape(inputs),
            steps: steps,
            coding: ComponentChoice(coding),
            nodes: [
                .dense("hidden", hidden, gain: gain), .dense("output", outputs, stages: stages, gain: gain),
            ]
        ),
        registry: allPlugins(),
        seed: seed
    )
}

/// A small image network: convolution, pooling, flatten, dense.
func imageNetwork(
    coding: String = "rate",
    pool: String = "average_pool",
    steps: Int = 6,
    seed: UInt64 = 2
) throws -> Network {
    var conv = NodeDescription.conv("conv", channels: 5, kernel: 3, padding: 1)
    conv.connection?.parameters["init_gain"] = .number(4)
    return try Network(
        NetworkDescription(
            input: Shape(height: 6, width: 6, channels: 2),
            steps: steps,
            coding: ComponentChoice(coding),
            nodes: [
                conv, .stages("pool", ComponentChoice(pool, ["kernel": .number(2)])),
                .dense("output", 4, stages: [ComponentChoice("flatten")], gain: 4),
            ]
        ),
        registry: allPlugins(),
        seed: seed
    )
}

extension Network {
    /// A copy of every tensor.
    var weights: [[Float]] { tensors.map(\.storage.array) }
}

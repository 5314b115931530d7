import CodingsPlugin
import ReLUPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import TTFSPlugin

/// Networks of spike times, and of rectified linear units with the same weights.
enum Twins {
    static func registry() throws -> Registry {
        try Registry(plugins: [
            TTFSPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self, ReLUPlugin.PluginEntry.self,
        ])
    }

    /// A hidden layer and what stands before its connection.
    struct Layer {
        var stages: [ComponentChoice] = []
        var connection: ComponentChoice

        static func dense(_ outputs: Int, flatten: Bool = false, _ more: [String: ParameterValue] = [:]) -> Layer {
            Layer(
                stages: flatten ? [ComponentChoice("flatten")] : [],
                connection: ComponentChoice("dense", ["outputs": .number(Double(outputs))].merging(more) { $1 })
            )
        }

        static func conv(_ channels: Int, kernel: Int, padding: Int = 0, pool: Bool = false) -> Layer {
            Layer(
                stages: pool ? [ComponentChoice("max_pool", ["kernel": .number(2)])] : [],
                connection: ComponentChoice(
                    "conv2d",
                    [
                        "channels": .number(Double(channels)), "kernel": .number(Double(kernel)),
                        "padding": .number(Double(padding)), "init": .text("uniform"),
                    ]
                )
            )
        }
    }

    /// A network of these layers, the last of which is read.
    static func description(
        _ layers: [Layer],
        input: Shape,
        spikes: Bool,
        neuron: String = "ttfs",
        _ parameters: [String: ParameterValue] = [:]
    ) -> NetworkDescription {
        NetworkDescription(
            input: input,
            steps: 1,
            coding: ComponentChoice(spikes ? "ttfs" : "constant"),
            nodes: layers.enumerated().map { index, layer in
                let isLast = index == layers.count - 1
                let model =
                    spikes
                    ? isLast ? ComponentChoice("ttfs.membrane") : ComponentChoice(neuron, parameters)
                    : ComponentChoice(isLast ? "relu.identity" : "relu")
                return NodeDescription(
                    name: "layer\(index + 1)",
                    stages: layer.stages,
                    connection: layer.connection,
                    neuron: model
                )
            },
            readout: ComponentChoice("membrane")
        )
    }

    static func network(
        _ layers: [Layer],
        input: Shape,
        spikes: Bool,
        neuron: String = "ttfs",
        _ parameters: [String: ParameterValue] = [:],
        seed: UInt64 = 1
    ) throws -> Network {
        let network = try Network(
            description(layers, input: input, spikes: spikes, neuron: neuron, parameters),
            registry: try registry(),
            seed: seed
        )
        // Biases that are not zero.
        var random = Seeded(seed)
        for tensor in network.tensors where tensor.name.hasSuffix(".bias") && neuron != "ttfs.alpha1" {
            for index in 0..<tensor.storage.count { tensor.storage.base[index] = Float(random.number(-0.2...0.3)) }
        }
        return network
    }

    /// Inputs in 0...1, many of them 0.
    static func inputs(_ samples: Int, _ network: Network, seed: UInt64 = 7) -> ArraySource {
        var random = Seeded(seed)
        return ArraySource(
            random.numbers(samples * network.inputCount, in: 0...1, activity: 0.5),
            inputCount: network.inputCount
        )
    }

    static func scores(_ network: Network, _ source: ArraySource) throws -> [Float] {
        let count = source.rows.count / source.inputCount
        let scores = Storage<Float>(count * network.scoreCount)
        try network.predict(source, count: count, scores: scores.base)
        return Array(scores.elements)
    }

    static func result(_ name: String, of network: Network, _ source: ArraySource) throws -> [Float] {
        let count = source.rows.count / source.inputCount
        let reader = try registry().result(name).reader(of: network)
        let (scores, values) = (Storage<Float>(count * network.scoreCount), Storage<Float>(count * reader.size))
        try network.predict(
            source,
            count: count,
            threads: 2,
            scores: scores.base,
            results: [(reader, values.base)]
        )
        return Array(values.elements)
    }

    static func setWindows(_ network: Network, _ length: Float) {
        for buffer in network.buffers { buffer.storage.base[0] = length }
    }

    static func weights(_ network: Network) -> [[Float]] { network.tensors.map { Array($0.storage.elements) } }

    /// Trains on random samples with labels that follow from them, `steps` steps of 8.
    static func train(_ network: Network, rule: any LearningRule, steps: Int, threads: Int = 1) throws -> [Double] {
        let trainer = try Trainer(
            network: network,
            rule: rule,
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: 1e-3),
            batchSize: 8,
            seed: 3
        )
        let labels = Storage<Int32>(8)
        var losses: [Double] = []
        for step in 0..<steps {
            let source = inputs(8, network, seed: UInt64(100 + step))
            for sample in 0..<8 {
                let row = source.rows[sample * source.inputCount..<(sample + 1) * source.inputCount]
                labels.base[sample] = Int32(Int(row.reduce(0, +) * 3) % network.scoreCount)
            }
            let targets = Targets(.labels(UnsafePointer(labels.base)))
            losses.append(try trainer.trainBatch(source, targets: targets, count: 8, threads: threads).loss)
        }
        withExtendedLifetime(labels) {}
        return losses
    }
}

import CodingsPlugin
import LIFPlugin
import ReLUPlugin
import SNNKernel
import SNNTestKit
import Testing

/// The analog units, alone and in networks.
struct ReLUTests {
    private func registry() throws -> Registry {
        try Registry(plugins: [ReLUPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self, LIFPlugin.PluginEntry.self])
    }

    private func run(_ name: String, _ currents: [Float], slope: [Float]) throws -> (sent: [Float], gradient: [Float]) {
        let model = try registry().neuron(ComponentChoice(name), dt: 1)
        let current = Values(steps: 3, batch: 1, count: currents.count, isConstant: true)
        let gradient = Values(steps: 3, batch: 1, count: currents.count, isConstant: true)
        for index in currents.indices {
            current.base[index] = currents[index]
            gradient.base[index] = slope[index]
        }
        let sent = model.run(current, state: model.rest(count: currents.count), potentials: nil)
        guard case .values(let values) = sent, values.isConstant else {
            Issue.record("\(name) sends what is not constant")
            return ([], [])
        }
        return (values.numbers, model.adjoint(of: gradient, current: current).numbers)
    }

    @Test("it sends max(0, i) and passes gradients where i > 0")
    func rectifies() throws {
        let found = try run("relu", [-2, -0.0, 0, 0x1p-149, 3], slope: [1, 2, 3, 4, 5])
        #expect(found.sent == [0, 0, 0, 0x1p-149, 3])
        #expect(found.gradient == [0, 0, 0, 4, 5])
    }

    @Test("the identity passes currents and gradients on")
    func passes() throws {
        let found = try run("relu.identity", [-2, 0, 3], slope: [1, 2, 3])
        #expect(found.sent == [-2, 0, 3])
        #expect(found.gradient == [1, 2, 3])
    }

    @Test("asked for potentials it gives its current at every step")
    func potentials() throws {
        let model = try registry().neuron(ComponentChoice("relu"), dt: 1)
        let current = Values(steps: 2, batch: 1, count: 2, isConstant: true)
        current.base[0] = -1
        current.base[1] = 2
        let potentials = Values(steps: 2, batch: 1, count: 2)
        _ = model.run(current, state: model.rest(count: 2), potentials: potentials)
        #expect(potentials.numbers == [-1, 2, -1, 2])
    }

    @Test("it takes one total a window: spikes and values per step are refused, by name")
    func perStep() throws {
        for (coding, arriving) in [("rate", "spikes"), ("latency", "spikes"), ("frames", "values per step")] {
            let description = network([], neuron: "relu", coding: coding)
            let error = #expect(throws: SNNError.self) { try Network(description, registry: try registry(), seed: 1) }
            #expect(error?.message.contains("relu") == true && error?.message.contains(arriving) == true)
        }
    }

    private func network(
        _ stages: [ComponentChoice],
        neuron: String,
        coding: String = "constant",
        reduce: String = "mean"
    ) -> NetworkDescription {
        NetworkDescription(
            input: Shape(height: 5, width: 6, channels: 2),
            steps: 4,
            coding: ComponentChoice(coding),
            nodes: [
                NodeDescription(
                    name: "conv",
                    connection: ComponentChoice(
                        "conv2d",
                        [
                            "channels": .number(5), "kernel": .numbers([3, 2]), "stride": .number(1),
                            "padding": .number(1),
                        ]
                    ),
                    neuron: ComponentChoice(neuron)
                ),
                NodeDescription(
                    name: "hidden",
                    stages: stages + [ComponentChoice("flatten")],
                    connection: ComponentChoice("dense", ["outputs": .number(12)]),
                    neuron: ComponentChoice(neuron)
                ),
                NodeDescription(
                    name: "out",
                    connection: ComponentChoice("dense", ["outputs": .number(3)]),
                    neuron: ComponentChoice("relu.identity")
                ),
            ],
            readout: ComponentChoice("membrane", ["reduce": .text(reduce)])
        )
    }

    static let stages: [[ComponentChoice]] = [
        [], [ComponentChoice("average_pool", ["kernel": .number(2)])],
        [ComponentChoice("max_pool", ["kernel": .numbers([3, 2]), "stride": .number(2)])],
        [ComponentChoice("dropout", ["probability": .number(0.3), "mask": .text("window")])],
    ]

    @Test(
        "gradients of an analog network: engine, adjoint, forward mode and differences agree",
        arguments: ["relu", "relu.identity"],
        stages
    )
    func gradients(_ neuron: String, _ stages: [ComponentChoice]) throws {
        for reduce in ["sum", "mean", "max", "last"] {
            for loss in [
                Loss(.crossEntropy), Loss(.meanSquaredError), Loss(.crossEntropy, span: .step),
                Loss(.meanSquaredError, reduction: .sum, span: .step),
            ] {
                try checkGradients(
                    of: network(stages, neuron: neuron, reduce: reduce),
                    registry: try registry(),
                    loss: loss,
                    law: .smooth,
                    seed: 3,
                    coordinates: 8
                )
            }
        }
    }

    @Test("gradients of analog units that drive spiking neurons: all four agree")
    func mixed() throws {
        for (output, law) in [("relaxed", GradientLaw.smooth), ("spike", .surrogate)] {
            var description = network([], neuron: "relu")
            description.nodes[2].neuron = ComponentChoice(
                "lif",
                ["output": .text(output), "surrogate": .text("logistic"), "surrogate_width": .number(1)]
            )
            description.readout = ComponentChoice("spike_count")
            try checkGradients(
                of: description,
                registry: try registry(),
                loss: Loss(.crossEntropy),
                law: law,
                seed: 4,
                coordinates: 12
            )
        }
    }

    @Test(
        "window, session, single samples and the reference give the same bits",
        arguments: [1...60, 61...120] as [ClosedRange<UInt64>]
    )
    func engine(_ seeds: ClosedRange<UInt64>) throws {
        let neurons = [ComponentChoice("relu"), ComponentChoice("relu.identity")]
        for seed in seeds {
            let drawn = RandomNetwork(
                seed: seed,
                neurons: neurons,
                readout: ComponentChoice("membrane"),
                codings: [ComponentChoice("constant")]
            )
            let network = try Network(drawn.description, registry: try registry(), seed: seed)
            try checkEngine(network, rows: drawn.rows, seed: seed)
        }
    }
}

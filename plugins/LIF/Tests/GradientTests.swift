import SNNKernel
import SNNTestKit
import Testing

/// Gradients of whole networks: engine, adjoint, forward mode and central differences, with the neurons of this plugin.
struct GradientTests {
    /// The smooth twin of a model, so that differences exist; wide, so that gradients arrive everywhere.
    static func relaxed(_ choice: ComponentChoice) -> ComponentChoice {
        choice.with(["output": .text("relaxed"), "surrogate_width": .number(1)])
    }

    static let smooth = relaxed(ComponentChoice("lif", ["surrogate": .text("logistic")]))
    static let spiking = ComponentChoice("lif", ["surrogate_width": .number(1)])

    static func dense(
        _ neuron: ComponentChoice,
        stages: [ComponentChoice] = [],
        readout: ComponentChoice = ComponentChoice("spike_count"),
        outputs: Int = 4,
        last: ComponentChoice? = nil,
        coding: String = "constant"
    ) -> NetworkDescription {
        NetworkDescription(
            input: Shape(6),
            steps: 5,
            coding: ComponentChoice(coding),
            nodes: [
                NodeDescription(name: "hidden", connection: weights("dense", ["outputs": .number(9)]), neuron: neuron),
                NodeDescription(
                    name: "out",
                    stages: stages,
                    connection: weights("dense", ["outputs": .number(Double(outputs))]),
                    neuron: last ?? neuron
                ),
            ],
            readout: readout
        )
    }

    static func image(
        _ neuron: ComponentChoice,
        stages: [ComponentChoice],
        kernel: (Int, Int) = (3, 2),
        stride: Int = 1,
        padding: Int = 1
    ) -> NetworkDescription {
        NetworkDescription(
            input: Shape(height: 5, width: 6, channels: 2),
            steps: 3,
            nodes: [
                NodeDescription(
                    name: "first",
                    connection: weights("conv2d", ["channels": .number(3), "kernel": .number(2)]),
                    neuron: neuron
                ),
                NodeDescription(
                    name: "second",
                    connection: weights(
                        "conv2d",
                        [
                            "channels": .number(4), "kernel": .numbers([Double(kernel.0), Double(kernel.1)]),
                            "stride": .number(Double(stride)), "padding": .number(Double(padding)),
                        ]
                    ),
                    neuron: neuron
                ),
                NodeDescription(
                    name: "out",
                    stages: stages + [ComponentChoice("flatten")],
                    connection: weights("dense", ["outputs": .number(3)]),
                    neuron: neuron
                ),
            ]
        )
    }

    static func weights(_ name: String, _ parameters: [String: ParameterValue]) -> ComponentChoice {
        ComponentChoice(name, parameters.merging(["init_gain": .number(2.5)]) { $1 })
    }

    static let entropy = Loss(.crossEntropy)

    @Test(
        "every surrogate, relaxed: engine, adjoint, forward mode and differences agree",
        arguments: LIFTest.surrogates,
        LIFTest.resets
    )
    func surrogates(_ surrogate: String, _ reset: String) throws {
        let neuron = Self.relaxed(ComponentChoice("lif", ["surrogate": .text(surrogate), "reset": .text(reset)]))
        try checkGradients(
            of: Self.dense(neuron),
            registry: try LIFTest.registry(),
            loss: Self.entropy,
            law: .smooth,
            seed: 3
        )
    }

    @Test("every model, reset and order, relaxed: all four agree", arguments: LIFTest.variants)
    func models(_ choice: ComponentChoice) throws {
        let neuron = Self.relaxed(choice.with(["surrogate": .text("gaussian")]))
        try checkGradients(
            of: Self.dense(neuron),
            registry: try LIFTest.registry(),
            loss: Self.entropy,
            law: .smooth,
            seed: 4
        )
    }

    @Test("every model, reset and order, spiking: engine, adjoint and forward mode agree", arguments: LIFTest.variants)
    func spikingModels(_ choice: ComponentChoice) throws {
        try checkGradients(
            of: Self.dense(choice.with(["surrogate_width": .number(1)])),
            registry: try LIFTest.registry(),
            loss: Self.entropy,
            law: .surrogate,
            seed: 5
        )
    }

    @Test(
        "every model and reset with the reset detached: the engine has the adjoint's gradient",
        arguments: LIFTest.variants
    )
    func detached(_ choice: ComponentChoice) throws {
        try checkGradients(
            of: Self.dense(choice.with(["detach_reset": .boolean(true)])),
            registry: try LIFTest.registry(),
            loss: Self.entropy,
            law: .detached,
            seed: 6
        )
    }

    @Test("refractory neurons: engine, adjoint and forward mode agree")
    func refractory() throws {
        let neuron = Self.spiking.with(["refractory": .number(2)])
        try checkGradients(
            of: Self.dense(neuron),
            registry: try LIFTest.registry(),
            loss: Self.entropy,
            law: .surrogate,
            seed: 7
        )
    }

    @Test(
        "convolutions of every kernel, stride and padding: all four agree",
        arguments: [
            (3, 2, 1, 1), (3, 3, 2, 1), (2, 3, 2, 0), (1, 1, 1, 0), (3, 3, 3, 2), (2, 2, 3, 1), (4, 3, 1, 2),
            (1, 2, 2, 0),
        ]
    )
    func convolutions(_ rows: Int, _ columns: Int, _ stride: Int, _ padding: Int) throws {
        for (neuron, law) in [(Self.smooth, GradientLaw.smooth), (Self.spiking, .surrogate)] {
            try checkGradients(
                of: Self.image(neuron, stages: [], kernel: (rows, columns), stride: stride, padding: padding),
                registry: try LIFTest.registry(),
                loss: Self.entropy,
                law: law,
                seed: 8,
                coordinates: 12
            )
        }
    }

    static let everyStage: [[ComponentChoice]] = [
        [ComponentChoice("average_pool", ["kernel": .number(2)])],
        [ComponentChoice("average_pool", ["kernel": .numbers([2, 3]), "stride": .number(1)])],
        [ComponentChoice("max_pool", ["kernel": .number(2)])],
        [ComponentChoice("max_pool", ["kernel": .numbers([3, 2]), "stride": .number(1)])],
        [ComponentChoice("dropout", ["probability": .number(0.3), "mask": .text("step")])],
        [ComponentChoice("dropout", ["probability": .number(0.3), "mask": .text("window")])],
        [
            ComponentChoice("average_pool", ["kernel": .number(2), "stride": .number(1)]),
            ComponentChoice("dropout", ["probability": .number(0.25)]),
            ComponentChoice("max_pool", ["kernel": .number(2)]),
        ],
        [],
    ]

    @Test("every stage: all four agree", arguments: everyStage)
    func stages(_ stages: [ComponentChoice]) throws {
        for (neuron, law) in [(Self.smooth, GradientLaw.smooth), (Self.spiking, .surrogate)] {
            try checkGradients(
                of: Self.image(neuron, stages: stages),
                registry: try LIFTest.registry(),
                loss: Self.entropy,
                law: law,
                seed: 9,
                coordinates: 12
            )
        }
    }

    @Test(
        "every coding: engine, adjoint and forward mode agree",
        arguments: ["constant", "frames", "events", "rate", "latency"]
    )
    func codings(_ coding: String) throws {
        for (neuron, law) in [(Self.smooth, GradientLaw.smooth), (Self.spiking, .surrogate)] {
            try checkGradients(
                of: Self.dense(
                    neuron,
                    stages: [ComponentChoice("dropout", ["probability": .number(0.2)])],
                    coding: coding
                ),
                registry: try LIFTest.registry(),
                loss: Self.entropy,
                law: law,
                seed: 13
            )
        }
    }

    @Test("stages before the first connection, on constant input: all four agree")
    func stagesOnInput() throws {
        for mask in ["step", "window"] {
            for pool in ["average_pool", "max_pool"] {
                var description = Self.image(Self.smooth, stages: [])
                description.nodes[0].stages = [
                    ComponentChoice(pool, ["kernel": .number(2), "stride": .number(1)]),
                    ComponentChoice("dropout", ["probability": .number(0.3), "mask": .text(mask)]),
                ]
                description.nodes[1].connection = Self.weights(
                    "conv2d",
                    ["channels": .number(2), "kernel": .number(2)]
                )
                try checkGradients(
                    of: description,
                    registry: try LIFTest.registry(),
                    loss: Self.entropy,
                    law: .smooth,
                    seed: 14,
                    coordinates: 12
                )
            }
        }
    }

    @Test("layers wider than a block of the law of sums and than a tile: engine and adjoint agree")
    func wide() throws {
        let description = NetworkDescription(
            input: Shape(300),
            steps: 3,
            coding: ComponentChoice("rate"),
            nodes: [
                NodeDescription(
                    name: "hidden",
                    connection: Self.weights("dense", ["outputs": .number(70)]),
                    neuron: Self.spiking
                ),
                NodeDescription(
                    name: "out",
                    connection: Self.weights("dense", ["outputs": .number(17)]),
                    neuron: Self.spiking
                ),
            ]
        )
        try checkGradients(
            of: description,
            registry: try LIFTest.registry(),
            loss: Self.entropy,
            law: .surrogate,
            seed: 15,
            coordinates: 4
        )
    }
}

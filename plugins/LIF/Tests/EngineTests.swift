import SNNKernel
import SNNTestKit
import Testing

/// The engine against the plain reference, bit for bit, with the neurons of this plugin.
struct EngineTests {
    static let neurons: [ComponentChoice] = [
        ComponentChoice("lif", ["tau_mem": .number(5)]),
        ComponentChoice("lif", ["reset": .text("hard"), "decay": .text("factor"), "beta": .number(0.5)]),
        ComponentChoice("lif", ["refractory": .number(2), "v_threshold": .number(0.6)]),
        ComponentChoice("lif", ["reset_order": .text("next_step"), "comparison": .text("above")]),
        ComponentChoice("lif.synaptic", ["tau_syn": .number(2)]),
        ComponentChoice("lif.adaptive", ["tau_adapt": .number(10), "adaptation": .number(0.3)]),
    ]
    /// Models that send values: smooth spikes, and the membrane itself.
    static let analog: [ComponentChoice] = [
        ComponentChoice("lif", ["output": .text("relaxed"), "surrogate": .text("logistic")]),
        ComponentChoice("lif", ["output": .text("relaxed"), "surrogate": .text("rectangle"), "reset": .text("hard")]),
        ComponentChoice("lif.integrator", ["decay": .text("none")]),
        ComponentChoice("lif.synaptic", ["output": .text("relaxed"), "surrogate": .text("fast_sigmoid")]),
    ]

    private func check(
        _ seeds: ClosedRange<UInt64>,
        _ neurons: [ComponentChoice],
        _ readouts: [ComponentChoice]
    ) throws -> EngineActivity {
        let registry = try LIFTest.registry()
        var seen = EngineActivity()
        for seed in seeds {
            let drawn = RandomNetwork(
                seed: seed,
                neurons: neurons,
                readout: readouts[Int(seed) % readouts.count]
            )
            let network = try Network(drawn.description, registry: registry, seed: seed)
            seen += try checkEngine(network, rows: drawn.rows, seed: seed)
        }
        return seen
    }

    @Test(
        "window, session, single samples and the reference give the same bits: spiking networks",
        arguments: [1...100, 101...200, 201...300, 301...400] as [ClosedRange<UInt64>]
    )
    func spiking(_ seeds: ClosedRange<UInt64>) throws {
        let seen = try check(
            seeds,
            Self.neurons,
            [
                ComponentChoice("spike_count"), ComponentChoice("spike_count", ["reduce": .text("mean")]),
                ComponentChoice("population", ["neurons_per_class": .number(1)]),
            ]
        )
        let share = Double(seen.events) / Double(seen.slots)
        #expect(share > 0.05 && share < 0.6, "a share of \(share) spikes says little")
    }

    @Test(
        "window, session, single samples and the reference give the same bits: analog networks",
        arguments: [1001...1060, 1061...1120] as [ClosedRange<UInt64>]
    )
    func analog(_ seeds: ClosedRange<UInt64>) throws {
        let readouts = ["sum", "mean", "max", "last"].map { ComponentChoice("membrane", ["reduce": .text($0)]) }
        _ = try check(seeds, Self.analog, readouts)
    }

    @Test("a batch of 128 gives the bits of 128 batches of one, and those of the reference")
    func largeBatch() throws {
        var random = Seeded(11)
        let description = NetworkDescription(
            input: Shape(height: 6, width: 6, channels: 2),
            steps: 5,
            coding: ComponentChoice("rate", ["gain": .number(0.8)]),
            nodes: [
                NodeDescription(
                    name: "conv",
                    connection: ComponentChoice(
                        "conv2d",
                        ["channels": .number(17), "kernel": .number(3), "padding": .number(1), "init_gain": .number(4)]
                    ),
                    neuron: ComponentChoice("lif")
                ),
                NodeDescription(
                    name: "out",
                    stages: [ComponentChoice("average_pool", ["kernel": .number(2)]), ComponentChoice("flatten")],
                    connection: ComponentChoice("dense", ["outputs": .number(10), "init_gain": .number(4)]),
                    neuron: ComponentChoice("lif")
                ),
            ]
        )
        let network = try Network(description, registry: try LIFTest.registry(), seed: 11)
        let rows = random.numbers(128 * network.inputCount, in: 0...1, activity: 0.5)
        let seen = try checkEngine(network, rows: rows, seed: 11)
        #expect(seen.events > 1000 && seen.events < seen.slots / 2)
    }

    @Test(
        "silent, sparse and full input give the bits of sums over every input, in blocks of 256",
        arguments: [0, 0.01, 0.1, 0.5, 1]
    )
    func activity(_ share: Double) throws {
        for (inputs, outputs) in [(255, 64), (256, 70), (257, 40), (512, 17), (513, 10), (1030, 1)] {
            let seed = UInt64(inputs)
            var random = Seeded(seed)
            let map = try Convolution(inputs: inputs, outputs: outputs)
            let weight = Storage<Float>(inputs * outputs)
            let bias = Storage<Float>(outputs)
            for index in 0..<weight.count { weight.base[index] = Float(random.number(-1...1)) }
            for index in 0..<bias.count { bias.base[index] = Float(random.number(-1...1)) }
            let arriving: [Activity] = [
                .raster(random.raster(steps: 3, batch: 3, count: inputs, activity: share, scale: 0.7)),
                .raster(
                    random.raster(
                        steps: 2,
                        batch: 3,
                        count: inputs,
                        activity: share,
                        largest: 4,
                        isSigned: true,
                        scale: 0.25
                    )
                ),
                .values(random.values(steps: 3, batch: 2, count: inputs, activity: share)),
                .values(random.values(steps: 3, batch: 2, count: inputs, isConstant: true, activity: share)),
            ]
            for activity in arriving {
                let found = map.current(of: activity, with: map.prepare([weight, bias], adjoint: false))
                for t in 0..<found.slices {
                    for sample in 0..<activity.batch {
                        for n in 0..<outputs {
                            var total: Float = 0
                            for block in stride(from: 0, to: inputs, by: 256) {
                                var sum: Float = 0
                                for i in block..<min(block + 256, inputs) {
                                    let x: Float =
                                        switch activity {
                                        case .raster(let raster):
                                            Float(raster.event(step: t, index: sample * inputs + i))
                                        case .values(let values): values.step(t)[sample * inputs + i]
                                        }
                                    sum = sum.addingProduct(x, weight.base[i * outputs + n])
                                }
                                total += sum
                            }
                            var scale: Float = 1
                            if case .raster(let raster) = activity { scale = raster.scale }
                            let wanted = bias.base[n].addingProduct(scale, total)
                            let current = found.step(t)[sample * outputs + n]
                            #expect(
                                current.bitPattern == wanted.bitPattern,
                                "\(current) is not \(wanted) (seed \(seed))"
                            )
                        }
                    }
                }
            }
        }
    }

    @Test(
        "weights after training are equal to the bit on 1, 2 and 5 threads",
        arguments: ["sgd", "adam"]
    )
    func threads(_ optimizer: String) throws {
        var random = Seeded(5)
        let description = NetworkDescription(
            input: Shape(height: 8, width: 8, channels: 1),
            steps: 4,
            coding: ComponentChoice("rate"),
            nodes: [
                NodeDescription(
                    name: "conv",
                    connection: ComponentChoice(
                        "conv2d",
                        ["channels": .number(6), "kernel": .number(3), "init_gain": .number(4)]
                    ),
                    neuron: ComponentChoice("lif", ["surrogate": .text("triangle"), "surrogate_width": .number(1)])
                ),
                NodeDescription(
                    name: "hidden",
                    stages: [
                        ComponentChoice("average_pool", ["kernel": .number(2)]), ComponentChoice("flatten"),
                        ComponentChoice("dropout", ["probability": .number(0.2)]),
                    ],
                    connection: ComponentChoice("dense", ["outputs": .number(33), "init_gain": .number(3)]),
                    neuron: ComponentChoice("lif.adaptive")
                ),
                NodeDescription(
                    name: "out",
                    connection: ComponentChoice("dense", ["outputs": .number(4)]),
                    neuron: ComponentChoice("lif.integrator")
                ),
            ],
            readout: ComponentChoice("membrane")
        )
        let count = 90
        let rows = random.numbers(count * 64, in: 0...1)
        let labels = (0..<count).map { _ in Int32(random.integer(0...3)) }
        let registry = try LIFTest.registry()
        try checkThreads(
            {
                try Trainer(
                    network: try Network(description, registry: registry, seed: 5),
                    loss: Loss(.crossEntropy),
                    optimizer: try BuiltIn.optimizer(ComponentChoice(optimizer, ["learning_rate": .number(0.01)])),
                    seed: 9
                )
            },
            rows: rows,
            answers: Answers(.labels(labels)),
            steps: 4,
            threads: [1, 2, 5],
            seed: 5
        )
    }
}

import SNNTestKit
import Testing

@testable import SNNKernel

@Suite("Batch normalisation")
struct BatchNormalisationTests {
    /// Convolution, normalisation before a nonlinearity, pooling, another behind a layer, and a dense layer.
    private func network(_ neuron: String = "relu", pool: String = "max_pool", seed: UInt64 = 2) throws -> Network {
        let pool = ComponentChoice(pool, ["kernel": .number(2)])
        var conv = NodeDescription.conv("conv", channels: 5, kernel: 3, padding: 1)
        conv.neuron = ComponentChoice("relu.identity")
        let norm = ComponentChoice("batch_norm", ["momentum": .number(0.25)])
        return try Network(
            NetworkDescription(
                input: Shape(height: 6, width: 6, channels: 2),
                steps: 1,
                nodes: [
                    conv,
                    NodeDescription(name: "first", connection: norm, neuron: ComponentChoice(neuron)),
                    .dense(
                        "hidden",
                        7,
                        stages: [pool, ComponentChoice("flatten")],
                        neuron: ComponentChoice(neuron),
                        gain: 2
                    ),
                    NodeDescription(name: "second", connection: norm, neuron: ComponentChoice("relu.identity")),
                    .dense("out", 3, neuron: ComponentChoice("relu.identity"), gain: 2),
                ],
                readout: ComponentChoice("membrane")
            ),
            registry: allPlugins(),
            seed: seed
        )
    }

    private func trainer(_ network: Network) throws -> Trainer {
        try Trainer(network: network, loss: Loss(.crossEntropy), optimizer: Adam(learningRate: 0.01), seed: 3)
    }

    /// Mean and biased variance of each of `channels` channels.
    private func moments(_ list: [Float], channels: Int) -> [(mean: Double, variance: Double)] {
        (0..<channels).map { channel in
            let own = stride(from: channel, to: list.count, by: channels).map { Double(list[$0]) }
            let mean = own.reduce(0, +) / Double(own.count)
            return (mean, own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count))
        }
    }

    @Test("tensors start at 1 and 0, buffers at 0 and 1, under the names of the node")
    func start() throws {
        let network = try network()
        let names = network.tensors.map(\.name)
        #expect(names.contains("first.scale") && names.contains("second.shift"))
        #expect(network.buffers.map(\.name) == ["first.mean", "first.variance", "second.mean", "second.variance"])
        #expect(
            network.buffers.map { $0.storage.array }
                == [5, 5, 7, 7].enumerated().map { place, count in
                    [Float](repeating: place % 2 == 0 ? 0 : 1, count: count)
                }
        )
        let first = try #require(network.tensors.first { $0.name == "first.scale" })
        #expect(first.storage.array == [1, 1, 1, 1, 1] && first.description.shape == [5])
    }

    @Test("in training by the block's statistics, in inference by the buffers")
    func forward() throws {
        var numbers = TestNumbers(41)
        let shape = Shape(height: 3, width: 2, channels: 19)
        let norm = BatchNormalisation(input: shape, epsilon: 1e-3, momentum: 0.1)
        let list = numbers.floats(4 * shape.count).enumerated().map { $1 * Float(1 + $0 % 19) + Float($0 % 19) }
        let input = Activity.values(.constant(list, steps: 3, batch: 4))
        let tensors = [Storage(of: numbers.floats(19)), Storage(of: numbers.floats(19))]
        let buffers = [Storage(of: numbers.floats(19)), Storage(of: numbers.floats(19).map { abs($0) })]
        let own = moments(list, channels: 19)
        for isTraining in [true, false] {
            let weights = norm.prepare(tensors, buffers: buffers, isTraining: isTraining, adjoint: false)
            let found = norm.current(of: input, with: weights)
            #expect(found.isConstant && found.steps == 3)
            for index in list.indices {
                let c = index % 19
                let mean = isTraining ? own[c].mean : Double(buffers[0].base[c])
                let variance = isTraining ? own[c].variance : Double(buffers[1].base[c])
                let normal = (Double(list[index]) - mean) / (variance + 1e-3).squareRoot()
                let expected = Double(tensors[0].base[c]) * normal + Double(tensors[1].base[c])
                #expect(abs(Double(found.base[index]) - expected) < 1e-5 * max(1, abs(expected)))
            }
        }
    }

    @Test("gradients are those of central differences of the loss in training")
    func gradients() throws {
        // Smooth, so that differences are exact to the square of their step. 40 samples: a block of 32 and one of 8.
        let network = try network("relu.identity", pool: "average_pool")
        let set = TestSet.noise(40, inputs: network.inputCount, classes: 3)
        var numbers = TestNumbers(42)
        for tensor in network.tensors where tensor.name.contains("scale") || tensor.name.contains("shift") {
            for index in 0..<tensor.storage.count { tensor.storage.base[index] = Float(0.5 + numbers.unit()) }
        }
        let labels = Storage<Int32>(of: set.labels)
        let trainer = try trainer(network)
        func loss() throws -> Double {
            try trainer.computeGradients(set, targets: Targets(.labels(labels.base)), count: 40, threads: 1).loss
        }
        _ = try loss()
        let found = try trainer.gradients.map(\.array)
        for (index, tensor) in network.tensors.enumerated() {
            // A constant before a normalisation is none: it is subtracted again, be it behind a linear layer.
            let isFree = !["conv.bias", "first.shift", "hidden.bias"].contains(tensor.name)
            let largest = found[index].reduce(0) { max($0, abs($1)) }
            #expect(isFree ? largest > 1e-3 : largest < 1e-5, "\(tensor.name): \(largest)")
            for place in stride(from: 0, to: tensor.storage.count, by: max(1, tensor.storage.count / 6)) {
                let h: Float = 0x1p-7
                let w = tensor.storage.base[place]
                tensor.storage.base[place] = w + h
                let above = try loss()
                tensor.storage.base[place] = w - h
                let difference = (above - (try loss())) / Double(2 * h)
                tensor.storage.base[place] = w
                #expect(
                    abs(Double(found[index][place]) - difference) < 5e-3 * Double(max(largest, 0.05)),
                    "\(tensor.name) \(place): \(found[index][place]) against \(difference)"
                )
            }
        }
        withExtendedLifetime(labels) {}
    }

    @Test("weights, moments and buffers have the same bits for 1, 2 and 3 threads")
    func threads() throws {
        func run(_ threads: Int) throws -> (TrainerState, [[UInt32]]) {
            let trainer = try trainer(network())
            let set = TestSet.noise(100, inputs: trainer.network.inputCount, classes: 3)
            for _ in 0..<3 { try trainer.step(on: set, threads: threads) }
            return (TrainerState(trainer), trainer.network.buffers.map { $0.storage.array.map(\.bitPattern) })
        }
        let alone = try run(1)
        for threads in [2, 3] {
            let together = try run(threads)
            #expect(together.0 == alone.0 && together.1 == alone.1, "\(threads) threads")
        }
    }

    @Test("after a step the buffers move towards the mean of the blocks, weighted by their samples")
    func running() throws {
        let network = try Network(
            NetworkDescription(
                input: Shape(6),
                steps: 1,
                nodes: [
                    NodeDescription(
                        name: "norm",
                        connection: ComponentChoice("batch_norm", ["momentum": .number(0.25)]),
                        neuron: ComponentChoice("relu.identity")
                    ),
                    .dense("out", 3, neuron: ComponentChoice("relu.identity")),
                ],
                readout: ComponentChoice("membrane")
            ),
            registry: allPlugins(),
            seed: 1
        )
        let set = TestSet.noise(72, inputs: 6, classes: 3)
        try trainer(network).step(on: set, threads: 2)
        // Blocks of 32, 32 and 8 samples.
        let blocks = [0..<32, 32..<64, 64..<72].map { ($0.count, moments(set.rows[$0].flatMap(\.self), channels: 6)) }
        for channel in 0..<6 {
            let mean = blocks.reduce(0) { $0 + Double($1.0) * $1.1[channel].mean } / 72
            let variance = blocks.reduce(0) { $0 + Double($1.0) * $1.1[channel].variance } / 72
            #expect(abs(Double(network.buffers[0].storage.base[channel]) - 0.25 * mean) < 1e-6)
            #expect(abs(Double(network.buffers[1].storage.base[channel]) - (0.75 + 0.25 * variance)) < 1e-6)
        }
        // Scores of inference do not depend on who else is there.
        let whole = try network.scores(set, count: 72)
        let part = try network.scores(set, count: 5, threads: 2)
        #expect(Array(whole.prefix(15)) == part)
        let session = try Session(network, batch: 1)
        try set.rows[0].withUnsafeBufferPointer { try session.step($0.baseAddress) }
        #expect(try session.scores().array == Array(whole.prefix(3)))
        network.buffers[1].storage.base[2] = -1
        #expect(throws: SNNError.state("layer 'norm': variance must be >= 0 and finite, got -1.0 at 2")) {
            try network.scores(set, count: 1)
        }
    }

    @Test("a step brings the loss down, and a plan covers it")
    func learns() throws {
        let network = try network()
        let set = TestSet.blobs(64, inputs: network.inputCount)
        let trainer = try trainer(network)
        let first = try trainer.step(on: set)
        var last = first
        for _ in 0..<20 { last = try trainer.step(on: set) }
        #expect(last.loss < 0.5 * first.loss, "from \(first.loss) to \(last.loss)")
        let plan = try MemoryPlan(network, Workload(batch: 64))
        #expect(plan.block == 32 && plan.slab == 32)
    }

    @Test("anything but one analog value a window is refused by name", arguments: ["rate", "frames"])
    func refusals(_ coding: String) throws {
        let arriving = coding == "rate" ? "spikes" : "values per step"
        #expect(
            throws: SNNError.notSupported(
                "layer 'norm': batch_norm takes analog values, one a window, but \(arriving) arrive"
            )
        ) {
            try Network(
                NetworkDescription(
                    input: Shape(6),
                    steps: 3,
                    coding: ComponentChoice(coding),
                    nodes: [
                        NodeDescription(
                            name: "norm",
                            connection: ComponentChoice("batch_norm"),
                            neuron: ComponentChoice("lif")
                        )
                    ]
                ),
                registry: allPlugins(),
                seed: 1
            )
        }
    }
}

import Testing

@testable import SNNKernel

/// Everything a trainer changes, to compare bit for bit.
struct TrainerState: Equatable {
    let weights: [[UInt32]]
    let moments: [[UInt32]]
    let counters: [UInt64]

    init(_ trainer: Trainer) {
        weights = trainer.network.tensors.map { $0.storage.array.map(\.bitPattern) }
        moments = trainer.moments.flatMap { $0.map { $0.array.map(\.bitPattern) } }
        counters = [UInt64(trainer.stepCount), trainer.samplesSeen, UInt64(trainer.epochsDone)]
    }
}

extension Trainer {
    /// One training step on all rows of a set with their labels.
    @discardableResult
    func step(on set: TestSet, threads: Int = 1) throws -> BatchResult {
        let labels = Storage<Int32>(of: set.labels)
        defer { withExtendedLifetime(labels) {} }
        return try trainBatch(set, targets: Targets(.labels(labels.base)), count: set.count, threads: threads)
    }
}

@Suite("Training steps")
struct TrainingTests {
    private func trainer(
        _ network: Network,
        loss: Loss = Loss(.crossEntropy),
        optimizer: any Optimizer = Adam(learningRate: 0.01),
        batch: Int = 40,
        seed: UInt64 = 3
    ) throws -> Trainer {
        try Trainer(network: network, loss: loss, optimizer: optimizer, batchSize: batch, seed: seed)
    }

    @Test("steps on one batch bring its loss down")
    func learns() throws {
        let trainer = try trainer(denseNetwork())
        let set = TestSet.blobs(90)
        let first = try trainer.step(on: set)
        var last = first
        for _ in 0..<30 { last = try trainer.step(on: set) }
        #expect(last.loss < 0.5 * first.loss, "from \(first.loss) to \(last.loss)")
        #expect(last.correct > first.correct && last.samples == 90)
        #expect(trainer.stepCount == 31 && trainer.samplesSeen == 31 * 90)
    }

    @Test(
        "weights, moments and gradients have the same bits for 1, 2, 3 and 8 threads",
        arguments: ["dropout and rate", "convolution", "max pool, constant"]
    )
    func threads(_ kind: String) throws {
        func run(_ threads: Int) throws -> (TrainerState, [[Float]], Double) {
            let network =
                switch kind {
                case "dropout and rate": try denseNetwork(coding: "rate", dropout: 0.3)
                case "convolution": try imageNetwork()
                default: try imageNetwork(coding: "constant", pool: "max_pool")
                }
            let set = TestSet.noise(70, inputs: network.inputCount, classes: 3)
            let trainer = try trainer(network)
            var loss = 0.0
            for _ in 0..<3 { loss += try trainer.step(on: set, threads: threads).loss }
            return (TrainerState(trainer), try trainer.gradients.map(\.array), loss)
        }
        let alone = try run(1)
        #expect(alone.1.contains { $0.contains { $0 != 0 } })
        for threads in [2, 3, 8] {
            let together = try run(threads)
            #expect(together.0 == alone.0 && together.1 == alone.1 && together.2 == alone.2, "\(threads) threads")
        }
    }

    @Test("a training step is computing gradients, then applying them")
    func twoHalves() throws {
        let set = TestSet.blobs(40)
        let labels = Storage<Int32>(of: set.labels)
        let targets = Targets(.labels(labels.base))
        let whole = try trainer(denseNetwork())
        let halves = try trainer(denseNetwork())
        for _ in 0..<3 {
            let a = try whole.trainBatch(set, targets: targets, count: 40, rateFactor: 0.5)
            let before = halves.network.weights
            let b = try halves.computeGradients(set, targets: targets, count: 40, threads: 2)
            #expect(halves.network.weights == before)
            try halves.apply(rateFactor: 0.5, threads: 2)
            #expect(a.loss == b.loss && a.correct == b.correct)
        }
        #expect(TrainerState(whole) == TrainerState(halves))
        withExtendedLifetime(labels) {}
    }

    /// A network whose first layer waits for the whole batch, with rows of more than one tile.
    private func wideNetwork() throws -> Network {
        try Network(
            NetworkDescription(
                input: Shape(70),
                steps: 6,
                nodes: [
                    .dense("wide", 1090, gain: 3),
                    .dense("output", 3, neuron: ComponentChoice("lif.integrator"), gain: 3),
                ],
                readout: ComponentChoice("membrane")
            ),
            registry: allPlugins(),
            seed: 1
        )
    }

    static let optimizers: [any Optimizer] = [
        GradientDescent(learningRate: 0.1, weightDecay: 0.01),
        GradientDescent(learningRate: 0.1, momentum: 0.9),
        GradientDescent(learningRate: 0.1, momentum: 0.9, isNesterov: true),
        Adam(learningRate: 0.01), Adam(learningRate: 0.01, weightDecay: 0.1, isAMSGrad: true),
        Adam(learningRate: 0.01, weightDecay: 0.1, isDecoupled: true),
    ]

    @Test("weights that move as gradients are found have the bits of the two halves", arguments: 0..<optimizers.count)
    func fused(_ index: Int) throws {
        let optimizer = Self.optimizers[index]
        let set = TestSet.noise(75, inputs: 70, classes: 3)
        let labels = Storage<Int32>(of: set.labels)
        let targets = Targets(.labels(labels.base))
        let halves = try trainer(wideNetwork(), optimizer: optimizer)
        let start = TrainerState(halves)
        for _ in 0..<3 {
            _ = try halves.computeGradients(set, targets: targets, count: 75, threads: 2)
            try halves.apply(rateFactor: 0.5, threads: 2)
        }
        #expect(TrainerState(halves) != start)
        for threads in [1, 2, 5] {
            for keeps in [false, true] {
                let whole = try trainer(wideNetwork(), optimizer: optimizer)
                #expect(whole.network.nodes[0].defersGradients)
                if keeps { _ = try whole.gradients }
                for _ in 0..<3 {
                    _ = try whole.trainBatch(set, targets: targets, count: 75, threads: threads, rateFactor: 0.5)
                }
                #expect(TrainerState(whole) == TrainerState(halves), "\(threads) threads, kept: \(keeps)")
            }
        }
        withExtendedLifetime(labels) {}
    }

    @Test("gradients that no step kept are refused, and kept once they were asked for")
    func keptGradients() throws {
        let set = TestSet.noise(20, inputs: 70, classes: 3)
        let labels = Storage<Int32>(of: set.labels)
        let targets = Targets(.labels(labels.base))
        let trainer = try trainer(wideNetwork(), optimizer: GradientDescent(learningRate: 0.5))
        try trainer.step(on: set)
        let refusal = SNNError.state("the last step kept no gradients; compute them first")
        #expect(throws: refusal) { try trainer.gradients }
        #expect(throws: refusal) { try trainer.apply() }
        _ = try trainer.computeGradients(set, targets: targets, count: 20, threads: 1)
        let first = try trainer.gradients[0]
        let computed = first.array
        #expect(computed.contains { $0 != 0 })
        try trainer.step(on: set)
        // The same weights and samples; a view that somebody holds follows the batches.
        #expect(try trainer.gradients[0] === first && first.array == computed)
        try trainer.step(on: set)
        #expect(first.array != computed)
        withExtendedLifetime(labels) {}
    }

    @Test("a loss or a weight that is not finite is an error in large layers too", arguments: [1, 2])
    func divergingWide(_ threads: Int) throws {
        let set = TestSet.noise(40, inputs: 70, classes: 3)
        let lost = try trainer(wideNetwork(), loss: Loss(.meanSquaredError))
        lost.network.tensors[3].storage.base[0] = .infinity
        let before = TrainerState(lost)
        let loss = #expect(throws: SNNError.self) { try lost.step(on: set, threads: threads) }
        #expect(loss?.message == "the loss became inf after 0 steps; lower learning_rate or look at the data")
        #expect(TrainerState(lost).weights == before.weights && TrainerState(lost).moments == before.moments)
        #expect(lost.stepCount == 0)
        let broken = try trainer(wideNetwork())
        broken.moments[0][0].base[70 * 1090 - 1] = .infinity
        let weight = #expect(throws: SNNError.self) { try broken.step(on: set, threads: threads) }
        #expect(
            weight?.message == "the weights of wide.weight became infinite or NaN in step 1; lower learning_rate"
        )
    }

    @Test("apply before any gradients is refused")
    func applyFirst() throws {
        let trainer = try trainer(denseNetwork())
        #expect(throws: SNNError.state("there are no gradients yet; compute them first")) { try trainer.apply() }
    }

    @Test("apply after failed gradients is refused too: they are not those of any batch")
    func applyAfterFailure() throws {
        let trainer = try trainer(denseNetwork())
        try trainer.step(on: .blobs(40))
        var rows = TestSet.blobs(40).rows
        rows[39][0] = .nan
        #expect(throws: SNNError.self) {
            try trainer.step(on: TestSet(rows: rows, labels: TestSet.blobs(40).labels, classes: 3))
        }
        #expect(throws: SNNError.state("there are no gradients yet; compute them first")) { try trainer.apply() }
    }

    @Test("the gradient of a batch is the mean of its samples', for the mean loss")
    func batchGradient() throws {
        let set = TestSet.blobs(12)
        let labels = Storage<Int32>(of: set.labels)
        let trainer = try trainer(denseNetwork())
        _ = try trainer.computeGradients(set, targets: Targets(.labels(labels.base)), count: 12, threads: 1)
        let batch = try trainer.gradients.map(\.array)
        var sums = batch.map { [Double](repeating: 0, count: $0.count) }
        for sample in 0..<12 {
            let targets = Targets(.labels(UnsafePointer(labels.base + sample)))
            _ = try trainer.computeGradients(set.rows(sample..<sample + 1), targets: targets, count: 1, threads: 1)
            for (index, gradient) in try trainer.gradients.enumerated() {
                for (place, value) in gradient.array.enumerated() { sums[index][place] += Double(value) / 12 }
            }
        }
        for (gradient, sum) in zip(batch, sums) {
            // Sums of twelve float32 numbers below 10, in two orders.
            #expect(zip(gradient, sum).allSatisfy { abs(Double($0) - $1) < 1e-5 })
        }
        withExtendedLifetime(labels) {}
    }

    @Test("labels outside the classes are refused and nothing moves", arguments: [3, -1, Int32.max, .min])
    func labels(_ label: Int32) throws {
        let trainer = try trainer(denseNetwork())
        let before = TrainerState(trainer)
        let set = TestSet(rows: TestSet.blobs(3).rows, labels: [0, 1, label], classes: 3)
        #expect(throws: SNNError.parameter("labels must be 0 ... 2, got \(label)")) { try trainer.step(on: set) }
        #expect(TrainerState(trainer) == before)
    }

    @Test("an input that is not finite is refused with its place and nothing moves", arguments: [1, 2])
    func notFiniteInput(_ threads: Int) throws {
        let trainer = try trainer(denseNetwork())
        try trainer.step(on: .blobs(60))
        let before = TrainerState(trainer)
        var rows = TestSet.blobs(60).rows
        rows[50][5] = .nan
        let set = TestSet(rows: rows, labels: TestSet.blobs(60).labels, classes: 3)
        #expect(throws: SNNError.notFinite("inputs must be finite, got nan in sample 50, value 5")) {
            try trainer.step(on: set, threads: threads)
        }
        #expect(TrainerState(trainer) == before)
    }

    /// A network whose scores are potentials: what a weight does, a score shows.
    private func analogNetwork() throws -> Network {
        try Network(
            NetworkDescription(
                input: Shape(6),
                steps: 4,
                nodes: [.dense("hidden", 8, gain: 3), .dense("output", 3, neuron: ComponentChoice("lif.integrator"))],
                readout: ComponentChoice("membrane")
            ),
            registry: allPlugins(),
            seed: 1
        )
    }

    @Test("a loss that is not finite is an error, and the weights stay")
    func diverging() throws {
        let trainer = try trainer(analogNetwork(), loss: Loss(.meanSquaredError))
        trainer.network.tensors[3].storage.base[0] = .infinity
        let before = trainer.network.tensors.map { $0.storage.array.map(\.bitPattern) }
        let error = #expect(throws: SNNError.self) { try trainer.step(on: .blobs(30)) }
        #expect(error?.message == "the loss became inf after 0 steps; lower learning_rate or look at the data")
        #expect(trainer.network.tensors.map { $0.storage.array.map(\.bitPattern) } == before)
        #expect(
            trainer.stepCount == 0 && trainer.moments.allSatisfy { $0.allSatisfy { $0.array.allSatisfy { $0 == 0 } } }
        )
    }

    @Test("a diverging network says so, whatever its surrogate", arguments: Surrogate.Kind.allCases)
    func hugeRate(_ kind: Surrogate.Kind) throws {
        var nodes = [NodeDescription.dense("hidden", 8, gain: 3), .dense("output", 3, gain: 3)]
        for index in nodes.indices { nodes[index].neuron?.parameters["surrogate"] = .text(kind.rawValue) }
        let network = try Network(
            NetworkDescription(input: Shape(6), steps: 4, nodes: nodes),
            registry: allPlugins(),
            seed: 1
        )
        let trainer = try trainer(
            network,
            loss: Loss(.crossEntropy, reduction: .sum),
            optimizer: GradientDescent(learningRate: 3e38)
        )
        let error = #expect(throws: SNNError.self) {
            for _ in 0..<20 { try trainer.step(on: .blobs(30)) }
        }
        guard case .notFinite = error else {
            Issue.record("a diverged network must say so, got \(String(describing: error))")
            return
        }
    }

    @Test("targets that the loss does not take are refused")
    func targets() throws {
        let values = Storage<Float>(of: [0, 0, .infinity])
        let labels = Storage<Int32>(of: [Int32](repeating: 0, count: 100))
        let set = TestSet.blobs(1)
        func refused(_ error: SNNError, _ loss: Loss, _ targets: Targets, count: Int = 1) throws {
            let trainer = try trainer(denseNetwork(), loss: loss)
            #expect(throws: error) { try trainer.trainBatch(set, targets: targets, count: count) }
        }
        try refused(
            .notSupported("cross_entropy takes labels; target values need mean_squared_error"),
            Loss(.crossEntropy),
            Targets(.values(values.base))
        )
        try refused(
            .notFinite("targets must be finite, got inf at 2"),
            Loss(.meanSquaredError),
            Targets(.values(values.base))
        )
        try refused(
            .notSupported("targets per step need a loss with per = step"),
            Loss(.crossEntropy),
            Targets(.labels(labels.base), perStep: true)
        )
        try refused(
            .argument("batch must be >= 1, got 0"),
            Loss(.crossEntropy),
            Targets(.labels(labels.base)),
            count: 0
        )
        withExtendedLifetime((values, labels)) {}
    }

    @Test("a trainer refuses class weights and batches that make no sense")
    func construction() throws {
        let network = try denseNetwork()
        #expect(throws: SNNError.shape("class_weights must hold 3 numbers, one a class, got 2")) {
            try trainer(network, loss: Loss(.crossEntropy, classWeights: [1, 2]))
        }
        #expect(throws: SNNError.parameter("batch must be 1 ... 16777216, got 0")) { try trainer(network, batch: 0) }
    }

    @Test("every loss, reduction and span trains", arguments: LossTests.cases)
    func losses(_ test: LossTests.Case) throws {
        let network = try denseNetwork(gain: 4)
        let loss = Loss(
            test.kind,
            reduction: test.reduction,
            span: test.span,
            classWeights: test.weighted ? [1, 2, 0.5] : nil
        )
        let trainer = try trainer(network, loss: loss)
        let set = TestSet.blobs(30)
        let copies = test.perStep ? network.steps : 1
        let labels = Storage<Int32>(of: set.labels.flatMap { [Int32](repeating: $0, count: copies) })
        let values = Storage<Float>(
            of: labels.array.flatMap { label in (0..<3).map { $0 == label ? (test.span == .step ? 1 : 6) : 0 } }
        )
        let targets = Targets(test.values ? .values(values.base) : .labels(labels.base), perStep: test.perStep)
        let first = try trainer.trainBatch(set, targets: targets, count: 30)
        var last = first
        for _ in 0..<25 { last = try trainer.trainBatch(set, targets: targets, count: 30) }
        #expect(last.loss < first.loss, "from \(first.loss) to \(last.loss)")
        withExtendedLifetime((labels, values)) {}
    }
}

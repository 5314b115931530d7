import Testing

@testable import SNNKernel

@Suite("Learning rules")
struct LearningRuleTests {
    /// A rule that adds 1 to every gradient for each block, and notes the steps.
    private final class CountingRule: LearningRule, @unchecked Sendable {
        var steps = 0
        func addGradients(of pass: ForwardPass, output: Values, to gradients: [Storage<Float>]) {
            for gradient in gradients { for index in 0..<gradient.count { gradient.base[index] += 1 } }
        }
        func afterStep(_ network: Network, largest: [Float]) { steps += 1 }
    }

    @Test("a rule's gradients of all blocks are added up, and it is told of every step")
    func custom() throws {
        let network = try denseNetwork()
        let before = network.weights
        let rule = CountingRule()
        let trainer = try Trainer(
            network: network,
            rule: rule,
            loss: Loss(.crossEntropy),
            optimizer: GradientDescent(learningRate: 0.25),
            seed: 1
        )
        // 40 samples are three blocks of at most 16.
        try trainer.step(on: .blobs(40), threads: 2)
        #expect(try trainer.gradients.allSatisfy { $0.array.allSatisfy { $0 == 3 } })
        for (tensor, old) in zip(network.tensors, before) {
            #expect(zip(tensor.storage.array, old).allSatisfy { $0 == $1 - 0.75 })
        }
        #expect(rule.steps == 1)
        try trainer.step(on: .blobs(40))
        #expect(rule.steps == 2)
    }

    @Test("back-propagation gives every tensor of an active network a gradient")
    func everyTensor() throws {
        for network in [
            try denseNetwork(coding: "rate", dropout: 0.2), try imageNetwork(), try imageNetwork(pool: "max_pool"),
        ] {
            let set = TestSet.noise(40, inputs: network.inputCount, classes: 3)
            let trainer = try Trainer(
                network: network,
                loss: Loss(.crossEntropy),
                optimizer: GradientDescent(learningRate: 0.1),
                seed: 1
            )
            try trainer.step(on: set)
            for (tensor, gradient) in zip(network.tensors, try trainer.gradients) {
                #expect(gradient.array.contains { $0 != 0 }, "\(tensor.name)")
            }
        }
    }

    @Test("an activity penalty adds a sign a value, step by step where values differ, and one a neuron to spikes")
    func signs() {
        let values = Values(steps: 2, batch: 1, count: 3)
        for (index, value) in [Float(2), 0, -1, -3, 5, 0].enumerated() { values.base[index] = value }
        let constant = Values(steps: 2, batch: 1, count: 3, isConstant: true)
        for index in 0..<3 { constant.base[index] = Float(index) }
        let sum = Activity.values(values).addingSigns(times: 0.5, to: constant)
        #expect(!sum.isConstant && Array(sum.storage.elements) == [0.5, 1, 1.5, -0.5, 1.5, 2])
        #expect(Array(constant.storage.elements) == [0, 1, 2])
        let words = Raster.emptyBits(steps: 2, batch: 1, count: 3)
        let raster = Raster(steps: 2, batch: 1, count: 3, form: .bits(words))
        let ofSpikes = Activity.raster(raster).addingSigns(times: 0.5, to: constant)
        #expect(ofSpikes.isConstant && Array(ofSpikes.storage.elements) == [0.5, 1.5, 2.5])
    }
}

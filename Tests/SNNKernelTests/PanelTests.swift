import SNNTestKit
import Testing

@testable import SNNKernel

/// Layers walked panel by panel against the same layers walked as a whole.
@Suite("Panels")
struct PanelTests {
    /// Spikes of some samples, as bits or as the list that they came as.
    private static func raster(
        _ random: inout Seeded,
        share: Double,
        steps: Int,
        count: Int,
        isListed: Bool
    ) throws -> Raster {
        let samples = (0..<random.integer(1...3)).map { _ in
            (0..<steps * count).compactMap {
                random.happens(share) ? (step: $0 / count, neuron: $0 % count) : nil
            }
        }
        let arrays = try EventArrays(samples, steps: steps, neurons: count)
        return try withExtendedLifetime(arrays) {
            let block = EventBlock(samples.indices.compactMap { arrays.events($0) }, steps: steps, shape: Shape(count))
            let raster = try #require(block.ascending)
            return isListed
                ? raster : Raster(steps: steps, batch: samples.count, count: count, form: raster.form)
        }
    }

    // Lists, units, words: every way that binary spikes take to a flat layer.
    @Test("currents have the bits of all outputs together", arguments: [0.002, 0.02, 0.2], [true, false])
    func currents(_ share: Double, _ isListed: Bool) throws {
        var random = Seeded(UInt64(share * 1000) + (isListed ? 1 : 0))
        for round in 0..<6 {
            let (inputs, outputs) = (random.integer(1...600), random.integer(65...700))
            let steps = (1 << 17) / outputs + 1
            let raster = try Self.raster(&random, share: share, steps: steps, count: inputs, isListed: isListed)
            let c = try Convolution(inputs: inputs, outputs: outputs, bias: round % 2 == 0)
            let tensors = c.tensors.map { tensor in
                let storage = Storage<Float>(tensor.count, zerosAfter: TensorDescription.zeros(outputs: outputs))
                for index in 0..<tensor.count { storage.base[index] = Float(random.number(-1...1)) }
                return storage
            }
            let weights = c.prepare(tensors, adjoint: false)
            let whole = c.current(of: .raster(raster), with: weights)
            var next = 0
            let isDone = c.forEachPanel(of: .raster(raster), with: weights) { panel in
                #expect(panel.neurons.lowerBound == next && panel.neurons.count <= Panel.width)
                next = panel.neurons.upperBound
                let expected = whole.neurons(panel.neurons)
                #expect(panel.current.storage.array.map(\.bitPattern) == expected.storage.array.map(\.bitPattern))
            }
            #expect(isDone && next == outputs)
            withExtendedLifetime((tensors, whole)) {}
        }
    }

    @Test("short windows, few outputs, counts, values and spikes of most inputs have no panels")
    func refused() throws {
        func isTaken(_ activity: Activity, outputs: Int) throws -> Bool {
            let c = try Convolution(inputs: activity.count, outputs: outputs)
            let weights = c.prepare(c.tensors.map { Storage($0.count, zerosAfter: 200) }, adjoint: false)
            return c.forEachPanel(of: activity, with: weights) { _ in }
        }
        let some = (0..<1000 * 40).map { $0 % 7 == 0 ? 1 : 0 }
        #expect(try isTaken(.raster(.bits(some, steps: 1000, batch: 1)), outputs: 150))
        #expect(try !isTaken(.raster(.bits(some, steps: 1000, batch: 1)), outputs: 64))
        #expect(try !isTaken(.raster(.bits(Array(some[..<4000]), steps: 100, batch: 1)), outputs: 150))
        #expect(try !isTaken(.raster(.counts(some, steps: 1000, batch: 1)), outputs: 150))
        #expect(try !isTaken(.values(.perStep(some.map(Float.init), steps: 1000, batch: 1)), outputs: 150))
        let all = [Int](repeating: 1, count: 1000 * 40)
        #expect(try isTaken(.raster(.bits(all, steps: 1000, batch: 1)), outputs: 150) == !DenseProduct.keepsLaw)
    }

    /// Two wide layers and a narrow one.
    private func network(_ neuron: ComponentChoice, steps: Int, _ widths: [Int]) throws -> Network {
        try Network(
            NetworkDescription(
                input: Shape(40),
                steps: steps,
                coding: ComponentChoice("rate"),
                nodes: widths.enumerated().map { .dense("layer\($0)", $1, neuron: neuron, gain: 3) }
                    + [.dense("output", 4, neuron: neuron, gain: 3)]
            ),
            registry: allPlugins(),
            seed: 4
        )
    }

    @Test(
        "a network sends and learns to the bit what it does where its layers run whole",
        arguments: ["lif", "lif.synaptic", "lif.adaptive"]
    )
    func networks(_ model: String) throws {
        var random = Seeded(6)
        for (steps, widths, share) in [(900, [150, 170], 0.03), (300, [450, 131], 0.2), (2100, [65, 64], 0.3)] {
            let network = try network(ComponentChoice(model), steps: steps, widths)
            let raster = try Self.raster(&random, share: share, steps: steps, count: 40, isListed: false)
            let batch = raster.batch
            let gradient = Values(steps: steps, batch: batch, count: 4)
            for index in 0..<gradient.storage.count { gradient.base[index] = Float(random.number(-1...1)) }
            let weights = try network.prepared(forTraining: true)
            func pass(inPanels: Bool) -> (panels: [Int], sent: [[Int]], gradients: [[UInt32]]) {
                let context = BlockContext(
                    isTraining: true,
                    seed: 1,
                    samples: (0..<batch).map { UInt64($0) },
                    keeps: inPanels ? .scores : .currents
                )
                let trace = network.forward(.raster(raster), weights: weights, context: context)
                let gradients = network.tensors.map { Storage<Float>($0.storage.count) }
                network.backward(trace, gradient: gradient, weights: weights, context: context, to: gradients) {
                    _,
                    _,
                    _ in
                }
                return (
                    trace.layers.map(\.panels.count), trace.layers.map { $0.output?.raster?.array ?? [] },
                    gradients.map { $0.array.map(\.bitPattern) }
                )
            }
            let (found, expected) = (pass(inPanels: true), pass(inPanels: false))
            #expect(expected.panels.allSatisfy { $0 == 0 } && found.panels[0] == (widths[0] + 63) / 64)
            #expect(found.sent == expected.sent && found.sent.allSatisfy { $0.contains(1) })
            #expect(found.gradients == expected.gradients)
            withExtendedLifetime((raster, gradient)) {}
        }
    }
}

import SNNTestKit
import Testing

@testable import SNNKernel

/// The fast paths of a connection against its plain equations.
@Suite("Dense products")
struct DenseProductTests {
    /// A dense connection with drawn weights.
    private struct Drawn {
        let connection: Convolution
        let weights: PreparedWeights
        let tensors: [Storage<Float>]

        init(_ connection: Convolution, _ random: inout Seeded) {
            self.connection = connection
            tensors = connection.tensors.map { tensor in
                let storage = Storage<Float>(tensor.count)
                for index in 0..<tensor.count { storage.base[index] = Float(random.number(-1...1)) }
                return storage
            }
            weights = connection.prepare(tensors, adjoint: true)
        }

        func gradients() -> [Storage<Float>] { tensors.map { Storage($0.count) } }
    }

    private func drawn(_ rows: Int, _ count: Int, activity: Double, constant: Bool, _ random: inout Seeded) -> Values {
        let values = Values(steps: constant ? 5 : 1, batch: rows, count: count, isConstant: constant)
        for index in 0..<values.row where random.happens(activity) { values.base[index] = Float(random.number(-1...1)) }
        return values
    }

    @Test("this processor's kernels obey the law of sums")
    func keepsLaw() { #expect(DenseProduct.keepsLaw) }

    /// The law of sums, written out.
    private func plain(_ values: Values, _ one: Drawn, outputs: Int) -> [Float] {
        let inputs = values.count
        let bias = one.tensors.count > 1 ? one.tensors[1] : nil
        return (0..<values.row / inputs * outputs).map { place in
            let (row, output) = place.quotientAndRemainder(dividingBy: outputs)
            var total: Float = 0
            for first in stride(from: 0, to: inputs, by: sumBlock) {
                var block: Float = 0
                for i in first..<min(first + sumBlock, inputs) {
                    block.addProduct(values.base[row * inputs + i], one.tensors[0].base[i * outputs + output])
                }
                total += block
            }
            return total + (bias?.base[output] ?? 0)
        }
    }

    // The activities of a product over all inputs and of sums that skip.
    @Test("currents of values have the bits of the plain law, 300 random shapes", arguments: [0.3...1, 0.03...0.24])
    func forward(_ activity: ClosedRange<Double>) throws {
        var random = Seeded(1)
        for _ in 0..<300 {
            let inputs = random.integer(1...700)
            let outputs = random.integer(1...140)
            let rows = random.integer(1...60)
            let one = Drawn(try Convolution(inputs: inputs, outputs: outputs, bias: random.happens(0.5)), &random)
            let isConstant = random.happens(0.5)
            let values = drawn(rows, inputs, activity: random.number(activity), constant: isConstant, &random)
            let expected = plain(values, one, outputs: outputs)
            #expect(one.connection.current(of: .values(values), with: one.weights).numbers == expected)
            guard isConstant else { continue }
            // In pieces, in any order.
            let (current, pieces) = one.connection.constantCurrent(of: values, with: one.weights)
            for piece in pieces.shuffled() { piece() }
            #expect(current.numbers == expected)
        }
    }

    @Test("input gradients of dense and of sparse errors are the plain sums, 200 random convolutions")
    func inputGradient() throws {
        var random = Seeded(2)
        for _ in 0..<200 {
            let kernel = random.integer(1...4)
            let shape = Shape(
                height: random.integer(kernel...9),
                width: random.integer(kernel...9),
                channels: random.integer(1...9)
            )
            let connection = try Convolution(
                input: shape,
                channels: random.integer(1...40),
                kernelHeight: kernel,
                kernelWidth: kernel,
                stride: random.integer(1...3),
                padding: random.integer(0...(kernel - 1))
            )
            let one = Drawn(connection, &random)
            let output = connection.outputShape
            let errors = drawn(3, output.count, activity: random.pick([0.05, 0.2, 0.6, 1]), constant: false, &random)
            let found = connection.inputGradient(of: errors, with: one.weights)
            var expected = [Double](repeating: 0, count: 3 * shape.count)
            for sample in 0..<3 {
                for y in 0..<output.height {
                    for x in 0..<output.width {
                        for k in 0..<kernel * kernel {
                            let row = y * connection.stride - connection.padding + k / kernel
                            let column = x * connection.stride - connection.padding + k % kernel
                            guard row >= 0, row < shape.height, column >= 0, column < shape.width else { continue }
                            for i in 0..<shape.channels {
                                let place = sample * shape.count + (row * shape.width + column) * shape.channels + i
                                for o in 0..<output.channels {
                                    let error = errors.base[
                                        sample * output.count + (y * output.width + x) * output.channels + o
                                    ]
                                    let weight = one.tensors[0].base[(k * shape.channels + i) * output.channels + o]
                                    expected[place] += Double(error) * Double(weight)
                                }
                            }
                        }
                    }
                }
            }
            let tolerance = 1e-5 * max(1, expected.reduce(0) { max($0, abs($1)) })
            for place in expected.indices { #expect(abs(Double(found.base[place]) - expected[place]) <= tolerance) }
        }
    }

    @Test("gradients for a whole batch are those of its blocks, 200 random shapes")
    func deferred() throws {
        var random = Seeded(3)
        for _ in 0..<200 {
            let inputs = random.integer(1...300)
            // Some of more than one tile of columns.
            let outputs = random.happens(0.05) ? random.integer(1000...1100) : random.integer(1...200)
            let one = Drawn(try Convolution(inputs: inputs, outputs: outputs), &random)
            let activity = random.pick([0.02, 0.2, 0.9])
            let slabs = (0..<random.integer(1...4)).map { _ in
                let rows = random.integer(1...33)
                return (
                    current: drawn(rows, outputs, activity: 1, constant: true, &random),
                    input: drawn(rows, inputs, activity: activity, constant: true, &random)
                )
            }
            // The last samples never come: a rule may leave some out.
            let samples = slabs.reduce(random.integer(0...3)) { $0 + $1.current.batch }
            let batch = BatchGradients(inputs: inputs, outputs: outputs, samples: samples, hasBias: true)
            var first = 0
            for slab in slabs {
                batch.add(slab.current, input: slab.input, firstSample: first)
                first += slab.current.batch
            }
            let found = one.gradients()
            // They are set, whatever was there.
            for gradient in found { gradient.base.update(repeating: 7, count: gradient.count) }
            for tile in batch.tiles {
                let place = tile.rows.lowerBound * outputs + tile.columns.lowerBound
                batch.fill(tile, to: found[tile.tensor].base + place, rowLength: outputs)
            }
            let expected = one.gradients()
            for slab in slabs {
                one.connection.addGradients(of: slab.current, input: .values(slab.input), to: expected)
            }
            for (found, expected) in zip(found, expected) {
                for index in 0..<found.count { #expect(abs(found.base[index] - expected.base[index]) <= 2e-5) }
            }
        }
    }
}

import SNNTestKit
import Testing

@testable import SNNKernel

/// Sums over words of spikes against the plain sums that they stand for.
@Suite("Words of spikes")
struct SpikeWordsTests {
    /// A raster of flat inputs, and its numbers `[row, input]`.
    private static func spikes(_ random: inout Seeded, share: Double) -> (Raster, [Bool]) {
        let (steps, batch, count) = (random.integer(8...40), random.integer(4...9), random.integer(1...700))
        let set = (0..<steps * batch * count).map { _ in random.happens(share) }
        let scale = Float(random.pick([1, 0.25]))
        return (.bits(set.map { $0 ? 1 : 0 }, steps: steps, batch: batch, scale: scale), set)
    }

    private static func numbers(_ count: Int, _ random: inout Seeded) -> Storage<Float> {
        let storage = Storage<Float>(count, zerosAfter: 200)
        for index in 0..<count { storage.base[index] = Float(random.number(-1...1)) }
        return storage
    }

    // Lists, sums of words, tables and products: every share lies on the path that its name tells.
    @Test("currents have the bits of the law of sums", arguments: [0.05, 0.2, 0.5, 0.8, 1])
    func currents(_ share: Double) throws {
        var random = Seeded(UInt64(share * 1000))
        for _ in 0..<12 {
            let (raster, set) = Self.spikes(&random, share: share)
            let outputs = random.integer(32...150)
            let c = try Convolution(inputs: raster.count, outputs: outputs, bias: random.happens(0.5))
            let tensors = c.tensors.map { Self.numbers($0.count, &random) }
            let weights = c.prepare(tensors, buffers: [], isTraining: false, adjoint: false)
            let isTaken = SpikeWords(ifMany: raster, outputs: outputs) != nil
            #expect(isTaken || share < 0.1)
            let found = c.current(of: .raster(raster), with: weights)
            for row in 0..<raster.steps * raster.batch {
                for output in 0..<outputs {
                    var total: Float = 0
                    for first in stride(from: 0, to: raster.count, by: sumBlock) {
                        var block: Float = 0
                        for input in first..<min(first + sumBlock, raster.count) where set[row * raster.count + input] {
                            block += tensors[0].base[input * outputs + output]
                        }
                        total += block
                    }
                    let bias = c.hasBias ? tensors[1].base[output] : 0
                    #expect(found.base[row * outputs + output] == bias.addingProduct(raster.scale, total))
                }
            }
            withExtendedLifetime((found, tensors)) {}
        }
    }

    @Test("gradients are sums of the errors of the rows in which an input spiked", arguments: [0.05, 0.2, 0.5, 1])
    func gradients(_ share: Double) throws {
        var random = Seeded(UInt64(share * 1000) + 1)
        for _ in 0..<8 {
            let (raster, set) = Self.spikes(&random, share: share)
            let (outputs, rows) = (random.integer(32...150), raster.steps * raster.batch)
            let c = try Convolution(inputs: raster.count, outputs: outputs)
            let errors = Self.numbers(rows * outputs, &random)
            let values = Values(
                steps: raster.steps,
                batch: raster.batch,
                count: outputs,
                isConstant: false,
                storage: errors
            )
            let start = c.tensors.map { Self.numbers($0.count, &random) }
            let (whole, strips) = (start.map { $0.copy() }, start.map { $0.copy() })
            c.addGradients(of: values, input: .raster(raster), to: whole)
            let isDone = c.addGradients(input: .raster(raster), to: strips) { strip in
                for row in 0..<rows {
                    for neuron in strip.neurons {
                        let place = neuron - strip.neurons.lowerBound
                        (place < 16 ? strip.low : strip.high)[row * strip.rowLength + place & 15] =
                            errors.base[row * outputs + neuron]
                    }
                }
            }
            #expect(isDone || share < 0.1)
            for output in 0..<outputs {
                var bias = Double(start[1].base[output])
                for row in 0..<rows { bias += Double(errors.base[row * outputs + output]) }
                for found in isDone ? [whole, strips] : [whole] {
                    #expect(abs(Double(found[1].base[output]) - bias) < 1e-4)
                }
                for input in 0..<raster.count {
                    var sum = 0.0
                    for row in 0..<rows where set[row * raster.count + input] {
                        sum += Double(errors.base[row * outputs + output])
                    }
                    let place = input * outputs + output
                    let wanted = Double(start[0].base[place]) + Double(raster.scale) * sum
                    for found in isDone ? [whole, strips] : [whole] {
                        #expect(abs(Double(found[0].base[place]) - wanted) < 1e-4)
                    }
                }
            }
            withExtendedLifetime((errors, start, whole, strips)) {}
        }
    }

    @Test("rows become inputs and inputs rows")
    func transposed() throws {
        var random = Seeded(3)
        for _ in 0..<20 {
            let (raster, set) = Self.spikes(&random, share: 0.5)
            let words = try #require(SpikeWords(raster))
            let turned = words.transposed()
            #expect(turned.rows == words.inputs && turned.inputs == words.rows)
            for _ in 0..<200 {
                let (row, input) = (random.integer(0...words.rows - 1), random.integer(0...words.inputs - 1))
                #expect(words.isSet(row: row, input: input) == set[row * words.inputs + input])
                #expect(turned.isSet(row: input, input: row) == set[row * words.inputs + input])
            }
        }
    }
}

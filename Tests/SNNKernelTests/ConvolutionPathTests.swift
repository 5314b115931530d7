import SNNTestKit
import Testing

@testable import SNNKernel

/// Every path of a connection over spikes and values, against sums written down from the equations.
@Suite("Paths of a convolution")
struct ConvolutionPathTests {
    /// A random connection: an image or a row of neurons, with fields below and above a block of the law of sums.
    private static func connection(_ random: inout Seeded) throws -> Convolution {
        if random.happens(0.4) {
            return try Convolution(
                inputs: random.integer(1...600),
                outputs: random.integer(1...150),
                bias: random.happens(0.5)
            )
        }
        let (kernel, kernelWidth) = (random.integer(1...5), random.integer(1...5))
        let isWide = random.happens(0.2)
        let hasBias = random.happens(0.5)
        return try Convolution(
            input: Shape(
                height: random.integer(kernel...9),
                width: random.integer(kernelWidth...(isWide ? 70 : 12)),
                channels: random.integer(1...(isWide ? 3 : 20))
            ),
            channels: random.integer(1...(isWide ? 40 : 80)),
            kernelHeight: kernel,
            kernelWidth: kernelWidth,
            stride: random.pick([1, 1, 2, 3]),
            padding: random.integer(0...(min(kernel, kernelWidth) - 1)),
            bias: hasBias,
            biasPerPixel: hasBias && random.happens(0.5)
        )
    }

    /// Spikes, counts or values over a few steps, and the same as plain numbers `[T, B, N]`.
    private static func activity(_ count: Int, _ random: inout Seeded) -> (Activity, numbers: [Float]) {
        let (steps, batch) = (random.integer(1...8), random.integer(1...3))
        let share = random.pick([0, 0.02, 0.1, 0.4, 1])
        let scale: Float = random.pick([1, 1, 0.25])
        let total = steps * batch * count
        switch random.integer(0...3) {
        case 0:
            let values = Values(steps: steps, batch: batch, count: count)
            for index in 0..<total where random.happens(share) { values.base[index] = Float(random.number(-1...1)) }
            return (.values(values), (0..<total).map { values.base[$0] })
        case 1:
            let counts = Storage<Int16>(total)
            for index in 0..<total where random.happens(share) { counts.base[index] = Int16(random.integer(-2...3)) }
            let raster = Raster(steps: steps, batch: batch, count: count, scale: scale, form: .counts(counts))
            return (.raster(raster), (0..<total).map { Float(counts.base[$0]) })
        default:
            let bits = Raster.emptyBits(steps: steps, batch: batch, count: count)
            let raster = Raster(steps: steps, batch: batch, count: count, scale: scale, form: .bits(bits))
            for t in 0..<steps {
                for index in 0..<batch * count where random.happens(share) {
                    bits.base[t * raster.wordsPerStep + index >> 6] |= 1 << UInt64(index & 63)
                }
            }
            return (
                .raster(raster),
                (0..<total).map { Float(raster.event(step: $0 / (batch * count), index: $0 % (batch * count))) }
            )
        }
    }

    /// Calls `body(output pixel, place in the field, input index)` for every tap inside the image, in field order.
    private static func forEachTap(_ c: Convolution, _ body: (_ pixel: Int, _ field: Int, _ input: Int) -> Void) {
        let (input, output) = (c.inputShape, c.outputShape)
        for pixel in 0..<output.pixels {
            for tap in 0..<c.kernelHeight * c.kernelWidth {
                let row = pixel / output.width * c.stride - c.padding + tap / c.kernelWidth
                let column = pixel % output.width * c.stride - c.padding + tap % c.kernelWidth
                guard row >= 0, row < input.height, column >= 0, column < input.width else { continue }
                for channel in 0..<input.channels {
                    body(
                        pixel,
                        tap * input.channels + channel,
                        (row * input.width + column) * input.channels + channel
                    )
                }
            }
        }
    }

    private static func tensors(_ c: Convolution, _ random: inout Seeded) -> [Storage<Float>] {
        c.tensors.map { tensor in
            let storage = Storage<Float>(tensor.count)
            for index in 0..<tensor.count { storage.base[index] = Float(random.number(-1...1)) }
            return storage
        }
    }

    @Test("currents have the bits of the law of sums, 400 random connections", arguments: 0..<4)
    func forward(_ part: UInt64) throws {
        var random = Seeded(100 + part)
        for _ in 0..<100 {
            let c = try Self.connection(&random)
            let tensors = Self.tensors(c, &random)
            let (activity, numbers) = Self.activity(c.inputShape.count, &random)
            let found = c.current(of: activity, with: c.prepare(tensors, adjoint: false))
            var scale: Float = 1
            if case .raster(let raster) = activity { scale = raster.scale }
            let outputs = c.outputShape.channels
            for row in 0..<activity.steps * activity.batch {
                var totals = [Float](repeating: 0, count: c.outputShape.count)
                var blocks = totals
                var block = [Int](repeating: 0, count: c.outputShape.pixels)
                Self.forEachTap(c) { pixel, field, input in
                    let value = numbers[row * c.inputShape.count + input]
                    let isNext = field / sumBlock > block[pixel]
                    block[pixel] = field / sumBlock
                    for o in 0..<outputs {
                        let place = pixel * outputs + o
                        if isNext {
                            totals[place] += blocks[place]
                            blocks[place] = 0
                        }
                        blocks[place].addProduct(value, tensors[0].base[field * outputs + o])
                    }
                }
                for place in 0..<c.outputShape.count {
                    totals[place] += blocks[place]
                    let bias = c.hasBias ? tensors[1].base[place % tensors[1].count] : 0
                    let expected = bias.addingProduct(scale, totals[place])
                    #expect(found.base[row * c.outputShape.count + place] == expected)
                }
            }
        }
    }

    @Test("gradients of weights, bias and input are the plain sums, 400 random connections", arguments: 0..<4)
    func backward(_ part: UInt64) throws {
        var random = Seeded(200 + part)
        for _ in 0..<100 {
            let c = try Self.connection(&random)
            let tensors = Self.tensors(c, &random)
            let (activity, numbers) = Self.activity(c.inputShape.count, &random)
            var scale = 1.0
            if case .raster(let raster) = activity { scale = Double(raster.scale) }
            let (inputs, outputs) = (c.inputShape.count, c.outputShape.channels)
            let errors = Values(steps: activity.steps, batch: activity.batch, count: c.outputShape.count)
            let share = random.pick([0, 0.05, 0.3, 1])
            for index in 0..<errors.steps * errors.row where random.happens(share) {
                errors.base[index] = Float(random.number(-1...1))
            }
            let found = tensors.map { Storage<Float>($0.count) }
            c.addGradients(of: errors, input: activity, to: found)
            let ofInput = c.inputGradient(of: errors, with: c.prepare(tensors, adjoint: true))

            var expected = tensors.map { [Double](repeating: 0, count: $0.count) }
            var expectedInput = [Double](repeating: 0, count: errors.steps * errors.batch * inputs)
            for row in 0..<errors.steps * errors.batch {
                let error = UnsafePointer(errors.base + row * c.outputShape.count)
                Self.forEachTap(c) { pixel, field, input in
                    let value = Double(numbers[row * inputs + input]) * scale
                    for o in 0..<outputs {
                        let e = Double(error[pixel * outputs + o])
                        expected[0][field * outputs + o] += e * value
                        expectedInput[row * inputs + input] += e * Double(tensors[0].base[field * outputs + o])
                    }
                }
                if c.hasBias {
                    let own = tensors[1].count
                    for place in 0..<c.outputShape.count { expected[1][place % own] += Double(error[place]) }
                }
            }
            for (found, expected) in zip(found, expected) {
                let tolerance = 2e-5 * max(1, expected.reduce(0) { max($0, abs($1)) })
                for place in expected.indices { #expect(abs(Double(found.base[place]) - expected[place]) <= tolerance) }
            }
            let tolerance = 2e-5 * max(1, expectedInput.reduce(0) { max($0, abs($1)) })
            for place in expectedInput.indices {
                #expect(abs(Double(ofInput.base[place]) - expectedInput[place]) <= tolerance)
            }
        }
    }

    @Test("gradients by strips are those of errors in memory, 60 random layers", arguments: 0..<3)
    func strips(_ part: UInt64) throws {
        var random = Seeded(300 + part)
        var taken = 0
        for _ in 0..<20 {
            let c = try Convolution(
                inputs: random.integer(1...300),
                outputs: random.integer(60...150),
                bias: random.happens(0.5)
            )
            let (steps, batch) = (random.integer(40...90), random.integer(1...4))
            let bits = Raster.emptyBits(steps: steps, batch: batch, count: c.inputShape.count)
            let raster = Raster(
                steps: steps,
                batch: batch,
                count: c.inputShape.count,
                scale: random.pick([1, 0.25]),
                form: .bits(bits)
            )
            let share = random.pick([0.01, 0.1, 0.5])
            for t in 0..<steps {
                for index in 0..<raster.row where random.happens(share) {
                    bits.base[t * raster.wordsPerStep + index >> 6] |= 1 << UInt64(index & 63)
                }
            }
            // Some outputs have no error at all: few of a tile, most of it, or all.
            let errors = Values(steps: steps, batch: batch, count: c.outputShape.count)
            let active = random.pick([0.1, 0.5, 1])
            let has = (0..<errors.count).map { _ in random.happens(active) }
            for index in 0..<steps * errors.row where has[index % errors.count] {
                errors.base[index] = Float(random.number(-1...1))
            }
            let wanted = c.tensors.map { Storage<Float>($0.count) }
            let found = c.tensors.map { Storage<Float>($0.count) }
            for tensor in 0..<found.count {
                for place in 0..<found[tensor].count {
                    wanted[tensor].base[place] = Float(random.number(-1...1))
                    found[tensor].base[place] = wanted[tensor].base[place]
                }
            }
            let before = found.map { Array($0.elements) }
            let isTaken = c.addGradients(input: .raster(raster), to: found) { strip in
                for row in 0..<steps * batch {
                    for (place, neuron) in strip.neurons.enumerated() {
                        let half = place < 16 ? strip.low : strip.high
                        half[row * strip.rowLength + place % 16] = errors.base[row * errors.count + neuron]
                    }
                }
            }
            if !isTaken {
                for (found, before) in zip(found, before) { #expect(Array(found.elements) == before) }
                continue
            }
            taken += 1
            c.addGradients(of: errors, input: .raster(raster), to: wanted)
            for (found, wanted) in zip(found, wanted) {
                let tolerance = 2e-6 * max(1, wanted.elements.reduce(0) { max($0, abs($1)) })
                for place in 0..<wanted.count {
                    #expect(abs(found.base[place] - wanted.base[place]) <= tolerance)
                }
            }
        }
        #expect(taken >= 5)
    }
}

import Testing

@testable import SNNKernel

@Suite("Connections")
struct ConnectionTests {
    /// A convolution to try, by its numbers.
    struct Case: Sendable, CustomTestStringConvertible {
        let input: Shape
        let channels: Int
        let kernel: (Int, Int)
        let stride: Int
        let padding: Int
        var testDescription: String {
            "\(input) to \(channels) channels, kernel \(kernel.0) x \(kernel.1), stride \(stride), padding \(padding)"
        }

        init(
            _ height: Int,
            _ width: Int,
            _ inside: Int,
            _ channels: Int,
            _ rows: Int,
            _ columns: Int,
            _ stride: Int,
            _ padding: Int
        ) {
            input = Shape(height: height, width: width, channels: inside)
            self.channels = channels
            kernel = (rows, columns)
            self.stride = stride
            self.padding = padding
        }

        func made(bias: Bool = true) throws(SNNError) -> Convolution {
            try Convolution(
                input: input,
                channels: channels,
                kernelHeight: kernel.0,
                kernelWidth: kernel.1,
                stride: stride,
                padding: padding,
                bias: bias
            )
        }
    }

    /// Widths around those of the register tiles (16, 32, 64), kernels as large as the image, strides that leave a rest.
    static let cases = [
        Case(1, 1, 7, 3, 1, 1, 1, 0), Case(5, 5, 1, 1, 3, 3, 1, 0), Case(5, 5, 2, 3, 3, 3, 1, 1),
        Case(6, 7, 2, 17, 3, 3, 2, 1), Case(7, 6, 3, 33, 2, 3, 1, 1), Case(4, 4, 2, 65, 4, 4, 1, 0),
        Case(5, 4, 1, 16, 5, 4, 1, 3), Case(8, 8, 2, 2, 3, 3, 3, 2), Case(9, 5, 1, 4, 1, 1, 2, 0),
        Case(2, 2, 1, 2, 3, 3, 1, 1), Case(1, 9, 2, 3, 1, 4, 2, 0), Case(3, 3, 40, 5, 3, 3, 1, 1),
    ]

    /// The current by definition, in double; `weights` `[h, w, in, out]`.
    private func naive(_ c: Convolution, _ input: [Float], rows: Int, _ weights: [Float], _ bias: [Float]?) -> [Double]
    {
        var result: [Double] = []
        for row in 0..<rows {
            for y in 0..<c.outputShape.height {
                for x in 0..<c.outputShape.width {
                    for n in 0..<c.outputShape.channels {
                        var sum = Double(bias?[n] ?? 0)
                        forEachInput(c, y, x) { tap, pixel in
                            for i in 0..<c.inputShape.channels {
                                let weight = weights[(tap * c.inputShape.channels + i) * c.outputShape.channels + n]
                                let value = input[row * c.inputShape.count + pixel * c.inputShape.channels + i]
                                sum += Double(weight) * Double(value)
                            }
                        }
                        result.append(sum)
                    }
                }
            }
        }
        return result
    }

    /// Calls `body(tap of the kernel, input pixel)` for every input pixel of output pixel (y, x).
    private func forEachInput(_ c: Convolution, _ y: Int, _ x: Int, _ body: (Int, Int) -> Void) {
        for h in 0..<c.kernelHeight {
            for w in 0..<c.kernelWidth {
                let row = y * c.stride + h - c.padding
                let column = x * c.stride + w - c.padding
                guard 0..<c.inputShape.height ~= row, 0..<c.inputShape.width ~= column else { continue }
                body(h * c.kernelWidth + w, row * c.inputShape.width + column)
            }
        }
    }

    private func prepared(_ c: Convolution, _ weights: [Float], _ bias: [Float]?) -> PreparedWeights {
        c.prepare([Storage(of: weights)] + (bias.map { [Storage(of: $0)] } ?? []), adjoint: true)
    }

    @Test("a dense connection gives x W + b, worked by hand")
    func denseByHand() throws {
        let dense = try Convolution(inputs: 3, outputs: 2)
        // W = [[1, 2], [3, 4], [5, 6]], b = [0.5, -0.5].
        let weights = prepared(dense, [1, 2, 3, 4, 5, 6], [0.5, -0.5])
        let values = Activity.values(.constant([1, 0, -1, 2, 1, 0.5], steps: 9, batch: 2))
        let current = dense.current(of: values, with: weights)
        #expect(current.array == [-3.5, -4.5, 8, 10.5] && current.isConstant && current.steps == 9)
        let spikes = Activity.raster(.bits([1, 0, 1, 0, 0, 0], steps: 2, batch: 1, scale: 0.5))
        #expect(dense.current(of: spikes, with: weights).array == [3.5, 3.5, 0.5, -0.5])
        let counts = Activity.raster(.counts([-2, 0, 1], steps: 1, batch: 1, scale: 0.25))
        #expect(dense.current(of: counts, with: weights).array == [1.25, 0])
    }

    @Test("a convolution is the cross-correlation of image and kernel, worked by hand")
    func convolutionByHand() throws {
        let conv = try Convolution(
            input: Shape(height: 3, width: 3, channels: 1),
            channels: 1,
            kernelHeight: 2,
            kernelWidth: 2,
            bias: false
        )
        let weights = prepared(conv, [1, 2, 3, 4], nil)
        let image = Activity.values(.constant([1, 2, 3, 4, 5, 6, 7, 8, 9], steps: 1, batch: 1))
        // Top left: 1 + 2 2 + 3 4 + 4 5 = 37.
        #expect(conv.current(of: image, with: weights).array == [37, 47, 67, 77])
        let padded = try Convolution(
            input: Shape(height: 2, width: 2, channels: 1),
            channels: 1,
            kernelHeight: 2,
            kernelWidth: 2,
            stride: 2,
            padding: 1,
            bias: false
        )
        #expect(padded.outputShape == Shape(height: 2, width: 2, channels: 1))
        // Each field touches one pixel of [[1, 2], [3, 4]]: kernel places 4, 3, 2, 1.
        let small = Activity.values(.constant([1, 2, 3, 4], steps: 1, batch: 1))
        #expect(padded.current(of: small, with: weights).array == [4, 6, 6, 4])
    }

    @Test("currents of values, bits and counts are those of the naive loop, exactly on exact numbers", arguments: cases)
    func currents(_ test: Case) throws {
        var numbers = TestNumbers(21)
        let c = try test.made()
        let weights = numbers.eighths(c.tensors[0].count)
        let bias = numbers.eighths(test.channels)
        let ready = prepared(c, weights, bias)
        let size = 3 * 2 * test.input.count
        let bits = numbers.bits(size, share: 0.3)
        let counts = bits.map { $0 * (Int(numbers.next() % 5) - 2) }
        let values = zip(numbers.eighths(size), bits).map { $0 * Float($1) }
        let inputs: [(Activity, [Float])] = [
            (.values(.perStep(values, steps: 3, batch: 2)), values),
            (.values(.constant(values, steps: 4, batch: 6)), values),
            (.raster(.bits(bits, steps: 3, batch: 2)), bits.map { Float($0) }),
            (.raster(.counts(counts, steps: 3, batch: 2, scale: 0.25)), counts.map { Float($0) * 0.25 }),
        ]
        for (activity, list) in inputs {
            let current = c.current(of: activity, with: ready)
            #expect(current.isConstant == activity.isConstant)
            // Multiples of 1/64 (1/32 with the scale) below 2^12: no sum is rounded.
            #expect(current.array.map { Double($0) } == naive(c, list, rows: 6, weights, bias))
        }
    }

    @Test("weight and bias gradients are those of the naive loop and are added to what is there", arguments: cases)
    func gradients(_ test: Case) throws {
        var numbers = TestNumbers(22)
        let c = try test.made()
        let size = 2 * 2 * test.input.count
        let bits = numbers.bits(size, share: 0.4)
        let counts = bits.map { $0 * (Int(numbers.next() % 5) - 2) }
        let slope = numbers.eighths(4 * c.outputShape.count)
        let inputs: [(Activity, [Float])] = [
            (.raster(.bits(bits, steps: 2, batch: 2)), bits.map { Float($0) }),
            (.raster(.counts(counts, steps: 2, batch: 2, scale: 0.25)), counts.map { Float($0) * 0.25 }),
        ]
        for (activity, list) in inputs {
            let weight = Storage<Float>(of: [Float](repeating: 1, count: c.tensors[0].count))
            let bias = Storage<Float>(of: [Float](repeating: -1, count: test.channels))
            c.addGradients(of: .perStep(slope, steps: 2, batch: 2), input: activity, to: [weight, bias])
            var expectedWeight = [Double](repeating: 1, count: weight.count)
            var expectedBias = [Double](repeating: -1, count: bias.count)
            for row in 0..<4 {
                for y in 0..<c.outputShape.height {
                    for x in 0..<c.outputShape.width {
                        for n in 0..<test.channels {
                            let place = row * c.outputShape.count + (y * c.outputShape.width + x) * test.channels + n
                            let error = Double(slope[place])
                            expectedBias[n] += error
                            forEachInput(c, y, x) { tap, pixel in
                                for i in 0..<test.input.channels {
                                    let value = list[row * test.input.count + pixel * test.input.channels + i]
                                    expectedWeight[(tap * test.input.channels + i) * test.channels + n] +=
                                        error * Double(value)
                                }
                            }
                        }
                    }
                }
            }
            #expect(weight.array.map { Double($0) } == expectedWeight)
            #expect(bias.array.map { Double($0) } == expectedBias)
        }
    }

    @Test("the input gradient is the transpose: <W x, y> = <x, W' y>", arguments: cases)
    func inputGradient(_ test: Case) throws {
        var numbers = TestNumbers(23)
        let c = try test.made(bias: false)
        let ready = prepared(c, numbers.eighths(c.tensors[0].count), nil)
        let x = numbers.eighths(4 * test.input.count)
        let y = numbers.eighths(4 * c.outputShape.count)
        let forward = c.current(of: .values(.perStep(x, steps: 2, batch: 2)), with: ready)
        let backward = c.inputGradient(of: .perStep(y, steps: 2, batch: 2), with: ready)
        #expect(backward.count == test.input.count && !backward.isConstant)
        // Exact numbers again, so the two sums are equal.
        #expect(dot(forward.array, y) == dot(x, backward.array))
        #expect(c.inputGradient(of: .constant(y, steps: 5, batch: 4), with: ready).isConstant)
    }

    @Test("synaptic operations are the weights that events meet, edges included", arguments: cases)
    func operations(_ test: Case) throws {
        var numbers = TestNumbers(24)
        let c = try test.made()
        let bits = numbers.bits(3 * 2 * test.input.count, share: 0.3)
        var expected = 0
        for row in 0..<6 {
            for y in 0..<c.outputShape.height {
                for x in 0..<c.outputShape.width {
                    forEachInput(c, y, x) { _, pixel in
                        let first = row * test.input.count + pixel * test.input.channels
                        expected += bits[first..<first + test.input.channels].reduce(0, +) * test.channels
                    }
                }
            }
        }
        #expect(c.operations(for: .raster(.bits(bits, steps: 3, batch: 2))) == expected)
        let signed = bits.map { -3 * $0 }
        #expect(c.operations(for: .raster(.counts(signed, steps: 3, batch: 2))) == expected)
        let floats = bits.map { Float($0) / 3 }
        #expect(c.operations(for: .values(.perStep(floats, steps: 3, batch: 2))) == expected)
        #expect(c.operations(for: .values(.constant(floats, steps: 100, batch: 6))) == expected)
    }

    @Test(
        "the law of sums: blocks of 256 inputs, fused, in order, whether zeros are skipped or not",
        arguments: [255, 256, 257, 1000]
    )
    func lawOfSums(_ inputs: Int) throws {
        var numbers = TestNumbers(25)
        let outputs = 19
        let dense = try Convolution(inputs: inputs, outputs: outputs)
        let weights = numbers.floats(inputs * outputs)
        let bias = numbers.floats(outputs)
        let ready = prepared(dense, weights, bias)
        for share in [0.02, 0.5, 1.0] {
            let bits = numbers.bits(inputs, share: share)
            let spikes = dense.current(of: .raster(.bits(bits, steps: 1, batch: 1, scale: 0.3)), with: ready)
            for n in 0..<outputs {
                var total: Float = 0
                for first in stride(from: 0, to: inputs, by: 256) {
                    var block: Float = 0
                    for i in first..<min(first + 256, inputs) {
                        block = block.addingProduct(Float(bits[i]), weights[i * outputs + n])
                    }
                    total += block
                }
                #expect(spikes.array[n].bitPattern == bias[n].addingProduct(0.3, total).bitPattern, "output \(n)")
            }
        }
    }

    @Test("a sample's current has the same bits alone and in a batch")
    func batchIndependence() throws {
        var numbers = TestNumbers(26)
        let c = try Convolution(
            input: Shape(height: 5, width: 5, channels: 13),
            channels: 21,
            kernelHeight: 5,
            kernelWidth: 5,
            padding: 2
        )
        let ready = prepared(c, numbers.floats(c.tensors[0].count), numbers.floats(21))
        let bits = numbers.bits(3 * c.inputShape.count, share: 0.5)
        let whole = c.current(of: .raster(.bits(bits, steps: 1, batch: 3)), with: ready).array
        for sample in 0..<3 {
            let part = Array(bits[sample * c.inputShape.count..<(sample + 1) * c.inputShape.count])
            let alone = c.current(of: .raster(.bits(part, steps: 1, batch: 1)), with: ready).array
            #expect(alone == Array(whole[sample * c.outputShape.count..<(sample + 1) * c.outputShape.count]))
        }
    }

    @Test("tensors have the shapes and fans that initialisers need")
    func tensors() throws {
        let dense = try Convolution(inputs: 4, outputs: 3)
        #expect(dense.tensors.map(\.name) == ["weight", "bias"])
        #expect(dense.tensors.map(\.shape) == [[4, 3], [3]])
        #expect(dense.tensors[0].fanIn == 4 && dense.tensors[0].fanOut == 3 && dense.tensors[1].fanIn == 4)
        let conv = try Case(8, 8, 2, 6, 3, 5, 1, 0).made(bias: false)
        #expect(conv.tensors.map(\.shape) == [[3, 5, 2, 6]])
        #expect(conv.tensors[0].fanIn == 30 && conv.tensors[0].fanOut == 90)
        let perPixel = try Convolution(
            input: Shape(height: 5, width: 4, channels: 2),
            channels: 6,
            kernelHeight: 3,
            kernelWidth: 3,
            biasPerPixel: true
        )
        #expect(perPixel.tensors[1].shape == [3, 2, 6] && perPixel.tensors[1].fanIn == 18)
        // A kernel of one pixel on one pixel is dense.
        #expect(try Case(1, 1, 7, 3, 1, 1, 1, 0).made().tensors[0].shape == [7, 3])
    }

    @Test("sizes that make no sense are refused with the law and the value")
    func refusals() {
        func refused(_ error: SNNError, _ test: Case) {
            #expect(throws: error) { try test.made() }
        }
        refused(.parameter("channels must be >= 1, got 0"), Case(4, 4, 1, 0, 3, 3, 1, 0))
        refused(.parameter("kernel must be >= 1 x 1, got 0 x 3"), Case(4, 4, 1, 2, 0, 3, 1, 0))
        refused(.parameter("stride must be >= 1, got 0"), Case(4, 4, 1, 2, 3, 3, 0, 0))
        refused(.parameter("padding must be >= 0 and smaller than the kernel, got 3"), Case(4, 4, 1, 2, 3, 3, 1, 3))
        refused(.parameter("padding must be >= 0 and smaller than the kernel, got -1"), Case(4, 4, 1, 2, 3, 3, 1, -1))
        refused(
            .shape("a kernel of 5 x 3 does not fit an image of 4 x 4 with padding 0"),
            Case(4, 4, 1, 2, 5, 3, 1, 0)
        )
        #expect(throws: SNNError.parameter("bias_per_pixel needs bias = true, got false")) {
            try Convolution(
                input: Shape(height: 4, width: 4, channels: 1),
                channels: 2,
                kernelHeight: 3,
                kernelWidth: 3,
                bias: false,
                biasPerPixel: true
            )
        }
        #expect(throws: SNNError.parameter("outputs must be >= 1, got 0")) { try Convolution(inputs: 3, outputs: 0) }
        #expect(
            throws: SNNError.parameter(
                "a connection must have <= 2^31 weights and outputs, got [16777216] to [16777216]"
            )
        ) { try Convolution(inputs: 1 << 24, outputs: 1 << 24) }
    }
}

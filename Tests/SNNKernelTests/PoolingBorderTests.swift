import Testing

@testable import SNNKernel

@Suite("Pooling with a border, and zeros around an image")
struct PoolingBorderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let input: Shape
        let kernel: (rows: Int, columns: Int)
        let stride: Int
        let border: Border
        var testDescription: String { "\(input), window \(kernel), stride \(stride), border \(border)" }

        func made(_ kind: Pooling.Kind, countsBorder: Bool = true, latest: [Int] = []) throws(SNNError) -> Pooling {
            try Pooling(
                input: input,
                kind: kind,
                kernelHeight: kernel.rows,
                kernelWidth: kernel.columns,
                stride: stride,
                latest: latest,
                border: border,
                countsBorder: countsBorder
            )
        }
    }

    /// Residual networks' first pool, sides that differ, a window wider than the image, words of bits and more.
    static let cases = [
        Case(input: Shape(height: 8, width: 8, channels: 3), kernel: (3, 3), stride: 2, border: Border(1, 1, 1, 1)),
        Case(input: Shape(height: 5, width: 6, channels: 2), kernel: (2, 4), stride: 1, border: Border(1, 0, 0, 3)),
        Case(input: Shape(height: 2, width: 3, channels: 1), kernel: (4, 4), stride: 3, border: Border(2, 3, 1, 0)),
        Case(input: Shape(height: 4, width: 3, channels: 70), kernel: (2, 2), stride: 2, border: Border(0, 1, 1, 1)),
        Case(input: Shape(height: 3, width: 3, channels: 17), kernel: (3, 1), stride: 1, border: Border(2, 0, 2, 0)),
    ]

    private let context = StageContext.of(batch: 2)

    /// Inputs of every window that lie in the image, output by output, found by asking every pixel.
    static func windows(_ pool: Pooling) -> [[Int]] {
        let (from, to) = (pool.inputShape, pool.outputShape)
        return (0..<to.count).map { output in
            let (pixel, channel) = output.quotientAndRemainder(dividingBy: to.channels)
            let top = pixel / to.width * pool.stride - pool.border.top
            let left = pixel % to.width * pool.stride - pool.border.left
            return (0..<from.pixels).filter {
                (top..<top + pool.kernelHeight).contains($0 / from.width)
                    && (left..<left + pool.kernelWidth).contains($0 % from.width)
            }
            .map { $0 * from.channels + channel }
        }
    }

    private func naive<T>(_ pool: Pooling, _ list: [T], rows: Int, _ reduce: ([T]) -> T) -> [T] {
        let windows = Self.windows(pool)
        return (0..<rows).flatMap { row in
            windows.map { reduce($0.map { list[row * pool.inputShape.count + $0] }) }
        }
    }

    @Test("a 3 x 3 pool of stride 2 with a border of 1, worked by hand")
    func byHand() throws {
        let test = Case(
            input: Shape(height: 2, width: 3, channels: 1),
            kernel: (3, 3),
            stride: 2,
            border: Border(1, 1, 1, 1)
        )
        let values = Activity.values(.constant([-1, -2, -3, -4, -5, -6], steps: 3, batch: 1))
        let one = StageContext.of(batch: 1)
        #expect(try test.made(.max).forward(values, one).values?.array == [-1, -2])
        let counted = try #require(test.made(.average).forward(values, one).values).array
        #expect(zip(counted, [-12.0 / 9, -16.0 / 9]).allSatisfy { abs($0 - Float($1)) < 1e-6 })
        let inside = try #require(test.made(.average, countsBorder: false).forward(values, one).values).array
        #expect(zip(inside, [-3, -4]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test("values: means of both kinds, maxima, and smallest where asked for", arguments: cases)
    func values(_ test: Case) throws {
        var numbers = TestNumbers(51)
        let list = numbers.eighths(4 * test.input.count)
        let size = Float(test.kernel.rows * test.kernel.columns)
        let perStep = Activity.values(.perStep(list, steps: 2, batch: 2))
        let constant = Activity.values(.constant(list, steps: 9, batch: 4))
        for (countsBorder, divisor) in [(true, { (_: [Float]) in size }), (false, { Float($0.count) })] {
            let pool = try test.made(.average, countsBorder: countsBorder)
            let expected = naive(pool, list, rows: 4) { $0.reduce(0, +) / divisor($0) }
            for (input, context) in [(perStep, context), (constant, .of(batch: 4))] {
                let found = try #require(pool.forward(input, context).values)
                // Sums of eighths are exact; a product with a rounded reciprocal, and with a factor.
                #expect(found.array.count == expected.count)
                #expect(zip(found.array, expected).allSatisfy { abs($0 - $1) <= 3e-7 * abs($1) })
                #expect(found.isConstant == input.isConstant && found.steps == input.steps)
            }
        }
        let latest = (0..<test.input.channels).filter { $0 % 2 == 1 }
        let largest = try test.made(.max)
        let mixed = try test.made(.max, latest: latest)
        #expect(largest.forward(perStep, context).array == naive(largest, list, rows: 4) { $0.max() ?? 0 })
        let smallest = naive(largest, list, rows: 4) { $0.min() ?? 0 }
        let either = largest.forward(perStep, context).array.enumerated().map {
            latest.contains($0 % test.input.channels) ? smallest[$0] : $1
        }
        #expect(mixed.forward(perStep, context).array == either)
    }

    @Test("spikes: counts with the scale of the whole window, OR, and the largest of the image alone", arguments: cases)
    func spikes(_ test: Case) throws {
        var numbers = TestNumbers(52)
        let bits = numbers.bits(6 * test.input.count, share: 0.2)
        let negative = bits.map { -1 - $0 }
        for (raster, list) in [
            (Raster.bits(bits, steps: 3, batch: 2, scale: 2), bits),
            (Raster.counts(negative, steps: 3, batch: 2, scale: 2), negative),
        ] {
            let average = try test.made(.average)
            let counted = try #require(average.forward(.raster(raster), context).raster)
            #expect(counted.array == naive(average, list, rows: 6) { $0.reduce(0, +) })
            #expect(counted.scale == 2 / Float(test.kernel.rows * test.kernel.columns))
            let largest = try test.made(.max)
            let found = try #require(largest.forward(.raster(raster), context).raster)
            #expect(found.array == naive(largest, list, rows: 6) { $0.max() ?? 0 } && found.scale == 2)
            #expect(found.isBinary == raster.isBinary)
        }
    }

    @Test("the adjoint of a mean is its transpose, that of a maximum goes to the first largest", arguments: cases)
    func adjoints(_ test: Case) throws {
        var numbers = TestNumbers(53)
        let x = numbers.eighths(4 * test.input.count)
        let bits = numbers.bits(4 * test.input.count, share: 0.3)
        let inputs: [Activity] = [
            .values(.perStep(x, steps: 2, batch: 2)), .raster(.bits(bits, steps: 2, batch: 2)),
            .raster(.counts(bits.map { -$0 }, steps: 2, batch: 2)),
        ]
        let count = try test.made(.max).outputShape.count
        let y = numbers.eighths(4 * count)
        for input in inputs {
            for countsBorder in [true, false] {
                let pool = try test.made(.average, countsBorder: countsBorder)
                guard countsBorder || input.values != nil else { continue }
                let forward = pool.forward(input, context).array
                let back = pool.adjoint(of: .perStep(y, steps: 2, batch: 2), input: input, context)
                #expect(abs(dot(forward, y) - dot(input.array, back.array)) < 1e-3)
            }
            let pool = try test.made(.max)
            var expected = [Float](repeating: 0, count: x.count)
            let sent = input.array
            for row in 0..<4 {
                for (output, window) in Self.windows(pool).enumerated() {
                    let places = window.map { row * test.input.count + $0 }
                    let largest = places.map { sent[$0] }.max()
                    let first = try #require(places.first { sent[$0] == largest })
                    expected[first] += y[row * count + output]
                }
            }
            let back = pool.adjoint(of: .perStep(y, steps: 2, batch: 2), input: input, context)
            #expect(back.array == expected)
        }
    }

    @Test("the gradient of a mean equals finite differences", arguments: cases, [true, false])
    func finiteDifferences(_ test: Case, _ countsBorder: Bool) throws {
        var numbers = TestNumbers(54)
        let pool = try test.made(.average, countsBorder: countsBorder)
        let one = StageContext.of(batch: 1)
        let x = numbers.eighths(test.input.count)
        let y = numbers.eighths(pool.outputShape.count)
        func loss(_ x: [Float]) -> Double { dot(pool.forward(.values(.constant(x, steps: 1, batch: 1)), one).array, y) }
        let input = Activity.values(.constant(x, steps: 1, batch: 1))
        let gradient = pool.adjoint(of: .constant(y, steps: 1, batch: 1), input: input, one).array
        for index in stride(from: 0, to: x.count, by: max(1, x.count / 12)) {
            var (above, below) = (x, x)
            above[index] += 0.5
            below[index] -= 0.5
            // The map is linear: what is left is rounding of sums of up to a few hundred numbers of about 1.
            #expect(abs(loss(above) - loss(below) - Double(gradient[index])) < 1e-3)
        }
    }

    @Test("zeros around values, bits and counts; the gradient is that of the middle", arguments: cases)
    func zeroPadding(_ test: Case) throws {
        var numbers = TestNumbers(55)
        let stage = try ZeroPadding(input: test.input, border: test.border)
        let (from, to) = (test.input, stage.outputShape)
        let bits = numbers.bits(4 * from.count, share: 0.4)
        let y = numbers.eighths(4 * to.count)
        for input: Activity in [
            .values(.perStep(numbers.eighths(4 * from.count), steps: 2, batch: 2)),
            .raster(.bits(bits, steps: 2, batch: 2, scale: 0.5)),
            .raster(.counts(bits.map { -3 * $0 }, steps: 2, batch: 2)),
        ] {
            let found = stage.forward(input, context).array
            let sent = input.array
            var expected = [Float](repeating: 0, count: found.count)
            var middle = [Float](repeating: 0, count: sent.count)
            for place in sent.indices {
                let (row, neuron) = place.quotientAndRemainder(dividingBy: from.count)
                let (pixel, channel) = neuron.quotientAndRemainder(dividingBy: from.channels)
                let moved = (pixel / from.width + test.border.top) * to.width + pixel % from.width + test.border.left
                expected[row * to.count + moved * to.channels + channel] = sent[place]
                middle[place] = y[row * to.count + moved * to.channels + channel]
            }
            #expect(found == expected)
            #expect(stage.adjoint(of: .perStep(y, steps: 2, batch: 2), input: input, context).array == middle)
        }
    }

    @Test("padding in a document: one number, rows and columns, or four sides")
    func document() throws {
        for (value, border): (ParameterValue, Border) in [
            (.number(1), Border(1, 1, 1, 1)), (.numbers([1, 2]), Border(1, 2, 1, 2)),
            (.numbers([1, 2, 0, 1]), Border(1, 2, 0, 1)),
        ] {
            let choice = ComponentChoice("max_pool", ["kernel": .number(3), "padding": value])
            let (stage, _) = try BuiltIn.stage(choice, input: Shape(height: 5, width: 5, channels: 2))
            #expect((stage as? Pooling)?.border == border)
            let (zeros, _) = try BuiltIn.stage(
                ComponentChoice("zero_pad", ["padding": value]),
                input: Shape(height: 5, width: 5, channels: 2)
            )
            #expect((zeros as? ZeroPadding)?.border == border)
        }
    }

    @Test("what cannot be is refused with its law")
    func refusals() throws {
        let image = Shape(height: 4, width: 4, channels: 1)
        #expect(
            throws: SNNError.parameter(
                "padding of a pooling window of 2 x 2 must be smaller than it, got [2, 0, 0, 0]"
            )
        ) { try Case(input: image, kernel: (2, 2), stride: 1, border: Border(2, 0, 0, 0)).made(.max) }
        #expect(
            throws: SNNError.shape("a pooling window of 7 x 2 does not fit an image of 4 x 4 with padding [1, 0, 1, 0]")
        ) { try Case(input: image, kernel: (7, 2), stride: 1, border: Border(1, 0, 1, 0)).made(.max) }
        #expect(
            throws: SNNError.shape(
                "an image with padding must have <= 2^31 values, got [4, 4, 1] with [65535, 65535, 65535, 65535]"
            )
        ) { try ZeroPadding(input: image, border: Border(65535, 65535, 65535, 65535)) }
        let pool = try Case(input: image, kernel: (2, 2), stride: 1, border: Border(1, 0, 0, 0))
            .made(.average, countsBorder: false)
        try pool.check(.constantValues)
        #expect(
            throws: SNNError.notSupported(
                "average_pool with padding and count_padding = false takes analog values, but spikes arrive"
            )
        ) { try pool.check(.raster) }
    }
}

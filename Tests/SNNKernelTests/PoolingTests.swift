import Testing

@testable import SNNKernel

@Suite("Pooling")
struct PoolingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let input: Shape
        let rows: Int
        let columns: Int
        let stride: Int
        var testDescription: String { "\(input), window \(rows) x \(columns), stride \(stride)" }

        func made(_ kind: Pooling.Kind) throws(SNNError) -> Pooling {
            try Pooling(input: input, kind: kind, kernelHeight: rows, kernelWidth: columns, stride: stride)
        }
    }

    /// Tiled, overlapping, with gaps, with a rest, and as large as the image.
    static let cases = [
        Case(input: Shape(height: 4, width: 4, channels: 3), rows: 2, columns: 2, stride: 2),
        Case(input: Shape(height: 5, width: 7, channels: 2), rows: 3, columns: 3, stride: 1),
        Case(input: Shape(height: 5, width: 5, channels: 1), rows: 2, columns: 3, stride: 2),
        Case(input: Shape(height: 7, width: 7, channels: 2), rows: 2, columns: 2, stride: 3),
        Case(input: Shape(height: 3, width: 4, channels: 70), rows: 3, columns: 4, stride: 1),
        Case(input: Shape(height: 4, width: 4, channels: 2), rows: 1, columns: 1, stride: 1),
    ]

    private let context = StageContext.of(batch: 2)

    /// The inputs of every window, output by output.
    private func windows(_ pool: Pooling) -> [[Int]] {
        let channels = pool.inputShape.channels
        return (0..<pool.outputShape.count).map { output in
            let (pixel, channel) = output.quotientAndRemainder(dividingBy: channels)
            let (y, x) = pixel.quotientAndRemainder(dividingBy: pool.outputShape.width)
            return (0..<pool.kernelHeight).flatMap { row in
                (0..<pool.kernelWidth).map { column in
                    ((y * pool.stride + row) * pool.inputShape.width + x * pool.stride + column) * channels + channel
                }
            }
        }
    }

    private func naive<T>(_ pool: Pooling, _ list: [T], rows: Int, _ reduce: ([T]) -> T) -> [T] {
        let windows = windows(pool)
        return (0..<rows).flatMap { row in
            windows.map { reduce($0.map { list[row * pool.inputShape.count + $0] }) }
        }
    }

    @Test("a 2 x 2 pool, worked by hand")
    func byHand() throws {
        let test = Case(input: Shape(height: 2, width: 4, channels: 1), rows: 2, columns: 2, stride: 2)
        let values = Activity.values(.constant([1, 2, 5, 6, 3, 4, 7, -8], steps: 3, batch: 1))
        let one = StageContext.of(batch: 1)
        let average = try test.made(.average).forward(values, one)
        #expect(average.values?.array == [2.5, 2.5] && average.isConstant)
        #expect(try test.made(.max).forward(values, one).values?.array == [4, 7])
        let spikes = Activity.raster(.bits([1, 1, 0, 0, 1, 0, 0, 1], steps: 1, batch: 1))
        let counted = try #require(test.made(.average).forward(spikes, one).raster)
        #expect(counted.array == [3, 1] && counted.scale == 0.25)
        let either = try #require(test.made(.max).forward(spikes, one).raster)
        #expect(either.array == [1, 1] && either.scale == 1)
        guard case .bits = either.form else { return #expect(Bool(false), "OR of bits must stay bits") }
    }

    @Test("average of spikes is their count with the scale of the window", arguments: cases)
    func averageOfSpikes(_ test: Case) throws {
        var numbers = TestNumbers(31)
        let pool = try test.made(.average)
        let bits = numbers.bits(3 * 2 * test.input.count, share: 0.4)
        let signed = bits.map { $0 * (Int(numbers.next() % 7) - 3) }
        for (raster, list) in [
            (Raster.bits(bits, steps: 3, batch: 2, scale: 2), bits),
            (Raster.counts(signed, steps: 3, batch: 2, scale: 2), signed),
        ] {
            let pooled = try #require(pool.forward(.raster(raster), context).raster)
            #expect(pooled.array == naive(pool, list, rows: 6) { $0.reduce(0, +) })
            #expect(pooled.scale == 2 / Float(test.rows * test.columns))
        }
        #expect(pool.largestCount(3) == 3 * test.rows * test.columns)
    }

    @Test("maximum of spikes is OR; of signed counts the largest, silence included", arguments: cases)
    func maximumOfSpikes(_ test: Case) throws {
        var numbers = TestNumbers(32)
        let pool = try test.made(.max)
        let bits = numbers.bits(3 * 2 * test.input.count, share: 0.2)
        let signed = bits.map { $0 == 0 ? Int(numbers.next() % 2) * -1 : Int(numbers.next() % 7) - 3 }
        for (raster, list) in [
            (Raster.bits(bits, steps: 3, batch: 2, scale: 0.5), bits),
            (Raster.counts(signed, steps: 3, batch: 2, scale: 0.5), signed),
        ] {
            let pooled = try #require(pool.forward(.raster(raster), context).raster)
            #expect(pooled.array == naive(pool, list, rows: 6) { $0.max() ?? 0 } && pooled.scale == 0.5)
        }
        #expect(pool.largestCount(3) == 3)
    }

    @Test("values are averaged and maximised a step, constant values once", arguments: cases)
    func values(_ test: Case) throws {
        var numbers = TestNumbers(33)
        let list = numbers.eighths(4 * test.input.count)
        let average = try test.made(.average)
        let maximum = try test.made(.max)
        let means = naive(average, list, rows: 4) { $0.reduce(0, +) * (1 / Float($0.count)) }
        let largest = naive(maximum, list, rows: 4) { $0.max() ?? 0 }
        let perStep = Activity.values(.perStep(list, steps: 2, batch: 2))
        #expect(average.forward(perStep, context).values?.array == means)
        #expect(maximum.forward(perStep, context).values?.array == largest)
        let constant = Activity.values(.constant(list, steps: 9, batch: 4))
        let pooled = maximum.forward(constant, .of(batch: 4))
        #expect(pooled.values?.array == largest && pooled.isConstant && pooled.steps == 9)
    }

    @Test("the adjoint of an average is its transpose: <A x, y> = <x, A' y>", arguments: cases)
    func averageAdjoint(_ test: Case) throws {
        var numbers = TestNumbers(34)
        let pool = try test.made(.average)
        let bits = numbers.bits(4 * test.input.count, share: 0.5)
        let y = numbers.floats(4 * pool.outputShape.count)
        let inputs: [Activity] = [
            .values(.perStep(numbers.floats(4 * test.input.count), steps: 2, batch: 2)),
            .raster(.bits(bits, steps: 2, batch: 2)),
        ]
        for input in inputs {
            let forward = pool.forward(input, context).array
            let back = pool.adjoint(of: .perStep(y, steps: 2, batch: 2), input: input, context)
            // Float32 on both sides: a few roundings of sums of magnitude about 10.
            #expect(abs(dot(forward, y) - dot(input.array, back.array)) < 1e-4)
        }
    }

    @Test("the gradient of a maximum goes to the first largest input, in (row, column) order")
    func ties() throws {
        let pool = try Case(input: Shape(height: 2, width: 4, channels: 1), rows: 2, columns: 2, stride: 2).made(.max)
        let one = StageContext.of(batch: 1)
        let gradient = Values.perStep([10, 20], steps: 1, batch: 1)
        let tied = Activity.values(.perStep([1, 3, 2, 0, 3, 3, 2, 2], steps: 1, batch: 1))
        #expect(pool.adjoint(of: gradient, input: tied, one).array == [0, 10, 20, 0, 0, 0, 0, 0])
        // Spikes: the first that fired; a silent window credits its first input.
        let spikes = Activity.raster(.bits([0, 0, 0, 0, 1, 1, 0, 0], steps: 1, batch: 1))
        #expect(pool.adjoint(of: gradient, input: spikes, one).array == [0, 0, 20, 0, 10, 0, 0, 0])
    }

    @Test("the gradient of a maximum of overlapping windows adds up", arguments: cases)
    func maximumAdjoint(_ test: Case) throws {
        var numbers = TestNumbers(35)
        let pool = try test.made(.max)
        let x = numbers.eighths(4 * test.input.count)
        let y = numbers.eighths(4 * pool.outputShape.count)
        var expected = [Float](repeating: 0, count: x.count)
        for row in 0..<4 {
            for (output, window) in windows(pool).enumerated() {
                let inputs = window.map { row * test.input.count + $0 }
                let largest = inputs.map { x[$0] }.max()
                if let first = inputs.first(where: { x[$0] == largest }) {
                    expected[first] += y[row * pool.outputShape.count + output]
                }
            }
        }
        let input = Activity.values(.perStep(x, steps: 2, batch: 2))
        #expect(pool.adjoint(of: .perStep(y, steps: 2, batch: 2), input: input, context).array == expected)
    }

    @Test("a gradient that holds at every step stays one for an average, and unfolds for a maximum of spikes")
    func constantGradient() throws {
        let test = Case(input: Shape(height: 2, width: 2, channels: 1), rows: 2, columns: 2, stride: 2)
        let one = StageContext.of(batch: 1)
        let spikes = Activity.raster(.bits([0, 1, 0, 0, 0, 0, 0, 1], steps: 2, batch: 1))
        let gradient = Values.constant([4], steps: 2, batch: 1)
        let average = try test.made(.average).adjoint(of: gradient, input: spikes, one)
        #expect(average.isConstant && average.array == [1, 1, 1, 1])
        let maximum = try test.made(.max).adjoint(of: gradient, input: spikes, one)
        #expect(!maximum.isConstant && maximum.array == [0, 4, 0, 0, 0, 0, 0, 4])
    }

    @Test("a window larger than the image is refused")
    func refusal() {
        #expect(throws: SNNError.shape("a pooling window of 3 x 2 does not fit an image of 2 x 2")) {
            try Case(input: Shape(height: 2, width: 2, channels: 1), rows: 3, columns: 2, stride: 2).made(.max)
        }
    }
}

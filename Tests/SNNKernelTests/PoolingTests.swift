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

        func made(_ kind: Pooling.Kind, latest: [Int] = []) throws(SNNError) -> Pooling {
            try Pooling(
                input: input,
                kind: kind,
                kernelHeight: rows,
                kernelWidth: columns,
                stride: stride,
                latest: latest
            )
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

    @Test("vector and bit code gives the bits of the plain equations, whatever the shape", arguments: UInt64(0)..<6)
    func matchesPlain(_ part: UInt64) throws {
        for seed in part * 60..<(part + 1) * 60 {
            var numbers = TestNumbers(1000 + seed)
            let test = Case.random(&numbers)
            let (steps, batch) = (1 + numbers.below(5), 1 + numbers.below(4))
            let inputs = numbers.activities(test.input.count, steps: steps, batch: batch)
            for kind in [Pooling.Kind.average, .max] {
                let pool = try test.made(kind)
                let plain = PlainPooling(pool: pool, windows: windows(pool))
                let gradients = [false, true].map {
                    numbers.values(pool.outputShape.count, steps: steps, batch: batch, isConstant: $0)
                }
                for (form, input) in inputs.enumerated() {
                    let about: Comment = "seed \(seed): \(test), \(kind), T \(steps), B \(batch), input \(form)"
                    let matches = plain.matches(pool.forward(input, .of(batch: batch)), input)
                    #expect(matches, about)
                    // The gradient of what is constant is constant.
                    for gradient in gradients where gradient.isConstant || !input.isConstant {
                        let back = pool.adjoint(of: gradient, input: input, .of(batch: batch))
                        let isEqual = back.bits == plain.adjoint(gradient, input).map(\.canonicalBits)
                        #expect(isEqual && back.storage.hasZeroMargin, about)
                    }
                }
            }
        }
    }

    @Test("channels that send the smallest: y = -max(-x), and its gradient to the first smallest", arguments: cases)
    func latest(_ test: Case) throws {
        var numbers = TestNumbers(36)
        let latest = (0..<test.input.channels).filter { $0 % 3 != 1 }
        let pool = try test.made(.max, latest: latest)
        // Many ties, and silent neurons among them.
        let x = numbers.eighths(4 * test.input.count).map { max(0, $0) }
        let y = numbers.eighths(4 * pool.outputShape.count)
        var pooled = [Float](repeating: 0, count: y.count)
        var gradient = [Float](repeating: 0, count: x.count)
        for row in 0..<4 {
            for (output, window) in windows(pool).enumerated() {
                let inputs = window.map { row * test.input.count + $0 }
                let values = inputs.map { x[$0] }
                let isLatest = latest.contains(output % test.input.channels)
                let best = try #require(isLatest ? values.min() : values.max())
                pooled[row * pool.outputShape.count + output] = best
                gradient[try #require(inputs.first { x[$0] == best })] += y[row * pool.outputShape.count + output]
            }
        }
        let input = Activity.values(.constant(x, steps: 3, batch: 4))
        let four = StageContext.of(batch: 4)
        let found = try #require(pool.forward(input, four).values)
        #expect(found.array == pooled && found.isConstant && found.storage.hasZeroMargin)
        #expect(pool.adjoint(of: .constant(y, steps: 3, batch: 4), input: input, four).array == gradient)
    }

    @Test("spikes, and channels that are not there, are refused where some channels send the smallest")
    func latestRefusals() throws {
        let test = Case(input: Shape(height: 2, width: 2, channels: 3), rows: 2, columns: 2, stride: 2)
        #expect(throws: SNNError.shape("latest must list channels 0 ... 2, got 3")) {
            try test.made(.max, latest: [0, 3])
        }
        let pool = try test.made(.max, latest: [1])
        for kind in [ActivityKind.constantValues, .values, .times] { try pool.check(kind) }
        #expect(
            throws: SNNError.notSupported("max_pool with latest takes spike times and analog values, but spikes arrive")
        ) { try pool.check(.raster) }
        let latest = ComponentChoice("max_pool", ["kernel": .number(2), "latest": .numbers([1])])
        #expect(
            throws: SNNError.notSupported(
                "layer 'pool': max_pool with latest takes spike times and analog values, but spikes arrive"
            )
        ) {
            try Network(
                NetworkDescription(
                    input: Shape(height: 4, width: 4, channels: 2),
                    steps: 2,
                    nodes: [.conv("conv", channels: 2, kernel: 1), .stages("pool", latest)]
                ),
                registry: allPlugins(),
                seed: 1
            )
        }
    }

    @Test("a window larger than the image is refused")
    func refusal() {
        #expect(throws: SNNError.shape("a pooling window of 3 x 2 does not fit an image of 2 x 2")) {
            try Case(input: Shape(height: 2, width: 2, channels: 1), rows: 3, columns: 2, stride: 2).made(.max)
        }
    }
}

/// The equations as they stand, one number at a time.
private struct PlainPooling {
    let pool: Pooling
    /// The inputs of every window, output by output.
    let windows: [[Int]]

    func matches(_ output: Activity, _ input: Activity) -> Bool {
        switch (input, output) {
        case (.values(let from), .values(let to)):
            return to.isConstant == from.isConstant && to.bits == forward(from).map(\.canonicalBits)
                && to.storage.hasZeroMargin
        case (.raster(let from), .raster(let to)):
            let scale = pool.kind == .average ? from.scale / Float(pool.kernelHeight * pool.kernelWidth) : from.scale
            guard to.scale == scale else { return false }
            let list = forward(from)
            switch to.form {
            case .bits(let words):
                guard case .bits(let expected) = Raster.bits(list, steps: to.steps, batch: to.batch).form else {
                    return false
                }
                return words.array == expected.array && words.hasZeroMargin
            case .counts(let counts):
                return counts.array.map { Int($0) } == list && counts.hasZeroMargin
            }
        default: return false
        }
    }

    private func forward(_ values: Values) -> [Float] {
        let list = values.array
        return reduced(rows: values.slices * values.batch) { row, window in
            let inputs = window.map { list[row * values.count + $0] }
            return pool.kind == .max
                ? inputs.dropFirst().reduce(inputs[0]) { max($0, $1) }
                : inputs.reduce(0, +) * (1 / Float(inputs.count))
        }
    }

    private func forward(_ raster: Raster) -> [Int] {
        let list = raster.array
        return reduced(rows: raster.steps * raster.batch) { row, window in
            let inputs = window.map { list[row * raster.count + $0] }
            return pool.kind == .max
                ? inputs.reduce(inputs[0]) { max($0, $1) } : Int(Int16(truncatingIfNeeded: inputs.reduce(0, +)))
        }
    }

    private func reduced<T>(rows: Int, _ reduce: (Int, [Int]) -> T) -> [T] {
        (0..<rows).flatMap { row in windows.map { reduce(row, $0) } }
    }

    func adjoint(_ gradient: Values, _ input: Activity) -> [Float] {
        let slices = (pool.kind == .average ? gradient.isConstant : input.isConstant) ? 1 : input.steps
        let sent = input.array
        var result = [Float](repeating: 0, count: slices * input.batch * input.count)
        for row in 0..<slices * input.batch {
            let (t, sample) = row.quotientAndRemainder(dividingBy: input.batch)
            for (output, window) in windows.enumerated() {
                let share = gradient.step(t)[sample * gradient.count + output]
                let inputs = window.map { row * input.count + $0 }
                if pool.kind == .average {
                    for index in inputs { result[index] += share * (1 / Float(inputs.count)) }
                } else {
                    result[inputs.reduce(inputs[0]) { sent[$1] > sent[$0] ? $1 : $0 }] += share
                }
            }
        }
        return result
    }
}

extension PoolingTests.Case {
    /// Any shape that pools: windows that overlap, tile or leave gaps, one channel to more than two words of them.
    fileprivate static func random(_ numbers: inout TestNumbers) -> Self {
        let (rows, columns) = (1 + numbers.below(3), 1 + numbers.below(3))
        let channels = 1 + numbers.below(numbers.below(2) == 0 ? 20 : 130)
        let shape = Shape(height: rows + numbers.below(5), width: columns + numbers.below(5), channels: channels)
        return Self(input: shape, rows: rows, columns: columns, stride: 1 + numbers.below(3))
    }
}

extension TestNumbers {
    fileprivate mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Values with many ties, both zeros, infinities and a NaN here and there.
    fileprivate mutating func values(_ count: Int, steps: Int, batch: Int, isConstant: Bool) -> Values {
        let odd: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 1, 0, -0.0]
        let list = (0..<(isConstant ? 1 : steps) * batch * count).map { _ in
            below(4) == 0 ? odd[below(odd.count)] : Float(2 * unit() - 1)
        }
        return isConstant ? .constant(list, steps: steps, batch: batch) : .perStep(list, steps: steps, batch: batch)
    }

    /// One activity of every form, spikes of every sign of their scale.
    fileprivate mutating func activities(_ count: Int, steps: Int, batch: Int) -> [Activity] {
        let size = steps * batch * count
        let bits = bits(size, share: [0, 0.05, 0.3, 0.9, 1][below(5)])
        let small = (0..<size).map { _ in below(5) - 2 }
        let large = (0..<size).map { _ in below(1 << 16) - 1 << 15 }
        let scale: Float = [1, 0.25, 3, -1, 0][below(5)]
        return [
            .raster(.bits(bits, steps: steps, batch: batch, scale: scale)),
            .raster(.counts(small, steps: steps, batch: batch, scale: scale)),
            .raster(.counts(large, steps: steps, batch: batch)),
            .values(values(count, steps: steps, batch: batch, isConstant: false)),
            .values(values(count, steps: steps, batch: batch, isConstant: true)),
        ]
    }
}

extension Float {
    /// The bits, with those of one NaN for all.
    fileprivate var canonicalBits: UInt32 { isNaN ? Float.nan.bitPattern : bitPattern }
}

extension Values {
    fileprivate var bits: [UInt32] { array.map(\.canonicalBits) }
}

extension Storage {
    /// Whether the 64 bytes behind the last element are still 0.
    fileprivate var hasZeroMargin: Bool {
        UnsafeRawBufferPointer(start: base + count, count: 64).allSatisfy { $0 == 0 }
    }
}

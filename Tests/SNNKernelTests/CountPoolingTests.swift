import Testing

@testable import SNNKernel

@Suite("Maxima of spike counts")
struct CountPoolingTests {
    private let context = StageContext.of(batch: 2)
    private let steps = 9

    /// The growth of the largest count of every window, `[steps, batch, windows]`.
    private func naive(_ pool: Pooling, _ list: [Int]) -> [Int] {
        let (windows, row) = (PoolingBorderTests.windows(pool), 2 * pool.inputShape.count)
        var sent = [Int](repeating: 0, count: row)
        var before = [Int](repeating: 0, count: 2 * windows.count)
        return (0..<steps).flatMap { t in
            for index in 0..<row { sent[index] += list[t * row + index] }
            let now = (0..<2).flatMap { sample in
                windows.enumerated().map { output, window in
                    let counts = window.map { sent[sample * pool.inputShape.count + $0] }
                    let isLatest = pool.latest.contains(output % pool.inputShape.channels)
                    return (isLatest ? counts.min() : counts.max()) ?? 0
                }
            }
            defer { before = now }
            return zip(now, before).map { $0 - $1 }
        }
    }

    @Test("two pixels in turns: OR sends every step, counts every other")
    func byHand() throws {
        let image = Shape(height: 1, width: 2, channels: 1)
        let pool = try Pooling(input: image, kind: .max, kernelHeight: 1, kernelWidth: 2, stride: 1)
        let turns = Activity.raster(.bits([1, 0, 0, 1, 1, 0, 0, 1], steps: 4, batch: 1))
        let one = StageContext.of(batch: 1)
        #expect(pool.forward(turns, one).raster?.array == [1, 1, 1, 1])
        #expect(CountPooling(pool).forward(turns, one).raster?.array == [1, 0, 1, 0])
    }

    @Test("the largest count of every window grows by what is sent", arguments: PoolingBorderTests.cases)
    func forward(_ test: PoolingBorderTests.Case) throws {
        var numbers = TestNumbers(61)
        let bits = numbers.bits(steps * 2 * test.input.count, share: 0.3)
        let signed = bits.map { $0 * (Int(numbers.next() % 7) - 3) }
        for latest in [[], [0]] {
            let pool = try test.made(.max, latest: latest)
            let stage = CountPooling(pool)
            let binary = try #require(
                stage.forward(.raster(.bits(bits, steps: steps, batch: 2, scale: 3)), context).raster
            )
            #expect(binary.array == naive(pool, bits) && binary.isBinary && binary.scale == 3)
            let counted = stage.forward(.raster(.counts(signed, steps: steps, batch: 2)), context)
            #expect(counted.raster?.array == naive(pool, signed))
        }
        let pool = try test.made(.max)
        let constant = Activity.values(.constant(numbers.eighths(2 * test.input.count), steps: 5, batch: 2))
        #expect(CountPooling(pool).forward(constant, context).array == pool.forward(constant, context).array)
    }

    @Test("step by step with a memory as in one window", arguments: PoolingBorderTests.cases)
    func session(_ test: PoolingBorderTests.Case) throws {
        var numbers = TestNumbers(62)
        let stage = CountPooling(try test.made(.max))
        let row = 2 * test.input.count
        let bits = numbers.bits(steps * row, share: 0.3)
        let window = try #require(stage.forward(.raster(.bits(bits, steps: steps, batch: 2)), context).raster)
        let memory = stage.rest(batch: 2)
        let found = try (0..<steps).flatMap { t in
            let step = Raster.bits(Array(bits[t * row..<(t + 1) * row]), steps: 1, batch: 2)
            let context = StageContext(
                isTraining: false,
                samples: [0, 1],
                firstStep: t,
                random: RandomStream(seed: 1, purpose: .dropout),
                memory: memory
            )
            return try #require(stage.forward(.raster(step), context).raster).array
        }
        #expect(found == window.array)
    }

    /// Earlier pixels win ties, by a little head start.
    private func product(_ windows: [[Int]], _ list: [Double], _ gradient: [Float], count: Int) -> Double {
        var sent = (0..<2 * count).map { -1e-3 * Double($0 % count) }
        var before = [Double](repeating: 0, count: 2 * windows.count)
        var sum = 0.0
        for t in 0..<steps {
            for index in sent.indices { sent[index] += list[t * sent.count + index] }
            for sample in 0..<2 {
                for (output, window) in windows.enumerated() {
                    let place = sample * windows.count + output
                    let now = window.map { sent[sample * count + $0] }.max() ?? 0
                    sum += Double(gradient[t * before.count + place]) * (now - before[place])
                    before[place] = now
                }
            }
        }
        return sum
    }

    @Test("the gradient is that of finite differences", arguments: PoolingBorderTests.cases.prefix(3))
    func adjoint(_ test: PoolingBorderTests.Case) throws {
        var numbers = TestNumbers(63)
        let pool = try test.made(.max)
        let count = test.input.count
        let bits = numbers.bits(steps * 2 * count, share: 0.3)
        let gradient = numbers.eighths(steps * 2 * pool.outputShape.count)
        let found = CountPooling(pool).adjoint(
            of: .perStep(gradient, steps: steps, batch: 2),
            input: .raster(.bits(bits, steps: steps, batch: 2)),
            context
        )
        let windows = PoolingBorderTests.windows(pool)
        for index in bits.indices {
            var list = bits.map(Double.init)
            list[index] += 1e-4
            let above = product(windows, list, gradient, count: count)
            list[index] -= 2e-4
            let difference = (above - product(windows, list, gradient, count: count)) / 2e-4
            #expect(abs(difference - Double(found.array[index])) < 1e-3, "\(index)")
        }
    }

    @Test("a stream of more spikes than float32 counts goes on")
    func long() throws {
        let image = Shape(height: 1, width: 2, channels: 1)
        let pool = try Pooling(input: image, kind: .max, kernelHeight: 1, kernelWidth: 2, stride: 1)
        let stage = CountPooling(pool)
        let memory = stage.rest(batch: 1)
        let context = StageContext(
            isTraining: false,
            samples: [0],
            firstStep: 0,
            random: RandomStream(seed: 1, purpose: .dropout),
            memory: memory
        )
        let piece = 1 << 12
        let list = (0..<piece).flatMap { _ in [511, 509] }
        let input = Activity.raster(.counts(list, steps: piece, batch: 1))
        // Above 2^24 in the ninth piece: an odd number would be lost.
        for _ in 0..<12 {
            let sent = try #require(stage.forward(input, context).raster)
            #expect(sent.array.allSatisfy { $0 == 511 })
        }
    }

    @Test("codes, spike times and values that change are refused")
    func refusals() throws {
        let image = Shape(height: 2, width: 2, channels: 1)
        let stage = CountPooling(try Pooling(input: image, kind: .max, kernelHeight: 2, kernelWidth: 2, stride: 2))
        for kind in [ActivityKind.codes, .times, .values] {
            #expect(
                throws: SNNError.notSupported(
                    "max_pool with counts takes spikes and constant values, but \(kind.rawValue) arrive"
                )
            ) { try stage.check(kind) }
        }
        #expect(throws: Never.self) { try stage.check(.raster) }
        let (made, choice) = try BuiltIn.stage(
            ComponentChoice("max_pool", ["kernel": .number(2), "counts": .boolean(true)]),
            input: image
        )
        #expect(made is CountPooling && choice.parameters["counts"] == .boolean(true))
    }
}

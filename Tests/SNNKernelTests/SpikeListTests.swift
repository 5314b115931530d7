import SNNTestKit
import Testing

@testable import SNNKernel

/// A raster that holds the list its events came as, against one of bits.
@Suite("Lists of spikes")
struct SpikeListTests {
    private typealias Sample = [(step: Int, neuron: Int)]

    /// Random spikes of some samples, ascending; some samples have none.
    private static func samples(_ batch: Int, steps: Int, count: Int, _ random: inout Seeded) -> [Sample] {
        (0..<batch).map { _ in
            let share = random.pick([0, 0.01, 0.05, 0.3, 1])
            return (0..<steps * count).compactMap {
                random.happens(share) ? (step: $0 / count, neuron: $0 % count) : nil
            }
        }
    }

    private static func listed(_ samples: [Sample], steps: Int, shape: Shape) throws -> Raster? {
        let arrays = try EventArrays(samples, steps: steps, neurons: shape.count)
        return withExtendedLifetime(arrays) {
            EventBlock(samples.indices.compactMap { arrays.events($0) }, steps: steps, shape: shape).ascending
        }
    }

    private static func bits(_ samples: [Sample], steps: Int, count: Int) -> Raster {
        let words = Raster.emptyBits(steps: steps, batch: samples.count, count: count)
        let raster = Raster(steps: steps, batch: samples.count, count: count, form: .bits(words))
        for (place, sample) in samples.enumerated() {
            for (step, neuron) in sample {
                let index = place * count + neuron
                words.base[step * raster.wordsPerStep + index >> 6] |= 1 << UInt64(index & 63)
            }
        }
        return raster
    }

    private static func equal<Element: Equatable>(_ a: Storage<Element>, _ b: Storage<Element>, _ count: Int) -> Bool {
        withExtendedLifetime((a, b)) { (0..<count).allSatisfy { a.base[$0] == b.base[$0] } }
    }

    // Inputs within a block of the law of sums, at its end and over several.
    @Test(
        "it reads, lists, sums and learns to the bit as bits do",
        arguments: [1, 5, 64, 255, 256, 257, 512, 700],
        [1, 2, 3, 7]
    )
    func sameBits(_ count: Int, _ batch: Int) throws {
        var random = Seeded(UInt64(count * 10 + batch))
        for _ in 0..<6 {
            let steps = random.integer(1...9)
            let samples = Self.samples(batch, steps: steps, count: count, &random)
            let list = try #require(try Self.listed(samples, steps: steps, shape: Shape(count)))
            let bits = Self.bits(samples, steps: steps, count: count)
            guard case .bits(let made) = list.form, case .bits(let words) = bits.form else {
                Issue.record("a list has another form than bits")
                return
            }
            #expect(Self.equal(made, words, words.count) && made.count == words.count)
            for t in 0..<steps {
                for index in 0..<list.row {
                    #expect(list.event(step: t, index: index) == bits.event(step: t, index: index))
                }
                let from = random.integer(0...list.row)
                let range = from..<random.integer(from...list.row)
                var (found, wanted): ([Int], [Int]) = ([], [])
                list.forEachEvent(step: t, in: range) { found += [$0, $1] }
                bits.forEachEvent(step: t, in: range) { wanted += [$0, $1] }
                #expect(found == wanted)
            }
            for sample in 0..<batch {
                #expect(list.spikes(samples: sample..<sample + 1) == bits.spikes(samples: sample..<sample + 1))
            }
            let events = EventList(.raster(list), shape: Shape(count))
            let wanted = EventList(.raster(bits), shape: Shape(count))
            #expect(events.count == wanted.count && events.rows == wanted.rows)
            #expect(Self.equal(events.starts, wanted.starts, wanted.rows + 1))
            #expect(Self.equal(events.positions, wanted.positions, wanted.count))
            try sameSums(list, bits, &random)
        }
    }

    private func sameSums(_ list: Raster, _ bits: Raster, _ random: inout Seeded) throws {
        let c = try Convolution(inputs: list.count, outputs: random.integer(1...150), bias: random.happens(0.5))
        let tensors = c.tensors.map { tensor in
            let storage = Storage<Float>(tensor.count)
            for index in 0..<tensor.count { storage.base[index] = Float(random.number(-1...1)) }
            return storage
        }
        let weights = c.prepare(tensors, adjoint: false)
        #expect(
            c.current(of: .raster(list), with: weights).numbers == c.current(of: .raster(bits), with: weights).numbers
        )
        #expect(c.operations(for: .raster(list)) == c.operations(for: .raster(bits)))
        let errors = random.values(steps: list.steps, batch: list.batch, count: c.outputShape.count, in: -1...1)
        let gradients = [list, bits].map { raster in
            let gradient = tensors.map { Storage<Float>($0.count) }
            c.addGradients(of: errors, input: .raster(raster), to: gradient)
            return gradient.map { Array($0.elements) }
        }
        #expect(gradients[0] == gradients[1])
    }

    @Test("only events of a flat input that ascend and are within it make a list")
    func refused() throws {
        let good: Sample = [(0, 1), (0, 2), (2, 0), (3, 5)]
        #expect(try Self.listed([good, [], good], steps: 4, shape: Shape(6)) != nil)
        #expect(try Self.listed([[], []], steps: 4, shape: Shape(6)) != nil)
        #expect(try Self.listed([good], steps: 4, shape: Shape(height: 2, width: 3, channels: 1)) == nil)
        for event in [(3, 5), (3, 4), (1, 5), (4, 0), (3, 6)] {
            #expect(try Self.listed([good, good + [event]], steps: 4, shape: Shape(6)) == nil)
        }
    }

    @Test("a convolution and an image take it as bits")
    func images() throws {
        var random = Seeded(5)
        let shape = Shape(height: 4, width: 5, channels: 3)
        let samples = Self.samples(3, steps: 4, count: shape.count, &random)
        let list = try #require(try Self.listed(samples, steps: 4, shape: Shape(shape.count)))
        let bits = Self.bits(samples, steps: 4, count: shape.count)
        let c = try Convolution(input: shape, channels: 7, kernelHeight: 3, kernelWidth: 2)
        let weights = c.prepare(
            c.tensors.map { tensor in
                let storage = Storage<Float>(tensor.count)
                for index in 0..<tensor.count { storage.base[index] = Float(random.number(-1...1)) }
                return storage
            },
            adjoint: false
        )
        #expect(
            c.current(of: .raster(list), with: weights).numbers == c.current(of: .raster(bits), with: weights).numbers
        )
    }
}

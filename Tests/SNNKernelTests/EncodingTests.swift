import Testing

@testable import SNNKernel

@Suite("Encoding")
struct EncodingTests {
    @Test("a law holds for all values or names none, wherever the bad one lies")
    func laws() {
        for count in [0, 1, 15, 16, 17, 50] {
            let values = Storage<Float>(of: (0..<count).map { Float($0 % 4) })
            let copy = Storage<Float>(of: [Float](repeating: 9, count: count))
            let laws: [(ValueLaw, bad: [Float])] = [
                (.finite, [.nan, .infinity, -.infinity]),
                (.whole(3), [.nan, .infinity, -.infinity, 4, -1, 0.5, 2.9999998, 1e-40, -1e-40, 1e9, 8388608.5]),
            ]
            for (law, bad) in laws {
                #expect(law.holds(values.base, count: count))
                #expect(law.copy(values.base, to: copy.base, count: count) && copy.array == values.array)
                for place in 0..<count {
                    let good = values.base[place]
                    for value in bad {
                        values.base[place] = value
                        #expect(!law.holds(value) && !law.holds(values.base, count: count))
                        #expect(!law.copy(values.base, to: copy.base, count: count))
                    }
                    values.base[place] = good
                }
            }
            withExtendedLifetime((values, copy)) {}
        }
        // -0 is a whole number; the largest a raster can hold is, too.
        for value: Float in [-0.0, 0, 1, 1024, 32767] { #expect(ValueLaw.whole(32767).holds(value)) }
    }

    /// Rows in memory, which the kernel asks for first.
    private final class MemorySource: SampleSource {
        let rows: Storage<Float>
        let count: Int
        init(_ set: TestSet) {
            rows = Storage(of: set.rows.flatMap { $0 })
            count = set.inputCount
        }
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
            Issue.record("rows in memory need no filling")
        }
        func storedRow(_ sample: Int) -> UnsafePointer<Float>? { UnsafePointer(rows.base + sample * count) }
    }

    @Test("rows in memory and rows that are made give the same activity", arguments: ["constant", "frames", "rate"])
    func memory(_ coding: String) throws {
        for network in [try denseNetwork(inputs: 37, coding: coding), try imageNetwork(coding: coding)] {
            let set = TestSet.noise(5, inputs: network.inputCount)
            let context = BlockContext(isTraining: false, seed: 1, samples: [1, 2, 3])
            let made = try network.encode(set, samples: 1..<4, context: context)
            let found = try network.encode(MemorySource(set), samples: 1..<4, context: context)
            #expect(made.array == found.array && made.array.contains { $0 != 0 })
            // Frame by frame, [T, B, N] from [B, T, N] and channels last.
            guard coding == "frames" else { continue }
            let shape = network.inputShape
            for t in 0..<network.steps {
                for place in 0..<3 {
                    for index in 0..<shape.count {
                        let from = index % shape.channels * shape.pixels + index / shape.channels
                        let wanted = set.rows[place + 1][t * shape.count + from]
                        #expect(made.value(step: t, index: place * shape.count + index) == wanted)
                    }
                }
            }
        }
    }
}

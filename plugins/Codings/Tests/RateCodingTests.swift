import SNNKernel
import SNNTestKit
import Testing

/// Bernoulli spikes.
struct RateCodingTests {
    // The mean of n trials of probability p lies within 4.5 standard deviations sqrt(p (1 - p) / n) but for one seed in
    // 150,000; the seeds are fixed.
    @Test("the mean over many seeds and steps is gain x value", arguments: [0.5, 1.0])
    func mean(_ gain: Double) throws {
        let values: [Float] = [0.05, 0.3, 0.5, 0.85]
        let (seeds, steps) = (200, 50)
        var sums = [Double](repeating: 0, count: values.count)
        for seed in 0..<UInt64(seeds) {
            for row in try CodingsTest.encode("rate", ["gain": .number(gain)], values, steps: steps, seed: seed) {
                for (index, spike) in row.enumerated() { sums[index] += Double(spike) }
            }
        }
        let n = Double(seeds * steps)
        for (index, value) in values.enumerated() {
            let p = gain * Double(value)
            #expect(abs(sums[index] / n - p) < 4.5 * (p * (1 - p) / n).squareRoot(), "value \(value)")
        }
    }

    @Test("values <= 0 are silent, rates above 1 spike at every step")
    func ends() throws {
        for row in try CodingsTest.encode("rate", ["gain": .number(2)], [-3, -0.5, 0, 0.5, 1, 40], steps: 100) {
            #expect(row == [0, 0, 0, 1, 1, 1])
        }
    }

    @Test("signed, negative values send negative spikes at the rate of their magnitude")
    func signed() throws {
        let rows = try CodingsTest.encode(
            "rate",
            ["signed": .boolean(true), "gain": .number(1)],
            [-1, -0.4, 0, 0.4, 1],
            steps: 4000
        )
        for row in rows {
            #expect(row[0] == -1 && row[2] == 0 && row[4] == 1)
            #expect((row[1] == 0 || row[1] == -1) && (row[3] == 0 || row[3] == 1))
        }
        for (index, sign) in [(1, -1.0), (3, 1)] {
            let mean = rows.reduce(0.0) { $0 + Double($1[index]) } / 4000
            #expect(abs(mean - sign * 0.4) < 4.5 * (0.24 / 4000).squareRoot())
        }
    }

    @Test("seeds, steps, inputs and samples draw different numbers")
    func independent() throws {
        let values = [Float](repeating: 0.5, count: 64)
        let first = try CodingsTest.encode("rate", [:], values, steps: 8, seed: 1)
        let second = try CodingsTest.encode("rate", [:], values, steps: 8, seed: 2)
        #expect(first != second)
        #expect(Set(first).count == 8)
        let coding = try CodingsTest.registry().coding(ComponentChoice("rate"))
        let input = Values(steps: 4, batch: 3, count: 64, isConstant: true)
        for index in 0..<192 { input.base[index] = 0.5 }
        let sent = coding.encode(
            input,
            steps: 0..<4,
            window: 4,
            samples: [5, 6, 5],
            random: RandomStream(seed: 1, purpose: .coding)
        )
        let samples = (0..<3).map { sample in
            (0..<4).flatMap { t in (0..<64).map { sent.value(step: t, index: sample * 64 + $0) } }
        }
        #expect(samples[0] != samples[1])
        #expect(samples[0] == samples[2])
    }
}

import SNNKernel
import SNNTestKit
import Testing

/// One spike an input.
struct LatencyCodingTests {
    /// The steps at which one value spikes.
    private func times(_ value: Float, steps: Int, silentZero: Bool = false) throws -> [Int] {
        let rows = try CodingsTest.encode("latency", ["silent_zero": .boolean(silentZero)], [value], steps: steps)
        return rows.indices.filter { rows[$0][0] == 1 }
    }

    @Test("it spikes once, at trunc((1 - x) (T - 1))", arguments: [2, 5, 16, 101])
    func formula(_ steps: Int) throws {
        for place in 0...64 {
            let x = Float(place) / 64
            #expect(try times(x, steps: steps) == [Int((1 - x) * Float(steps - 1))], "x \(x), T \(steps)")
        }
    }

    // By hand, from the formula.
    @Test("golden times for T = 5")
    func golden() throws {
        for (x, t) in [(1, 0), (0.75, 1), (0.5, 2), (0.3, 2), (0.25, 3), (0.125, 3), (0, 4)] as [(Float, Int)] {
            #expect(try times(x, steps: 5) == [t], "x \(x)")
        }
    }

    @Test("in a window of one step everything spikes in it")
    func oneStep() throws {
        for x: Float in [-1, 0, 0.5, 1, 2] { #expect(try times(x, steps: 1) == [0]) }
    }

    @Test("values outside 0 ... 1 spike as the nearer end does")
    func clamped() throws {
        for x: Float in [1.0001, 7, 1e30] { #expect(try times(x, steps: 9) == [0]) }
        for x: Float in [-0.0001, -7, -1e30] { #expect(try times(x, steps: 9) == [8]) }
    }

    @Test("with silent_zero values <= 0 stay silent and others spike as before")
    func silentZero() throws {
        for x: Float in [-1, -0.0, 0] { #expect(try times(x, steps: 9, silentZero: true).isEmpty) }
        for x: Float in [0x1p-149, 0.01, 0.4, 1, 3] {
            #expect(try times(x, steps: 9, silentZero: true) == times(x, steps: 9))
        }
    }
}

import SNNKernel
import Testing

@testable import FSPlugin

@Test(
    "a fit of seconds is better than the published constants",
    arguments: [("silu", 16, 8e-4), ("sigmoid", 12, 5e-5), ("gelu", 12, 1.5e-3), ("tanh", 12, 2e-4)]
)
func shortFits(_ name: String, _ steps: Int, _ bar: Double) throws {
    let target = try StaircaseTarget(name)
    let table = try StaircaseFit(steps: steps, moves: 400_000, seed: 1).run(target, threads: 2)
    let report = try StaircaseReport(table, target)
    #expect(report.meanSquaredError <= bar)
    #expect(table.steps == steps)
    #expect(table.resets[steps - 1] == 0)
}

@Test("threads do not change a bit, seeds do", arguments: StaircaseFit.Method.allCases)
func fitBits(_ method: StaircaseFit.Method) throws {
    let target = try StaircaseTarget("tanh")
    let moves = method == .annealing ? 20_000 : 400
    let fit = StaircaseFit(steps: 6, method: method, moves: moves, seed: 3)
    let one = try fit.run(target, threads: 1)
    #expect(try fit.run(target, threads: 2) == one)
    #expect(try fit.run(target, threads: 3) == one)
    var other = fit
    other.seed = 4
    #expect(try other.run(target, threads: 2) != one)
}

@Test("the cost of a search is the error of the table it stands for, spikes included")
func searchCost() throws {
    let target = try StaircaseTarget("silu")
    let points = try target.points(2 * StaircaseSearch.block)
    var random = ChainGenerator(seed: 5, stage: 0, chain: 0)
    for price in [0, 0.01] {
        let search = StaircaseSearch(steps: 9, points: points, spikePrice: price)
        let chain = StaircaseChain(
            search,
            extent: 20,
            from: StaircaseStarts(steps: 9, low: -8, high: 12).start(2, &random),
            random: random
        )
        chain.run(moves: 500, from: 0.1, to: 0.01)
        let (thresholds, resets) = search.kept
        let table = try StepTable(
            thresholds: thresholds,
            resets: resets,
            amplitudes: search.amplitudes.map { Float($0) }
        )
        var cost = 0.0
        for (x, y) in zip(points.x, points.y) {
            let spikes = table.spikes(for: x)
            let error = Double(table.value(of: spikes)) - y
            cost += error * error + price * Double(spikes.nonzeroBitCount)
        }
        #expect(abs(cost / Double(points.x.count) / search.cost - 1) < 1e-4)
        #expect(chain.bestCost <= search.cost)
    }
}

@Test("no other amplitudes are better for the same spikes")
func amplitudesAreBest() throws {
    let target = try StaircaseTarget("gelu")
    let table = try StaircaseFit(steps: 5, moves: 5_000, seed: 1).run(target)
    let best = try StaircaseReport(table, target).meanSquaredError
    for step in 0..<5 {
        for change: Float in [-0.01, 0.01] {
            var other = table
            other.amplitudes[step] += change
            #expect(try StaircaseReport(other, target).meanSquaredError > best)
        }
    }
}

@Test("a price lowers the number of spikes")
func spikePrice() throws {
    let target = try StaircaseTarget("silu")
    let free = try StaircaseFit(steps: 8, moves: 40_000, seed: 1).run(target)
    let dear = try StaircaseFit(steps: 8, spikePrice: 0.01, moves: 40_000, seed: 1).run(target)
    #expect(try StaircaseReport(dear, target).spikesPerInput < StaircaseReport(free, target).spikesPerInput - 0.5)
}

@Test("with at_least a table spikes as the one with above does")
func comparisons() throws {
    let target = try StaircaseTarget("sigmoid")
    var fit = StaircaseFit(steps: 6, moves: 5_000, seed: 1)
    let above = try fit.run(target)
    fit.comparison = .atLeast
    let atLeast = try fit.run(target)
    #expect(atLeast.comparison == .atLeast)
    let inputs = try target.points(5_000).x + above.thresholds
    for x in inputs { #expect(above.spikes(for: x) == atLeast.spikes(for: x)) }
}

@Test("one step, a constant, a jump and sampled points")
func unusualTargets() throws {
    let constant = try StaircaseTarget("three", low: 0, high: 1) { _ in 3 }
    let flat = try StaircaseFit(steps: 1, moves: 2_000).run(constant)
    #expect(try StaircaseReport(flat, constant).meanSquaredError < 1e-9)
    let jump = try StaircaseTarget("jump", low: -1, high: 1) { $0 > 0.25 ? 2 : 0 }
    let stairs = try StaircaseFit(steps: 1, moves: 5_000).run(jump)
    #expect(abs(stairs.thresholds[0] - 0.25) < 5e-3 && abs(stairs.amplitudes[0] - 2) < 2e-2)
    let line = try StaircaseTarget("line", x: [0, 1, 4], y: [0, 2, 8], weights: [1, 1, 0])
    #expect(line.value(at: 2.5) == 5)
    // The density falls to 0 at the upper end: half of the weight lies below 1.268.
    let points = try line.points(1024)
    #expect(abs(points.x[512] - 1.268) < 0.01)
}

@Test("points stand for equal shares of the weight")
func weightedPoints() throws {
    let normal = try StaircaseTarget("relu", low: -4, high: 4, weighting: .normal(mean: 0, deviation: 1)).points(1000)
    // Quantiles of the standard normal distribution.
    #expect(abs(normal.x[841] - 1) < 0.01 && abs(normal.x[158] + 1) < 0.01 && abs(normal.x[499]) < 0.01)
    let profile = try StaircaseTarget("relu", low: -8, high: 12, weighting: .importance(mean: 0, deviation: 2))
    let inside = try profile.points(10_000).x.filter { abs($0) <= 4 }
    // By trapezoids 84 of 84 + 2 x 11 + 1.5 + 4.5.
    #expect(abs(inside.count - 7_500) <= 10)
}

@Test("bad input is refused with the law and the value")
func badInput() throws {
    func sentence(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return ""
    }
    let silu = try StaircaseTarget("silu")
    for steps in [0, 33] {
        #expect(sentence { _ = try StaircaseFit(steps: steps).run(silu) } == "steps must be 1 ... 32, got \(steps)")
    }
    #expect(sentence { _ = try StaircaseFit(steps: 4, moves: 0).run(silu) } == "moves must be 1 ... 10^12, got 0")
    #expect(
        sentence { _ = try StaircaseFit(steps: 4, spikePrice: -1).run(silu) }
            == "spike_price must be finite and >= 0, got -1.0"
    )
    #expect(
        sentence { _ = try StaircaseFit(steps: 4, method: .surrogate, spikePrice: 1).run(silu) }
            == "method surrogate has no spike_price, got 1.0"
    )
    #expect(
        sentence { _ = try StaircaseTarget("silu", low: 2, high: 2) }
            == "low must be below high, both finite, got 2.0 and 2.0"
    )
    #expect(sentence { _ = try StaircaseTarget("swish") }.hasPrefix("unknown function 'swish'; known: gelu, relu"))
    #expect(
        sentence { _ = try StaircaseTarget("silu", weighting: .normal(mean: 0, deviation: 0)) }
            == "deviation must be > 0, got 0.0"
    )
    #expect(
        sentence { _ = try StaircaseTarget("p", x: [0, 1, 1], y: [0, 1, 2], weights: nil) }
            == "x must ascend, got x[2] = 1.0 after 1.0"
    )
    #expect(
        sentence { _ = try StaircaseTarget("p", x: [0, 1], y: [0, .nan], weights: nil) }
            == "the function must be finite, got nan at x = 1.0"
    )
    #expect(
        sentence { _ = try StaircaseTarget("p", x: [0, 1], y: [0, 1], weights: [0, 0]) } == "weights must not all be 0"
    )
    let pole = try StaircaseTarget("pole", low: -1, high: 1) { $0 > 0 ? .infinity : 0 }
    #expect(
        sentence { _ = try StaircaseFit(steps: 4).run(pole) }
            .hasPrefix("pole must be finite and below 1e30, got inf at x = ")
    )
    #expect(
        sentence { _ = try StaircaseFit(steps: 4, moves: 1_000).run(silu) { _, _ in false } } == "the fit was cancelled"
    )
}

import SNNKernel
import Testing

@testable import FSPlugin

/// Random constants with potentials inside and outside of the triangle, and inputs with a target.
private struct Material {
    let steps = 7
    var constants: TrainerConstants
    let x: [Double]
    let f: [Double]

    init(seed: UInt64) {
        var random = ChainGenerator(seed: seed, stage: 0, chain: 0)
        let list = { (random: inout ChainGenerator, count: Int) in (0..<count).map { _ in Float(random.normal()) } }
        constants = TrainerConstants(
            thresholds: list(&random, steps),
            resets: list(&random, steps),
            amplitudes: list(&random, steps)
        )
        x = (0..<64).map { _ in 3 * random.normal() }
        f = x.map { max(0, $0) }
    }

    /// The loss over any lane, with constants that may carry a derivative.
    func loss<Value: Lane>(_ model: SurrogateModel<Value>, lambda: Double) -> Value {
        let sums = x.map { Value($0) }.withUnsafeBufferPointer { x in
            f.map { Value($0) }.withUnsafeBufferPointer { f in model.sums(x, f) }
        }
        let share = Value(1 / Double(x.count))
        var loss = sums.squares * share
        for excess in sums.excess { loss = loss + Value(lambda) * (excess * share) * (excess * share) }
        return loss
    }
}

@Test("the gradient equals the forward-mode derivative of the same loss", arguments: 0..<8)
func gradientEqualsForwardMode(_ seed: UInt64) {
    let material = Material(seed: seed)
    let (steps, lambda) = (material.steps, 0.1)
    let model: SurrogateModel<Double> = material.constants.model()
    let gradient = material.x.withUnsafeBufferPointer { x in
        material.f.withUnsafeBufferPointer { f in
            let share = 1 / Double(x.count)
            let pull = model.sums(x, f).excess.map { 2 * lambda * ($0 * share) * share }
            return model.gradient(x, f, share: share, pull: pull)
        }
    }
    var random = ChainGenerator(seed: seed, stage: 1, chain: 0)
    let direction = (0..<3 * steps).map { _ in random.normal() }
    let dual = { (numbers: [Float], offset: Int) in
        numbers.enumerated().map { Dual(value: Double($0.element), tangent: direction[offset + $0.offset]) }
    }
    let along = material.loss(
        SurrogateModel<Dual>(
            thresholds: dual(material.constants.thresholds, 0),
            resets: dual(material.constants.resets, steps),
            amplitudes: dual(material.constants.amplitudes, 2 * steps)
        ),
        lambda: lambda
    )
    let product = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    let size = zip(gradient, direction).reduce(1e-3) { $0 + abs($1.0 * $1.1) }
    #expect(abs(product - along.tangent) <= 1e-10 * size)
    #expect(gradient.contains { abs($0) > 1e-3 })
    #expect(gradient[steps] == 0, "h_1 has no effect")
}

@Test("the exported table equals the trainer's forward pass, bit for bit", arguments: 0..<4)
func exportShift(_ seed: UInt64) throws {
    let constants = Material(seed: seed).constants
    let table = try constants.table()
    #expect(table.resets.last == 0)
    let model: SurrogateModel<Float> = constants.model()
    var unshifted = table
    unshifted.resets = constants.resets
    var differences = 0
    for place in 0...4_000 {
        let x = Float(-10) + Float(place) * 0.005
        let y = model.output(x)
        #expect(table.value(of: table.spikes(for: x)).bitPattern == (y + 0).bitPattern, "at \(x)")
        if unshifted.value(of: unshifted.spikes(for: x)) != y { differences += 1 }
    }
    #expect(differences > 100, "without the shift it is another function")
}

@Test("the sixteen-lane forward pass equals the scalar one")
func lanesEqualScalars() {
    let constants = Material(seed: 9).constants
    let scalar: SurrogateModel<Float> = constants.model()
    let vector: SurrogateModel<SIMD16<Float>> = constants.model()
    var lanes = SIMD16<Float>(repeating: 0)
    for lane in 0..<16 { lanes[lane] = Float(lane) * 0.7 - 5 }
    let y = vector.output(lanes)
    for lane in 0..<16 { #expect(y[lane] == scalar.output(lanes[lane])) }
}

@Test("the published trainer learns a sigmoid")
func surrogateLearns() throws {
    let target = try StaircaseTarget("sigmoid")
    let table = try StaircaseFit(steps: 12, method: .surrogate, moves: 8_000, seed: 1).run(target, threads: 2)
    #expect(try StaircaseReport(table, target).meanSquaredError < 1.1e-3)
}

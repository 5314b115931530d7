import SNNKernel
import Testing

/// Which ways of finding a gradient must agree.
public enum GradientLaw: Sendable {
    /// The network is smooth: engine and adjoint against central differences, adjoint against forward mode.
    case smooth
    /// The network spikes: engine and adjoint against forward mode, which carries the surrogate.
    case surrogate
    /// The network spikes and its gradient leaves a path out, which forward mode cannot: engine against adjoint.
    case detached
}

/// The largest relative error of any tensor, one a comparison; see ``relativeError(_:_:)``.
public struct GradientErrors: Sendable {
    /// Engine in float32 against central differences of the reference in double.
    public var engine = 0.0
    /// Reference adjoint in double against central differences.
    public var adjoint = 0.0
    /// Forward mode (dual numbers) against the adjoint in double.
    public var forwardMode = 0.0
    /// Engine against the reference adjoint in float32, whose spikes are the same to the bit.
    public var engineAdjoint = 0.0

    /// Nothing compared yet.
    public init() {}

    /// The larger of each.
    public mutating func merge(_ other: GradientErrors) {
        engine = max(engine, other.engine)
        adjoint = max(adjoint, other.adjoint)
        forwardMode = max(forwardMode, other.forwardMode)
        engineAdjoint = max(engineAdjoint, other.engineAdjoint)
    }
}

/// Checks the gradients of a small network in every way that ``GradientLaw`` names.
///
/// The bars, and why they hold:
///
/// - engine against differences <= 1e-3 (found: 1e-6): float32 rounds at 6e-8, times the square root of some hundred
///   terms a sum and the slope of a few surrogates in a row; seeds keep potentials off the corners of ramps;
/// - adjoint against differences <= 1e-6 (found: 6e-9): central differences with h = 1e-5 err by h^2 f''' / 6, which
///   is 1e-11 f''', and by 1e-16 / h = 1e-11 in rounding;
/// - forward mode against adjoint <= 1e-9 (found: 5e-15): both are exact, only rounding at 1e-16 differs;
/// - engine against the float32 adjoint <= 1e-4 (found: 4e-6): the same terms, added in another order.
///
/// Samples are drawn from the seed, and labels too where `answers` is nil. Of each tensor up to `coordinates` entries
/// are compared with differences and forward mode, as every one takes two forward passes; both adjoints are compared
/// whole.
@discardableResult
public func checkGradients(
    of description: NetworkDescription,
    registry: Registry,
    loss: Loss,
    answers: Answers? = nil,
    law gradientLaw: GradientLaw,
    batch: Int = 3,
    seed: UInt64 = 1,
    coordinates: Int = 24,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> GradientErrors {
    let law = IssueLog(subject: "gradients", seed: seed, location: sourceLocation)
    let network = try Network(description, registry: registry, seed: seed)
    var random = Seeded(seed)
    let rows = random.numbers(batch * network.inputCount, in: -0.5...1.5, activity: 0.8).map(network.coding.takes.legal)
    let answers =
        answers ?? Answers(.labels((0..<batch).map { _ in Int32(random.integer(0...network.scoreCount - 1)) }))
    let check = GradientCheck(
        network: network,
        rows: rows,
        batch: batch,
        loss: loss,
        answers: answers,
        context: ReferenceContext(isTraining: true, seed: seed &+ 7, samples: (0..<batch).map(UInt64.init))
    )
    let (found, value) = try check.engine()
    let adjoint = check.adjoint(Double.self)
    let float = check.adjoint(Float.self)
    law.require(abs(value - adjoint.loss) <= 1e-5 * max(1, abs(value)), "loss \(value) is not \(adjoint.loss)")

    var errors = GradientErrors()
    for (index, tensor) in network.tensors.enumerated() {
        let size = adjoint.gradient[index].reduce(0) { max($0, abs($1)) }
        law.require(size > 1e-7, "\(tensor.name): no gradient arrives, so nothing is checked")
        var own = GradientErrors()
        own.engineAdjoint = relativeError(found[index], float.gradient[index])
        let places = Array(found[index].indices.shuffled(using: &random).prefix(coordinates))
        let engine = places.map { found[index][$0] }
        let reverse = places.map { adjoint.gradient[index][$0] }
        if gradientLaw == .smooth {
            let differences = places.map { check.difference(index, $0) }
            own.engine = relativeError(engine, differences)
            own.adjoint = relativeError(reverse, differences)
        }
        if gradientLaw != .detached {
            own.forwardMode = relativeError(places.map { check.forwardMode(index, $0) }, reverse)
        }
        for (error, limit, what) in [
            (own.engine, 1e-3, "engine against central differences"),
            (own.adjoint, 1e-6, "adjoint in double against central differences"),
            (own.forwardMode, 1e-9, "forward mode against adjoint"),
            (own.engineAdjoint, 1e-4, "engine against float32 adjoint"),
        ] {
            law.require(error <= limit, "\(tensor.name): \(what): relative error \(error) > \(limit)")
        }
        errors.merge(own)
    }
    return errors
}

private struct GradientCheck {
    let network: Network
    let rows: [Float]
    let batch: Int
    let loss: Loss
    let answers: Answers
    let context: ReferenceContext

    private func input<V: ReferenceLane>(_ lane: V.Type) -> Signal<V> { Signal(network.encoded(rows, context)) }

    /// The trainer's gradients and loss.
    func engine() throws -> (gradient: [[Double]], loss: Double) {
        let trainer = try Trainer(
            network: network,
            loss: loss,
            optimizer: GradientDescent(learningRate: 1),
            seed: context.seed
        )
        let result = try answers.withTargets { targets in
            try trainer.computeGradients(
                ArraySource(rows, inputCount: network.inputCount),
                targets: targets,
                count: batch,
                threads: 2
            )
        }
        return (try trainer.gradients.map { $0.elements.map(Double.init) }, result.loss)
    }

    func adjoint<V: ReferenceLane>(_ lane: V.Type) -> (gradient: [[Double]], loss: Double) {
        let reference = ReferenceNetwork<V>(network)
        let trace = reference.forward(input(lane), context)
        let gradient = reference.gradients(trace, loss, answers, context)
        return (gradient.map { $0.map(\.primal) }, reference.loss(trace, loss, answers).primal)
    }

    /// (L(w + h) - L(w - h)) / 2h in double.
    func difference(_ tensor: Int, _ place: Int) -> Double {
        let h = 1e-5
        var reference = ReferenceNetwork<Double>(network)
        let input = input(Double.self)
        let w = reference.tensors[tensor][place]
        func value(_ weight: Double) -> Double {
            reference.tensors[tensor][place] = weight
            return reference.loss(reference.forward(input, context), loss, answers)
        }
        return (value(w + h) - value(w - h)) / (2 * h)
    }

    /// dL/dw by dual numbers.
    func forwardMode(_ tensor: Int, _ place: Int) -> Double {
        var reference = ReferenceNetwork<Dual>(network)
        reference.tensors[tensor][place].tangent = 1
        return reference.loss(reference.forward(input(Dual.self), context), loss, answers).tangent
    }
}

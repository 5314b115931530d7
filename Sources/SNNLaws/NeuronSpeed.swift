import SNNKernel

/// How long a neuron model takes on one thread, at 32 samples of 1000 neurons: a figure, not a verdict.
public struct NeuronSpeed: Sendable {
    /// Nanoseconds a neuron and step, forward.
    public let forward: Double
    /// The same for the adjoint; nil where there is none.
    public let backward: Double?
    /// Steps of the windows.
    public let steps: Int

    private static let budget = Duration.milliseconds(100)

    /// Takes the time.
    init(_ model: any NeuronModel) {
        let subject = NeuronSubject(model, seed: 1)
        steps = subject.window(20)
        let current = subject.currents(steps, 32, 1000)
        let entries = Double(steps * current.row)
        forward = Self.best { _ = subject.unwatched(current) } / entries
        let gradient = current.copy
        backward =
            subject.isTrainable ? Self.best { _ = model.adjoint(of: gradient, current: current) } / entries : nil
    }

    /// Nanoseconds of the fastest run within the budget, three runs at least.
    private static func best(_ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        let end = clock.now + budget
        var best = Duration.seconds(1 << 20)
        var runs = 0
        while runs < 3 || clock.now < end {
            best = min(best, clock.measure(body))
            runs += 1
        }
        return Double(best.components.seconds) * 1e9 + Double(best.components.attoseconds) * 1e-9
    }
}

import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How the membrane forgets from one step to the next.
enum Decay: String, CaseIterable {
    /// alpha = exp(-dt / tau_mem): exact for current constant within a step.
    case exponential
    /// alpha = 1 - dt / tau_mem: forward Euler, as most research code.
    case euler
    /// alpha = beta, given directly.
    case factor
    /// alpha = 1: a perfect integrator, without leak.
    case none
}

/// What the current is multiplied by.
enum InputGain: String, CaseIterable {
    /// 1: the weights carry the gain.
    case unit
    /// 1 - alpha: a constant current of 1 drives the potential to v_leak + 1.
    case leak
}

/// What a spike does to the membrane.
enum Reset: String, CaseIterable {
    /// v = v_reset.
    case hard
    /// v = u - (v_threshold - v_reset).
    case soft
    /// v = u.
    case none
}

/// When the reset acts.
enum ResetOrder: String, CaseIterable {
    /// In the step of the spike, before the next leak.
    case sameStep = "same_step"
    /// In the next step, after the leak. For a hard reset both are the same.
    case nextStep = "next_step"
}

/// Whether a potential exactly at threshold fires.
enum Comparison: String, CaseIterable {
    /// u >= v_threshold.
    case atLeast = "at_least"
    /// u > v_threshold.
    case above
}

/// What is sent.
enum Output: String, CaseIterable {
    /// s = H(u - v_threshold).
    case spike
    /// s = the surrogate's integral: a smooth step whose true derivative is the surrogate. Checks gradients.
    case relaxed
}

/// The numbers of a membrane that charges, fires and resets, read from checked parameters.
struct MembraneParameters: Sendable {
    let alpha: Double
    let gain: Double
    let leak: Double
    /// Potential that a window starts with.
    let start: Double
    let threshold: Double
    let resetValue: Double
    let reset: Reset
    let order: ResetOrder
    let comparison: Comparison
    let output: Output
    let detachReset: Bool
    let surrogate: Surrogate
    let refractorySteps: Int

    /// Parameters of the leak, shared by every model here.
    static let leakDescriptions: [ParameterDescription] = [
        .choice("decay", default: Decay.exponential, "how the membrane forgets from step to step"),
        .number("tau_mem", unit: "ms", default: 20, above: 0, "membrane time constant (decay exponential or euler)"),
        .number("beta", default: 0.9, atLeast: 0, atMost: 1, "share that is left after a step (decay factor)"),
        .choice("input_gain", default: InputGain.unit, "what the current is multiplied by: 1 or 1 - alpha"),
        .number("v_leak", default: 0, "potential at rest"),
    ]

    /// Parameters of threshold, reset and surrogate.
    static let fireDescriptions: [ParameterDescription] =
        [
            .number("v_threshold", default: 1, "firing threshold; > v_reset"),
            .number("v_reset", default: 0, "potential after a hard reset"),
            .choice(
                "reset",
                default: Reset.soft,
                "hard: v = v_reset; soft: v = u - (v_threshold - v_reset); none: v = u"
            ),
            .choice("reset_order", default: ResetOrder.sameStep, "whether the reset acts in the step of the spike"),
            .choice("comparison", default: Comparison.atLeast, "whether a potential at threshold fires"),
        ] + Surrogate.parameterDescriptions + [
            .boolean("detach_reset", default: false, "whether the gradient ignores the path through the reset"),
            .choice("output", default: Output.spike, "spike, or relaxed: a smooth step, to check gradients"),
        ]

    /// Parameters of `lif` alone: what a window starts with, and what a spike is worth.
    static let windowDescriptions: [ParameterDescription] = [
        .number("v_start", default: 0, "potential that a window starts with, above v_leak"),
        .number("amplitude", default: 1, above: 0, "what a spike is worth on arrival"),
    ]

    static let refractory = ParameterDescription.number(
        "refractory",
        unit: "ms",
        default: 0,
        atLeast: 0,
        atMost: 1e6,
        "time after a spike during which the membrane is held; rounded to steps"
    )

    init(_ p: ParameterSet, dt: Double, fires: Bool) throws(SNNError) {
        let tau = p.number("tau_mem")
        switch p.choice("decay", as: Decay.self) {
        case .exponential: alpha = exp(-dt / tau)
        case .euler:
            guard tau >= dt else {
                throw .parameter("tau_mem must be >= dt = \(dt.plain) ms with decay euler, got \(tau.plain)")
            }
            alpha = 1 - dt / tau
        case .factor: alpha = p.number("beta")
        case .none: alpha = 1
        }
        gain = p.choice("input_gain", as: InputGain.self) == .leak ? 1 - alpha : 1
        guard gain > 0 else {
            throw .parameter("input_gain leak needs a leak, but alpha is 1; use input_gain unit")
        }
        leak = p.number("v_leak")
        start = leak + (p.values["v_start"] == nil ? 0 : p.number("v_start"))
        guard fires else {
            threshold = .infinity
            resetValue = 0
            reset = .none
            order = .sameStep
            comparison = .atLeast
            output = .spike
            detachReset = false
            surrogate = try Surrogate(.rectangle, width: 1)
            refractorySteps = 0
            return
        }
        threshold = p.number("v_threshold")
        resetValue = p.number("v_reset")
        guard threshold > resetValue else {
            throw .parameter("v_threshold must be > v_reset = \(resetValue.plain), got \(threshold.plain)")
        }
        reset = p.choice("reset", as: Reset.self)
        order = p.choice("reset_order", as: ResetOrder.self)
        comparison = p.choice("comparison", as: Comparison.self)
        output = p.choice("output", as: Output.self)
        detachReset = p.flag("detach_reset")
        surrogate = try Surrogate(p)
        let hold = p.values["refractory"] == nil ? 0 : p.number("refractory")
        refractorySteps = Int((hold / dt).rounded())
        guard refractorySteps < 1 << 23 else {
            throw .parameter("refractory / dt must be < \(1 << 23) steps, got \(refractorySteps)")
        }
        guard refractorySteps == 0 || output == .spike else {
            throw .notSupported("output relaxed needs refractory 0: half a spike has no refractory period")
        }
    }

    /// What this membrane sends.
    var sends: ActivityKind { output == .spike ? .raster : .values }
}

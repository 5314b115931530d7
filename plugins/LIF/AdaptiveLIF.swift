import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Leaky integrate-and-fire neuron whose threshold rises with each of its spikes and decays back.
///
///     threshold    theta[t] = v_threshold + adaptation a[t-1]
///     charge, fire as ``LIF`` at theta[t]; a soft reset subtracts v_threshold - v_reset
///     adaptation   a[t] = rho a[t-1] + s[t],  rho = exp(-dt / tau_adapt)
///
/// | parameter    | unit | default | range | meaning                        |
/// |--------------|------|---------|-------|--------------------------------|
/// | `tau_adapt`  | ms   | 200     | > 0   | time constant of the threshold |
/// | `adaptation` | 1    | 0.1     | >= 0  | rise of the threshold a spike  |
///
/// State: `v`, `a` `[B, N]`; a starts at 0. The gradient goes through the threshold too. All else as ``LIF``.
/// Source: Bellec et al., «Long short-term memory and learning-to-learn in networks of spiking neurons», NeurIPS 2018;
/// differs from it: a counts spikes rather than 1 - rho of them.
struct AdaptiveLIF<Value: Lane>: StepEquations {
    let membrane: Membrane<Value, Surrogate>
    let leak: Value
    @Constant var rho: Value
    @Constant var adaptation: Value

    struct State: BitwiseCopyable, Sendable {
        var v: Value
        var a: Value
    }

    init(_ p: MembraneParameters, rho: Double, adaptation: Double) {
        membrane = Membrane(p)
        leak = Value(p.leak)
        _rho = Constant(rho)
        _adaptation = Constant(adaptation)
    }

    var rest: State { State(v: leak, a: Value.zero) }
    var zeroState: State { State(v: Value.zero, a: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        let u = membrane.charge(current, state.v)
        let s = membrane.fire(u - membrane.threshold.addingProduct(adaptation, state.a))
        state.v = membrane.afterSpike(u, s)
        state.a = s.addingProduct(rho, state.a)
        return (s, u)
    }

    @inline(__always)
    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        let u = membrane.charge(current, before.v)
        let distance = u - membrane.threshold.addingProduct(adaptation, before.a)
        let s = membrane.fire(distance)
        let gradient = membrane.fireAdjoint(u, distance: distance, s: s, sent: sent + state.a, after: state.v)
        state.a = rho * state.a - adaptation * gradient.spike
        state.v = membrane.alpha * gradient.u
        return membrane.gain * gradient.u
    }
}

/// ``AdaptiveLIF`` over sixteen neurons.
struct AdaptiveLIFModel: ClockDrivenNeuron {
    let parameters: MembraneParameters
    let rho: Double
    let adaptation: Double
    let equations: AdaptiveLIF<SIMD16<Float>>

    static let descriptions: [ParameterDescription] = [
        .number("tau_adapt", unit: "ms", default: 200, above: 0, "time constant of the threshold"),
        .number("adaptation", default: 0.1, atLeast: 0, "rise of the threshold a spike"),
    ]

    init(_ parameters: MembraneParameters, tauAdapt: Double, adaptation: Double, dt: Double) {
        self.parameters = parameters
        rho = exp(-dt / tauAdapt)
        self.adaptation = adaptation
        equations = AdaptiveLIF(parameters, rho: rho, adaptation: adaptation)
    }

    var sends: ActivityKind { parameters.sends }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? {
        AdaptiveLIF<V>(parameters, rho: rho, adaptation: adaptation)
    }
}

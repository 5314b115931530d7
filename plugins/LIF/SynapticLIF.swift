import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Leaky integrate-and-fire neuron behind an exponential synapse.
///
///     continuous   tau_syn dj/dt = -j + i(t),  tau_mem dv/dt = -(v - v_leak) + j
///     synapse      j[t] = alpha_syn j[t-1] + i[t],  alpha_syn = exp(-dt / tau_syn)
///     membrane     as ``LIF``, with j[t] for the current: it arrives in the same step
///
/// | parameter | unit | default | range | meaning               |
/// |-----------|------|---------|-------|-----------------------|
/// | `tau_syn` | ms   | 5       | > 0   | synaptic time constant |
///
/// State: `v`, `j` `[B, N]`; j starts at 0. All else as ``LIF``.
/// Source: Zenke and Ganguli, Neural Computation 30(6), 2018; Cramer et al., IEEE TNNLS 33(7), 2022.
struct SynapticLIF<Value: Lane>: StepEquations {
    let membrane: LIF<Value, Surrogate>
    @Constant var alpha: Value

    struct State: BitwiseCopyable, Sendable {
        var v: LIF<Value, Surrogate>.State
        var j: Value
    }

    init(_ p: MembraneParameters, alpha: Double) {
        membrane = LIF(p)
        _alpha = Constant(alpha)
    }

    var rest: State { State(v: membrane.rest, j: Value.zero) }
    var zeroState: State { State(v: membrane.zeroState, j: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        state.j = current.addingProduct(alpha, state.j)
        return membrane.step(state.j, &state.v)
    }

    @inline(__always)
    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        let j = current.addingProduct(alpha, before.j)
        let gradient = state.j + membrane.stepAdjoint(j, before: before.v, sent: sent, state: &state.v)
        state.j = alpha * gradient
        return gradient
    }
}

/// ``SynapticLIF`` over sixteen neurons.
struct SynapticLIFModel: ClockDrivenNeuron {
    let parameters: MembraneParameters
    let alpha: Double
    let equations: SynapticLIF<SIMD16<Float>>

    static let descriptions: [ParameterDescription] = [
        .number("tau_syn", unit: "ms", default: 5, above: 0, "synaptic time constant")
    ]

    init(_ parameters: MembraneParameters, tauSyn: Double, dt: Double) {
        self.parameters = parameters
        alpha = exp(-dt / tauSyn)
        equations = SynapticLIF(parameters, alpha: alpha)
    }

    var sends: ActivityKind { parameters.sends }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { SynapticLIF<V>(parameters, alpha: alpha) }
}

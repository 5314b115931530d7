import SNNKernel

/// Leaky integrate-and-fire neuron: current-based, hard threshold.
///
///     continuous   tau_mem dv/dt = -(v - v_leak) + i(t)
///     charge       u[t] = v_leak + alpha (v[t-1] - v_leak) + gain i[t]
///     fire         s[t] = 1 if u[t] >= v_threshold else 0
///     reset        v[t] = u[t] - (v_threshold - v_reset) s[t]     (soft; or hard, or none)
///     backward     ds/du := surrogate(u - v_threshold); exact elsewhere; the reset path is differentiated
///
///     alpha        exp(-dt / tau_mem) | 1 - dt / tau_mem | beta | 1 (no leak)
///     gain         1 | 1 - alpha
///
/// Parameters, units, defaults and ranges: ``MembraneParameters``; `snn plugins lif` prints them.
/// State: `v` `[B, N]`, starts at `v_leak + v_start`. Shapes: current `[T, B, N]` -> raster `[T, B, N]`.
/// Exactness: decay exponential is exact for current constant within a step, up to the gain; spikes are on the grid.
/// Throws ``SNNError/parameter(_:)`` when a value is outside its range.
/// Source: Gerstner, Kistler, Naud, Paninski, «Neuronal Dynamics», CUP 2014, section 1.3; surrogate gradients: Neftci,
/// Mostafa, Zenke, IEEE Signal Processing Magazine 36(6), 2019.
struct LIF<Value: Lane, Slope: SurrogateDerivative>: StepEquations {
    let membrane: Membrane<Value, Slope>
    let start: Value

    struct State: BitwiseCopyable, Sendable {
        var v: Value
    }

    init(_ p: MembraneParameters) {
        membrane = Membrane(p)
        start = Value(p.start)
    }

    var rest: State { State(v: start) }
    var zeroState: State { State(v: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        let u = membrane.charge(current, state.v)
        let s = membrane.fire(u - membrane.threshold)
        state.v = membrane.afterSpike(u, s)
        return (s, u)
    }

    @inline(__always)
    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        let u = membrane.charge(current, before.v)
        let distance = u - membrane.threshold
        let s = membrane.fire(distance)
        let gradient = membrane.fireAdjoint(u, distance: distance, s: s, sent: sent, after: state.v).u
        state.v = membrane.alpha * gradient
        return membrane.gain * gradient
    }
}

/// ``LIF`` over sixteen neurons.
protocol LIFNeuron: ClockDrivenNeuron where Equations == LIF<SIMD16<Float>, Slope> {
    associatedtype Slope: SurrogateDerivative
    var parameters: MembraneParameters { get }
}

extension LIFNeuron {
    var sends: ActivityKind { parameters.sends }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { LIF<V, Surrogate>(parameters) }
}

// One type a shape, so that the loop over time holds no choice: that halves the time of the backward pass. They are not
// one generic type, because the compiler specialises the kernel's loops for concrete types only.

/// Any surrogate, and the relaxed output.
struct LIFModel: LIFNeuron {
    typealias Slope = Surrogate
    let parameters: MembraneParameters
    let equations: LIF<SIMD16<Float>, Slope>
}
private struct RectangleLIF: LIFNeuron {
    typealias Slope = FixedSurrogate<Surrogate.Rectangle>
    let parameters: MembraneParameters
    let equations: LIF<SIMD16<Float>, Slope>
}
private struct TriangleLIF: LIFNeuron {
    typealias Slope = FixedSurrogate<Surrogate.Triangle>
    let parameters: MembraneParameters
    let equations: LIF<SIMD16<Float>, Slope>
}
private struct ArctanLIF: LIFNeuron {
    typealias Slope = FixedSurrogate<Surrogate.Arctan>
    let parameters: MembraneParameters
    let equations: LIF<SIMD16<Float>, Slope>
}
private struct FastSigmoidLIF: LIFNeuron {
    typealias Slope = FixedSurrogate<Surrogate.FastSigmoid>
    let parameters: MembraneParameters
    let equations: LIF<SIMD16<Float>, Slope>
}
private struct LogisticLIF: LIFNeuron {
    typealias Slope = FixedSurrogate<Surrogate.Logistic>
    let parameters: MembraneParameters
    let equations: LIF<SIMD16<Float>, Slope>
}
private struct GaussianLIF: LIFNeuron {
    typealias Slope = FixedSurrogate<Surrogate.Gaussian>
    let parameters: MembraneParameters
    let equations: LIF<SIMD16<Float>, Slope>
}

extension MembraneParameters {
    /// ``LIF`` with these parameters.
    var lif: any NeuronModel {
        guard output == .spike else { return LIFModel(parameters: self, equations: LIF(self)) }
        return switch surrogate.kind {
        case .rectangle: RectangleLIF(parameters: self, equations: LIF(self))
        case .triangle: TriangleLIF(parameters: self, equations: LIF(self))
        case .arctan: ArctanLIF(parameters: self, equations: LIF(self))
        case .fastSigmoid: FastSigmoidLIF(parameters: self, equations: LIF(self))
        case .logistic: LogisticLIF(parameters: self, equations: LIF(self))
        case .gaussian: GaussianLIF(parameters: self, equations: LIF(self))
        }
    }
}

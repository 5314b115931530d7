import SNNKernel

/// A leaky (or plain) integrator that never fires: the membrane itself is what it sends, for readouts.
///
///     v[t] = v_leak + alpha (v[t-1] - v_leak) + gain i[t]
///     backward: exact
///
/// State: `v` `[B, N]`, starts at `v_leak`. Shapes: current `[T, B, N]` -> values `[T, B, N]`.
struct Integrator<Value: Lane>: StepEquations {
    let membrane: Membrane<Value, Surrogate>
    let leak: Value

    struct State: BitwiseCopyable, Sendable {
        var v: Value
    }

    init(_ p: MembraneParameters) {
        membrane = Membrane(p)
        leak = Value(p.leak)
    }

    var rest: State { State(v: leak) }
    var zeroState: State { State(v: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        state.v = membrane.charge(current, state.v)
        return (state.v, state.v)
    }

    @inline(__always)
    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        let gradient = sent + state.v
        state.v = membrane.alpha * gradient
        return membrane.gain * gradient
    }
}

/// ``Integrator`` over sixteen neurons.
struct IntegratorModel: ClockDrivenNeuron {
    let parameters: MembraneParameters
    let equations: Integrator<SIMD16<Float>>

    init(_ parameters: MembraneParameters) {
        self.parameters = parameters
        equations = Integrator(parameters)
    }

    var sends: ActivityKind { .values }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { Integrator<V>(parameters) }
}

import SNNKernel

/// ``LIF`` that remembers its last spike: with a refractory period, or with a soft reset that acts in the next step.
///
///     held         w[t-1] > 0
///     charge       u[t] = (charge(i[t], v[t-1]), or v[t-1] where held) - delayed s[t-1]
///     fire         s[t] = H(u[t] - v_threshold), never while held
///     reset        v[t] = u[t] where the reset is delayed, as in ``LIF`` else
///     wait         w[t] = refractory / dt after a spike, else max(w[t-1] - 1, 0)
///
/// `delayed` is v_threshold - v_reset where the reset acts in the next step, after the leak: u = alpha v + i - delayed s,
/// the default of snnTorch. While held the membrane neither leaks nor charges.
/// State: `v`, `s`, `w` `[B, N]`. All else as ``LIF``.
struct LIFWithMemory<Value: Lane>: StepEquations {
    let membrane: Membrane<Value, Surrogate>
    let leak: Value
    let isDelayed: Bool
    let detachReset: Bool
    @Constant var delayed: Value
    @Constant var refractorySteps: Value

    struct State: BitwiseCopyable, Sendable {
        var v: Value
        var s: Value
        /// Steps left to wait.
        var wait: Value
    }

    init(_ p: MembraneParameters) {
        membrane = Membrane(p)
        leak = Value(p.leak)
        isDelayed = p.reset == .soft && p.order == .nextStep
        detachReset = p.detachReset
        _delayed = Constant(isDelayed ? p.threshold - p.resetValue : 0)
        _refractorySteps = Constant(Double(p.refractorySteps))
    }

    var rest: State { State(v: leak, s: Value.zero, wait: Value.zero) }
    var zeroState: State { State(v: Value.zero, s: Value.zero, wait: Value.zero) }

    /// Potential and spike, and whether the neuron is free to fire.
    @inline(__always)
    private func fired(_ current: Value, _ state: State) -> (u: Value, s: Value, isFree: Value.Mask) {
        let isFree = Value(0.5).isAbove(state.wait)
        let u = Value.select(isFree, membrane.charge(current, state.v), state.v) - delayed * state.s
        let s = Value.select(isFree, membrane.fire(u - membrane.threshold), Value.zero)
        return (u, s, isFree)
    }

    @inline(__always)
    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        let (u, s, _) = fired(current, state)
        let less = state.wait - Value.one
        state.wait = Value.select(
            s.isAbove(Value.zero),
            refractorySteps,
            Value.select(less.isAbove(Value.zero), less, Value.zero)
        )
        state.v = isDelayed ? u : membrane.afterSpike(u, s)
        state.s = s
        return (s, u)
    }

    @inline(__always)
    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        let (u, s, isFree) = fired(current, before)
        // A delayed reset reaches the spike through the state, an immediate one through the membrane.
        let ofSpike = sent + state.s
        let free: Value
        if isDelayed {
            free = state.v + ofSpike * membrane.surrogate.derivative(u - membrane.threshold)
        } else {
            free = membrane.fireAdjoint(u, distance: u - membrane.threshold, s: s, sent: ofSpike, after: state.v).u
        }
        // A held neuron passes the gradient of its membrane on and has none of its spike.
        let gradient = Value.select(isFree, free, state.v)
        state.s = detachReset ? Value.zero : -(delayed * gradient)
        state.v = Value.select(isFree, membrane.alpha * gradient, gradient)
        return Value.select(isFree, membrane.gain * gradient, Value.zero)
    }
}

/// ``LIFWithMemory`` over sixteen neurons.
struct LIFWithMemoryModel: ClockDrivenNeuron {
    let parameters: MembraneParameters
    let equations: LIFWithMemory<SIMD16<Float>>

    init(_ parameters: MembraneParameters) {
        self.parameters = parameters
        equations = LIFWithMemory(parameters)
    }

    var sends: ActivityKind { parameters.sends }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { LIFWithMemory<V>(parameters) }
}

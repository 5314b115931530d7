import SNNKernel

/// The Izhikevich neuron by forward Euler, written by hand: what the text is compared with.
///
///     charge   v' = v + dt (0.04 v^2 + 5 v + 140 - u + i),  u' = u + dt a (b v - u)
///     fire     s = 1 if v' >= 30
///     reset    v = c, u = u' + d after a spike
struct IzhikevichTwin<Value: Lane>: StepEquations {
    let slope = FixedSurrogate<Surrogate.Arctan>(twinSurrogate)
    @Constant var dt: Value
    @Constant var offset: Value
    @Constant var linear: Value
    @Constant var square: Value
    @Constant var uFromV: Value
    @Constant var uKept: Value
    @Constant var c: Value
    @Constant var d: Value

    struct State: BitwiseCopyable, Sendable {
        var v: Value
        var u: Value
    }

    init(dt: Double, a: Double = 0.02, b: Double = 0.2, c: Double = -65, d: Double = 8) {
        _dt = Constant(dt)
        _offset = Constant(140 * dt)
        _linear = Constant(1 + 5 * dt)
        _square = Constant(0.04 * dt)
        _uFromV = Constant(dt * a * b)
        _uKept = Constant(1 - dt * a)
        _c = Constant(c)
        _d = Constant(d)
    }

    var rest: State { State(v: Value(-65), u: Value(-13)) }
    var zeroState: State { State(v: Value.zero, u: Value.zero) }

    @inline(__always)
    private func charge(_ current: Value, _ state: State) -> State {
        let v = state.v
        return State(
            v: offset.addingProduct(dt, current).addingProduct(linear, v).addingProduct(Value.zero - dt, state.u)
                .addingProduct(square * v, v),
            u: (uFromV * v).addingProduct(uKept, state.u)
        )
    }

    @inline(__always)
    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        let next = charge(current, state)
        let s = Value.select(next.v.isAtLeast(Value(30)), Value.one, Value.zero)
        let fired = s.isAbove(Value.zero)
        state.v = Value.select(fired, c, next.v)
        state.u = Value.select(fired, next.u + d, next.u)
        return (s, next.v)
    }

    @inline(__always)
    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        let next = charge(current, before)
        let s = Value.select(next.v.isAtLeast(Value(30)), Value.one, Value.zero)
        let ofSpike = sent.addingProduct(state.v, c - next.v).addingProduct(state.u, d)
        let v = (state.v - state.v * s).addingProduct(ofSpike, slope.derivative(next.v - Value(30)))
        let u = state.u
        state.v = (uFromV * u).addingProduct(v, linear.addingProduct(square + square, before.v))
        state.u = (uKept * u).addingProduct(Value.zero - dt, v)
        return dt * v
    }
}

let twinSurrogate: Surrogate = {
    guard let surrogate = try? Surrogate(.arctan, width: 0.5) else { preconditionFailure("0.5 is a width") }
    return surrogate
}()

/// ``IzhikevichTwin`` over sixteen neurons.
struct IzhikevichModel: ClockDrivenNeuron {
    let equations: IzhikevichTwin<SIMD16<Float>>

    init(dt: Double) { equations = IzhikevichTwin(dt: dt) }

    var sends: ActivityKind { .raster }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

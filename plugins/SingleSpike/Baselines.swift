import SNNKernel

/// The single-spike neuron as it is simulated step by step, with the gradient of that simulation: for comparison.
///
///     charge     u[t] = beta v[t-1] + i[t]
///     fire       s[t] = H(u[t] - v_threshold) (1 - m[t-1])
///     mask       v[t] = u[t] (1 - m[t-1]),   m[t] = max(m[t-1], s[t])
///     backward   exact but for the surrogate of H; where the maximum is of equal numbers, half to each
///
/// Spikes are those of ``SingleSpike``. State: `v` and `m`, `[B, N]`. Shapes: current `[T, B, N]` -> raster `[T, B, N]`.
/// Source: the standard single-spike model of arXiv 2205.15286.
struct SequentialSpike<Value: Lane>: DecayEquations {
    let crossing: Crossing<Value>

    struct State: BitwiseCopyable, Sendable {
        var v: Value
        /// 1 once it has fired.
        var mask: Value
    }

    static var spikesOnce: Bool { true }
    var rest: State { State(v: Value.zero, mask: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ beta: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        let u = current.addingProduct(beta, state.v)
        let open = Value.one - state.mask
        let sent = Value.select(u.isAbove(crossing.threshold), open, Value.zero)
        state.v = u * open
        state.mask = state.mask + sent
        return (sent, u)
    }

    @inline(__always)
    func stepAdjoint(
        _ current: Value,
        _ beta: Value,
        before: State,
        sent: Value,
        _ slopes: inout State
    ) -> (current: Value, beta: Value) {
        let u = current.addingProduct(beta, before.v)
        let open = Value.one - before.mask
        let fired = Value.select(u.isAbove(crossing.threshold), Value.one, Value.zero)
        let s = fired * open
        // Of max(m, s) one is 1 and takes all, or both are 0 and share.
        let share = Value(0.5) * (Value.one - before.mask - s)
        let ofSpike = sent.addingProduct(slopes.mask, s + share)
        let ofMask = slopes.mask * (before.mask + share) - fired * ofSpike - u * slopes.v
        let ofPotential = open * slopes.v.addingProduct(ofSpike, crossing.slope(u))
        slopes = State(v: beta * ofPotential, mask: ofMask)
        return (ofPotential, ofPotential * before.v)
    }
}

/// Leaky integrate-and-fire neuron that spikes as often as it crosses: for comparison.
///
///     charge     u[t] = beta v[t-1] + i[t]
///     fire       s[t] = H(u[t] - v_threshold)
///     reset      v[t] = u[t] - v_threshold s[t]
///     backward   exact but for the surrogate of H, the path through the reset included
///
/// State: `v` `[B, N]`. Shapes: current `[T, B, N]` -> raster `[T, B, N]`.
/// Source: the multi-spike model of arXiv 2205.15286.
struct MultiSpike<Value: Lane>: DecayEquations {
    let crossing: Crossing<Value>

    struct State: BitwiseCopyable, Sendable {
        var v: Value
    }

    var rest: State { State(v: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ beta: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        let u = current.addingProduct(beta, state.v)
        let isAbove = u.isAbove(crossing.threshold)
        state.v = Value.select(isAbove, u - crossing.threshold, u)
        return (Value.select(isAbove, Value.one, Value.zero), u)
    }

    @inline(__always)
    func stepAdjoint(
        _ current: Value,
        _ beta: Value,
        before: State,
        sent: Value,
        _ slopes: inout State
    ) -> (current: Value, beta: Value) {
        let u = current.addingProduct(beta, before.v)
        let ofSpike = sent - crossing.threshold * slopes.v
        let gradient = slopes.v.addingProduct(ofSpike, crossing.slope(u))
        slopes.v = beta * gradient
        return (gradient, gradient * before.v)
    }
}

/// Integrates and never fires: the membrane is what it sends, for the last layer.
///
///     v[t] = beta v[t-1] + i[t]
///     backward: exact
///
/// State: `v` `[B, N]`. Shapes: current `[T, B, N]` -> values `[T, B, N]`.
/// Source: the readout layer of arXiv 2205.15286.
struct DecayIntegrator<Value: Lane>: DecayEquations {
    struct State: BitwiseCopyable, Sendable {
        var v: Value
    }

    var rest: State { State(v: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ beta: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        state.v = current.addingProduct(beta, state.v)
        return (state.v, state.v)
    }

    @inline(__always)
    func stepAdjoint(
        _ current: Value,
        _ beta: Value,
        before: State,
        sent: Value,
        _ slopes: inout State
    ) -> (current: Value, beta: Value) {
        let gradient = sent + slopes.v
        slopes.v = beta * gradient
        return (gradient, gradient * before.v)
    }
}

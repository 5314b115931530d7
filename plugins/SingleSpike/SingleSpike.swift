import SNNKernel

/// Leaky integrate-and-fire neuron that spikes at most once a window and needs no reset.
///
///     charge     v[t] = beta v[t-1] + i[t],   v[-1] = 0
///     fire       s[t] = 1 at the first t with v[t] > v_threshold, else 0
///     backward   r[t] = sum over k >= t of (k - t + 1) g[k],   g = dL/ds at every step, spike or not
///                l[t] = r[t] / (slope |v[t] - v_threshold| + 1)^2 + beta l[t+1]
///                dL/di[t] = l[t],   dL/dbeta = sum over t of l[t] v[t-1]
///
/// As nothing is sent after the first spike, the membrane of a neuron without reset is right up to it, so there is no
/// dependence of a step on the spikes before it. The gradient passes the choice of the first crossing straight through
/// and reaches neurons that never fire. Four scans, forward and back; the published form is two convolutions along time.
///
/// State: `v` and whether it has fired, `[B, N]`. Shapes: current `[T, B, N]` -> raster `[T, B, N]`.
/// Source: Taylor, King, Harper, arXiv 2205.15286, version 2.
struct SingleSpike<Value: Lane>: DecayEquations {
    let crossing: Crossing<Value>

    struct State: BitwiseCopyable, Sendable {
        var v: Value
        /// 1 once it has fired.
        var fired: Value
    }
    struct Slopes: BitwiseCopyable, Sendable {
        /// Sum of g from here on, and the sum of these sums, r.
        var sum: Value
        var ramp: Value
        /// beta l.
        var v: Value
    }

    static var spikesOnce: Bool { true }
    var rest: State { State(v: Value.zero, fired: Value.zero) }
    var zeroSlopes: Slopes { Slopes(sum: Value.zero, ramp: Value.zero, v: Value.zero) }

    @inline(__always)
    func step(_ current: Value, _ beta: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        state.v = current.addingProduct(beta, state.v)
        let isAbove = state.v.isAbove(crossing.threshold)
        let sent = Value.select(isAbove, Value.one - state.fired, Value.zero)
        state.fired = Value.select(isAbove, Value.one, state.fired)
        return (sent, state.v)
    }

    @inline(__always)
    func kept(_ state: State) -> Value { state.v }

    @inline(__always)
    func stepAdjoint(
        _ current: Value,
        _ beta: Value,
        before v: Value,
        sent: Value,
        _ slopes: inout Slopes
    ) -> (current: Value, beta: Value) {
        slopes.sum = slopes.sum + sent
        slopes.ramp = slopes.ramp + slopes.sum
        let slope = crossing.slope(current.addingProduct(beta, v))
        let gradient = slopes.v.addingProduct(slopes.ramp, slope)
        slopes.v = beta * gradient
        return (gradient, gradient * v)
    }
}

/// ``SingleSpike`` whose gradient ends at the spike.
///
///     g[t] = dL/ds[t] at steps before the first spike, 0 from there on; all else as there
///
/// Source: arXiv 2205.15286, version 1: the derivative of its choice of the first crossing is 1 where nothing has crossed
/// yet, and 0 at the crossing itself.
struct SingleSpikeBefore<Value: Lane>: DecayEquations {
    let model: SingleSpike<Value>

    typealias State = SingleSpike<Value>.State
    typealias Slopes = SingleSpike<Value>.Slopes

    static var spikesOnce: Bool { true }
    var rest: State { model.rest }
    var zeroSlopes: Slopes { model.zeroSlopes }

    @inline(__always)
    func step(_ current: Value, _ beta: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        model.step(current, beta, &state)
    }

    @inline(__always)
    func stepAdjoint(
        _ current: Value,
        _ beta: Value,
        before: State,
        sent: Value,
        _ slopes: inout Slopes
    ) -> (current: Value, beta: Value) {
        let isAbove = current.addingProduct(beta, before.v).isAbove(model.crossing.threshold)
        let open = Value.select(isAbove, Value.zero, Value.one - before.fired)
        return model.stepAdjoint(current, beta, before: before.v, sent: open * sent, &slopes)
    }
}

/// Where a potential crosses the threshold, and the slope that stands for the derivative there.
///
///     s = H(v - v_threshold), 0 at the threshold itself;   ds/dv := 1 / (slope |v - v_threshold| + 1)^2
struct Crossing<Value: Lane>: Sendable {
    @Constant var threshold: Value
    @Constant private var steepness: Value

    init(_ p: ParameterSet) {
        _threshold = Constant(p.number("v_threshold"))
        _steepness = Constant(p.number("slope"))
    }

    init(threshold: Double, slope: Double) {
        _threshold = Constant(threshold)
        _steepness = Constant(slope)
    }

    static var parameters: [ParameterDescription] {
        [
            .number("v_threshold", default: 1, above: 0, "potential above which it fires"),
            .number(
                "slope",
                default: 10,
                above: 0,
                "steepness of the surrogate derivative, 1 / (slope |v - v_threshold| + 1)^2"
            ),
        ]
    }

    @inline(__always)
    func slope(_ v: Value) -> Value {
        let d = Value.one.addingProduct(steepness, (v - threshold).magnitude)
        return Value.one / (d * d)
    }
}

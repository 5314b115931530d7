import SNNKernel

/// Charge, fire and reset of one membrane, each with its derivative: what the models of this plugin share.
///
///     charge   u = v_leak + alpha (v - v_leak) + gain i
///     fire     s = H(d),  d = u - threshold;   relaxed: s = surrogate.primitive(d)
///     reset    hard  v' = u + s (v_reset - u)
///              soft  v' = u - s (v_threshold - v_reset)
///              none  v' = u
///     backward ds/dd := surrogate(d); everything else exact, the reset's path through s included unless detached
struct Membrane<Value: Lane>: Sendable {
    let alpha: Value
    let gain: Value
    /// v_leak (1 - alpha).
    let offset: Value
    let threshold: Value
    let resetValue: Value
    /// v_threshold - v_reset.
    let amount: Value
    let reset: Reset
    let isStrict: Bool
    let isRelaxed: Bool
    let detachReset: Bool
    let surrogate: Surrogate

    init(_ p: MembraneParameters) {
        alpha = Value(p.alpha)
        gain = Value(p.gain)
        offset = Value(p.leak * (1 - p.alpha))
        threshold = Value(p.threshold)
        resetValue = Value(p.resetValue)
        amount = Value(p.threshold - p.resetValue)
        reset = p.reset
        isStrict = p.comparison == .above
        isRelaxed = p.output == .relaxed
        detachReset = p.detachReset
        surrogate = p.surrogate
    }

    @inline(__always)
    func charge(_ current: Value, _ v: Value) -> Value {
        offset.addingProduct(gain, current).addingProduct(alpha, v)
    }

    /// The spike of potential `u` at `threshold`, 0 or 1 (or between, relaxed).
    @inline(__always)
    func fire(_ u: Value, threshold: Value) -> Value {
        let distance = u - threshold
        if isRelaxed { return surrogate.primitive(distance) }
        let mask = isStrict ? u.isAbove(threshold) : u.isAtLeast(threshold)
        return Value.spike(where: mask, distance: distance) { surrogate.derivative($0) }
    }

    /// The membrane after a spike `s` at potential `u`.
    @inline(__always)
    func afterSpike(_ u: Value, _ s: Value) -> Value {
        switch reset {
        case .hard:
            // Arithmetic carries the derivative of s; a selection gives v_reset to the bit.
            if isRelaxed || Value.carriesDerivative { return u + s * (resetValue - u) }
            return Value.select(s.isAbove(Value.zero), resetValue, u)
        case .soft: return u - s * amount
        case .none: return u
        }
    }

    /// The transpose of fire and reset.
    ///
    /// - Parameters:
    ///   - u: the potential after charge and before reset.
    ///   - threshold: what `u` was compared with.
    ///   - s: the spike that was fired.
    ///   - sent: dL/ds from outside.
    ///   - after: dL/dv' of the membrane after the reset.
    /// - Returns: dL/du, and the part of it that came through the spike: minus dL/d(threshold).
    @inline(__always)
    func fireAdjoint(_ u: Value, threshold: Value, s: Value, sent: Value, after: Value) -> (u: Value, spike: Value) {
        var ofSpike = sent
        var kept = after
        switch reset {
        case .hard:
            if !detachReset { ofSpike = ofSpike.addingProduct(after, resetValue - u) }
            kept = after * (Value.one - s)
        case .soft:
            if !detachReset { ofSpike = ofSpike - after * amount }
        case .none: break
        }
        let through = ofSpike * surrogate.derivative(u - threshold)
        return (kept + through, through)
    }
}

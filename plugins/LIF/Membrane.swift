import SNNKernel

/// Charge, fire and reset of one membrane, each with its derivative: what the models of this plugin share.
///
///     charge   u = v_leak + alpha (v - v_leak) + gain i
///     fire     s = H(d),  d = u - threshold;   relaxed: s = surrogate.primitive(d)
///     reset    hard  v' = u + s (v_reset - u)
///              soft  v' = u - s (v_threshold - v_reset)
///              none  v' = u
///     backward ds/dd := surrogate(d); everything else exact, the reset's path through s included unless detached
///
/// The kinds of reset differ by numbers alone, and a strict comparison by the least distance that fires, so that the loop
/// over time holds no choice: v' = resetOffset + resetFactor u after a spike, dv'/ds = jumpOffset + jumpFactor u.
struct Membrane<Value: Lane, Slope: SurrogateDerivative>: Sendable {
    @Constant var alpha: Value
    @Constant var gain: Value
    /// v_leak (1 - alpha).
    @Constant var offset: Value
    @Constant var threshold: Value
    /// The least u - threshold that fires: 0, or where only potentials above fire the smallest normal number.
    @Constant var least: Value
    @Constant var resetOffset: Value
    @Constant var resetFactor: Value
    /// 0 where the gradient ignores the reset's path through s, as is `jumpFactor`.
    @Constant var jumpOffset: Value
    @Constant var jumpFactor: Value
    let isRelaxed: Bool
    let surrogate: Surrogate
    let slope: Slope

    init(_ p: MembraneParameters) {
        _alpha = Constant(p.alpha)
        _gain = Constant(p.gain)
        _offset = Constant(p.leak * (1 - p.alpha))
        _threshold = Constant(p.threshold)
        _least = Constant(p.comparison == .above ? Double(Float.leastNormalMagnitude) : 0)
        let (to, factor): (Double, Double) =
            switch p.reset {
            case .hard: (p.resetValue, 0)
            case .soft: (p.resetValue - p.threshold, 1)
            case .none: (0, 1)
            }
        _resetOffset = Constant(to)
        _resetFactor = Constant(factor)
        _jumpOffset = Constant(p.detachReset ? 0 : to)
        _jumpFactor = Constant(p.detachReset ? 0 : factor - 1)
        isRelaxed = p.output == .relaxed
        surrogate = p.surrogate
        slope = Slope(p.surrogate)
    }

    @inline(__always)
    func charge(_ current: Value, _ v: Value) -> Value {
        offset.addingProduct(gain, current).addingProduct(alpha, v)
    }

    /// The spike at a distance from the threshold, 0 or 1 (or between, relaxed).
    @inline(__always)
    func fire(_ distance: Value) -> Value {
        if isSmooth { return surrogate.primitive(distance) }
        return Value.spike(where: distance.isAtLeast(least), distance: distance) { surrogate.derivative($0) }
    }

    /// Whether a spike may be something between 0 and 1.
    ///
    /// Only a surrogate of unknown shape is ever relaxed.
    @inline(__always)
    private var isSmooth: Bool { !Slope.isFixed && isRelaxed }

    /// The membrane after a spike `s` at potential `u`.
    @inline(__always)
    func afterSpike(_ u: Value, _ s: Value) -> Value {
        // Arithmetic carries the derivative of s; a selection gives v_reset to the bit.
        if isSmooth || Value.carriesDerivative { return u + s * (resetOffset + (resetFactor - Value.one) * u) }
        return Value.select(s.isAbove(Value.zero), resetOffset.addingProduct(resetFactor, u), u)
    }

    /// The transpose of fire and reset.
    ///
    /// - Parameters:
    ///   - u: the potential after charge and before reset.
    ///   - distance: `u` less what it was compared with.
    ///   - s: the spike that was fired.
    ///   - sent: dL/ds from outside.
    ///   - after: dL/dv' of the membrane after the reset.
    /// - Returns: dL/du, and the part of it that came through the spike: minus dL/d(threshold).
    @inline(__always)
    func fireAdjoint(_ u: Value, distance: Value, s: Value, sent: Value, after: Value) -> (u: Value, spike: Value) {
        let ofSpike = sent.addingProduct(after, jumpOffset.addingProduct(jumpFactor, u))
        let kept = after.addingProduct(after * s, resetFactor - Value.one)
        let through = ofSpike * slope.derivative(distance)
        return (kept + through, through)
    }
}

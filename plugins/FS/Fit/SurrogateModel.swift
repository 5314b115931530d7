import SNNKernel

/// The staircase as the published trainer sees it: differentiable, by a triangle in place of the step's derivative.
///
///     v_t = v_{t-1} - h_t z_{t-1},    v_0 = x, z_0 = 0
///     s_t = (v_t - T_t) / (|v_t| + 1),    z_t = 1 if v_t > T_t else 0,    dz/ds = max(0, 1 - |s|)
///     y = sum over t of d_t z_t
///     loss = mean (y - f)^2 + lambda V,    V = sum over t of r_t^2,    r_t = mean max(|s_t| - 1, 0)
///
/// The division keeps the derivative alive for large potentials and does not change the spikes. Here h_t falls at the
/// beginning of step t, so that h_1 has no effect; in a ``StepTable`` it falls at the end: see ``TrainerConstants/table``.
/// Source: Stöckl and Maass, Nature Machine Intelligence 3 (2021), arXiv 2002.00860, their fitting script.
struct SurrogateModel<Value: Lane> {
    /// T, h and d, one a step, in the trainer's order.
    let thresholds: [Value]
    let resets: [Value]
    let amplitudes: [Value]

    private var steps: Int { amplitudes.count }

    /// y for an input; `each` gets step, v, s and z on the way.
    @inline(__always)
    func output(_ x: Value, _ each: (_ t: Int, _ v: Value, _ s: Value, _ z: Value) -> Void = { _, _, _, _ in }) -> Value
    {
        var v = x
        var z = Value.zero
        var y = Value.zero
        for t in 0..<steps {
            if t > 0 { v = v - resets[t] * z }
            let s = (v - thresholds[t]) / (v.magnitude + .one)
            z = Value.spike(where: v.isAbove(thresholds[t]), distance: s) { Self.positive(.one - $0.magnitude) }
            y = y + amplitudes[t] * z
            each(t, v, s, z)
        }
        return y
    }

    /// Sums over the inputs: of (y - f)^2, and a step of max(|s| - 1, 0).
    ///
    /// Divided by their number they make the loss.
    func sums(_ x: UnsafeBufferPointer<Value>, _ f: UnsafeBufferPointer<Value>) -> (squares: Value, excess: [Value]) {
        var squares = Value.zero
        var excess = Array(repeating: Value.zero, count: steps)
        for place in x.indices {
            let error =
                output(x[place]) { t, _, s, _ in excess[t] = excess[t] + Self.positive(s.magnitude - .one) } - f[place]
            squares = squares + error * error
        }
        return (squares, excess)
    }

    /// Gradients of the loss, summed over the inputs: of T, h and d, the steps of each in order.
    ///
    ///     dz_t = dy d_t - h_{t+1} dv_{t+1},    dy = 2 (y - f) / N
    ///     ds_t = dz_t max(0, 1 - |s_t|) + 2 lambda r_t sign(s_t) [|s_t| > 1] / N
    ///     dv_t = dv_{t+1} + ds_t (|v_t| + 1 - (v_t - T_t) sign v_t) / (|v_t| + 1)^2
    ///     dT_t = -sum ds_t / (|v_t| + 1),    dh_{t+1} = -sum dv_{t+1} z_t,    dd_t = sum dy z_t
    ///
    /// - Parameters:
    ///   - x: the inputs.
    ///   - f: the function there.
    ///   - share: 1 / N.
    ///   - pull: 2 lambda r_t / N, one a step.
    /// - Returns: dT, dh and dd, one a step each.
    func gradient(
        _ x: UnsafeBufferPointer<Value>,
        _ f: UnsafeBufferPointer<Value>,
        share: Value,
        pull: [Value]
    ) -> [Value] {
        var sums = Array(repeating: Value.zero, count: 3 * steps)
        let course = Storage<Value>(3 * steps)
        sums.withUnsafeMutableBufferPointer { sums in
            for place in x.indices {
                let y = output(x[place]) { t, v, s, z in
                    course.base[3 * t] = v
                    course.base[3 * t + 1] = s
                    course.base[3 * t + 2] = z
                }
                add(course.base, dy: (y - f[place]) * share * Value(2), pull, to: sums)
            }
        }
        withExtendedLifetime(course) {}
        return sums
    }

    /// The gradients of one input, from the last step to the first.
    @inline(__always)
    private func add(
        _ course: UnsafeMutablePointer<Value>,
        dy: Value,
        _ pull: [Value],
        to sums: UnsafeMutableBufferPointer<Value>
    ) {
        var dv = Value.zero
        for t in stride(from: steps - 1, through: 0, by: -1) {
            let (v, s, z) = (course[3 * t], course[3 * t + 1], course[3 * t + 2])
            var dz = dy * amplitudes[t]
            if t + 1 < steps {
                dz = dz - resets[t + 1] * dv
                sums[steps + t + 1] = sums[steps + t + 1] - dv * z
            }
            let scale = v.magnitude + .one
            let outside = Value.select(s.magnitude.isAbove(.one), pull[t] * Self.sign(s), .zero)
            let ds = dz * Self.positive(.one - s.magnitude) + outside
            dv = dv + ds * (scale - (v - thresholds[t]) * Self.sign(v)) / (scale * scale)
            sums[t] = sums[t] - ds / scale
            sums[2 * steps + t] = sums[2 * steps + t] + dy * z
        }
    }

    /// max(0, a).
    @inline(__always)
    private static func positive(_ a: Value) -> Value { Value.select(a.isAbove(.zero), a, .zero) }

    /// 1 for a >= 0, else -1.
    @inline(__always)
    private static func sign(_ a: Value) -> Value { Value.select(a.isAtLeast(.zero), .one, -Value.one) }
}

/// The constants of a ``SurrogateModel`` under training.
struct TrainerConstants {
    var thresholds: [Float]
    /// h_t falls at the beginning of step t.
    var resets: [Float]
    var amplitudes: [Float]

    /// In the order of inference, where the reset of step t falls at its end: h(t) = h_{t+1}, and h(K) = 0.
    func table() throws(SNNError) -> StepTable {
        try StepTable(thresholds: thresholds, resets: resets.dropFirst() + [0], amplitudes: amplitudes)
    }

    /// The model with every constant in all lanes.
    func model<Value: Lane>() -> SurrogateModel<Value> {
        SurrogateModel(
            thresholds: thresholds.map { Value(Double($0)) },
            resets: resets.map { Value(Double($0)) },
            amplitudes: amplitudes.map { Value(Double($0)) }
        )
    }
}

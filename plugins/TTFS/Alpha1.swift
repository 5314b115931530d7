import SNNKernel

/// The neuron whose slope at threshold depends on its weights (the «alpha-1» model), for comparison with ``TTFSModel``.
///
/// One slope rule holds at all times: dV/dt = 1 + sum_j J_ij H(t - t_j), and the threshold stays where it is. With
/// B_i = 1 + sum_j J_ij, the slope once every input has spiked, the time left after the spike is
///
///     x_i = max(0, sum_j w_ij x_j + d_i),   w_ij = J_ij / B_i,   d_i = (D_i + (B_i - 1) window) / B_i
///
/// so it computes what a rectified linear unit with weights w and bias d does, but learns J and D: a step along their
/// gradient is not one along that of w. A neuron of B <= 0 never reaches its threshold and stays silent.
///
///     dL/dJ_ij = (dL/dw_ij - sum_k dL/dw_ik w_ik + dL/dd_i (window - d_i)) / B_i        dL/dD_i = dL/dd_i / B_i
///
/// Start: `naive` takes the weights drawn as J, so that B is random, near 0 at times, and the gradient explodes in deep
/// networks; `smart` takes them as w, J = w / (1 - sum w), after scaling those of a neuron whose sum exceeds 0.99. Both set
/// D so that d is the bias drawn.
/// Source: Stanojevic et al., arXiv 2306.08744 and 2212.12522.
struct Alpha1Map: WeightMap {
    /// How the weights start.
    enum Start: String, CaseIterable { case smart, naive }

    let beginning: Start
    /// One number: the length of the neurons' window.
    let window: Storage<Float>

    /// The largest sum of the weights of a neuron: its slope is 100 then.
    static let largestSum = 0.99

    var needsBias: Bool { true }

    /// The weights of one neuron.
    struct Neuron {
        /// w, and d.
        var weights: [Double]
        var bias: Double

        /// J and D that act as these.
        func stored(window: Double) -> Neuron {
            let sum = weights.reduce(0, +)
            let stored = weights.map { $0 / (1 - sum) }
            return Neuron(weights: stored, bias: Self.offset(bias, slope: 1 / (1 - sum), window))
        }

        /// What these, as J and D, act as; nil where the slope is not positive.
        func acting(window: Double) -> Neuron? {
            let slope = self.slope
            guard slope > 0 else { return nil }
            return Neuron(weights: weights.map { $0 / slope }, bias: (bias + window * (slope - 1)) / slope)
        }

        /// Of these as J: B.
        var slope: Double { 1 + weights.reduce(0, +) }

        /// D for which d is `bias`.
        static func offset(_ bias: Double, slope: Double, _ window: Double) -> Double {
            bias * slope - window * (slope - 1)
        }
    }

    /// Calls `body` for every neuron with its weights, which lie `outputs` apart, and writes what it returns.
    private func forEach(
        _ source: [Storage<Float>],
        to target: [Storage<Float>],
        _ body: (_ neuron: Int, Neuron) -> Neuron
    ) {
        let outputs = source[1].count
        let inputs = source[0].count / outputs
        for neuron in 0..<outputs {
            let given = Neuron(
                weights: (0..<inputs).map { Double(source[0].base[$0 * outputs + neuron]) },
                bias: Double(source[1].base[neuron])
            )
            let made = body(neuron, given)
            for input in 0..<inputs { target[0].base[input * outputs + neuron] = Float(made.weights[input]) }
            target[1].base[neuron] = Float(made.bias)
        }
    }

    func start(_ stored: [Storage<Float>]) {
        let window = Double(self.window.base[0])
        forEach(stored, to: stored) { _, drawn in
            switch beginning {
            case .naive:
                return Neuron(
                    weights: drawn.weights,
                    bias: Neuron.offset(drawn.bias, slope: drawn.slope, window)
                )
            case .smart:
                let sum = drawn.slope - 1
                let scale = sum > Self.largestSum ? Self.largestSum / sum : 1
                return Neuron(weights: drawn.weights.map { $0 * scale }, bias: drawn.bias).stored(window: window)
            }
        }
    }

    func used(_ stored: [Storage<Float>]) -> [Storage<Float>] {
        let acting = stored.map { Storage<Float>(overwriting: $0.count) }
        let window = Double(self.window.base[0])
        forEach(stored, to: acting) { _, given in
            given.acting(window: window) ?? Neuron(weights: given.weights.map { _ in 0 }, bias: 0)
        }
        return acting
    }

    func adjoint(_ gradients: [Storage<Float>], stored: [Storage<Float>]) {
        let window = Double(self.window.base[0])
        let outputs = stored[1].count
        forEach(gradients, to: gradients) { neuron, ofActing in
            let given = Neuron(
                weights: ofActing.weights.indices.map { Double(stored[0].base[$0 * outputs + neuron]) },
                bias: Double(stored[1].base[neuron])
            )
            guard let acting = given.acting(window: window) else {
                return Neuron(weights: given.weights.map { _ in 0 }, bias: 0)
            }
            let slope = given.slope
            let shared =
                ofActing.bias * (window - acting.bias)
                - zip(ofActing.weights, acting.weights).reduce(0) { $0 + $1.0 * $1.1 }
            return Neuron(weights: ofActing.weights.map { ($0 + shared) / slope }, bias: ofActing.bias / slope)
        }
    }
}

import SNNKernel

/// A function on an interval, and how much each part of the interval counts: what a staircase is fitted to.
///
///     E = integral of w(x) (f(x) - y(x))^2 dx / integral of w(x) dx,    low <= x <= high
package struct StaircaseTarget: Sendable {
    /// How much an input counts.
    package enum Weighting: Sendable, Equatable {
        /// Each the same.
        case uniform
        /// As often as a normal variable of this mean and deviation takes it.
        case normal(mean: Double, deviation: Double)
        /// The published importance: 11 at the mean, 10 at two deviations, 1 at three and 0.5 at the ends, straight
        /// lines between. Source: Stöckl and Maass, arXiv 2002.00860, their fitting script.
        case importance(mean: Double, deviation: Double)
    }

    /// What error sentences and results call it.
    package let name: String
    /// The interval.
    package let low: Double
    package let high: Double
    private let function: @Sendable (Double) -> Double
    private let density: (@Sendable (Double) -> Double)?

    /// A named function.
    ///
    /// - Parameters:
    ///   - name: one of ``names``.
    ///   - low: lower end; nil takes the function's own.
    ///   - high: upper end; nil takes the function's own.
    ///   - weighting: how much an input counts.
    /// - Throws: ``SNNError/unknownName(_:)`` for the name, ``SNNError/parameter(_:)`` for an empty interval or a
    ///   deviation that is not positive.
    package init(
        _ name: String,
        low: Double? = nil,
        high: Double? = nil,
        weighting: Weighting = .uniform
    ) throws(SNNError) {
        guard let known = NamedFunction.all.first(where: { $0.name == name }) else {
            throw .unknown("function", name, known: NamedFunction.all.map(\.name))
        }
        try self.init(
            name,
            low: low ?? known.low,
            high: high ?? known.high,
            weighting: weighting,
            function: known.function
        )
    }

    /// Any function.
    ///
    /// It must be finite on the interval, which is checked where it is sampled.
    package init(
        _ name: String,
        low: Double,
        high: Double,
        weighting: Weighting = .uniform,
        function: @escaping @Sendable (Double) -> Double
    ) throws(SNNError) {
        try Self.check(low, high)
        self.name = name
        self.low = low
        self.high = high
        self.function = function
        density = try Self.density(weighting, low, high)
    }

    /// Straight lines through points.
    ///
    /// - Parameters:
    ///   - name: what error sentences call it.
    ///   - x: at least two, ascending; the first and the last are the interval.
    ///   - y: the function there.
    ///   - weights: how much the neighbourhood of each point counts, >= 0; nil leaves it to `weighting`.
    ///   - weighting: how much an input counts where there are no weights.
    /// - Throws: ``SNNError/shape(_:)`` for lists of different lengths, ``SNNError/notFinite(_:)`` that names the
    ///   point, ``SNNError/parameter(_:)`` for points out of order and weights below 0 or all 0.
    package init(
        _ name: String,
        x: [Double],
        y: [Double],
        weights: [Double]?,
        weighting: Weighting = .uniform
    ) throws(SNNError) {
        guard x.count >= 2 else { throw .shape("points must be >= 2, got \(x.count)") }
        let weightCount = weights?.count ?? x.count
        guard y.count == x.count, weightCount == x.count else {
            throw .shape("x, y and weights must be as many, got \(x.count), \(y.count) and \(weightCount)")
        }
        for place in x.indices {
            guard x[place].isFinite else { throw .notFinite("x[\(place)] must be finite, got \(x[place])") }
            guard y[place].isFinite else {
                throw .notFinite("the function must be finite, got \(y[place]) at x = \(x[place])")
            }
            guard place == 0 || x[place] > x[place - 1] else {
                throw .parameter("x must ascend, got x[\(place)] = \(x[place]) after \(x[place - 1])")
            }
            if let weight = weights?[place], !(weight >= 0 && weight.isFinite) {
                throw .parameter("weights must be finite and >= 0, got \(weight) at x = \(x[place])")
            }
        }
        if let weights, !weights.contains(where: { $0 > 0 }) { throw .parameter("weights must not all be 0") }
        try Self.check(x[0], x[x.count - 1])
        self.name = name
        low = x[0]
        high = x[x.count - 1]
        function = { StraightLines.value(at: $0, x, y) }
        if let weights {
            density = { StraightLines.value(at: $0, x, weights) }
        } else {
            density = try Self.density(weighting, low, high)
        }
    }

    /// Names of the functions that need no code.
    package static var names: [String] { NamedFunction.all.map(\.name) }

    /// The function at an input.
    package func value(at x: Double) -> Double { function(x) }

    /// `count` inputs that stand for equal shares of the weight, ascending, with the function there.
    ///
    /// Throws ``SNNError/notFinite(_:)`` that names the input where the function is not finite.
    func points(_ count: Int) throws(SNNError) -> (x: [Float], y: [Double]) {
        let x = inputs(count)
        var y: [Double] = []
        y.reserveCapacity(count)
        for input in x {
            let value = function(Double(input))
            guard value.isFinite, abs(value) < 1e30 else {
                throw .notFinite("\(name) must be finite and below 1e30, got \(value) at x = \(input)")
            }
            y.append(value)
        }
        return (x, y)
    }

    /// Midpoints of equal shares of the weight: the distribution function, inverted on a fine grid.
    private func inputs(_ count: Int) -> [Float] {
        guard let density else {
            return (0..<count).map { Float(low + (high - low) * (Double($0) + 0.5) / Double(count)) }
        }
        let cells = max(1 << 16, 2 * count)
        let width = (high - low) / Double(cells)
        var shares = [0.0]
        shares.reserveCapacity(cells + 1)
        for cell in 0..<cells { shares.append(shares[cell] + density(low + width * (Double(cell) + 0.5))) }
        var cell = 0
        return (0..<count).map { place in
            let wanted = shares[cells] * (Double(place) + 0.5) / Double(count)
            while cell < cells - 1, shares[cell + 1] <= wanted { cell += 1 }
            let within = (wanted - shares[cell]) / (shares[cell + 1] - shares[cell])
            return Float(low + width * (Double(cell) + min(1, max(0, within))))
        }
    }

    private static func check(_ low: Double, _ high: Double) throws(SNNError) {
        guard low.isFinite, high.isFinite, low < high, Float(low) < Float(high), max(-low, high) < 1e30 else {
            throw .parameter("low must be below high, both finite, got \(low) and \(high)")
        }
    }

    private static func density(
        _ weighting: Weighting,
        _ low: Double,
        _ high: Double
    ) throws(SNNError) -> (@Sendable (Double) -> Double)? {
        switch weighting {
        case .uniform:
            return nil
        case .normal(let mean, let deviation):
            try check(mean: mean, deviation: deviation)
            let nearest = min(high, max(low, mean))
            let least = ((nearest - mean) / deviation) * ((nearest - mean) / deviation)
            // Relative to its largest value on the interval, so that a mean far outside leaves numbers above 0.
            return { x in (-0.5 * (((x - mean) / deviation) * ((x - mean) / deviation) - least)).exponential }
        case .importance(let mean, let deviation):
            try check(mean: mean, deviation: deviation)
            guard low < mean - 3 * deviation, mean + 3 * deviation < high else {
                throw .parameter(
                    "mean - 3 deviations and mean + 3 deviations must lie inside the interval, "
                        + "got \(mean - 3 * deviation) and \(mean + 3 * deviation) in \(low) ... \(high)"
                )
            }
            let knots = [low] + [-3, -2, 0, 2, 3].map { mean + $0 * deviation } + [high]
            return { x in StraightLines.value(at: x, knots, [0.5, 1, 10, 11, 10, 1, 0.5]) }
        }
    }

    private static func check(mean: Double, deviation: Double) throws(SNNError) {
        guard mean.isFinite else { throw .parameter("mean must be finite, got \(mean)") }
        guard deviation > 0, deviation.isFinite else { throw .parameter("deviation must be > 0, got \(deviation)") }
    }
}

/// A function that needs no code, and the interval that activations of trained networks stay in.
private struct NamedFunction: Sendable {
    let name: String
    let low: Double
    let high: Double
    let function: @Sendable (Double) -> Double

    /// SiLU and sigmoid on the published intervals; GELU with the error function, not the tanh approximation.
    static let all = [
        NamedFunction(name: "gelu", low: -8, high: 12) { x in 0.5 * x * (1 + (x * 0.5.squareRoot()).errorFunction) },
        NamedFunction(name: "relu", low: -8, high: 12) { x in max(0, x) },
        NamedFunction(name: "sigmoid", low: -10, high: 10) { x in 1 / (1 + (-x).exponential) },
        NamedFunction(name: "silu", low: -8, high: 12) { x in x / (1 + (-x).exponential) },
        NamedFunction(name: "tanh", low: -5, high: 5) { x in 1 - 2 / ((2 * x).exponential + 1) },
    ]
}

/// Straight lines between points.
private enum StraightLines {
    /// The line at `x`; beyond the ends the value there.
    static func value(at x: Double, _ knots: [Double], _ values: [Double]) -> Double {
        var (below, above) = (0, knots.count - 1)
        if x <= knots[below] { return values[below] }
        if x >= knots[above] { return values[above] }
        while above - below > 1 {
            let middle = (below + above) / 2
            if knots[middle] <= x { below = middle } else { above = middle }
        }
        let share = (x - knots[below]) / (knots[above] - knots[below])
        return values[below] + share * (values[above] - values[below])
    }
}

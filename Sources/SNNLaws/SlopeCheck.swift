import SNNKernel

/// The adjoint of a neuron whose slopes are chosen, against differences of its distance from the threshold.
///
/// With a slope at step t alone, dL/d(current[t']) = gradient[t] slope[t] d(distance[t])/d(current[t']), whatever the
/// gradient does on its way through a reset, and differences of the distance give the same. What a slope at an earlier
/// step t0 adds went through the spike at t0, and so is a multiple of d(distance[t0])/d(current), neuron by neuron.
struct SlopeCheck {
    private let model: any SlopedNeuron
    private let subject: NeuronSubject
    private let current: Values
    /// dL/ds and ds/d(distance), drawn for every step; those of the steps that are asked for are used.
    private let gradient: Values
    private let slopes: Values

    private static let steps = 7
    private static let count = 19
    /// Relative to ``NeuronSubject/scale``; the best counts.
    private static let stepSizes: [Float] = [0x1p-3, 0x1p-5, 0x1p-7, 0x1p-9, 0x1p-11, 0x1p-13]
    private static let tolerance = 2e-3

    init(_ model: any SlopedNeuron, _ subject: NeuronSubject) {
        self.model = model
        self.subject = subject
        var random = Seeded(subject.seed &+ 6)
        // None is zero, where a model may have a corner.
        current = random.values(steps: Self.steps, batch: 1, count: Self.count, in: -0.6...1.4).scaled(
            by: subject.scale
        )
        gradient = random.values(steps: Self.steps, batch: 1, count: Self.count)
        slopes = random.values(steps: Self.steps, batch: 1, count: Self.count, in: 0.5...1.5)
    }

    func examine(_ evidence: Evidence) {
        let alone = (0..<Self.steps).map { adjoint(gradientAt: [$0], slopesAt: [$0]) }
        distances(alone, evidence)
        earlierSlopes(alone, evidence)
        JumpCheck(model, subject).examine(evidence)
        surrogate(evidence)
    }

    private func adjoint(gradientAt: [Int], slopesAt: [Int]) -> [Float] {
        model.adjoint(of: gradient.only(gradientAt), current: current, slopes: slopes.only(slopesAt)).numbers
    }

    /// What is sent and how far from the threshold, every current of step `t` moved by `h`.
    private func moved(_ t: Int, _ h: Float) -> (sent: [Float], distances: [Float]) {
        let current = current.copy
        for index in 0..<Self.count { current.step(t)[index] += h }
        let distances = Values(steps: Self.steps, batch: 1, count: Self.count)
        let state = model.rest(count: Self.count)
        let sent = model.run(current, state: state, potentials: nil, distances: distances)
        return (sent.numbers, distances.numbers)
    }

    /// One step size: d(distance)/d(current) at `[t', t, neuron]`, NaN where a spike before t differs between the runs.
    private func differences(_ h: Float) -> [[Double]] {
        let still = moved(0, 0).sent
        return (0..<Self.steps).map { moving in
            let (above, below) = (moved(moving, h), moved(moving, -h))
            var flipped = [Bool](repeating: false, count: Self.count)
            return (0..<Self.steps * Self.count).map { place in
                let neuron = place % Self.count
                let from = current.step(moving)[neuron]
                let width = Double(from + h) - Double(from - h)
                let slope = (Double(above.distances[place]) - Double(below.distances[place])) / width
                defer {
                    let isSame = above.sent[place] == still[place] && below.sent[place] == still[place]
                    flipped[neuron] = flipped[neuron] || !isSame
                }
                return flipped[neuron] ? .nan : slope
            }
        }
    }

    private func distances(_ alone: [[Float]], _ evidence: Evidence) {
        let tries = Self.stepSizes.map { differences($0 * subject.scale) }
        var worst = 0.0
        var isSensitive = false
        for t in 0..<Self.steps {
            let compared = tries.map { Comparison(alone[t], $0, at: t, gradient, slopes) }
            guard let best = compared.min(by: { $0.error < $1.error }), best.count > 0 else {
                evidence.require(
                    false,
                    "no distance of step \(t) can be compared: every step of the current flips a spike"
                )
                continue
            }
            worst = max(worst, best.error)
            isSensitive = isSensitive || best.length > 0
            evidence.require(best.error <= Self.tolerance, "\(best.worst); relative error \(best.error.short)")
        }
        evidence.require(isSensitive, "no distance depends on any current, so nothing is checked")
        evidence.note = "relative error \(worst.short) of d(distance)/d(current)"
    }

    private func earlierSlopes(_ alone: [[Float]], _ evidence: Evidence) {
        for t in 1..<Self.steps {
            for earlier in 0..<t {
                let both = adjoint(gradientAt: [t], slopesAt: [earlier, t])
                let own = adjoint(gradientAt: [earlier], slopesAt: [earlier])
                let extra = zip(both, alone[t]).map { Double($0) - Double($1) }
                let error = offParallel(extra, own.map(Double.init), beside: alone[t].map(Double.init))
                evidence.require(
                    error <= Self.tolerance,
                    "what the slope of step \(earlier) adds to the gradient of step \(t) did not come through the "
                        + "distance of step \(earlier): relative error \(error.short)"
                )
            }
        }
    }

    /// How much of `extra` is not, neuron by neuron, a multiple of `direction`; 0 where it is but rounding beside `beside`.
    private func offParallel(_ extra: [Double], _ direction: [Double], beside: [Double]) -> Double {
        func dot(_ a: [Double], _ b: [Double], _ neuron: Int) -> Double {
            stride(from: neuron, to: a.count, by: Self.count).reduce(0) { $0 + a[$1] * b[$1] }
        }
        var (off, length) = (0.0, 0.0)
        for neuron in 0..<Self.count {
            let own = dot(extra, extra, neuron)
            guard own > 1e-8 * dot(beside, beside, neuron) else { continue }
            let along = dot(extra, direction, neuron)
            let norm = dot(direction, direction, neuron)
            off += max(0, own - (norm > 0 ? along * along / norm : 0))
            length += own
        }
        return length > 0 ? (off / length).squareRoot() : 0
    }

    /// Where nobody chooses, the slopes are those of the surrogate.
    private func surrogate(_ evidence: Evidence) {
        let distances = moved(0, 0).distances
        let chosen = Values(steps: Self.steps, batch: 1, count: Self.count)
        for (place, distance) in distances.enumerated() { chosen.base[place] = model.surrogate.derivative(distance) }
        let wanted = model.adjoint(of: gradient, current: current, slopes: chosen).numbers.map(Double.init)
        let found = model.adjoint(of: gradient, current: current).numbers.map(Double.init)
        let error = relativeError(found, wanted)
        evidence.require(
            error <= 1e-5,
            "the adjoint differs from that with the surrogate's slopes at the distances it tells: relative error \(error.short)"
        )
    }
}

/// The adjoint with a slope at one step alone beside differences of one step size.
private struct Comparison {
    /// Entries compared.
    private(set) var count = 0
    /// Length of what the differences say.
    private(set) var length = 0.0
    private(set) var error = 0.0
    /// The entry that is furthest off, in words.
    private(set) var worst = ""

    init(_ found: [Float], _ differences: [[Double]], at t: Int, _ gradient: Values, _ slopes: Values) {
        var off = 0.0
        var most = -1.0
        for (moving, numbers) in differences.enumerated() {
            for neuron in 0..<gradient.count {
                let factor = Double(gradient.step(t)[neuron]) * Double(slopes.step(t)[neuron])
                let wanted = numbers[t * gradient.count + neuron] * factor
                guard !wanted.isNaN else { continue }
                let says = Double(found[moving * gradient.count + neuron])
                count += 1
                length += wanted * wanted
                off += (says - wanted) * (says - wanted)
                guard abs(says - wanted) > most else { continue }
                most = abs(says - wanted)
                worst =
                    "d(distance[\(t)])/d(current[\(moving)]) of neuron \(neuron): the adjoint says "
                    + "\((says / factor).short), differences say \((wanted / factor).short)"
            }
        }
        length = length.squareRoot()
        error = off == 0 ? 0 : off.squareRoot() / length
    }
}

extension Values {
    /// The numbers of these steps, zero at all others.
    fileprivate func only(_ chosen: [Int]) -> Values {
        let result = Values(steps: steps, batch: batch, count: count)
        for t in chosen {
            for index in 0..<row { result.step(t)[index] = step(t)[index] }
        }
        return result
    }
}

import SNNKernel

/// The path of a gradient through the reset, against what one spike more does to the distances after it.
///
/// Of two currents next to each other in float32, one fires at step t0 and the other does not; all else is the same. So the
/// distances of a later step t differ by J = distance[t] with the spike less distance[t] without. Where the model is
/// linear in its spikes, J is what the adjoint must take for d(distance[t])/ds[t0], or nothing where it leaves the reset
/// out. What it takes shows in the gradient of step t that a slope at t0 adds (see ``SlopeCheck``). A model is taken for
/// linear here where the adjoint says the same on both sides of the threshold.
struct JumpCheck {
    private let model: any SlopedNeuron
    private let subject: NeuronSubject

    private static let steps = 5
    private static let count = 19
    private static let firing = 1
    private static let tolerance = 1e-3
    /// How much the two sides of the threshold may differ in a model that is linear in its spikes.
    private static let curvature = 1e-4

    init(_ model: any SlopedNeuron, _ subject: NeuronSubject) {
        self.model = model
        self.subject = subject
    }

    func examine(_ evidence: Evidence) {
        var random = Seeded(subject.seed &+ 8)
        let drawn = random.values(steps: Self.steps, batch: 1, count: Self.count, in: -0.6...1.4)
        guard let (below, above) = bracket(drawn.scaled(by: subject.scale)) else {
            evidence.note += "; paths through spikes are not examined, as one current cannot make a spike"
            return
        }
        let (silent, fired) = (run(below), run(above))
        var judged = 0
        for t in Self.firing + 1..<Self.steps {
            let (low, high) = (taken(below, at: t), taken(above, at: t))
            var (off, all, length) = (0.0, 0.0, 0.0)
            var words = ""
            for neuron in 0..<Self.count {
                let place = t * Self.count + neuron
                // The one spike and no other differs before t.
                let differing = (0..<t).filter { step in
                    silent.sent[step * Self.count + neuron] != fired.sent[step * Self.count + neuron]
                }
                guard differing == [Self.firing],
                    abs(low[neuron] - high[neuron]) <= Self.curvature * abs(low[neuron] + high[neuron])
                else { continue }
                let jump = Double(fired.distances[place]) - Double(silent.distances[place])
                let error = low[neuron] - jump
                if words.isEmpty, abs(error) > Self.tolerance * abs(jump) {
                    words =
                        "d(distance[\(t)])/d(spike[\(Self.firing)]) of neuron \(neuron): the adjoint takes "
                        + "\(low[neuron].short), one spike more makes \(jump.short)"
                }
                judged += 1
                off += error * error
                all += low[neuron] * low[neuron]
                length += jump * jump
            }
            guard length > 0 else { continue }
            let (error, share) = ((off / length).squareRoot(), (all / length).squareRoot())
            evidence.require(error <= Self.tolerance || share <= 1e-3, "\(words); relative error \(error.short)")
        }
        if judged == 0 {
            evidence.note += "; paths through spikes are not examined, as the model is not linear in them"
        }
    }

    private func run(_ current: Values) -> (sent: [Float], distances: [Float]) {
        let distances = Values(steps: Self.steps, batch: 1, count: Self.count)
        let sent = model.run(current, state: model.rest(count: Self.count), potentials: nil, distances: distances)
        return (sent.numbers, distances.numbers)
    }

    /// The currents with that of step t0 such that no neuron fires then, and next to it such that every one does; nil where
    /// no current does either.
    private func bracket(_ current: Values) -> (below: Values, above: Values)? {
        let (below, above, middle) = (current.copy, current.copy, current.copy)
        func step(_ values: Values) -> UnsafeMutablePointer<Float> { values.step(Self.firing) }
        for neuron in 0..<Self.count {
            step(below)[neuron] = -8 * subject.scale
            step(above)[neuron] = 8 * subject.scale
        }
        let first = Self.firing * Self.count
        func fires(_ values: Values) -> [Bool] { run(values).sent[first..<first + Self.count].map { $0 != 0 } }
        guard fires(below).allSatisfy({ !$0 }), fires(above).allSatisfy({ $0 }) else { return nil }
        // 24 bits of a number, and those of its exponent.
        for _ in 0..<64 {
            for neuron in 0..<Self.count {
                step(middle)[neuron] = step(below)[neuron] + (step(above)[neuron] - step(below)[neuron]) / 2
            }
            for (neuron, isAbove) in fires(middle).enumerated() {
                step(isAbove ? above : below)[neuron] = step(middle)[neuron]
            }
        }
        return withExtendedLifetime(middle) { (below, above) }
    }

    /// What the adjoint takes for d(distance[t])/ds[t0], one a neuron.
    private func taken(_ current: Values, at t: Int) -> [Double] {
        func ones(_ steps: [Int]) -> Values {
            let values = Values(steps: Self.steps, batch: 1, count: Self.count)
            for t in steps { for neuron in 0..<Self.count { values.step(t)[neuron] = 1 } }
            return values
        }
        func adjoint(_ gradient: Int, _ slopes: [Int]) -> [Double] {
            model.adjoint(of: ones([gradient]), current: current, slopes: ones(slopes)).numbers.map(Double.init)
        }
        let both = adjoint(t, [Self.firing, t])
        let alone = adjoint(t, [t])
        let own = adjoint(Self.firing, [Self.firing])
        return (0..<Self.count).map { neuron in
            var (along, norm) = (0.0, 0.0)
            for place in stride(from: neuron, to: own.count, by: Self.count) {
                along += (both[place] - alone[place]) * own[place]
                norm += own[place] * own[place]
            }
            return norm > 0 ? along / norm : 0
        }
    }
}

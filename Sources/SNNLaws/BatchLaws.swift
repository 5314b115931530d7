import SNNKernel

/// Neurons do not know each other: any batch, any order, any neighbour, the same bits.
extension NeuronSubject {
    func batchOrder(_ evidence: Evidence) {
        let (steps, batch, count) = (window(8), 5, 7)
        let current = currents(steps, batch, count)
        let all = run(current)
        var random = Seeded(seed &+ 2)
        let order = Array(0..<batch).shuffled(using: &random)
        let shuffled = run(current.picked(order))
        for (place, sample) in order.enumerated() {
            func same(_ a: [Float], _ b: [Float], _ what: String) {
                evidence.equalBits(
                    part(of: place, in: a, batch: batch, count: count),
                    part(of: sample, in: b, batch: batch, count: count),
                    "the order of the batch changes \(what)"
                )
            }
            same(shuffled.sent.numbers, all.sent.numbers, "sample \(sample)")
            same(shuffled.inside.numbers, all.inside.numbers, "\(all.words) of sample \(sample)")
        }
    }

    func batchAlone(_ evidence: Evidence) {
        let (steps, batch, count) = (window(8), 5, 7)
        let current = currents(steps, batch, count)
        let all = run(current)
        for sample in 0..<batch {
            let alone = run(current.picked([sample]))
            func same(_ a: [Float], _ b: [Float], _ claim: String) {
                evidence.equalBits(a, part(of: sample, in: b, batch: batch, count: count), claim)
            }
            same(alone.sent.numbers, all.sent.numbers, "sample \(sample) alone differs from the same in a batch")
            same(
                alone.inside.numbers,
                all.inside.numbers,
                "\(all.words) of sample \(sample) alone differ from those in a batch"
            )
        }
        // A row of one neuron, which is shorter than what any loop takes at once.
        for neuron in [0, batch * count - 1] {
            let one = Values(steps: steps, batch: 1, count: 1, isConstant: takesTotal)
            for t in 0..<one.slices { one.step(t)[0] = current.step(t)[neuron] }
            evidence.equalBits(
                run(one).inside.numbers,
                (0..<steps).map { all.inside.step($0)[neuron] },
                "neuron \(neuron) alone differs from the same among others"
            )
        }
    }

    /// A neuron with a weak current among neighbours that fire at every chance, and among such that rest.
    func neighbours(_ evidence: Evidence) {
        let (steps, batch, count, quiet) = (window(12), 2, 16, 5)
        func among(_ strength: Float) -> NeuronWindow {
            let current = Values(steps: steps, batch: batch, count: count, isConstant: takesTotal)
            for index in 0..<current.storage.count {
                current.base[index] = index % current.row == quiet ? 0.01 * scale : strength
            }
            return run(current)
        }
        let (loud, still) = (among(5 * scale), among(0))
        func mine(_ values: Values) -> [Float] { (0..<steps).map { values.step($0)[quiet] } }
        let place = "neuron \(quiet), whose own current is weak"
        evidence.equalBits(
            mine(loud.inside),
            mine(still.inside),
            "\(place): its \(loud.words) are touched by its neighbours' spikes"
        )
        evidence.equalBits(
            (0..<steps).map { loud.sent.value(step: $0, index: quiet) },
            (0..<steps).map { still.sent.value(step: $0, index: quiet) },
            "\(place): it sends something else when its neighbours fire"
        )
    }

    func deterministic(_ evidence: Evidence) {
        let (current, gradient) = drawn()
        // Copies, so that a model that writes to its currents breaks the law of that alone.
        let (first, second) = (run(current.copy), run(current.copy))
        evidence.equalBits(first.sent.numbers, second.sent.numbers, "two runs differ")
        evidence.equalBits(first.inside.numbers, second.inside.numbers, "\(first.words) of two runs differ")
        let wide = currents(window(10), 5, 33)
        evidence.equalBits(
            unwatched(wide.copy).numbers,
            run(wide.copy).sent.numbers,
            "it sends something else where nobody watches the potentials"
        )
        guard isTrainable else { return }
        let one = model.adjoint(of: gradient.copy, current: current.copy)
        let two = model.adjoint(of: gradient.copy, current: current.copy)
        evidence.equalBits(one.numbers, two.numbers, "two adjoints differ")
    }
}

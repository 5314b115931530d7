import SNNKernel

/// The laws of one window.
extension NeuronSubject {
    func stepSplit(_ evidence: Evidence) {
        let current = currents(10, 2, 9)
        let whole = run(current)
        for lengths in [[4, 6], [1, 9], [Int](repeating: 1, count: 10)] {
            let state = model.rest(count: current.row)
            var sent: [Float] = []
            var inside: [Float] = []
            var first = 0
            for length in lengths {
                let part = Values(steps: length, batch: 2, count: 9)
                for index in 0..<part.storage.count { part.base[index] = current.step(first)[index] }
                let window = NeuronWindow(model, part, state: state)
                sent += window.sent.numbers
                inside += window.inside.numbers
                first += length
            }
            evidence.equalBits(sent, whole.sent.numbers, "cut into \(lengths) steps it sends something else")
            let wanted = whole.inside.numbers
            evidence.equalBits(inside, wanted, "cut into \(lengths) steps \(whole.words) differ")
        }
    }

    func rest(_ evidence: Evidence, isFixed: Bool) {
        let window = run(Values(steps: window(20), batch: 1, count: 17, isConstant: takesTotal))
        let start = window.potentials.base[0]
        let drift = window.potentials.numbers.map { abs($0 - start) }.max() ?? 0
        // v_leak (1 - alpha) + alpha v_leak is v_leak up to the rounding of each step.
        if drift > 20 * max(1, abs(start)) * Float.ulpOfOne || drift.isNaN {
            let words = "without input the potential drifts from \(start) by \(drift)"
            if isFixed { evidence.require(false, "rest is no fixed point: \(words)") } else { evidence.note = words }
        }
        if model.sends == .raster {
            evidence.require(window.sent.spikes == 0, "it fires \(window.sent.spikes) times at rest without input")
        }
    }

    func inputsKept(_ evidence: Evidence) {
        let (current, gradient) = drawn()
        let (before, gradientBefore) = (current.copy, gradient.copy)
        _ = run(current)
        evidence.equalBits(current.numbers, before.numbers, "running mutates the currents")
        guard isTrainable else { return }
        let again = before.copy
        _ = model.adjoint(of: gradient, current: again)
        evidence.equalBits(again.numbers, before.numbers, "the adjoint mutates the currents")
        evidence.equalBits(gradient.numbers, gradientBefore.numbers, "the adjoint mutates the gradient")
    }

    func sends(_ evidence: Evidence) {
        if isTrainable {
            let (current, gradient) = drawn()
            let found = model.adjoint(of: gradient, current: current)
            evidence.require(
                found.isConstant == current.isConstant && found.storage.count == current.storage.count,
                "the gradient of the current is not laid out as the current"
            )
        }
        let (steps, batch, count) = (window(5), 3, 23)
        let sent = run(currents(steps, batch, count)).sent
        evidence.require(
            sent.steps == steps && sent.batch == batch && sent.count == count,
            "it sends \(sent.steps) x \(sent.batch) x \(sent.count), where \(steps) x \(batch) x \(count) arrived"
        )
        switch sent {
        case .values(let values):
            let kind: ActivityKind = values.isConstant ? .constantValues : .values
            if model.sends == .times {
                evidence.require(
                    kind == .constantValues && values.storage.elements.allSatisfy { $0 >= 0 },
                    "spike times must be one number a window and not negative"
                )
                return
            }
            evidence.require(kind == model.sends, "it sends \(kind.rawValue) and says \(model.sends.rawValue)")
        case .raster(let raster):
            let kind: ActivityKind = raster.codes == nil ? .raster : .codes
            evidence.require(kind == model.sends, "it sends \(kind.rawValue) and says \(model.sends.rawValue)")
            guard case .bits(let words) = raster.form else { return }
            for t in 0..<steps {
                let last = words.base[t * raster.wordsPerStep + raster.wordsPerStep - 1]
                let unused = ~UInt64(0) << UInt64(raster.row % 64)
                evidence.require(raster.row % 64 == 0 || last & unused == 0, "spikes of neurons that do not exist")
            }
        }
    }

    func binarySpikes(_ evidence: Evidence) {
        let (steps, batch, count) = (window(12), 3, 23)
        guard case .raster(let raster) = run(currents(steps, batch, count)).sent else {
            evidence.note = "it sends something else, see sends"
            return
        }
        evidence.require(
            fires,
            "it never fires at currents up to 1.6 x \(Self.scales[Self.scales.count - 1]), so nothing is checked"
        )
        if model.sendsUnitSpikes {
            evidence.require(raster.scale == 1, "a spike is worth \(raster.scale), and it promises 1")
        }
        for t in 0..<steps {
            for index in 0..<raster.row where !(0...1 ~= raster.event(step: t, index: index)) {
                let event = raster.event(step: t, index: index)
                return evidence.require(false, "neuron \(index) sends \(event) spikes at step \(t)")
            }
        }
    }

    func finite(_ evidence: Evidence, isStrict: Bool, probesHuge: Bool) {
        finite([0x1p-149, -0x1p-140, 1e-30, 0, 1, -1, 1e3, -1e3], evidence, isStrict: true)
        if let failure = model.takeFailure() { evidence.require(false, failure.message) }
        guard probesHuge else { return }
        // A square of these has no number in float32, so that a model may refuse them by name.
        let huge = Evidence()
        finite([-1e30, 1e30], huge, isStrict: isStrict)
        if model.takeFailure() == nil { for breach in huge.breaches { evidence.require(false, breach) } }
    }

    /// Currents of these magnitudes; where it is not strict, what is sent alone must be finite.
    private func finite(_ kinds: [Float], _ evidence: Evidence, isStrict: Bool) {
        let current = Values(steps: window(6), batch: 1, count: kinds.count * 3, isConstant: takesTotal)
        for t in 0..<current.slices {
            for (index, kind) in kinds.enumerated() {
                current.step(t)[index] = kind
                current.step(t)[index + kinds.count] = t % 2 == 0 ? kind : -kind
                current.step(t)[index + 2 * kinds.count] = t == 0 ? kind : 0.5
            }
        }
        func place(_ numbers: [Float], _ isWrong: (Float) -> Bool, _ claim: String) {
            guard let index = numbers.firstIndex(where: isWrong) else { return }
            let neuron = index % current.count
            let given = (0..<current.slices).map { current.step($0)[neuron] }
            evidence.require(false, "\(claim) \(numbers[index]) at step \(index / current.row) at currents \(given)")
        }
        let window = run(current)
        place(window.sent.numbers, { !$0.isFinite }, "it sends")
        guard isStrict else { return }
        place(window.potentials.numbers, { !$0.isFinite }, "a potential is")
        if let distances = window.distances { place(distances.numbers, { !$0.isFinite }, "a distance is") }
        guard isTrainable else { return }
        let gradient = Values(steps: current.steps, batch: 1, count: current.count, isConstant: takesTotal)
        for index in 0..<gradient.storage.count { gradient.base[index] = index % 2 == 0 ? 1 : -0.5 }
        place(model.adjoint(of: gradient, current: current).numbers, \.isNaN, "the adjoint is")
    }
}

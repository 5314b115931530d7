import SNNKernel

/// The laws that every neuron model obeys.
public struct NeuronLaws {
    let model: any NeuronModel
    let relaxed: (any NeuronModel)?
    let restIsSilent: Bool
    let isDetached: Bool

    /// - Parameters:
    ///   - model: the model.
    ///   - relaxed: the same model with a smooth output; nil where `model` is smooth itself, or there is none.
    ///   - restIsSilent: whether the model promises silence without input.
    ///   - isDetached: whether its gradient leaves a path out, which neither differences nor forward mode can.
    public init(
        of model: any NeuronModel,
        relaxed: (any NeuronModel)? = nil,
        restIsSilent: Bool = true,
        isDetached: Bool = false
    ) {
        self.model = model
        self.relaxed = relaxed
        self.restIsSilent = restIsSilent
        self.isDetached = isDetached
    }

    /// Examines the laws of the examination.
    public func examine(in examination: Examination) {
        let check = NeuronCheck(model: model, seed: examination.seed)
        NeuronGradientLaws(laws: self, seed: examination.seed).examine(in: examination)
        if restIsSilent {
            examination.examine(.rest, check.rest)
        } else {
            examination.pass(.rest, because: "the model does not promise silence")
        }
        examination.examine(.batchAlone, check.batchAlone)
        examination.examine(.neighbours, check.neighbours)
        examination.examine(.batchOrder, check.batchOrder)
        if check.takesTotal {
            examination.pass(.stepSplit, because: "its window is one whole, without steps")
        } else {
            examination.examine(.stepSplit, check.stepSplit)
        }
        examination.examine(.deterministic, check.deterministic)
        examination.examine(.sends, check.sends)
        examination.examine(.finite, check.finite)
        examination.examine(.inputsKept, check.inputsKept)
    }
}

/// One window of a model.
struct NeuronWindow {
    let sent: Activity
    let potentials: Values

    init(_ model: any NeuronModel, _ current: Values, state: (any NeuronState)? = nil) {
        let potentials = Values(steps: current.steps, batch: current.batch, count: current.count)
        sent = model.run(current, state: state ?? model.rest(count: current.row), potentials: potentials)
        self.potentials = potentials
    }
}

/// One model, and the windows it is examined with.
struct NeuronCheck {
    let model: any NeuronModel
    let seed: UInt64

    var takesTotal: Bool { model.demand != .perStep }

    /// So many steps, or where the model does not run in such windows the fewest that it runs in.
    private func window(_ steps: Int) -> Int {
        ([steps] + Array(1...64)).first { (try? model.check(steps: $0)) != nil } ?? steps
    }

    /// Currents strong enough to fire often: per step where the model takes such, else one a window.
    func currents(_ steps: Int, _ batch: Int, _ count: Int) -> Values {
        var random = Seeded(seed)
        return random.values(
            steps: steps,
            batch: batch,
            count: count,
            isConstant: takesTotal,
            in: -0.6...1.6,
            activity: 0.8
        )
    }

    func deterministic(_ evidence: Evidence) {
        let (current, gradient) = drawn()
        // Copies, so that a model that writes to its currents breaks the law of that alone.
        let (first, second) = (NeuronWindow(model, current.copy), NeuronWindow(model, current.copy))
        evidence.equalBits(first.sent.numbers, second.sent.numbers, "two runs differ")
        evidence.equalBits(first.potentials.numbers, second.potentials.numbers, "potentials of two runs differ")
        let one = model.adjoint(of: gradient.copy, current: current.copy)
        let two = model.adjoint(of: gradient.copy, current: current.copy)
        evidence.equalBits(one.numbers, two.numbers, "two adjoints differ")
    }

    func inputsKept(_ evidence: Evidence) {
        let (current, gradient) = drawn()
        let (before, gradientBefore) = (current.copy, gradient.copy)
        _ = NeuronWindow(model, current)
        evidence.equalBits(current.numbers, before.numbers, "running mutates the currents")
        let again = before.copy
        _ = model.adjoint(of: gradient, current: again)
        evidence.equalBits(again.numbers, before.numbers, "the adjoint mutates the currents")
        evidence.equalBits(gradient.numbers, gradientBefore.numbers, "the adjoint mutates the gradient")
    }

    /// Currents, and dL/d(sent) laid out as they are.
    private func drawn() -> (current: Values, gradient: Values) {
        let steps = window(10)
        var random = Seeded(seed &+ 1)
        let gradient = random.values(steps: steps, batch: 3, count: 7, isConstant: takesTotal)
        return (currents(steps, 3, 7), gradient)
    }

    func batchOrder(_ evidence: Evidence) {
        let (steps, batch, count) = (window(8), 5, 7)
        let current = currents(steps, batch, count)
        let all = NeuronWindow(model, current)
        var random = Seeded(seed &+ 2)
        let order = Array(0..<batch).shuffled(using: &random)
        let shuffled = NeuronWindow(model, picked(order, current))
        for (place, sample) in order.enumerated() {
            func same(_ a: [Float], _ b: [Float], _ what: String) {
                evidence.equalBits(
                    part(of: place, in: a, batch: batch, count: count),
                    part(of: sample, in: b, batch: batch, count: count),
                    "the order of the batch changes \(what)"
                )
            }
            same(shuffled.sent.numbers, all.sent.numbers, "sample \(sample)")
            same(shuffled.potentials.numbers, all.potentials.numbers, "potentials of sample \(sample)")
        }
    }

    func batchAlone(_ evidence: Evidence) {
        let (steps, batch, count) = (window(8), 5, 7)
        let current = currents(steps, batch, count)
        let all = NeuronWindow(model, current)
        for sample in 0..<batch {
            let alone = NeuronWindow(model, picked([sample], current))
            func same(_ a: [Float], _ b: [Float], _ claim: String) {
                evidence.equalBits(a, part(of: sample, in: b, batch: batch, count: count), claim)
            }
            same(alone.sent.numbers, all.sent.numbers, "sample \(sample) alone differs from the same in a batch")
            same(
                alone.potentials.numbers,
                all.potentials.numbers,
                "potentials of sample \(sample) alone differ from those in a batch"
            )
        }
    }

    private func picked(_ order: [Int], _ values: Values) -> Values {
        let result = Values(
            steps: values.steps,
            batch: order.count,
            count: values.count,
            isConstant: values.isConstant
        )
        for t in 0..<values.slices {
            for (place, sample) in order.enumerated() {
                for index in 0..<values.count {
                    result.step(t)[place * values.count + index] = values.step(t)[sample * values.count + index]
                }
            }
        }
        return result
    }

    func stepSplit(_ evidence: Evidence) {
        let current = currents(10, 2, 9)
        let whole = NeuronWindow(model, current)
        for lengths in [[4, 6], [1, 9], [Int](repeating: 1, count: 10)] {
            let state = model.rest(count: current.row)
            var sent: [Float] = []
            var potentials: [Float] = []
            var first = 0
            for length in lengths {
                let part = Values(steps: length, batch: 2, count: 9)
                for index in 0..<part.storage.count { part.base[index] = current.step(first)[index] }
                let window = NeuronWindow(model, part, state: state)
                sent += window.sent.numbers
                potentials += window.potentials.numbers
                first += length
            }
            evidence.equalBits(sent, whole.sent.numbers, "cut into \(lengths) steps it sends something else")
            evidence.equalBits(potentials, whole.potentials.numbers, "cut into \(lengths) steps potentials differ")
        }
    }

    /// A neuron with a weak current among neighbours that fire at every chance.
    func neighbours(_ evidence: Evidence) {
        let (steps, count, quiet) = (window(12), 16, 5)
        let current = Values(steps: steps, batch: 1, count: count, isConstant: takesTotal)
        let alone = Values(steps: steps, batch: 1, count: 1, isConstant: takesTotal)
        for t in 0..<current.slices {
            for index in 0..<count { current.step(t)[index] = index == quiet ? 0.01 : 5 }
            alone.step(t)[0] = 0.01
        }
        let together = NeuronWindow(model, current)
        let single = NeuronWindow(model, alone)
        let mine = (0..<steps).map { together.potentials.step($0)[quiet] }
        evidence.equalBits(mine, single.potentials.numbers, "a neuron is touched by its neighbours' spikes")
    }

    func rest(_ evidence: Evidence) {
        let window = NeuronWindow(model, Values(steps: window(20), batch: 1, count: 17, isConstant: takesTotal))
        let start = window.potentials.base[0]
        let drift = window.potentials.numbers.map { abs($0 - start) }.max() ?? 0
        // v_leak (1 - alpha) + alpha v_leak is v_leak up to the rounding of each step.
        evidence.require(
            drift <= 20 * max(1, abs(start)) * Float.ulpOfOne,
            "rest is no fixed point: it drifts by \(drift)"
        )
        if model.sends == .raster {
            evidence.require(window.sent.numbers.allSatisfy { $0 == 0 }, "it fires at rest without input")
        }
    }

    func finite(_ evidence: Evidence) {
        let kinds: [Float] = [0x1p-149, -0x1p-140, 1e-30, -1e30, 1e30, 0, 1, -1]
        let current = Values(steps: window(6), batch: 1, count: kinds.count * 3, isConstant: takesTotal)
        for t in 0..<current.slices {
            for (index, kind) in kinds.enumerated() {
                current.step(t)[index] = kind
                current.step(t)[index + kinds.count] = t % 2 == 0 ? kind : -kind
                current.step(t)[index + 2 * kinds.count] = t == 0 ? kind : 0.5
            }
        }
        let window = NeuronWindow(model, current)
        evidence.require(window.sent.numbers.allSatisfy(\.isFinite), "it sends what is not finite")
        evidence.require(window.potentials.numbers.allSatisfy(\.isFinite), "potentials are not finite")
        let gradient = Values(steps: current.steps, batch: 1, count: current.count, isConstant: takesTotal)
        for index in 0..<gradient.storage.count { gradient.base[index] = index % 2 == 0 ? 1 : -0.5 }
        let slope = model.adjoint(of: gradient, current: current)
        evidence.require(slope.numbers.allSatisfy { !$0.isNaN }, "the adjoint is NaN")
    }

    func sends(_ evidence: Evidence) {
        let (ofGradient, gradient) = drawn()
        evidence.require(
            model.adjoint(of: gradient, current: ofGradient).isConstant == ofGradient.isConstant,
            "the gradient of the current is not laid out as the current"
        )
        let (steps, batch, count) = (window(5), 3, 23)
        let window = NeuronWindow(model, currents(steps, batch, count))
        evidence.require(
            window.sent.steps == steps && window.sent.batch == batch && window.sent.count == count,
            "it sends another shape than arrived"
        )
        switch window.sent {
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
}

import SNNKernel
import Testing

/// Checks the laws that every neuron model obeys.
///
/// - it is deterministic, and mutates neither its currents nor the gradients it is given;
/// - neurons do not know each other: any batch, any order, any neighbour, the same bits;
/// - a window may be cut anywhere: steps 0..<10 are 0..<4, then 4..<10 from the state that the first part left;
/// - at rest, without input, nothing moves and nothing is sent;
/// - what it sends is what `sends` says, and finite for denormal and huge currents;
/// - sixteen neurons at once give the bits of one at a time;
/// - the adjoint of a strip of neurons has the bits of the whole;
/// - the adjoint is the transpose of forward mode, and of finite differences where the model is smooth.
///
/// `relaxed` is the same model with a smooth output, nil where `model` is smooth itself. `restIsSilent` says whether
/// the model promises silence without input, `isDetached` whether its gradient leaves a path out, which neither
/// differences nor forward mode can.
public func checkConformance(
    of model: any NeuronModel,
    relaxed: (any NeuronModel)? = nil,
    restIsSilent: Bool = true,
    isDetached: Bool = false,
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let law = Law(subject: "\(type(of: model))", seed: seed, location: sourceLocation)
    let check = NeuronCheck(model: model, law: law)
    check.pure()
    check.batchIndependent()
    check.splittable()
    check.untouched()
    check.rest(isSilent: restIsSilent)
    check.finite()
    check.sendsWhatItSays()
    check.strips()
    let gradient = NeuronGradientCheck(model: model, law: law)
    gradient.lanes()
    if !isDetached { gradient.forwardMode() }
    if let smooth = relaxed ?? (model.sends == .raster || model.sends == .codes || isDetached ? nil : model) {
        NeuronGradientCheck(model: smooth, law: law).differences()
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

private struct NeuronCheck {
    let model: any NeuronModel
    let law: Law

    private var takesTotal: Bool { model.demand != .perStep }

    /// So many steps, or where the model does not run in such windows the fewest that it runs in.
    private func window(_ steps: Int) -> Int {
        ([steps] + Array(1...64)).first { (try? model.check(steps: $0)) != nil } ?? steps
    }

    /// Currents strong enough to fire often: per step where the model takes such, else one a window.
    private func currents(_ steps: Int, _ batch: Int, _ count: Int) -> Values {
        var random = Seeded(law.seed)
        return random.values(
            steps: steps,
            batch: batch,
            count: count,
            isConstant: takesTotal,
            in: -0.6...1.6,
            activity: 0.8
        )
    }

    func pure() {
        let steps = window(10)
        let current = currents(steps, 3, 7)
        let before = current.copy
        let first = NeuronWindow(model, current)
        let second = NeuronWindow(model, current)
        law.equalBits(first.sent.numbers, second.sent.numbers, "two runs differ")
        law.equalBits(first.potentials.numbers, second.potentials.numbers, "potentials of two runs differ")
        law.equalBits(current.numbers, before.numbers, "running mutates the currents")
        var random = Seeded(law.seed &+ 1)
        let gradient = random.values(steps: steps, batch: 3, count: 7, isConstant: takesTotal)
        let gradientBefore = gradient.copy
        let one = model.adjoint(of: gradient, current: current)
        let two = model.adjoint(of: gradient, current: current)
        law.equalBits(one.numbers, two.numbers, "two adjoints differ")
        law.equalBits(current.numbers, before.numbers, "the adjoint mutates the currents")
        law.equalBits(gradient.numbers, gradientBefore.numbers, "the adjoint mutates the gradient")
        law.require(one.isConstant == current.isConstant, "the gradient of the current is not laid out as the current")
    }

    func batchIndependent() {
        let (steps, batch, count) = (window(8), 5, 7)
        let current = currents(steps, batch, count)
        let all = NeuronWindow(model, current)
        var random = Seeded(law.seed &+ 2)
        let order = Array(0..<batch).shuffled(using: &random)
        let shuffled = NeuronWindow(model, picked(order, current))
        func rows(_ numbers: [Float], _ sample: Int) -> [Float] {
            part(of: sample, in: numbers, batch: batch, count: count)
        }
        for (place, sample) in order.enumerated() {
            let alone = NeuronWindow(model, picked([sample], current))
            let wanted = rows(all.sent.numbers, sample)
            let potentials = rows(all.potentials.numbers, sample)
            law.equalBits(
                rows(shuffled.sent.numbers, place),
                wanted,
                "the order of the batch changes a sample"
            )
            law.equalBits(
                rows(shuffled.potentials.numbers, place),
                potentials,
                "the order of the batch changes potentials"
            )
            law.equalBits(alone.sent.numbers, wanted, "a sample alone differs from the same in a batch")
            law.equalBits(alone.potentials.numbers, potentials, "potentials alone differ from those in a batch")
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

    func splittable() {
        guard !takesTotal else { return }
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
            law.equalBits(sent, whole.sent.numbers, "cut into \(lengths) steps it sends something else")
            law.equalBits(potentials, whole.potentials.numbers, "cut into \(lengths) steps potentials differ")
        }
    }

    /// A neuron with a weak current among neighbours that fire at every chance.
    func untouched() {
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
        law.equalBits(mine, single.potentials.numbers, "a neuron is touched by its neighbours' spikes")
    }

    func rest(isSilent: Bool) {
        let window = NeuronWindow(model, Values(steps: window(20), batch: 1, count: 17, isConstant: takesTotal))
        guard isSilent else { return }
        let start = window.potentials.base[0]
        let drift = window.potentials.numbers.map { abs($0 - start) }.max() ?? 0
        // v_leak (1 - alpha) + alpha v_leak is v_leak up to the rounding of each step.
        law.require(drift <= 20 * max(1, abs(start)) * Float.ulpOfOne, "rest is no fixed point: it drifts by \(drift)")
        if model.sends == .raster {
            law.require(window.sent.numbers.allSatisfy { $0 == 0 }, "it fires at rest without input")
        }
    }

    func finite() {
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
        law.require(window.sent.numbers.allSatisfy(\.isFinite), "it sends what is not finite")
        law.require(window.potentials.numbers.allSatisfy(\.isFinite), "potentials are not finite")
        let gradient = Values(steps: current.steps, batch: 1, count: current.count, isConstant: takesTotal)
        for index in 0..<gradient.storage.count { gradient.base[index] = index % 2 == 0 ? 1 : -0.5 }
        let slope = model.adjoint(of: gradient, current: current)
        law.require(slope.numbers.allSatisfy { !$0.isNaN }, "the adjoint is NaN")
    }

    /// Every strip of layers that end within a tile, with a tile and with a strip.
    func strips() {
        guard !takesTotal else { return }
        let (steps, batch) = (6, 3)
        var random = Seeded(law.seed &+ 5)
        for count in [5, 16, 23, 32, 75] {
            let current = currents(steps, batch, count)
            for isConstant in [false, true] {
                let gradient = random.values(steps: steps, batch: batch, count: count, isConstant: isConstant)
                let whole = model.adjoint(of: gradient, current: current)
                var found = [Float](repeating: .nan, count: steps * batch * count)
                for first in stride(from: 0, to: count, by: GradientStrip.width) {
                    let neurons = first..<min(first + GradientStrip.width, count)
                    let rows = steps * batch
                    // Sixteen a row and the others elsewhere, or all of them in one row.
                    let rowLength = random.pick([16, 32])
                    let numbers = Storage<Float>(32 * rows)
                    let high = rowLength == 32 ? 16 : 16 * rows
                    model.adjoint(
                        of: gradient,
                        current: current,
                        to: GradientStrip(
                            neurons: neurons,
                            low: numbers.base,
                            high: numbers.base + high,
                            rowLength: rowLength
                        )
                    )
                    for row in 0..<rows {
                        for neuron in neurons {
                            let (half, lane) = (neuron - first).quotientAndRemainder(dividingBy: 16)
                            found[row * count + neuron] = numbers.elements[half * high + row * rowLength + lane]
                        }
                    }
                }
                law.equalBits(found, whole.numbers, "a strip of \(count) neurons has another adjoint")
            }
        }
    }

    func sendsWhatItSays() {
        let (steps, batch, count) = (window(5), 3, 23)
        let window = NeuronWindow(model, currents(steps, batch, count))
        law.require(
            window.sent.steps == steps && window.sent.batch == batch && window.sent.count == count,
            "it sends another shape than arrived"
        )
        switch window.sent {
        case .values(let values):
            let kind: ActivityKind = values.isConstant ? .constantValues : .values
            if model.sends == .times {
                law.require(
                    kind == .constantValues && values.storage.elements.allSatisfy { $0 >= 0 },
                    "spike times must be one number a window and not negative"
                )
                return
            }
            law.require(kind == model.sends, "it sends \(kind.rawValue) and says \(model.sends.rawValue)")
        case .raster(let raster):
            let kind: ActivityKind = raster.codes == nil ? .raster : .codes
            law.require(kind == model.sends, "it sends \(kind.rawValue) and says \(model.sends.rawValue)")
            guard case .bits(let words) = raster.form else { return }
            for t in 0..<steps {
                let last = words.base[t * raster.wordsPerStep + raster.wordsPerStep - 1]
                let unused = ~UInt64(0) << UInt64(raster.row % 64)
                law.require(raster.row % 64 == 0 || last & unused == 0, "spikes of neurons that do not exist")
            }
        }
    }
}

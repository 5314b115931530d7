import SNNKernel

/// The laws of a model's adjoint; the model alone, without connections.
struct NeuronGradientLaws {
    let laws: NeuronLaws
    let subject: NeuronSubject

    private var model: any NeuronModel { subject.model }
    private var check: NeuronGradientCheck { NeuronGradientCheck(subject) }

    func examine(in examination: Examination) {
        if let reason = subject.untrainable {
            for law in [Law.adjoint, .adjointStrips, .constantCurrent] {
                examination.pass(law, because: "inference only: \(reason.message)")
            }
        } else {
            adjoint(in: examination)
            layouts(in: examination)
        }
        if model.part(0..<1, own: []) == nil {
            examination.pass(.parts, because: "the neurons of a layer run together")
        } else {
            examination.examine(.parts, subject.parts)
        }
        if subject.isTrainable, let equations = model.equations(over: Float.self) {
            examination.examine(.lanes) { check.lanes(equations, $0) }
        } else {
            examination.pass(.lanes, because: "it has no equations for one neuron to compare with")
        }
    }

    private func layouts(in examination: Examination) {
        guard model.demand == .perStep else {
            for law in [Law.adjointStrips, .constantCurrent] {
                examination.pass(law, because: "it takes one current for the whole window")
            }
            return
        }
        examination.examine(.adjointStrips, subject.strips)
        examination.examine(.constantCurrent, check.constantCurrent)
    }

    /// Every way there is of knowing the derivative.
    private func adjoint(in examination: Examination) {
        var isKnown = false
        if let sloped = model.sloped {
            isKnown = true
            examination.examine(.adjoint) { SlopeCheck(sloped, subject).examine($0) }
        }
        if laws.isDetached {
            if !isKnown { examination.pass(.adjoint, because: "its gradient leaves a path out, as no other way does") }
            return
        }
        if let dual = model.equations(over: Dual.self), let double = model.equations(over: Double.self) {
            isKnown = true
            examination.examine(.adjoint) { check.forwardMode(dual, double, $0) }
        }
        let canSpike = model.sends == .raster || model.sends == .codes
        if let smooth = laws.relaxed ?? (canSpike ? nil : model) {
            isKnown = true
            let smooth = NeuronGradientCheck(NeuronSubject(smooth, seed: subject.seed, scale: subject.scale))
            examination.examine(.adjoint, smooth.differences)
        }
        if !isKnown {
            examination.pass(
                .adjoint,
                because: "it has neither equations nor slopes nor a smooth output to compare with"
            )
        }
    }
}

/// One model, and the gradients it is examined with.
struct NeuronGradientCheck {
    let subject: NeuronSubject

    init(_ subject: NeuronSubject) { self.subject = subject }

    private let count = 19
    private var model: any NeuronModel { subject.model }
    private var seed: UInt64 { subject.seed }
    private var takesTotal: Bool { subject.takesTotal }
    /// One number a window is one step of the equations.
    private var steps: Int { takesTotal ? 1 : 7 }

    /// Currents per step that fire some neurons often, some rarely; and dL/d(sent).
    private func drawn() -> (current: Values, slope: Values) {
        var random = Seeded(seed &+ 3)
        let current = scaled(random.values(steps: steps, batch: 1, count: count, isConstant: takesTotal, in: range))
        let slope = random.values(steps: steps, batch: 1, count: count, isConstant: takesTotal)
        return (current, slope)
    }

    private let range = -0.6...1.4

    private func scaled(_ values: Values) -> Values { values.scaled(by: subject.scale) }

    private func lane<V: Lane>(_ values: Values, _: V.Type) -> [V] { values.numbers.map { V(Double($0)) } }

    /// The engine's sixteen neurons at once against the same text, one neuron at a time.
    func lanes<Equations: StepEquations>(_ equations: Equations, _ evidence: Evidence) where Equations.Value == Float {
        let (current, slope) = drawn()
        let window = NeuronWindow(model, current)
        let one = ReferenceNeurons.run(equations, current.numbers, steps: steps)
        evidence.equalBits(window.sent.numbers, one.sent, "sixteen neurons at once send something else than one")
        evidence.equalBits(
            window.potentials.numbers,
            one.potentials,
            "potentials of sixteen at once differ from those of one"
        )
        let found = model.adjoint(of: slope, current: current).numbers
        let wanted = ReferenceNeurons.adjoint(equations, of: slope.numbers, current: current.numbers, steps: steps)
        evidence.equalBits(found, wanted, "the adjoint of sixteen at once differs from that of one")
    }

    /// A constant current is the same at every step, collects the gradients of all, and meets a constant gradient at each.
    func constantCurrent(_ evidence: Evidence) {
        var random = Seeded(seed &+ 4)
        let current = scaled(random.values(steps: steps, batch: 1, count: count, isConstant: true, in: range))
        let slope = random.values(steps: steps, batch: 1, count: count, isConstant: true)
        let (spelledCurrent, spelledSlope) = (current.spelled, slope.spelled)
        evidence.equalBits(
            NeuronWindow(model, current).sent.numbers,
            NeuronWindow(model, spelledCurrent).sent.numbers,
            "a constant current and the same at every step send different things"
        )
        let spelled = model.adjoint(of: spelledSlope, current: spelledCurrent).numbers
        let sums = (0..<count).map { neuron in (0..<steps).reduce(0.0) { $0 + Double(spelled[$1 * count + neuron]) } }
        let found = model.adjoint(of: slope, current: current)
        evidence.require(found.isConstant, "the gradient of a constant current is not constant")
        let error = relativeError(found.numbers.map(Double.init), sums)
        evidence.require(error <= 1e-5, "a constant current does not collect the gradients of all steps: \(error)")
    }

    /// d(sum slope x sent) / d(current) by dual numbers against the adjoint in double.
    func forwardMode<D: StepEquations, E: StepEquations>(_ dual: D, _ double: E, _ evidence: Evidence)
    where D.Value == Dual, E.Value == Double {
        let (current, slope) = drawn()
        let weights = lane(slope, Double.self)
        var found: [Double] = []
        for place in 0..<current.storage.count {
            var seeds = lane(current, Dual.self)
            seeds[place].tangent = 1
            let sent = ReferenceNeurons.run(dual, seeds, steps: steps).sent
            found.append(zip(sent, weights).reduce(0) { $0 + $1.0.tangent * $1.1 })
        }
        let wanted = ReferenceNeurons.adjoint(double, of: weights, current: lane(current, Double.self), steps: steps)
        // Both are exact; what a step amplifies, by 8 in Izhikevich's at dt = 1, cancels in the sum and takes digits along.
        require(evidence, relativeError(found, wanted), 1e-9, "the adjoint differs from forward mode", wanted)
    }

    /// The same sum by central differences: in double where there are equations, else in float32 through the model.
    func differences(_ evidence: Evidence) {
        if let double = model.equations(over: Double.self) {
            differences(double, evidence)
        } else {
            floatDifferences(evidence)
        }
    }

    private func differences<Equations: StepEquations>(_ equations: Equations, _ evidence: Evidence)
    where Equations.Value == Double {
        let (current, slope) = drawn()
        let weights = lane(slope, Double.self)
        var numbers = lane(current, Double.self)
        let wanted = ReferenceNeurons.adjoint(equations, of: weights, current: numbers, steps: steps)
        func value() -> Double {
            zip(ReferenceNeurons.run(equations, numbers, steps: steps).sent, weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        func differences(_ h: Double) -> [Double] {
            numbers.indices.map { place in
                let i = numbers[place]
                numbers[place] = i + h
                let above = value()
                numbers[place] = i - h
                defer { numbers[place] = i }
                return (above - value()) / (2 * h)
            }
        }
        // One of them is neither too coarse for the curvature nor too fine for the digits there are; Izhikevich's step at
        // dt = 1 leaves 2e-6 between the two.
        let tries = [1e-6, 1e-7, 1e-8].map(differences)
        let found = tries.min { relativeError(wanted, $0) < relativeError(wanted, $1) } ?? []
        require(
            evidence,
            relativeError(wanted, found),
            1e-5,
            "the adjoint in double differs from central differences",
            found
        )
        let engine = model.adjoint(of: slope, current: current).numbers.map(Double.init)
        require(
            evidence,
            relativeError(engine, found),
            1e-3,
            "the adjoint in float32 differs from central differences",
            found
        )
    }

    private func floatDifferences(_ evidence: Evidence) {
        let (current, slope) = drawn()
        let engine = model.adjoint(of: slope, current: current).numbers.map(Double.init)
        // Powers of two: the currents move by exactly h, up to their own rounding. One of the steps is neither too
        // coarse for the curvature nor too fine for float32.
        let tries = [0x1p-10, 0x1p-7, 0x1p-4, 0x1p-13].map { (h: Float) in floatDifferences(current, slope, h) }
        let best = tries.min { relativeError(engine, $0) < relativeError(engine, $1) } ?? []
        require(evidence, relativeError(engine, best), 1e-3, "the adjoint differs from central differences", best)
    }

    private func floatDifferences(_ current: Values, _ slope: Values, _ h: Float) -> [Double] {
        let numbers = current.copy
        func value() -> Double {
            let sent = subject.run(numbers).sent.numbers
            // A constant gradient is the total over the steps, so one step of what is sent stands for all.
            return zip(sent, slope.numbers).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return (0..<numbers.storage.count).map { place in
            let i = numbers.base[place]
            numbers.base[place] = i + h * subject.scale
            let above = value()
            numbers.base[place] = i - h * subject.scale
            let found = (above - value()) / (2 * Double(h * subject.scale))
            numbers.base[place] = i
            return found
        }
    }

    private func require(
        _ evidence: Evidence,
        _ error: Double,
        _ limit: Double,
        _ claim: String,
        _ reference: [Double]
    ) {
        evidence.require(reference.contains { abs($0) > 1e-6 }, "no gradient at all, so nothing is checked")
        evidence.require(error <= limit, "\(claim): relative error \(error) > \(limit)")
        evidence.note = "relative error \(error.short)"
    }
}

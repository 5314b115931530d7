import SNNKernel

/// The laws of a model's adjoint; the model alone, without connections.
struct NeuronGradientCheck {
    let model: any NeuronModel
    let law: Law

    private let count = 19
    private var takesTotal: Bool { model.demand != .perStep }
    /// One number a window is one step of the equations.
    private var steps: Int { takesTotal ? 1 : 7 }

    /// Currents per step that fire some neurons often, some rarely; and dL/d(sent).
    private func drawn() -> (current: Values, slope: Values) {
        var random = Seeded(law.seed &+ 3)
        let current = random.values(steps: steps, batch: 1, count: count, isConstant: takesTotal, in: -0.6...1.4)
        let slope = random.values(steps: steps, batch: 1, count: count, isConstant: takesTotal)
        return (current, slope)
    }

    private func lane<V: ReferenceLane>(_ values: Values, _: V.Type) -> [V] { values.numbers.map { V(Double($0)) } }

    /// The engine's sixteen neurons at once against the same text, one neuron at a time.
    func lanes() {
        guard let equations = model.equations(over: Float.self) else { return }
        lanes(equations)
    }

    private func lanes<Equations: StepEquations>(_ equations: Equations) where Equations.Value == Float {
        let (current, slope) = drawn()
        let window = NeuronWindow(model, current)
        let one = ReferenceNeurons.run(equations, current.numbers, steps: steps)
        law.equalBits(window.sent.numbers, one.sent, "sixteen neurons at once send something else than one")
        law.equalBits(
            window.potentials.numbers,
            one.potentials,
            "potentials of sixteen at once differ from those of one"
        )
        let found = model.adjoint(of: slope, current: current).numbers
        let wanted = ReferenceNeurons.adjoint(equations, of: slope.numbers, current: current.numbers, steps: steps)
        law.equalBits(found, wanted, "the adjoint of sixteen at once differs from that of one")
        constant(wanted: { current, slope in
            ReferenceNeurons.adjoint(equations, of: slope, current: current, steps: self.steps)
        })
    }

    /// A constant current collects the gradients of all steps, and meets a constant gradient at each.
    private func constant(wanted: ([Float], [Float]) -> [Float]) {
        var random = Seeded(law.seed &+ 4)
        let current = random.values(steps: steps, batch: 1, count: count, isConstant: true, in: -0.6...1.4)
        let slope = random.values(steps: steps, batch: 1, count: count, isConstant: true)
        let spelled = wanted(
            (0..<steps).flatMap { _ in current.numbers },
            (0..<steps).flatMap { _ in slope.numbers }
        )
        let sums = (0..<count).map { neuron in (0..<steps).reduce(0.0) { $0 + Double(spelled[$1 * count + neuron]) } }
        let found = model.adjoint(of: slope, current: current)
        law.require(found.isConstant, "the gradient of a constant current is not constant")
        let error = relativeError(found.numbers.map(Double.init), sums)
        law.require(error <= 1e-5, "a constant current does not collect the gradients of all steps: \(error)")
    }

    /// d(sum slope x sent) / d(current) by dual numbers against the adjoint in double.
    func forwardMode() {
        guard let dual = model.equations(over: Dual.self), let double = model.equations(over: Double.self) else {
            return
        }
        forwardMode(dual, double)
    }

    private func forwardMode<D: StepEquations, E: StepEquations>(_ dual: D, _ double: E)
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
        require(relativeError(found, wanted), 1e-12, "the adjoint differs from forward mode", wanted)
    }

    /// The same sum by central differences: in double where there are equations, else in float32 through the model.
    func differences() {
        if let double = model.equations(over: Double.self) {
            differences(double)
        } else {
            floatDifferences()
        }
    }

    private func differences<Equations: StepEquations>(_ equations: Equations) where Equations.Value == Double {
        let (current, slope) = drawn()
        let weights = lane(slope, Double.self)
        let h = 1e-6
        var found: [Double] = []
        var numbers = lane(current, Double.self)
        func value() -> Double {
            zip(ReferenceNeurons.run(equations, numbers, steps: steps).sent, weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        for place in numbers.indices {
            let i = numbers[place]
            numbers[place] = i + h
            let above = value()
            numbers[place] = i - h
            found.append((above - value()) / (2 * h))
            numbers[place] = i
        }
        let wanted = ReferenceNeurons.adjoint(equations, of: weights, current: numbers, steps: steps)
        require(relativeError(wanted, found), 1e-6, "the adjoint in double differs from central differences", found)
        let engine = model.adjoint(of: slope, current: current).numbers.map(Double.init)
        require(relativeError(engine, found), 1e-3, "the adjoint in float32 differs from central differences", found)
    }

    private func floatDifferences() {
        let (current, slope) = drawn()
        // A power of two: the currents move by exactly h, up to their own rounding.
        let h: Float = 0x1p-10
        let numbers = current.copy
        func value() -> Double {
            let sent = NeuronWindow(model, numbers).sent.numbers
            // A constant gradient is the total over the steps, so one step of what is sent stands for all.
            return zip(sent, slope.numbers).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        var found: [Double] = []
        for place in 0..<numbers.storage.count {
            let i = numbers.base[place]
            numbers.base[place] = i + h
            let above = value()
            numbers.base[place] = i - h
            found.append((above - value()) / (2 * Double(h)))
            numbers.base[place] = i
        }
        let engine = model.adjoint(of: slope, current: current).numbers.map(Double.init)
        require(relativeError(engine, found), 1e-3, "the adjoint differs from central differences", found)
    }

    private func require(_ error: Double, _ limit: Double, _ claim: String, _ reference: [Double]) {
        law.require(reference.contains { abs($0) > 1e-6 }, "no gradient at all, so nothing is checked")
        law.require(error <= limit, "\(claim): relative error \(error) > \(limit)")
    }
}

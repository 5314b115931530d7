import SNNKernel

/// Sixteen neurons.
typealias Lanes = SIMD16<Float>

/// Runs programs over rows of neurons, sixteen at a time.
struct Interpreter {
    /// The least distance that fires.
    let least: Float
    let surrogate: Surrogate

    /// Runs the instructions once over `lanes` neurons, a multiple of sixteen, of the rows at `slots`.
    ///
    /// The spikes go to `bits`, a bit a neuron, where it is given.
    func execute(
        _ program: UnsafeBufferPointer<Instruction<Float>>,
        _ slots: SlotTable,
        lanes: Int,
        bits: UnsafeMutableRawPointer?
    ) {
        for index in 0..<program.count {
            let i = program[index]
            switch i.code {
            case .fill: Loop.fill(i, slots, lanes)
            case .copy: Loop.run1(Copy(), i, slots, lanes)
            case .linear1: Loop.run1(Linear(i), i, slots, lanes)
            case .linear2: Loop.run2(Linear(i), i, slots, lanes)
            case .linear3: Loop.run3(Linear(i), i, slots, lanes)
            case .product: Loop.run2(Product(i), i, slots, lanes)
            case .productPlus1: Loop.run3(Product(i), i, slots, lanes)
            case .productPlus2: Loop.run4(Product(i), i, slots, lanes)
            case .quotient: Loop.run2(Quotient(), i, slots, lanes)
            case .exponential: Loop.run1(Exponential(), i, slots, lanes)
            case .tangent: Loop.run1(Tangent(), i, slots, lanes)
            case .magnitude: Loop.run1(Magnitude(), i, slots, lanes)
            case .least: Loop.run2(Least(), i, slots, lanes)
            case .greatest: Loop.run2(Greatest(), i, slots, lanes)
            case .atLeastZero: Loop.run1(AtLeastZero(i), i, slots, lanes)
            case .spike: spike(i, slots, lanes, bits)
            case .spikeSelect:
                let rule = StepRule(charge: Copy(), fire: Fire1(i, least), reset: Linear(reset: i))
                Loop.spikeSelect(rule, i, slots, lanes, bits)
            case .spikeSet:
                let rule = StepRule(charge: Copy(), fire: Fire1(i, least), reset: Fixed(value: i.c2))
                Loop.spikeSelect(rule, i, slots, lanes, bits)
            case .chargeSpikeSelect:
                let rule = StepRule(charge: Linear(charge: i), fire: Fire1(i, least), reset: Linear(reset: i))
                Loop.spikeSelect(rule, i, slots, lanes, bits)
            case .chargeSpikeSet:
                let rule = StepRule(charge: Linear(charge: i), fire: Fire1(i, least), reset: Fixed(value: i.c2))
                Loop.spikeSelect(rule, i, slots, lanes, bits)
            case .smoothSpike: Loop.run1(SmoothSpike(i, surrogate), i, slots, lanes)
            case .slope: slope(i, slots, lanes)
            case .select: Loop.run3(Select(i), i, slots, lanes)
            case .selectLinear: Loop.run3(SelectLinear(i), i, slots, lanes)
            case .selectConstant: Loop.run2(Select(i), i, slots, lanes)
            case .scale2: Loop.scale2(i, slots, lanes)
            }
        }
    }

    /// One loop a shape of the surrogate, so that none holds a choice.
    private func slope(_ i: Instruction<Float>, _ slots: SlotTable, _ lanes: Int) {
        switch surrogate.kind {
        case .rectangle: Loop.run1(Slope<Surrogate.Rectangle>(i, surrogate), i, slots, lanes)
        case .triangle: Loop.run1(Slope<Surrogate.Triangle>(i, surrogate), i, slots, lanes)
        case .arctan: Loop.run1(Slope<Surrogate.Arctan>(i, surrogate), i, slots, lanes)
        case .fastSigmoid: Loop.run1(Slope<Surrogate.FastSigmoid>(i, surrogate), i, slots, lanes)
        case .logistic: Loop.run1(Slope<Surrogate.Logistic>(i, surrogate), i, slots, lanes)
        case .gaussian: Loop.run1(Slope<Surrogate.Gaussian>(i, surrogate), i, slots, lanes)
        }
    }

    private func spike(
        _ i: Instruction<Float>,
        _ slots: SlotTable,
        _ lanes: Int,
        _ bits: UnsafeMutableRawPointer?
    ) {
        if i.y < 0 {
            Loop.spikes(Fire1(i, least), i, slots, lanes, bits)
        } else {
            Loop.spikes(Fire2(i, least), i, slots, lanes, bits)
        }
    }
}

import SNNKernel

/// The same programs, one neuron at a time, over any number type: the reference that checks the derivative.
struct InterpretedStep<Value: Lane>: StepEquations {
    let neuron: CompiledNeuron

    /// Room for the most rows that a text may have.
    struct State: BitwiseCopyable, Sendable {
        var rows:
            (
                Value, Value, Value, Value, Value, Value, Value, Value,
                Value, Value, Value, Value, Value, Value, Value, Value
            )

        init() {
            let o = Value.zero
            rows = (o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o)
        }

        subscript(row: Int) -> Value {
            get {
                withUnsafeBytes(of: rows) { $0.load(fromByteOffset: row * MemoryLayout<Value>.stride, as: Value.self) }
            }
            set {
                withUnsafeMutableBytes(of: &rows) {
                    $0.storeBytes(of: newValue, toByteOffset: row * MemoryLayout<Value>.stride, as: Value.self)
                }
            }
        }
    }

    init(_ neuron: CompiledNeuron) { self.neuron = neuron }

    var zeroState: State { State() }
    var rest: State {
        var state = State()
        for (row, start) in neuron.starts.enumerated() { state[row] = Value(start) }
        return state
    }

    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        let slots = Slots(rowCount: neuron.rowCount, tapeCount: 0)
        var values = rows(for: neuron.reference, slots)
        values[Slots.current] = current
        for row in 0..<neuron.rowCount { values[slots.incoming(row)] = state[row] }
        run(neuron.reference, &values)
        for row in 0..<neuron.rowCount { state[row] = values[slots.outgoing(row)] }
        return (values[Slots.sent], values[Slots.potential])
    }

    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        let slots = neuron.own.slots
        var values = rows(for: neuron.own.forward, slots)
        values[Slots.current] = current
        for row in 0..<neuron.rowCount { values[slots.incoming(row)] = before[row] }
        run(neuron.own.forward, &values)
        var back = rows(for: neuron.own.backward, slots)
        back[Slots.current] = current
        back[Slots.gradient] = sent
        for index in 0..<slots.tapeCount { back[slots.tape(index)] = values[slots.tape(index)] }
        for row in 0..<neuron.rowCount { back[slots.incoming(row)] = state[row] }
        run(neuron.own.backward, &back)
        for row in 0..<neuron.rowCount { state[row] = back[slots.outgoing(row)] }
        return back[Slots.ofCurrent]
    }

    private func rows(for program: Program, _ slots: Slots) -> [Value] {
        Array(repeating: Value.zero, count: slots.scratch + program.scratchCount)
    }

    private func run(_ program: Program, _ values: inout [Value]) {
        for i in program.instructions { execute(i, &values) }
    }

    private func execute(_ i: Instruction<Double>, _ values: inout [Value]) {
        func at(_ slot: Int32) -> Value { slot < 0 ? Value.zero : values[Int(slot)] }
        let (x, y, z, w) = (at(i.x), at(i.y), at(i.z), at(i.w))
        let (c0, c1, c2, c3) = (Value(i.c0), Value(i.c1), Value(i.c2), Value(i.c3))
        /// c0 + c1 x
        func affine() -> Value { c0.addingProduct(c1, x) }
        func put(_ value: Value, to slot: Int32) { if slot >= 0 { values[Int(slot)] = value } }
        switch i.code {
        case .fill: put(c0, to: i.target)
        case .copy: put(x, to: i.target)
        case .linear1: put(affine(), to: i.target)
        case .linear2: put(affine().addingProduct(c2, y), to: i.target)
        case .linear3: put(affine().addingProduct(c2, y).addingProduct(c3, z), to: i.target)
        case .product: put(c0.addingProduct(c1 * x, y), to: i.target)
        case .productPlus1: put(c0.addingProduct(c2, z).addingProduct(c1 * x, y), to: i.target)
        case .productPlus2:
            put(c0.addingProduct(c2, z).addingProduct(c3, w).addingProduct(c1 * x, y), to: i.target)
        case .quotient: put(x / y, to: i.target)
        case .exponential: put(x.exponential, to: i.target)
        case .tangent: put(x.hyperbolicTangent, to: i.target)
        case .magnitude: put(x.magnitude, to: i.target)
        case .least: put(Value.select(y.isAtLeast(x), x, y), to: i.target)
        case .greatest: put(Value.select(x.isAtLeast(y), x, y), to: i.target)
        case .atLeastZero:
            put(Value.select(affine().isAtLeast(Value.zero), Value.one, Value.zero), to: i.target)
        case .spike: put(spike(i.y < 0 ? affine() : affine().addingProduct(c2, y)), to: i.target)
        case .spikeSelect:
            let s = spike(affine())
            put(select(s, c2.addingProduct(c3, x), x), to: i.target)
            put(s, to: i.second)
        case .spikeSet:
            let s = spike(affine())
            put(select(s, c2, x), to: i.target)
            put(s, to: i.second)
        case .chargeSpikeSelect, .chargeSpikeSet:
            let u = Value(i.c4).addingProduct(Value(i.c5), x).addingProduct(Value(i.c6), y)
            let s = spike(c0.addingProduct(c1, u))
            put(select(s, i.code == .chargeSpikeSet ? c2 : c2.addingProduct(c3, u), u), to: i.target)
            put(s, to: i.second)
            put(u, to: i.third)
        case .smoothSpike: put(neuron.surrogate.primitive(affine()), to: i.target)
        case .slope: put(neuron.surrogate.derivative(affine()), to: i.target)
        case .select: put(select(x, z, y), to: i.target)
        case .selectLinear: put(select(x, c0.addingProduct(c1, z), y), to: i.target)
        case .selectConstant: put(select(x, c0, y), to: i.target)
        case .scale2:
            put(c0 * x, to: i.target)
            put(c1 * x, to: i.second)
        }
    }

    private func spike(_ distance: Value) -> Value {
        Value.spike(where: distance.isAtLeast(Value(neuron.least)), distance: distance) {
            neuron.surrogate.derivative($0)
        }
    }

    /// `yes` after a spike; by arithmetic where the spike carries a derivative.
    private func select(_ spike: Value, _ yes: Value, _ no: Value) -> Value {
        if Value.carriesDerivative { return no + spike * (yes - no) }
        return Value.select(spike.isAbove(Value.zero), yes, no)
    }
}

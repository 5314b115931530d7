import SNNKernel

/// The few-spikes neuron of a rectified linear unit: K bits of its current, the highest first.
///
///     T(t) = h(t) = d(t) = range 2^-t,   q = range 2^-K,   x = current + shift q
///     code = clamp(ceil(x / q) - 1, 0, 2^K - 1)    comparison above
///          = clamp(floor(x / q), 0, 2^K - 1)       comparison at_least
///     y    = q code
///     backward  dy/di := 1 where 0 < x <= range, else 0
///
/// | parameter    | unit | default | range | meaning                                                          |
/// |--------------|------|---------|-------|------------------------------------------------------------------|
/// | `range`      |      | 25      | >= 0  | the smallest current that is out of range; 0: to be fitted       |
/// | `shift`      | q    | 0       | 0...1 | added to the current; 0.5 rounds to the nearest code             |
/// | `comparison` |      | above   |       | whether a potential at threshold spikes                          |
///
/// K is the steps of the network's window, 1...16. State: none, a neuron sees its current once. Shapes: current `[B, N]` -> codes `[B, N]` of K steps. The code is that of
/// the K steps one by one, to the bit. The range is a buffer, one number a layer; where it is infinite the neuron is the
/// rectified linear unit itself.
/// Source: Stöckl and Maass, Nature Machine Intelligence 3 (2021), arXiv 2002.00860; its range is 25 everywhere.
struct FSReLUModel: NeuronModel {
    let comparison: StepTable.Comparison
    let shift: Float
    /// As described; 0 asks to be fitted.
    let startRange: Float
    private let memory: Storage<Float>

    init(_ p: ParameterSet) {
        self.init(
            range: Float(p.number("range")),
            shift: Float(p.number("shift")),
            comparison: p.choice("comparison")
        )
    }

    init(
        range: Float,
        shift: Float = 0,
        comparison: StepTable.Comparison = .above,
        over memory: Storage<Float>? = nil
    ) {
        self.shift = shift
        self.comparison = comparison
        startRange = range
        self.memory = memory ?? Storage(1)
        if memory == nil { self.memory.base[0] = range }
    }

    static let parameters: [ParameterDescription] = [
        .number("range", default: 25, atLeast: 0, "smallest current that is out of range; 0: to be fitted"),
        .number("shift", default: 0, atLeast: 0, atMost: 1, "added to the current, in units of the last bit"),
        .choice("comparison", default: StepTable.Comparison.above, "whether a potential at threshold spikes"),
    ]

    var demand: CurrentDemand { .total }
    var sends: ActivityKind { .codes }
    var sendsUnitSpikes: Bool { false }
    var buffers: [BufferDescription] { [BufferDescription(name: "range", shape: [1], start: startRange)] }

    /// The smallest current that is out of range.
    var range: Float { memory.base[0] }
    /// Steps that leave room for sums without rounding.
    static let mostSteps = 16

    func bound(to buffers: [Storage<Float>], tensors: [Storage<Float>], shape: Shape) -> any NeuronModel {
        FSReLUModel(range: startRange, shift: shift, comparison: comparison, over: buffers[0])
    }

    func check(steps: Int) throws(SNNError) {
        guard steps <= Self.mostSteps else {
            throw .parameter("fs.relu takes windows of 1 ... \(Self.mostSteps) steps, got \(steps)")
        }
    }

    func checkReady() throws(SNNError) {
        guard range != 0 else { throw .state("its range is not fitted; fit it with the rule fs.fit_ranges, or set it") }
        guard range > 0 else { throw .state("its range must be > 0, got \(range)") }
    }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        potentials?.fill(with: current)
        guard range.isFinite else { return .values(rectified(current)) }
        let codes = Storage<UInt32>(overwriting: current.row)
        let table = StepTable(reluSteps: current.steps, range: range, comparison: comparison)
        let unit = unit(current.steps)
        if isExact(current.steps) {
            quantise(current, shift * unit, to: codes.base)
        } else {
            table.encode(current, shift: shift * unit, to: codes.base)
        }
        return .raster(
            Raster(
                SpikeCodes(codes: codes, amplitudes: table.amplitudes, unit: unit),
                batch: current.batch,
                count: current.count
            )
        )
    }

    /// What codes of ever more steps and range come to, for whoever fits a range.
    private func rectified(_ current: Values) -> Values {
        let values = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        for index in 0..<current.row { values.base[index] = max(0, current.base[index]) }
        return values
    }

    /// What the last spike is worth, q.
    private func unit(_ steps: Int) -> Float { range / Float(1 << steps) }

    /// Whether every multiple of q up to the range is a number, so that the closed form and the K subtractions cannot
    /// differ.
    private func isExact(_ steps: Int) -> Bool {
        range.significandBitPattern.trailingZeroBitCount >= steps && unit(steps).isNormal && range < 1e30
    }

    /// The closed form: the nearest multiple of q, then one less where that is not below the current.
    private func quantise(_ current: Values, _ shift: Float, to codes: UnsafeMutablePointer<UInt32>) {
        typealias Lanes = SIMD16<Float>
        let unit = unit(current.steps)
        let (zero, q) = (Lanes(repeating: 0), Lanes(repeating: unit))
        let most = Lanes(repeating: Float(1 << current.steps - 1))
        let (inverse, largest, add) = (Lanes(repeating: 1 / unit), Lanes(repeating: range), Lanes(repeating: shift))
        // A number added to 2^23 keeps no fraction: its last bits are the integer.
        let integers = Lanes(repeating: 8_388_608)
        let isAbove = comparison == .above
        let from = UnsafePointer(current.base)
        for index in stride(from: 0, to: current.row, by: 16) {
            let given = (from + index).vector() + add
            // What is no number fires as little as what is negative.
            let positive: SIMDMask<SIMD16<Int32>> = given .> zero
            let inside: SIMDMask<SIMD16<Int32>> = given .< largest
            let x = zero.replacing(with: largest.replacing(with: given, where: inside), where: positive)
            var code = (x * inverse + integers) - integers
            let multiple = code * q
            let tooMany: SIMDMask<SIMD16<Int32>> = isAbove ? multiple .>= x : multiple .> x
            code = code.replacing(with: code - 1, where: tooMany)
            let negative: SIMDMask<SIMD16<Int32>> = code .< zero
            let beyond: SIMDMask<SIMD16<Int32>> = code .> most
            code = code.replacing(with: zero, where: negative).replacing(with: most, where: beyond)
            let bits = unsafeBitCast(code + integers, to: SIMD16<UInt32>.self) & 0x7F_FFFF
            UnsafeMutableRawPointer(codes + index).storeBytes(of: bits, as: SIMD16<UInt32>.self)
        }
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(steps: current.steps, batch: current.batch, count: current.count, isConstant: true)
        let (shifted, most) = (range.isFinite ? shift * unit(current.steps) : 0, range)
        for index in 0..<current.row {
            let x = current.base[index] + shifted
            if x > 0, x <= most { result.base[index] = gradient.base[index] }
        }
        return result
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

extension Values {
    /// The same values at every step.
    func fill(with values: Values) { for t in 0..<steps { step(t).update(from: values.base, count: row) } }
}

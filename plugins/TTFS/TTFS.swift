import SNNKernel

/// Time-to-first-spike neuron with constant slope at threshold (the «B1» model): at most one spike, exact gradients.
///
/// Layer n fires in a window of length D that begins where the window before it ends. Membrane, without leak:
///
///     integration, the window before:   dV/dt = sum_j W_ij H(t - t_j)        V = 0 at its beginning
///     ramp, the neuron's own window:    dV/dt = 1                            spike when V reaches D - b_i
///
/// With x = the time left from a spike to the end of its window, 0 without spike, that is exactly
///
///     i = sum_j W_ij x_j + b_i        x_i = min(max(i, 0), D)
///
/// a rectified linear unit, and so are its gradients: dx/di = 1 for 0 < i <= D, else 0. A spike at the very end of the
/// window is none. Times are kept relative, so no digit is lost in the depth of a network.
///
/// A current above D would have the neuron fire before its window: `early: clamp` has it fire at once when the window
/// begins, `early: pass` hands the value on as if the window had begun earlier, as while windows still grow.
///
/// Disturbances act on the spike in this order, and leave the gradient as it is:
///
///     jitter      t + N(0, jitter^2)      `of: real` spikes, kept in the window; `of: all`, silent ones too, wherever it leads
///     clock       t on a grid of 2^time_bits ticks over the window, the nearest or, `ceil`, the next
///
/// | parameter   | unit | default | range          | meaning                                             |
/// |-------------|------|---------|----------------|-----------------------------------------------------|
/// | `window`    | tau  | 1500    | >= 0           | D at the start; 0 means it must be fitted first      |
/// | `early`     |      | clamp   | clamp, pass    | what a spike before the window becomes               |
/// | `jitter`    | tau  | 0       | >= 0           | standard deviation of spike times                   |
/// | `jitter_of` |      | real    | real, all      | which times it moves                                 |
/// | `time_bits` |      | 0       | 0...16         | bits of the clock, 0 for none                         |
/// | `clock`     |      | nearest | nearest, ceil  | how times are put on its ticks                        |
///
/// State: none. Buffer: `window`, D. Shapes: current `[B, N]` -> spike times `[B, N]`. Exact in float32: weights, currents
/// and gradients have the bits of a network of rectified linear units.
/// Source: Stanojevic, Wozniak, Bellec, Cherubini, Pantazi, Gerstner, arXiv 2306.08744, Nature Communications 15:6793.
struct TTFSModel: NeuronModel {
    /// What a spike before the window becomes.
    enum Early: String, CaseIterable { case clamp, pass }
    /// Which times jitter moves.
    enum Jittered: String, CaseIterable { case real, all }
    /// How a time is put on the grid of a clock.
    enum Clock: String, CaseIterable { case nearest, ceil }

    let startWindow: Float
    let early: Early
    let jitter: Float
    let jittered: Jittered
    let timeBits: Int
    let clock: Clock
    /// How the weights of the alpha-1 model start; nil for the model with constant slope.
    let alpha1: Alpha1Map.Start?
    /// One number: the length of the window.
    private let window: Storage<Float>

    init(_ p: ParameterSet, alpha1: Alpha1Map.Start? = nil) {
        self.init(
            window: p.number("window"),
            early: p.choice("early"),
            jitter: p.number("jitter"),
            jittered: p.choice("jitter_of"),
            timeBits: p.integer("time_bits"),
            clock: p.choice("clock"),
            alpha1: alpha1
        )
    }

    init(
        window: Double = 1500,
        early: Early = .clamp,
        jitter: Double = 0,
        jittered: Jittered = .real,
        timeBits: Int = 0,
        clock: Clock = .nearest,
        alpha1: Alpha1Map.Start? = nil,
        over memory: Storage<Float>? = nil
    ) {
        startWindow = Float(window)
        self.early = early
        self.jitter = Float(jitter)
        self.jittered = jittered
        self.timeBits = timeBits
        self.clock = clock
        self.alpha1 = alpha1
        if let memory {
            self.window = memory
        } else {
            self.window = Storage(1)
            self.window.base[0] = startWindow
        }
    }

    static let parameters: [ParameterDescription] = [
        .number("window", unit: "tau", default: 1500, atLeast: 0, "length of the window at the start; 0: to be fitted"),
        .choice("early", default: Early.clamp, "what a spike before the window becomes"),
        .number("jitter", unit: "tau", default: 0, atLeast: 0, "standard deviation of spike times"),
        .choice("jitter_of", default: Jittered.real, "whether jitter moves real spikes or silent ones too"),
        .integer("time_bits", default: 0, 0...16, "bits of the clock that spikes are put on; 0 for none"),
        .choice("clock", default: Clock.nearest, "whether the nearest tick of the clock is taken or the next"),
    ]

    var demand: CurrentDemand { .times }
    var sends: ActivityKind { .times }
    var weightMap: (any WeightMap)? { alpha1.map { Alpha1Map(beginning: $0, window: window) } }
    var buffers: [BufferDescription] { [BufferDescription(name: "window", shape: [1], start: startWindow)] }

    func bound(to buffers: [Storage<Float>], tensors: [Storage<Float>], shape: Shape) -> any NeuronModel {
        TTFSModel(
            window: Double(startWindow),
            early: early,
            jitter: Double(jitter),
            jittered: jittered,
            timeBits: timeBits,
            clock: clock,
            alpha1: alpha1,
            over: buffers[0]
        )
    }

    func checkReady() throws(SNNError) {
        let length = window.base[0]
        guard length != 0 else {
            throw .state("its window is not fitted; train with the rule ttfs, fit with ttfs.fit_windows, or set it")
        }
        guard length > 0, length.isFinite else { throw .state("its window must be > 0 and finite, got \(length)") }
    }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        .values(fired(current, potentials))
    }

    func run(_ current: Values, state: any NeuronState, potentials: Values?, _ context: StageContext) -> Activity {
        let left = fired(current, potentials)
        if jitter > 0 { shake(left, context) }
        if timeBits > 0 { quantise(left) }
        return .values(left)
    }

    /// The time left after each neuron's spike.
    private func fired(_ current: Values, _ potentials: Values?) -> Values {
        let left = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        let most = early == .clamp ? window.base[0] : .infinity
        let (from, to) = (UnsafePointer(current.base), left.base)
        let (zero, largest) = (SIMD16<Float>(repeating: 0), SIMD16<Float>(repeating: most))
        for index in stride(from: 0, to: current.row, by: 16) {
            let i = (from + index).vector()
            let fires: SIMDMask<SIMD16<Int32>> = i .> zero
            let isEarly: SIMDMask<SIMD16<Int32>> = i .> largest
            (to + index).store(zero.replacing(with: i, where: fires).replacing(with: largest, where: isEarly))
        }
        if let potentials {
            for t in 0..<potentials.steps { potentials.step(t).update(from: current.base, count: current.row) }
        }
        return left
    }

    /// Adds normal noise to the times of spikes.
    private func shake(_ left: Values, _ context: StageContext) {
        let length = window.base[0]
        let normal = Storage<Float>(overwriting: left.count)
        for sample in 0..<left.batch {
            context.random.fillNormal(normal.elements, sample: context.samples[sample])
            let row = left.base + sample * left.count
            for index in 0..<left.count where jittered == .all || row[index] > 0 {
                let moved = row[index] - jitter * normal.base[index]
                row[index] = jittered == .all ? moved : min(max(0, moved), length)
            }
        }
        withExtendedLifetime(normal) {}
    }

    /// Puts times on the ticks of a clock; the last tick is the end of the window.
    private func quantise(_ left: Values) {
        let ticks = Float((1 << timeBits) - 1)
        let length = window.base[0]
        let tick = length / ticks
        for index in 0..<left.row {
            // Ticks left: a later tick leaves fewer. The next is found from the beginning, where a spike must stay.
            let kept =
                clock == .nearest
                ? (left.base[index] / tick).rounded(.toNearestOrEven)
                : ticks - ((length - left.base[index]) / tick).rounded(.up)
            left.base[index] = min(max(0, kept), ticks) * tick
        }
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        let most = early == .clamp ? window.base[0] : .infinity
        let (currents, gradients, to) = (UnsafePointer(current.base), UnsafePointer(gradient.base), result.base)
        let (zero, largest) = (SIMD16<Float>(repeating: 0), SIMD16<Float>(repeating: most))
        // Sixteen at a time, into the margin after the last.
        for index in stride(from: 0, to: current.row, by: 16) {
            let i = (currents + index).vector()
            let fires: SIMDMask<SIMD16<Int32>> = i .> zero
            let isEarly: SIMDMask<SIMD16<Int32>> = i .> largest
            let passed = zero.replacing(with: (gradients + index).vector(), where: fires)
            (to + index).store(passed.replacing(with: zero, where: isEarly))
        }
        return result
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

/// The output of a network of spike times: neurons that do not spike, read when the last window ends.
///
///     V_k = b_k + sum_j W_kj x_j        dV/dx = W
///
/// The bias flows as a constant current over the last window. State: none. Shapes: current `[B, N]` -> values `[B, N]`.
/// Source: as ``TTFSModel``.
struct MembraneModel: NeuronModel {
    var demand: CurrentDemand { .times }
    var sends: ActivityKind { .constantValues }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        if let potentials {
            for t in 0..<potentials.steps { potentials.step(t).update(from: current.base, count: current.row) }
        }
        return .values(current)
    }

    func adjoint(of gradient: Values, current: Values) -> Values { gradient }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

import SNNKernel

/// A few-spikes neuron of any function, by its table.
///
///     v(1) = i;   z(t) = 1 if v(t) > T(t) else 0;   v(t+1) = v(t) - h(t) z(t);   y = sum over t of d(t) z(t)
///     backward    s(t) = (v(t) - T(t)) / (|v(t)| + 1),   dz/ds := max(0, 1 - |s|);   exact elsewhere
///
/// | parameter    | meaning                                          |
/// |--------------|--------------------------------------------------|
/// | `thresholds` | T, one a step, K in all                          |
/// | `resets`     | h                                                |
/// | `amplitudes` | d                                                |
/// | `comparison` | whether a potential at threshold spikes          |
///
/// The neurons with published tables have none but `comparison`. State: none. Shapes: current `[B, N]` -> codes `[B, N]` of
/// K steps. What lies outside the interval that a table was fitted on is far from the function.
/// Source: as ``FSReLUModel``.
struct FSTableModel: NeuronModel {
    let table: StepTable

    init(_ table: StepTable) { self.table = table }

    /// Errors: ``SNNError/parameter(_:)`` for lists of different lengths.
    init(_ p: ParameterSet) throws(SNNError) {
        table = try StepTable(
            thresholds: p.numbers("thresholds").map { Float($0) },
            resets: p.numbers("resets").map { Float($0) },
            amplitudes: p.numbers("amplitudes").map { Float($0) },
            comparison: p.choice("comparison")
        )
    }

    static let comparison = ParameterDescription.choice(
        "comparison",
        default: StepTable.Comparison.above,
        "whether a potential at threshold spikes"
    )
    static let parameters: [ParameterDescription] = [
        .numbers("thresholds", count: 1...StepTable.mostSteps, "threshold of each step, T"),
        .numbers("resets", count: 1...StepTable.mostSteps, "what a spike takes from the potential, h"),
        .numbers("amplitudes", count: 1...StepTable.mostSteps, "what a spike is worth, d"),
        comparison,
    ]

    var demand: CurrentDemand { .total }
    var sends: ActivityKind { .codes }
    var sendsUnitSpikes: Bool { false }

    func check(steps: Int) throws(SNNError) { try StepTable.check(table.steps, window: steps) }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        let codes = Storage<UInt32>(overwriting: current.row)
        table.encode(current, shift: 0, to: codes.base)
        potentials?.fill(with: current)
        return .raster(
            Raster(
                SpikeCodes(codes: codes, amplitudes: table.amplitudes),
                batch: current.batch,
                count: current.count
            )
        )
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        for index in 0..<current.row {
            result.base[index] = gradient.base[index] * table.slope(at: current.base[index])
        }
        return result
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

extension StepTable {
    /// Whether a neuron of `steps` steps fits a window.
    static func check(_ steps: Int, window: Int) throws(SNNError) {
        guard steps == window else {
            throw .parameter("its \(steps) steps must be those of the network's window (steps), got \(window)")
        }
    }

    /// ``spikes(for:)`` of every current plus `shift`, sixteen at a time; writes into the margin behind the last.
    func encode(_ current: Values, shift: Float, to codes: UnsafeMutablePointer<UInt32>) {
        let isAbove = comparison == .above
        let add = SIMD16<Float>(repeating: shift)
        let one = SIMD16<UInt32>(repeating: 1)
        let from = UnsafePointer(current.base)
        thresholds.withUnsafeBufferPointer { thresholds in
            resets.withUnsafeBufferPointer { resets in
                for index in stride(from: 0, to: current.row, by: 16) {
                    var v = (from + index).vector() + add
                    var code = SIMD16<UInt32>(repeating: 0)
                    for t in 0..<thresholds.count {
                        let threshold = SIMD16<Float>(repeating: thresholds[t])
                        let fires: SIMDMask<SIMD16<Int32>> = isAbove ? v .> threshold : v .>= threshold
                        code = code &<< one
                        code = code.replacing(with: code | one, where: fires)
                        v = v.replacing(with: v - SIMD16<Float>(repeating: resets[t]), where: fires)
                    }
                    UnsafeMutableRawPointer(codes + index).storeBytes(of: code, as: SIMD16<UInt32>.self)
                }
            }
        }
    }

    /// The surrogate derivative of the decoded value by the current.
    func slope(at x: Float) -> Float {
        guard x.isFinite else { return 0 }
        var potentials: [Float] = []
        var v = x
        for t in 0..<steps {
            potentials.append(v)
            if comparison == .above ? v > thresholds[t] : v >= thresholds[t] { v -= resets[t] }
        }
        // The derivative by the potential behind step t, from the last step to the first.
        var after: Float = 0
        for t in (0..<steps).reversed() {
            let v = potentials[t]
            let width = abs(v) + 1
            let s = (v - thresholds[t]) / width
            let ofSpike = amplitudes[t] - resets[t] * after
            let sign: Float = v < 0 ? -1 : v > 0 ? 1 : 0
            after += ofSpike * max(0, 1 - abs(s)) * (width - (v - thresholds[t]) * sign) / (width * width)
        }
        return after
    }
}

import SNNKernel

/// Analog unit without time, so that the same engine trains the ordinary network that conversion methods start from.
///
///     relu       y = max(0, i)      dy/di = 1 for i > 0, else 0
///     identity   y = i              dy/di = 1
///
/// State: none. Shapes: current `[B, N]`, one total a window -> values `[B, N]`, constant over the window. Exact.
struct ReLUModel: NeuronModel {
    /// Whether negative currents are cut off.
    let isRectified: Bool

    var demand: CurrentDemand { .total }
    var sends: ActivityKind { .constantValues }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        let result = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        if isRectified {
            let (from, to) = (UnsafePointer(current.base), result.base)
            let zero = SIMD16<Float>(repeating: 0)
            // Sixteen at a time, into the margin after the last.
            for index in stride(from: 0, to: current.row, by: 16) {
                let i = (from + index).vector()
                let isPositive: SIMDMask<SIMD16<Int32>> = i .> zero
                (to + index).store(zero.replacing(with: i, where: isPositive))
            }
        } else {
            result.base.update(from: current.base, count: current.row)
        }
        if let potentials {
            for t in 0..<potentials.steps { potentials.step(t).update(from: current.base, count: current.row) }
        }
        return .values(result)
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        guard isRectified else {
            result.base.update(from: gradient.base, count: current.row)
            return result
        }
        let (from, slopes, to) = (UnsafePointer(current.base), UnsafePointer(gradient.base), result.base)
        let zero = SIMD16<Float>(repeating: 0)
        // No choice to guess: a half of all currents are cut off, and nobody knows which.
        for index in stride(from: 0, to: current.row, by: 16) {
            let isPositive: SIMDMask<SIMD16<Int32>> = (from + index).vector() .> zero
            (to + index).store(zero.replacing(with: (slopes + index).vector(), where: isPositive))
        }
        return result
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

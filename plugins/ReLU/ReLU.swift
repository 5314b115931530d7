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

    /// Nothing is carried from step to step.
    private final class Stateless: NeuronState {
        var byteCount: Int { 0 }
    }

    func rest(count: Int) -> any NeuronState { Stateless() }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        let result = Values(steps: current.steps, batch: current.batch, count: current.count, isConstant: true)
        for index in 0..<current.row {
            let i = current.base[index]
            result.base[index] = isRectified ? max(0, i) : i
        }
        if let potentials {
            for t in 0..<potentials.steps { potentials.step(t).update(from: current.base, count: current.row) }
        }
        return .values(result)
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(steps: current.steps, batch: current.batch, count: current.count, isConstant: true)
        for index in 0..<current.row where !isRectified || current.base[index] > 0 {
            result.base[index] = gradient.base[index]
        }
        return result
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

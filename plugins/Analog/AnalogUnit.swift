import SNNKernel

/// An analog unit without time: one current a window becomes one number a window.
///
///     y = f(i)      dy/di = f'(i)
///
/// A unit writes `value` and `slope` side by side, once over any ``Lane``; this extension owns the loops. State: none.
/// Shapes: current `[B, N]`, one total a window -> values `[B, N]`, constant over the window.
protocol AnalogUnit: NeuronModel {
    /// f(i).
    func value<V: Lane>(_ i: V) -> V
    /// f'(i).
    func slope<V: Lane>(_ i: V) -> V
}

extension AnalogUnit {
    var demand: CurrentDemand { .total }
    var sends: ActivityKind { .constantValues }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        let result = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        let (from, to) = (UnsafePointer(current.base), result.base)
        // Sixteen at a time, into the margin after the last.
        for index in stride(from: 0, to: current.row, by: 16) { (to + index).store(value((from + index).vector())) }
        if let potentials {
            for t in 0..<potentials.steps { potentials.step(t).update(from: current.base, count: current.row) }
        }
        return .values(result)
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        let result = Values(overwriting: current.steps, batch: current.batch, count: current.count, isConstant: true)
        let (from, slopes, to) = (UnsafePointer(current.base), UnsafePointer(gradient.base), result.base)
        for index in stride(from: 0, to: current.row, by: 16) {
            (to + index).store((slopes + index).vector() * slope((from + index).vector()))
        }
        return result
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { AnalogEquations<Self, V>(unit: self) }
}

/// A unit as equations of a step that remember nothing: for the reference in double precision and over dual numbers.
struct AnalogEquations<Unit: AnalogUnit, Value: Lane>: StepEquations {
    struct State: BitwiseCopyable, Sendable {}

    let unit: Unit

    var rest: State { State() }
    var zeroState: State { State() }

    func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
        (unit.value(current), current)
    }

    func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
        sent * unit.slope(current)
    }
}

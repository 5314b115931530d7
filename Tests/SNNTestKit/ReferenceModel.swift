import SNNKernel
import SNNLaws

/// What the reference knows of a model: its equations, or the formula of an analog unit, which has none.
enum ReferenceModel<V: ReferenceLane> {
    case equations(any StepEquations<V>)
    case rectified
    case identity

    init(_ model: any NeuronModel, name: String) {
        if let equations = model.equations(over: V.self) {
            self = .equations(equations)
        } else if name == "relu" {
            self = .rectified
        } else {
            precondition(name == "relu.identity", "the reference has no formula for the neuron \(name)")
            self = .identity
        }
    }

    func run(_ current: [V], steps: Int) -> (sent: [V], potentials: [V]) {
        switch self {
        case .equations(let equations): ReferenceNeurons.run(equations, current, steps: steps)
        case .rectified: (current.map { V.select($0.isAbove(V.zero), $0, V.zero) }, current)
        case .identity: (current, current)
        }
    }

    func adjoint(of sent: [V], current: [V], steps: Int) -> [V] {
        switch self {
        case .equations(let equations): ReferenceNeurons.adjoint(equations, of: sent, current: current, steps: steps)
        case .rectified: zip(sent, current).map { V.select($1.isAbove(V.zero), $0, V.zero) }
        case .identity: sent
        }
    }
}

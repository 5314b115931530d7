import SNNKernel

/// Neurons one after another, each through its window step by step.
enum ReferenceNeurons<V: ReferenceLane> {
    /// Runs `equations` over currents `[steps, row]` from rest.
    static func run<Equations: StepEquations>(
        _ equations: Equations,
        _ current: [V],
        steps: Int
    ) -> (sent: [V], potentials: [V]) where Equations.Value == V {
        var sent = current
        var potentials = current
        let row = current.count / steps
        for neuron in 0..<row {
            var state = equations.rest
            for t in 0..<steps {
                let result = equations.step(current[t * row + neuron], &state)
                sent[t * row + neuron] = result.sent
                potentials[t * row + neuron] = result.potential
            }
        }
        return (sent, potentials)
    }

    /// The gradient of the currents, given that of what was sent.
    static func adjoint<Equations: StepEquations>(
        _ equations: Equations,
        of sent: [V],
        current: [V],
        steps: Int
    ) -> [V] where Equations.Value == V {
        var result = current
        let row = current.count / steps
        for neuron in 0..<row {
            var states: [Equations.State] = []
            var state = equations.rest
            for t in 0..<steps {
                states.append(state)
                _ = equations.step(current[t * row + neuron], &state)
            }
            var gradient = equations.zeroState
            for t in (0..<steps).reversed() {
                let place = t * row + neuron
                result[place] = equations.stepAdjoint(
                    current[place],
                    before: states[t],
                    sent: sent[place],
                    state: &gradient
                )
            }
        }
        return result
    }
}

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

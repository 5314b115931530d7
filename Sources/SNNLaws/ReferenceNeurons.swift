import SNNKernel

/// Neurons one after another, each through its window step by step.
public enum ReferenceNeurons<V: Lane> {
    /// Runs `equations` over currents `[steps, row]` from rest.
    public static func run<Equations: StepEquations>(
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
    public static func adjoint<Equations: StepEquations>(
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

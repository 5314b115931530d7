import SNNKernel

/// A neuron given as text that spikes.
struct SpikingEquations: SlopedNeuron {
    let engine: EquationEngine

    var surrogate: Surrogate { engine.neuron.surrogate }
    var demand: CurrentDemand { .perStep }
    var sends: ActivityKind { .raster }

    func rest(count: Int) -> any NeuronState { engine.rest(count: count) }

    func run(_ current: Values, state: any NeuronState, potentials: Values?, distances: Values?) -> Activity {
        guard let state = state as? EquationState else { preconditionFailure("a state of another model") }
        let words = Raster.emptyBits(steps: current.steps, batch: current.batch, count: current.count)
        engine.run(
            current,
            state,
            EquationEngine.Outputs(bits: words, potentials: potentials, distances: distances)
        )
        return .raster(
            Raster(steps: current.steps, batch: current.batch, count: current.count, form: .bits(words))
        )
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        engine.adjoint(of: gradient, current: current, slopes: nil)
    }

    func adjoint(of gradient: Values, current: Values, slopes: Values) -> Values {
        engine.adjoint(of: gradient, current: current, slopes: slopes)
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { InterpretedStep<V>(engine.neuron) }
}

/// A neuron given as text that sends values: its first row, or the surrogate's integral in place of spikes.
struct GradedEquations: NeuronModel {
    let engine: EquationEngine

    var demand: CurrentDemand { .perStep }
    var sends: ActivityKind { .values }

    func rest(count: Int) -> any NeuronState { engine.rest(count: count) }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        guard let state = state as? EquationState else { preconditionFailure("a state of another model") }
        let sent = Values(overwriting: current.steps, batch: current.batch, count: current.count)
        engine.run(current, state, EquationEngine.Outputs(sent: sent, potentials: potentials))
        return .values(sent)
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        engine.adjoint(of: gradient, current: current, slopes: nil)
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { InterpretedStep<V>(engine.neuron) }
}

import SNNKernel

/// Spikes that are worth another number than 1 on arrival: what a rate stands for.
///
///     sent = amplitude s,   dL/ds = amplitude dL/d(sent)
///
/// Everything else is the neuron's own. With the amplitude at its threshold a neuron that integrates without leak sends, in
/// the mean over a window, the current that it gets, up to that threshold.
/// Source: soft reset and threshold balancing, Diehl et al., IJCNN 2015; Rueckauer et al., Frontiers in Neuroscience 11:682,
/// 2017.
struct AmplifiedSpikes: NeuronModel {
    let neuron: any NeuronModel
    let amplitude: Float

    var demand: CurrentDemand { neuron.demand }
    var sends: ActivityKind { neuron.sends }
    var sendsUnitSpikes: Bool { false }

    func rest(count: Int) -> any NeuronState { neuron.rest(count: count) }

    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        switch neuron.run(current, state: state, potentials: potentials) {
        case .raster(let raster): return .raster(raster.worth(amplitude))
        case .values(let values):
            for index in 0..<values.slices * values.row { values.base[index] *= amplitude }
            return .values(values)
        }
    }

    func adjoint(of gradient: Values, current: Values) -> Values {
        let scaled = Values(
            overwriting: gradient.steps,
            batch: gradient.batch,
            count: gradient.count,
            isConstant: gradient.isConstant
        )
        for index in 0..<scaled.slices * scaled.row { scaled.base[index] = amplitude * gradient.base[index] }
        return neuron.adjoint(of: scaled, current: current)
    }

    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { nil }
}

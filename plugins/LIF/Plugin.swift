import SNNKernel

/// Leaky integrate-and-fire neurons and their kin.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `lif`.
    public static let identifier = "lif"

    /// LIF, LIF behind a synapse, LIF with an adaptive threshold, and the integrator that never fires.
    public static let neurons: [Component<any NeuronModel>] = [
        Component(
            "lif",
            "Leaky integrate-and-fire; leak, reset, order, comparison and surrogate are options.",
            parameters: MembraneParameters.leakDescriptions + MembraneParameters.fireDescriptions
                + [MembraneParameters.refractory] + MembraneParameters.windowDescriptions
        ) { p, dt throws(SNNError) in
            let membrane = try MembraneParameters(p, dt: dt, fires: true)
            // Most networks need no memory of the last spike; without it the loop keeps a third of the state.
            let needsMemory =
                membrane.refractorySteps > 0 || (membrane.reset == .soft && membrane.order == .nextStep)
            guard !needsMemory || membrane.start == membrane.leak else {
                throw .notSupported("v_start needs refractory 0 and a reset in the step of the spike")
            }
            let neuron = needsMemory ? LIFWithMemoryModel(membrane) : membrane.lif
            let amplitude = p.number("amplitude")
            return amplitude == 1 ? neuron : AmplifiedSpikes(neuron: neuron, amplitude: Float(amplitude))
        },
        Component(
            "lif.synaptic",
            "LIF behind an exponential synapse (tau_syn).",
            parameters: MembraneParameters.leakDescriptions + MembraneParameters.fireDescriptions
                + SynapticLIFModel.descriptions
        ) { p, dt throws(SNNError) in
            SynapticLIFModel(try sameStep(p, dt), tauSyn: p.number("tau_syn"), dt: dt)
        },
        Component(
            "lif.adaptive",
            "LIF whose threshold rises with each spike and decays back.",
            parameters: MembraneParameters.leakDescriptions + MembraneParameters.fireDescriptions
                + AdaptiveLIFModel.descriptions
        ) { p, dt throws(SNNError) in
            AdaptiveLIFModel(
                try sameStep(p, dt),
                tauAdapt: p.number("tau_adapt"),
                adaptation: p.number("adaptation"),
                dt: dt
            )
        },
        Component(
            "lif.integrator",
            "Leaky integrator that never fires and sends its membrane, for readouts.",
            parameters: MembraneParameters.leakDescriptions
        ) { p, dt throws(SNNError) in
            IntegratorModel(try MembraneParameters(p, dt: dt, fires: false))
        },
    ]

    /// The membrane of models that reset in the step of the spike.
    private static func sameStep(_ p: ParameterSet, _ dt: Double) throws(SNNError) -> MembraneParameters {
        let membrane = try MembraneParameters(p, dt: dt, fires: true)
        guard membrane.order == .sameStep || membrane.reset != .soft else {
            throw .notSupported("reset_order next_step with a soft reset is an option of the model lif only")
        }
        return membrane
    }
}

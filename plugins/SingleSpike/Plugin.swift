import SNNKernel

/// Networks of neurons that spike once in discrete time, trained without walking from spike to spike.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `single_spike`.
    public static let identifier = "single_spike"

    /// How the gradient passes the choice of the first crossing.
    enum GradientPath: String, CaseIterable, Sendable {
        /// To every step of the window.
        case straightThrough = "straight_through"
        /// To the steps before the spike.
        case beforeSpike = "before_spike"
    }

    /// U(-1, 1) / sqrt(inputs), biases 0.
    private static let start = Initialiser(.kaimingUniform, gain: (1.0 / 3).squareRoot())

    /// The neuron, the two that it is compared with, and the readout.
    public static let neurons: [Component<any NeuronModel>] = [
        Component(
            "single_spike",
            "Leaky integrate-and-fire neuron that spikes at most once, without reset; a trainable decay each.",
            parameters: Crossing<Float>.parameters + Decay.parameters + [
                .choice(
                    "gradient",
                    default: GradientPath.straightThrough,
                    "the steps that the gradient of a spike reaches"
                )
            ],
            initialiser: start
        ) { p, _ throws(SNNError) in
            let model = SingleSpike<SIMD16<Float>>(crossing: Crossing(p))
            let path: GradientPath = p.choice("gradient")
            switch path {
            case .straightThrough: return SingleSpikeModel(equations: model, decay: Decay(p))
            case .beforeSpike:
                return SingleSpikeBeforeModel(equations: SingleSpikeBefore(model: model), decay: Decay(p))
            }
        },
        Component(
            "single_spike.sequential",
            "The same spikes with the gradient of a simulation step by step: for comparison.",
            parameters: Crossing<Float>.parameters + Decay.parameters,
            initialiser: start
        ) { p, _ throws(SNNError) in
            SequentialSpikeModel(equations: SequentialSpike(crossing: Crossing(p)), decay: Decay(p))
        },
        Component(
            "single_spike.multi",
            "The same membrane with a soft reset and as many spikes as it takes: for comparison.",
            parameters: Crossing<Float>.parameters + Decay.parameters,
            initialiser: start
        ) { p, _ throws(SNNError) in
            MultiSpikeModel(equations: MultiSpike(crossing: Crossing(p)), decay: Decay(p))
        },
        Component(
            "single_spike.integrator",
            "Integrates with a trainable decay and never fires: the last layer.",
            parameters: Decay.parameters,
            initialiser: start
        ) { p, _ throws(SNNError) in DecayIntegratorModel(decay: Decay(p)) },
    ]
}

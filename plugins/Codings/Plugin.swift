import SNNKernel

/// How values become activity, and activity scores.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `codings`.
    public static let identifier = "codings"

    /// Values as constant or framed current, as a rate of spikes, or as the time of one spike; spikes as they are.
    public static let codings: [Component<any Coding>] = [
        Component("constant", "The value as a constant current at every step.") { _, _ throws(SNNError) in
            ConstantCoding()
        },
        Component("frames", "One frame of values a step: a sample is T frames.") { _, _ throws(SNNError) in
            FrameCoding()
        },
        Component(
            "events",
            "Spikes that the caller has, as events or as frames of whole numbers.",
            parameters: [
                .integer("largest_count", unit: "spikes", default: 1, 1...1024, "spikes a neuron can send in a step")
            ]
        ) { p, _ throws(SNNError) in EventsCoding(largestCount: p.integer("largest_count")) },
        Component(
            "rate",
            "Bernoulli spikes with the value as their probability a step.",
            parameters: [
                .number("gain", unit: "1 / step", default: 1, above: 0, "probability of a spike at value 1"),
                .boolean("signed", default: false, "whether negative values send negative spikes"),
            ]
        ) { p, _ throws(SNNError) in
            RateCoding(gain: Float(p.number("gain")), isSigned: p.flag("signed"))
        },
        Component(
            "latency",
            "One spike an input at t = trunc((1 - x) (T - 1)).",
            parameters: [.boolean("silent_zero", default: false, "whether inputs <= 0 stay silent")]
        ) { p, _ throws(SNNError) in LatencyCoding(silentZero: p.flag("silent_zero")) },
    ]

    /// Scores from spike counts, from membranes, or from the votes of a population a class.
    public static let readouts: [Component<any Readout>] = [
        Component(
            "spike_count",
            "Spikes of each neuron of the last node, summed or averaged over the window.",
            parameters: [.choice("reduce", default: CountReduction.sum, "over the steps")]
        ) { p, _ throws(SNNError) in
            GroupReadout(
                reduction: p.choice("reduce", as: Reduction.self),
                groupSize: 1,
                kinds: [.raster, .values]
            )
        },
        Component(
            "membrane",
            "Values of each neuron of the last node (an integrator or an analog unit), reduced over the window.",
            parameters: [.choice("reduce", default: Reduction.mean, "over the steps")]
        ) { p, _ throws(SNNError) in
            GroupReadout(
                reduction: p.choice("reduce", as: Reduction.self),
                groupSize: 1,
                kinds: [.values, .constantValues]
            )
        },
        Component(
            "population",
            "Mean rate of a group of neurons a class: population voting.",
            parameters: [.integer("neurons_per_class", default: 10, 1...65536, "neurons of a group, P")]
        ) { p, _ throws(SNNError) in
            GroupReadout(reduction: .mean, groupSize: p.integer("neurons_per_class"), kinds: [.raster, .values])
        },
    ]

    /// What a count can be reduced by.
    private enum CountReduction: String, CaseIterable { case sum, mean }
}

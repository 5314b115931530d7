import SNNKernel

/// Networks of neurons that spike once: time to first spike.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `ttfs`.
    public static let identifier = "ttfs"

    /// The neuron with constant slope at threshold, and the output that is read from the membrane.
    public static let neurons: [Component<any NeuronModel>] = [
        Component(
            "ttfs",
            "Spikes at most once, the earlier the larger its current; trains exactly like a rectified linear unit.",
            parameters: TTFSModel.parameters,
            // As of a rectified linear unit: the two are one network.
            initialiser: Initialiser(.kaimingUniform, gain: 2.0.squareRoot())
        ) { p, _ throws(SNNError) in TTFSModel(p) },
        Component(
            "ttfs.alpha1",
            "The same with a slope at threshold that depends on the weights: for comparison.",
            parameters: [.choice("start", default: Alpha1Map.Start.smart, "what the weights drawn are taken for")]
                + TTFSModel.parameters,
            initialiser: Initialiser(.kaimingUniform, gain: 2.0.squareRoot())
        ) { p, _ throws(SNNError) in TTFSModel(p, alpha1: p.choice("start")) },
        Component("ttfs.membrane", "Never spikes: the last layer, read from the membrane.") {
            _,
            _ throws(SNNError) in MembraneModel()
        },
    ]

    /// The value as the time of one spike.
    public static let codings: [Component<any Coding>] = [
        Component(
            "ttfs",
            "One spike an input at t = 1 - (x - low) / (high - low).",
            parameters: [
                .number("low", default: 0, "value that stays silent"),
                .number("high", default: 1, "value that spikes at once"),
            ]
        ) { p, _ throws(SNNError) in try TimeCoding(low: p.number("low"), high: p.number("high")) }
    ]

    /// Exact gradients with windows that grow.
    public static let rules: [Component<any LearningRule>] = [
        Component(
            "ttfs",
            "Exact back-propagation through spike times; windows grow with the activity.",
            parameters: [
                .number("growth", default: 10, atLeast: 0, "room above the largest activation; 0 leaves windows alone"),
                Backpropagation.activityPenaltyDescription,
            ]
        ) { p, _ throws(SNNError) in
            WindowRule(growth: p.number("growth"), activityPenalty: p.number("activity_penalty"))
        },
        Component(
            "ttfs.fit_windows",
            "Windows as long as the activations of a data set need; moves no weight.",
            parameters: [
                .number("percentile", unit: "%", default: 100, above: 0, atMost: 100, "spikes that need no more room"),
                .number("margin", default: 1.5, above: 0, "room above it"),
            ]
        ) { p, _ throws(SNNError) in WindowFit(percentile: p.number("percentile"), margin: p.number("margin")) },
    ]

    /// Times, decisions, and the simulation that proves them.
    public static let results: [Component<any NetworkResult>] = [
        Component("spike_times", "When each hidden neuron spiked; infinity where it did not.") {
            _,
            _ throws(SNNError) in
            SpikeTimesResult()
        },
        Component("latency", "When the output is read: the length of all windows.") { _, _ throws(SNNError) in
            LatencyResult()
        },
        Component("decision_time", "The first moment at which no later spike can change the winner.") {
            _,
            _ throws(SNNError) in EarlyDecisionResult(part: .time)
        },
        Component("decision_class", "The class that is certain then.") { _, _ throws(SNNError) in
            EarlyDecisionResult(part: .winner)
        },
        Component("event_scores", "Scores of the event-driven simulation in double precision.") {
            _,
            _ throws(SNNError) in
            SimulationResult(part: .scores)
        },
        Component("event_times", "Spike times of the event-driven simulation.") { _, _ throws(SNNError) in
            SimulationResult(part: .times)
        },
        Component("premature_crossings", "Neurons of each layer above threshold before their window.") {
            _,
            _ throws(SNNError) in SimulationResult(part: .premature)
        },
    ]
}

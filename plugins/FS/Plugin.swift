import SNNKernel

/// Networks of few-spikes neurons: K steps, each spike with the weight of its step.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `fs`.
    public static let identifier = "fs"

    /// The neuron of any table, and those of three functions.
    public static let neurons: [Component<any NeuronModel>] = [
        Component(
            "fs",
            "Few spikes of any function, by its table of thresholds, resets and amplitudes.",
            parameters: FSTableModel.parameters
        ) { p, _ throws(SNNError) in try FSTableModel(p) },
        Component(
            "fs.relu",
            "Few spikes of a rectified linear unit: the bits of its current.",
            parameters: FSReLUModel.parameters,
            // As of a rectified linear unit, which it stands for.
            initialiser: Initialiser(.kaimingUniform, gain: 2.0.squareRoot())
        ) { p, _ throws(SNNError) in FSReLUModel(p) },
        published("fs.silu", "Few spikes of x sigmoid(x): 16 steps, for -8 ... 12, as published.", .publishedSiLU),
        published("fs.sigmoid", "Few spikes of a sigmoid: 12 steps, for -10 ... 10, as published.", .publishedSigmoid),
    ]

    private static func published(
        _ name: String,
        _ summary: String,
        _ table: StepTable
    ) -> Component<any NeuronModel> {
        Component(name, summary, parameters: [FSTableModel.comparison]) { p, _ throws(SNNError) in
            var table = table
            table.comparison = p.choice("comparison")
            return FSTableModel(table)
        }
    }

    /// Ranges from data.
    public static let rules: [Component<any LearningRule>] = [
        Component(
            "fs.fit_ranges",
            "Gives every fs.relu layer the range that a data set needs, without training.",
            parameters: RangeFit.parameters
        ) { p, _ throws(SNNError) in RangeFit(p) }
    ]
}

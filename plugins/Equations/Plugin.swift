import SNNKernel

/// Neurons given as text.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `equations`.
    public static let identifier = "equations"

    /// `equations`, whose text is a parameter.
    public static let neurons: [Component<any NeuronModel>] = [EquationNeuron.inline]
}

import SNNKernel

/// Networks of few-spikes neurons.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `fs`.
    public static let identifier = "fs"
}

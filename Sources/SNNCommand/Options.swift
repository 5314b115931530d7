import ArgumentParser
import SNN
import SNNKernel

/// `--json`, the same for every command.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the result as one JSON object, the last line of standard output.")
    var json = false
}

/// Where data sets are, the same for every command that reads one.
struct DataOptions: ParsableArguments {
    @Option(
        name: .customLong("data"),
        help: ArgumentHelp(
            "A folder with one folder a set, or an .npz file with x_train, y_train, x_test, y_test.",
            discussion: "Without it $SNN_DATA, else the per-user folder that `snn data fetch` fills.",
            valueName: "dir"
        )
    )
    var directory: String?
}

/// How many threads work, the same for every command that computes.
struct ThreadOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Worker threads; 0 takes one a core. Results do not depend on it.")
    var threads = 0
}

/// Neurons from elsewhere, the same for every command that makes a network.
struct PluginOptions: ParsableArguments {
    @Option(
        name: .customLong("plugin"),
        help: ArgumentHelp(
            "Neurons of your own, a shared object or NAME.neuron; may be repeated.",
            discussion: "A name that is no file here is looked for in $SNN_PLUGIN_PATH and in the per-user folder.",
            valueName: "file"
        )
    )
    var files: [String] = []
}

/// A command that makes networks.
protocol UsesPlugins: ParsableCommand {
    var plugin: PluginOptions { get }
}

/// How a command ends when it does not end well.
enum Exit: Int32, Error {
    /// A caller's mistake, or a bar that was missed.
    case failure = 1
    /// Stopped by Ctrl-C, as shells count it: 128 + SIGINT.
    case interrupted = 130
}

import ArgumentParser
import SNN

/// The command `snn`.
struct Snn: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snn",
        abstract: "Train and run spiking neural networks.",
        discussion: """
            Begin with `snn demo`, then `snn recipes` and `snn train digits-lif --out digits.safetensors`.
            Results go to standard output, progress to standard error.
            """,
        version: Library.buildInfo,
        subcommands: [
            DemoCommand.self, TrainCommand.self, EvalCommand.self, PredictCommand.self, InfoCommand.self,
            PlanCommand.self, ConvertCommand.self, FSFitCommand.self,
            RecipesCommand.self, PluginsCommand.self, PluginCommand.self, NewPluginCommand.self, DataCommand.self,
            VerifyCommand.self,
            BenchCommand.self,
        ]
    )
}

import ArgumentParser
import SNN
import SNNKernel

/// `snn eval`: tests a saved network on the test split of the set it was trained on.
struct EvalCommand: UsesPlugins {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Test a saved network; the file knows its data set."
    )

    @Argument(help: "A file that `snn train --out` wrote.")
    var file: String
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Test it changed: hidden.neuron.time_bits=3, *.neuron.jitter=0.1, hidden.window=8; may be repeated.",
            valueName: "path=value"
        )
    )
    var changes: [String] = []
    @OptionGroup var data: DataOptions
    @OptionGroup var thread: ThreadOptions
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let threads = try resolvedThreads(thread.threads)
        let saved = try SavedNetwork(file)
        let test = try saved.open(split: "test", directory: data.directory)
        var changes: [NetworkChange] = []
        for change in self.changes { changes.append(try NetworkChange(parsing: change)) }
        let network = try saved.network.changed(by: changes, registry: try Library.registry())
        let display = ProgressDisplay(stages: 1)
        let evaluation = try network.evaluate(test, threads: threads) { progress in
            display.update(progress)
            return true
        }
        display.finish()
        var report = Report(evaluation, network: network, threads: threads)
        report.addEvents(of: test)
        if output.json { return Console.result(report.json.text()) }
        Console.result("\(file): \(evaluation.accuracy.percent) of the test samples right")
        var summary = Summary()
        summary.addResults(report, samples: test.count)
        summary.addCourse(report, training: false)
        summary.show()
    }
}

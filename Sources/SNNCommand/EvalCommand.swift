import ArgumentParser
import SNN
import SNNKernel

/// `snn eval`: tests a saved network on the test split of the set it was trained on.
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Test a saved network; the file knows its data set."
    )

    @Argument(help: "A file that `snn train --out` wrote.")
    var file: String
    @OptionGroup var data: DataOptions
    @OptionGroup var thread: ThreadOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let threads = try resolvedThreads(thread.threads)
        let saved = try SavedNetwork(file)
        let test = try saved.open(split: "test", directory: data.directory)
        let display = ProgressDisplay(stages: 1)
        let evaluation = try saved.network.evaluate(test, threads: threads) { progress in
            display.update(progress)
            return true
        }
        display.finish()
        let report = Report(evaluation, network: saved.network, threads: threads)
        if output.json { return Console.result(report.json.text()) }
        Console.result("\(file): \(evaluation.accuracy.percent) of the test samples right")
        var summary = Summary()
        summary.addResults(report, samples: test.count)
        summary.addCourse(report, training: false)
        summary.show()
    }
}

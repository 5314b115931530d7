import ArgumentParser
import SNN
import SNNKernel

/// `snn convert`: makes a spiking network of an analog one, or an analog one of spike times.
struct ConvertCommand: UsesPlugins {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert a saved network to few spikes (fs), rates (if), spike times (ttfs), or back (relu).",
        discussion: """
            Weights and biases stay as they are, but for batch normalisation and the range of the input, which are \
            folded into them. Windows of spike times, ranges of few spikes and thresholds of rates are fitted to the \
            training split of the file's recipe. The report compares every layer with the analog one on samples of \
            that split: where its error comes from, and how many steps would be enough.
            """
    )

    @Argument(help: "A file that `snn train --out` wrote.")
    var file: String
    @Option(help: "What it becomes: fs, if, ttfs or relu.")
    var to: String
    @Option(help: "Steps: bits of a code (fs, 10 unless given), or steps that a rate is a mean over (if, 128).")
    var steps: Int?
    @Option(
        parsing: .unconditional,
        help: """
            Per cent of the activations that windows, ranges and thresholds have room for; 100 for ttfs. Without it and \
            --margin those of fs and if are chosen so that spikes differ little from the activations.
            """
    )
    var percentile: Double?
    @Option(parsing: .unconditional, help: "Room above it, a factor; 1.5 for ttfs, else 2 for fs and 1 for if.")
    var margin: Double?
    @Option(
        parsing: .unconditional,
        help: """
            Mean square by which spikes may differ from the activations, as a share of theirs; more, such as 0.01, has \
            fewer spikes (fs: 3e-5, if: 0 unless given).
            """
    )
    var tolerance: Double?
    @Option(
        parsing: .unconditional,
        help: """
            Codes of each layer's own instead of binary ones (fs, at most 8 steps), for which a spike costs such a share of \
            the mean square of the activations, such as 0.05.
            """
    )
    var spikePrice: Double?
    @Option(parsing: .unconditional, help: "Added to currents, in units of the last bit (fs): 0.5 rounds, 0 cuts off.")
    var shift: Double?
    @Option(parsing: .unconditional, help: "Value of the input that stays silent; without it as the data ask for.")
    var low: Double?
    @Option(parsing: .unconditional, help: "Value of the input that spikes at once; without it as the data ask for.")
    var high: Double?
    @Option(help: ArgumentHelp("Where to write the converted network.", valueName: "file"))
    var out: String
    @Option(help: ArgumentHelp("Where to write the report as an HTML page.", valueName: "file"))
    var report: String?
    @Option(help: "Samples of the training split that the report looks at, 1000 unless given; 0: no report.")
    var reportSamples: Int?
    @Option(parsing: .unconditional, help: "Loss of accuracy, 0...1, that the steps found to be enough may have.")
    var allowedLoss = 0.001
    @OptionGroup var data: DataOptions
    @OptionGroup var thread: ThreadOptions
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let threads = try resolvedThreads(thread.threads)
        guard let target = ConversionTarget(rawValue: to) else {
            throw SNNError.unknown("target", to, known: ConversionTarget.allCases.map(\.rawValue))
        }
        try RecipeRun.checkWritable(out)
        if let report { try RecipeRun.checkWritable(report) }
        let request = try ConversionRequest(
            ConversionDocument(
                to: target,
                steps: steps,
                percentile: percentile,
                margin: margin,
                tolerance: tolerance,
                spikePrice: spikePrice,
                shift: shift,
                low: low,
                high: high
            ),
            reportSamples: reportSamples,
            allowedLoss: allowedLoss,
            page: report
        )
        let saved = try SavedNetwork(file)
        let train =
            try saved.recipe.map { recipe throws(SNNError) in
                try RecipeRun.open(recipe.data, directory: data.directory).train
            } ?? saved.open(split: "train", directory: data.directory)
        let test = try saved.open(split: "test", directory: data.directory)
        let display = ProgressDisplay(stages: 1)
        let (network, examination) = try request.run(
            saved.network,
            data: train,
            title: file,
            wantsReport: true,
            threads: threads
        ) { progress in
            display.update(progress)
            return true
        }
        func evaluate(_ network: Network) throws(SNNError) -> Evaluation {
            try network.evaluate(test, threads: threads) { progress in
                display.update(progress)
                return true
            }
        }
        let (before, after) = (try evaluate(saved.network), try evaluate(network))
        display.finish()
        try NetworkFile.write(network, recipe: saved.recipe?.json, to: out)
        var report = Report(after, network: network, threads: threads)
        report.addEvents(of: test)
        report["accuracy_ann"] = target == .relu ? after.accuracy : before.accuracy
        report["accuracy_converted"] = after.accuracy
        report["spikes_per_neuron_converted"] = report["spikes_per_neuron"]
        if let examination { report.set("conversion", object: examination.numbers) }
        if output.json { return Console.result(report.json.text()) }
        Console.result(
            "\(file): \(before.accuracy.percent) of the test samples right, as \(to) \(after.accuracy.percent)"
        )
        var summary = Summary()
        summary.addResults(report, samples: test.count)
        summary.add("written to", out, "")
        if let page = self.report { summary.add("report", page, "open it in a browser") }
        summary.show()
        if let examination {
            for sentence in examination.sentences { Console.result("- " + sentence) }
            let right = Array(repeating: Table.Alignment.right, count: ConversionReport.columns.count - 2)
            var table = Table(ConversionReport.columns, [.left, .left] + right)
            for layer in examination.layers { table.add(examination.cells(layer)) }
            table.show()
        }
        Console.result("Next: snn eval \(Shell.quoted(out)), snn predict \(Shell.quoted(out))")
    }
}

import ArgumentParser
import SNN
import SNNKernel

/// `snn predict`: what a saved network says of samples.
struct PredictCommand: UsesPlugins {
    /// What can be asked for, by the names that C and Python use.
    enum Result: String, CaseIterable, ExpressibleByArgument {
        case scores
        case probabilities
        case `class`
        case spikeCounts = "spike_counts"
    }

    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Show what a saved network says of samples of its set, or of your own."
    )

    @Argument(help: "A file that `snn train --out` wrote.")
    var file: String
    @OptionGroup var data: DataOptions
    @Option(help: "Which part of the set: train or test.")
    var split = "test"
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A sample by number, from 0; may be repeated. Without it the first ten, of --input all.",
            valueName: "n"
        )
    )
    var sample: [Int] = []
    @Option(
        help: ArgumentHelp(
            "An .npz file with x_test (and y_test where labels are known) in place of the set.",
            valueName: "file"
        )
    )
    var input: String?
    @Option(help: "Of scores, probabilities, class, spike_counts; with commas between.")
    var results = "class,probabilities,spike_counts"
    @OptionGroup var thread: ThreadOptions
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let threads = try resolvedThreads(thread.threads)
        let wanted = try Self.read(results)
        let saved = try SavedNetwork(file)
        let set: (samples: Dataset, hasLabels: Bool)
        if let input {
            set = try InputRows.open(
                input,
                for: saved.network,
                preprocessing: saved.recipe?.data.preprocessing ?? Preprocessing()
            )
        } else {
            set = (try saved.open(split: split, directory: data.directory), true)
        }
        let numbers = try chosen(of: set.samples.count)
        let predictions = try Prediction.predict(saved.network, set.samples, numbers, threads: threads)
        let view = PredictionView(
            network: saved.network,
            wanted: wanted,
            data: set.samples,
            hasLabels: set.hasLabels
        )
        if output.json {
            Console.result(JSONValue.object(["samples": .array(predictions.map(view.json))]).text())
        } else {
            view.show(predictions)
        }
    }

    private func chosen(of count: Int) throws(SNNError) -> [Int] {
        for number in sample where !(0..<count ~= number) {
            throw .argument("sample must be 0 ... \(count - 1), got \(number)")
        }
        guard sample.isEmpty else { return sample }
        return Array(0..<(input == nil ? min(10, count) : count))
    }

    /// The names in a list with commas; throws ``SNNError/unknownName(_:)``.
    static func read(_ list: String) throws(SNNError) -> Set<Result> {
        var wanted: Set<Result> = []
        for word in list.split(separator: ",") {
            let name = String(word.filter { $0 != " " })
            guard let result = Result(rawValue: name) else {
                throw .unknown("result", name, known: Result.allCases.map(\.rawValue))
            }
            wanted.insert(result)
        }
        return wanted
    }
}

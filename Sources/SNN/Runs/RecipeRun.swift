import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a caller may change about a recipe.
package struct RunOptions: Sendable {
    /// Folder of data sets, or a `.npz` file.
    package var data: String?
    /// Epochs of the last stage.
    package var epochs: Int?
    /// 0: one a core.
    package var threads = 0
    package var seed: UInt64?
    /// Written after every epoch.
    package var out: String?
    /// A checkpoint to go on from.
    package var resume: String?
    /// Bytes that training may take, in place of what the stages say.
    package var memoryBudget: Int?

    package init() {}

    /// From JSON, as `snn_recipe_run` takes it.
    package init(_ field: JSONField) throws(SNNError) {
        try field.check(keys: ["data", "epochs", "threads", "seed", "out", "resume", "memory_budget"])
        data = try field["data"].optionalString()
        epochs = try field["epochs"].optionalInteger()
        threads = try field["threads"].optionalInteger() ?? 0
        seed = try field["seed"].optionalSeed()
        out = try field["out"].optionalString()
        resume = try field["resume"].optionalString()
        memoryBudget = try field["memory_budget"].optionalInteger()
    }
}

/// Runs a recipe: opens the data, builds the network, trains every stage, evaluates on the test split.
package struct RecipeRun {
    package let recipe: Recipe
    package let options: RunOptions

    package init(_ recipe: Recipe, _ options: RunOptions) {
        self.recipe = recipe
        self.options = options
    }

    /// What a run gives.
    package struct Outcome: Sendable {
        package let network: Network
        package let report: Report
        /// Per stage, what each epoch found.
        package let epochs: [[EpochResult]]
        package let test: Dataset
    }

    /// Trains the stages that are left and evaluates on the test split after each.
    ///
    /// - Parameters:
    ///   - progress: told about ten times a second; answering false cancels with the last complete epoch saved.
    ///   - stageBegan: told before each stage (from 0).
    ///   - epochDone: told after each epoch of stage `stage` (from 0).
    /// - Returns: the trained network, and what its training and its evaluations found.
    /// - Throws: ``SNNError/cancelled(_:)``, and the errors of reading data and checkpoint, building the network,
    ///   training and saving.
    package func run(
        progress: ProgressHandler? = nil,
        stageBegan: (_ stage: Int) -> Void = { _ in },
        epochDone: (_ stage: Int, EpochResult) -> Void = { _, _ in }
    ) throws(SNNError) -> Outcome {
        let threads = try resolvedThreads(options.threads)
        if let epochs = options.epochs, epochs < 1 { throw .parameter("epochs must be >= 1, got \(epochs)") }
        if let out = options.out { try Self.checkWritable(out) }
        let (train, test) = try Self.open(recipe.data, directory: options.data)
        let checkpoint = try options.resume.map { path throws(SNNError) in try SafetensorsFile(path: path) }
        let reached = try checkpoint.map { file throws(SNNError) in try NetworkFile.progress(file) }
        let firstStage = reached?.stage ?? 0
        // The seed of an interrupted run stays its seed, also for random codings and in the files it writes.
        let seed = options.seed ?? reached?.seed ?? recipe.seed
        let registry = try Library.registry()
        var network = try Network(recipe.network, registry: registry, seed: seed)
        // What a network was converted to depends on its weights then: the file knows.
        let isConverted = checkpoint != nil && recipe.stages.prefix(firstStage + 1).contains { $0.conversion != nil }
        if isConverted, let path = options.resume { network = try NetworkFile.read(path).network }
        guard recipe.stages.indices ~= firstStage else {
            throw .corrupt(
                "'\(options.resume ?? "")': the recipe has \(recipe.stages.count) stages, not \(firstStage + 1)"
            )
        }

        var reports: [Report] = []
        var converted = Report()
        var trained: (results: [EpochResult], trainer: Trainer)?
        let lastTraining = recipe.stages.lastIndex { $0.kind == .train }
        var epochs: [[EpochResult]] = []
        for (index, given) in recipe.stages.enumerated() {
            let original = network
            if index >= firstStage { stageBegan(index) }
            if !isConverted || index > firstStage {
                network = try network.changed(by: given.changes, registry: registry)
                if let conversion = given.conversion {
                    network = try conversion.convert(network, data: train, threads: threads, progress: progress)
                }
            }
            guard index >= firstStage else { continue }
            var stage = given.training
            stage.memoryBudget = options.memoryBudget ?? stage.memoryBudget
            // What the changes of this stage cost, before it makes up for them.
            let before =
                given.changes.isEmpty
                ? nil : try network.evaluate(test, threads: threads, progress: progress).accuracy
            let (network, trainer) = (network, try stage.trainer(for: network, seed: seed))
            if index == firstStage, let checkpoint {
                try NetworkFile.resume(trainer, from: checkpoint)
                guard trainer.seed == seed || options.seed == nil else {
                    throw .argument("seed must be the checkpoint's \(trainer.seed) when resuming, got \(seed)")
                }
            }
            let wanted = index == lastTraining ? options.epochs ?? stage.epochs : stage.epochs
            // Not every conversion leaves something to fit.
            let results =
                given.conversion?.fits(network) == false
                ? []
                : try trainer.fit(
                    given.conversion?.samples(of: train) ?? train,
                    epochs: wanted,
                    threads: threads,
                    progress: given.conversion.map { $0.duringFit(progress) } ?? progress,
                    epochDone: { result throws(SNNError) in
                        if let out = options.out {
                            try NetworkFile.write(network, recipe: recipe.json, trainer: trainer, stage: index, to: out)
                        }
                        epochDone(index, result)
                    }
                )
            if let conversion = given.conversion, !isConverted || index > firstStage {
                try conversion.correctBiases(
                    of: network,
                    like: original,
                    data: train,
                    threads: threads,
                    progress: progress
                )
            }
            if results.isEmpty || given.conversion != nil, let out = options.out {
                // What was not trained, or changed since, belongs into the file as well.
                try NetworkFile.write(network, recipe: recipe.json, trainer: trainer, stage: index, to: out)
            }
            epochs.append(results)
            let evaluation = try network.evaluate(test, threads: threads, progress: progress)
            var report = Report()
            report.add(evaluation, network: network)
            report.addEvents(of: test)
            if given.kind == .train || trained == nil { trained = (results, trainer) }
            if let trained { report.add(trained.results, trainer: trained.trainer, threads: threads) }
            report["accuracy_before"] = before
            if given.conversion != nil {
                converted["accuracy_ann"] = reports.last?["accuracy"]
                converted["accuracy_converted"] = report["accuracy"]
                converted["spikes_per_neuron_converted"] = report["spikes_per_neuron"]
            }
            reports.append(report)
        }
        guard var report = reports.last else { throw .state("a recipe needs at least one stage") }
        for name in converted.names { report[name] = converted[name] }
        report.set("stages", list: reports)
        report.set("recipe", text: recipe.name)
        return Outcome(network: network, report: report, epochs: epochs, test: test)
    }

    /// Finds out before an hour of training, rather than after it, that the file cannot be written.
    package static func checkWritable(_ path: String) throws(SNNError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let place = folder.isEmpty ? "/" : folder
        guard ReadFile.isFolder(place), !ReadFile.isFolder(path) else {
            throw .file("cannot write '\(path)': it must be a file in a folder that exists")
        }
        guard access(place, W_OK) == 0 else {
            throw .file("cannot write '\(path)': the folder '\(place)' must be writable")
        }
    }

    /// Both splits of a recipe's set; the test split is never augmented nor cut.
    package static func open(
        _ data: Recipe.DataChoice,
        directory: String?
    ) throws(SNNError) -> (train: Dataset, test: Dataset) {
        let train = try DataCatalogue.open(
            data.set,
            split: "train",
            directory: directory,
            preprocessing: data.preprocessing,
            steps: data.steps
        )
        return (train, try openTest(data, directory: directory))
    }

    /// The test split of a recipe's set.
    package static func openTest(_ data: Recipe.DataChoice, directory: String?) throws(SNNError) -> Dataset {
        try DataCatalogue.open(
            data.set,
            split: "test",
            directory: directory,
            preprocessing: data.preprocessing.forEvaluation,
            steps: data.steps
        )
    }
}

extension Dataset: LabelledSource {
    package var inputCount: Int { shape.featureCount }
    package var isAugmented: Bool { preprocessing.augments }
}

import SNNKernel
import Testing

@testable import SNN
@testable import SNNCommand

@Suite("recipe runs")
struct RecipeRunTests {
    private func options(_ change: (inout RunOptions) -> Void = { _ in }) -> RunOptions {
        var options = RunOptions()
        options.epochs = 2
        options.threads = 1
        change(&options)
        return options
    }

    private func digits(_ change: (inout RunOptions) -> Void = { _ in }) throws -> RecipeRun {
        RecipeRun(try Recipe.find("digits-lif"), options(change))
    }

    /// Two stages on some of the digits, with all that is random in training: dropout, rate coding, shuffling.
    private func twoStages(_ change: (inout RunOptions) -> Void = { _ in }) throws -> RecipeRun {
        let recipe = try Recipe.find(
            #"""
            {"name":"two","data":{"set":"digits","preprocessing":{"samples":300}},"seed":4,
             "network":{"input":{"shape":[1,8,8]},"steps":6,"coding":"rate","layers":[
              {"name":"hidden","stages":["flatten"],"connection":{"kind":"dense","outputs":32},"neuron":"lif"},
              {"name":"out","stages":["dropout"],"connection":{"kind":"dense","outputs":10},"neuron":"lif"}]},
             "stages":[{"kind":"train","epochs":2,"batch":32,"schedule":"cosine"},
                       {"kind":"train","epochs":3,"batch":50,"optimizer":{"kind":"sgd","momentum":0.9}}]}
            """#
        )
        var options = RunOptions()
        options.threads = 1
        change(&options)
        return RecipeRun(recipe, options)
    }

    @Test(
        "a saved network bins the events of its set as its recipe did",
        .enabled(if: LargeSets.has("nmnist-small"), "\(LargeSets.reason)")
    )
    func events() throws {
        let recipe = try Recipe.find(
            #"""
            {"data":{"set":"nmnist-small","preprocessing":
              {"samples":500,"events":{"bin":10,"merge_polarity":true}}},"seed":1,
             "network":{"input":{"shape":[1,34,34]},"steps":20,"coding":"events","readout":"membrane","layers":[
              {"stages":["flatten"],"connection":{"kind":"dense","outputs":10},"neuron":"lif.integrator"}]},
             "stages":[{"kind":"train","epochs":5,"batch":50,"optimizer":{"kind":"adam","learning_rate":0.002}}]}
            """#
        )
        let folder = try TemporaryFolder()
        var options = RunOptions()
        (options.threads, options.data, options.out) = (1, LargeSets.directory, folder["n.snn"])
        let outcome = try RecipeRun(recipe, options).run()
        // Chance is 0.1; a third of the events lies in the last 100 ms.
        #expect(try outcome.report.number("accuracy") > 0.4)
        #expect(try outcome.report.number("events_dropped") > 50_000)
        let saved = try SavedNetwork(folder["n.snn"])
        let test = try saved.open(split: "test", directory: LargeSets.directory)
        #expect(test.shape == SampleShape(channels: 1, height: 34, width: 34, frames: 20))
        let accuracy = try saved.network.evaluate(test).accuracy
        #expect(try accuracy == outcome.report.number("accuracy"))
        let predictions = try Prediction.predict(saved.network, test, Array(0..<test.count), threads: 1)
        let right = predictions.filter { Int32($0.winner) == test.label($0.sample) }.count
        #expect(Double(right) / Double(test.count) == accuracy)
    }

    private func bytes(_ path: String) throws -> [UInt8] { try ReadFile.bytes(path).array }

    @Test("the report has every field that the interface names, and its numbers make sense")
    func report() throws {
        let folder = try TemporaryFolder()
        let outcome = try digits { $0.out = folder["n"] }.run()
        let json = JSONField(outcome.report.json)
        for name in [
            "accuracy", "spikes_per_neuron", "synaptic_operations", "steps", "epochs", "seconds", "samples_per_second",
            "peak_memory_bytes", "seed", "threads",
        ] {
            #expect(try json[name].number() == outcome.report.number(name), "\(name)")
            #expect(try json["stages"].element(0)[name].number().isFinite, "\(name) of the stage")
        }
        #expect(try json["version"].string() == Library.version)
        #expect(try json["recipe"].string() == "digits-lif")
        #expect(try json["stages"].array().count == 1)
        #expect(try json["stages"].element(0)["version"].string() == Library.version)
        let report = outcome.report
        #expect(report["steps"] == Double(outcome.network.steps))
        #expect(report["epochs"] == 2 && report["seed"] == 1 && report["threads"] == 1)
        // Two epochs are enough to be far from chance, 0.1.
        #expect(try report.number("accuracy") > 0.6 && report.number("accuracy") <= 1)
        let steps = Double(outcome.network.steps)
        #expect(try report.number("spikes_per_neuron") > 0 && report.number("spikes_per_neuron") < steps)
        #expect(try report.number("seconds") > 0 && report.number("samples_per_second") > 0)
        // Between nothing and every weight at every step.
        let operations = try report.number("synaptic_operations")
        #expect(operations > 0 && operations <= Double(outcome.network.weightCount) * steps)
        #expect(outcome.epochs.map { $0.map(\.epoch) } == [[1, 2]])
        #expect(outcome.test.count == 359)
        // What is reported is the network that is saved.
        let (saved, file) = try NetworkFile.read(folder["n"])
        #expect(TrainedSample.bits(of: saved) == TrainedSample.bits(of: outcome.network))
        #expect(try saved.evaluate(outcome.test).accuracy == report.number("accuracy"))
        #expect(try NetworkFile.recipe(file)["name"].string() == "digits-lif")
        #expect(try NetworkFile.progress(file).epochsDone == 2)
    }

    @Test("the same seed gives the same file with 1, 2 and 3 threads, another seed another network")
    func threads() throws {
        let folder = try TemporaryFolder()
        for threads in 1...3 {
            _ = try digits {
                $0.threads = threads
                $0.out = folder["\(threads)"]
            }.run()
        }
        #expect(try bytes(folder["2"]) == bytes(folder["1"]))
        #expect(try bytes(folder["3"]) == bytes(folder["1"]))
        let other = try digits { $0.seed = 2 }.run()
        #expect(other.report["seed"] == 2 && other.network.seed == 2)
        let first = try NetworkFile.read(folder["1"]).network
        #expect(TrainedSample.bits(of: other.network) != TrainedSample.bits(of: first))
    }

    @Test("stages follow one another, and the caller hears of each")
    func stages() throws {
        var began: [Int] = []
        var done: [[Int]] = []
        let outcome = try twoStages().run(
            stageBegan: { began.append($0) },
            epochDone: { done.append([$0, $1.epoch]) }
        )
        #expect(began == [0, 1])
        #expect(done == [[0, 1], [0, 2], [1, 1], [1, 2], [1, 3]])
        #expect(outcome.epochs.map(\.count) == [2, 3])
        let stages = try JSONField(outcome.report.json)["stages"].array()
        #expect(try stages.map { try $0["epochs"].number() } == [2, 3])
        #expect(outcome.report["epochs"] == 3)
        // --epochs acts on the last stage.
        let short = try twoStages { $0.epochs = 1 }.run()
        #expect(short.epochs.map(\.count) == [2, 1])
    }

    @Test(
        "interrupted in any epoch, the file holds the last complete one, and resuming gives the uninterrupted file",
        arguments: [(0, 2), (1, 1), (1, 3)]
    )
    func interrupted(_ stage: Int, _ epoch: Int) throws {
        let folder = try TemporaryFolder()
        let straight = try twoStages { $0.out = folder["straight"] }.run()
        var now = 0
        let cancelled = failure {
            try twoStages { $0.out = folder["cut"] }.run(
                progress: { !(now == stage && $0.epoch == epoch) },
                stageBegan: { now = $0 }
            )
        }
        guard case .cancelled? = cancelled else {
            Issue.record("answering false must be SNNError.cancelled, got \(String(describing: cancelled))")
            return
        }
        let reached = try NetworkFile.progress(try SafetensorsFile(path: folder["cut"]))
        // Nothing of a stage is in the file before its first epoch is complete.
        #expect(reached.stage == (epoch == 1 ? stage - 1 : stage))
        #expect(reached.epochsDone == (epoch == 1 ? 2 : epoch - 1))
        let resumed = try twoStages {
            $0.resume = folder["cut"]
            $0.out = folder["cut"]
            $0.threads = 2
        }.run()
        #expect(try bytes(folder["cut"]) == bytes(folder["straight"]))
        for name in ["accuracy", "spikes_per_neuron", "synaptic_operations", "epochs", "seed"] {
            #expect(resumed.report[name] == straight.report[name], "\(name)")
        }
    }

    @Test("a run that was shorter on purpose goes on to the bit, too")
    func longer() throws {
        let folder = try TemporaryFolder()
        _ = try digits {
            $0.epochs = 3
            $0.out = folder["straight"]
        }.run()
        _ = try digits {
            $0.epochs = 1
            $0.out = folder["short"]
        }.run()
        let resumed = try digits {
            $0.epochs = 3
            $0.resume = folder["short"]
            $0.out = folder["long"]
        }.run()
        #expect(resumed.epochs.map { $0.map(\.epoch) } == [[2, 3]])
        #expect(try bytes(folder["long"]) == bytes(folder["straight"]))
        // Nothing left to do is no error: the file is written and the network evaluated.
        let again = try digits {
            $0.epochs = 3
            $0.resume = folder["long"]
            $0.out = folder["again"]
        }.run()
        #expect(again.epochs.map(\.count) == [0])
        #expect(again.report["accuracy"] == resumed.report["accuracy"])
        #expect(try bytes(folder["again"]) == bytes(folder["straight"]))
    }

    @Test("a resumed run keeps the seed it was started with; another one is refused")
    func seedOfResumed() throws {
        let folder = try TemporaryFolder()
        _ = try twoStages {
            $0.seed = 77
            $0.epochs = 1
            $0.out = folder["c"]
        }.run()
        let resumed = try twoStages { $0.resume = folder["c"] }.run()
        #expect(resumed.report["seed"] == 77 && resumed.network.seed == 77)
        let straight = try twoStages { $0.seed = 77 }.run()
        #expect(TrainedSample.bits(of: resumed.network) == TrainedSample.bits(of: straight.network))
        #expect(
            failure {
                try twoStages {
                    $0.seed = 78
                    $0.resume = folder["c"]
                }.run()
            } == .argument("seed must be the checkpoint's 77 when resuming, got 78")
        )
    }

    @Test("what cannot work is refused before any training, and nothing is written")
    func refused() throws {
        let folder = try TemporaryFolder()
        func refused(_ change: (inout RunOptions) -> Void) throws -> SNNError? {
            let run = try digits(change)
            return failure {
                try run.run(progress: { _ in
                    Issue.record("training began")
                    return false
                })
            }
        }
        let missing = folder["no/such/file"]
        #expect(
            try refused { $0.out = missing }
                == .file("cannot write '\(missing)': it must be a file in a folder that exists")
        )
        #expect(
            try refused { $0.out = folder.path }
                == .file("cannot write '\(folder.path)': it must be a file in a folder that exists")
        )
        #expect(try refused { $0.threads = -1 } == .argument("threads must be 0 ... 1024, got -1"))
        #expect(try refused { $0.threads = 1025 } == .argument("threads must be 0 ... 1024, got 1025"))
        #expect(try refused { $0.epochs = 0 } == .parameter("epochs must be >= 1, got 0"))
        #expect(
            try refused { $0.resume = folder["c"] }
                == .file("cannot open '\(folder["c"])': No such file or directory")
        )
        guard case .dataMissing? = try refused({ $0.data = folder["x.npz"] }) else {
            Issue.record("a missing .npz file must be SNNError.dataMissing")
            return
        }
        // A network that was saved without training state, and a checkpoint of another recipe.
        let sample = try TrainedSample(epochs: 1)
        try NetworkFile.write(sample.network, recipe: nil, to: folder["plain"])
        #expect(
            try refused { $0.resume = folder["plain"] }
                == .state("'\(folder["plain"])' holds a network but no training state to go on from")
        )
        try NetworkFile.write(sample.network, recipe: nil, trainer: sample.trainer, to: folder["other"])
        guard case .shape? = try refused({ $0.resume = folder["other"] }) else {
            Issue.record("a checkpoint of another network must be SNNError.shape")
            return
        }
        try NetworkFile.write(sample.network, recipe: nil, trainer: sample.trainer, stage: 4, to: folder["stage"])
        #expect(
            try refused { $0.resume = folder["stage"] }
                == .corrupt("'\(folder["stage"])': the recipe has 1 stages, not 5")
        )
        #expect(folder.names == ["other", "plain", "stage"])
    }

    @Test("a data set that does not fit the network is refused by its sizes")
    func wrongData() throws {
        let recipe = try Recipe.find(
            #"""
            {"data":{"set":"digits"},"stages":[{"kind":"train"}],"network":{"input":{"shape":[63]},"layers":[
             {"connection":{"kind":"dense","outputs":10},"neuron":"lif"}]}}
            """#
        )
        #expect(
            failure { try RecipeRun(recipe, RunOptions()).run() }
                == .shape("the network takes 63 values a sample, the data set has 64")
        )
    }

    @Test("options as C and Python give them")
    func runOptions() throws {
        func read(_ text: String) throws -> RunOptions { try RunOptions(JSONField(try JSONValue(parsing: text))) }
        let all = try read(
            #"{"data":"d","epochs":3,"threads":2,"seed":"18446744073709551615","out":"o","resume":"r"}"#
        )
        #expect(all.data == "d" && all.epochs == 3 && all.threads == 2 && all.seed == .max)
        #expect(all.out == "o" && all.resume == "r")
        for none in [try read("{}"), try read(#"{"data":null,"threads":null}"#), try RunOptions(JSONField(nil))] {
            #expect(none.data == nil && none.epochs == nil && none.threads == 0 && none.seed == nil)
            #expect(none.out == nil && none.resume == nil)
        }
        #expect(
            failure { try read(#"{"epoch":3}"#) }
                == .unknownName("unknown key 'epoch'; known: data, epochs, memory_budget, out, resume, seed, threads")
        )
        #expect(failure { try read(#"{"epochs":"3"}"#) } == .document(#"epochs must be an integer, got "3""#))
        #expect(failure { try read("[]") } == .document("the document must be an object, got []"))
    }
}

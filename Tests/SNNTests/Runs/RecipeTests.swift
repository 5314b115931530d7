import SNNKernel
import Testing

@testable import SNN

@Suite("recipes")
struct RecipeTests {
    private func recipe(_ text: String) throws -> Recipe { try Recipe(JSONField(try JSONValue(parsing: text))) }

    private let network = #""network":{"input":{"shape":[2]},"layers":[]}"#

    @Test("what ships are the files of recipes/, under their names")
    func shipped() throws {
        #expect(Recipe.names.sorted() == Repository.names(in: "recipes", suffix: ".json"))
        #expect(Set(Recipe.names).isSuperset(of: ["digits-lif", "mnist-lif-mlp", "mnist-lif-conv"]))
        for name in Recipe.names {
            let file = try JSONValue(parsing: try ReadFile.text(Repository.path("recipes/\(name).json")))
            #expect(try Recipe.find(name).json == file, "\(name)")
        }
    }

    @Test("every shipped recipe has a name, a sentence, a bar and a data set", arguments: Recipe.names)
    func complete(_ name: String) throws {
        let recipe = try Recipe.find(name)
        #expect(recipe.name == name)
        #expect(!recipe.summary.isEmpty)
        #expect(!recipe.stages.isEmpty)
        #expect(throws: Never.self) { try DataCatalogue.entry(recipe.data.set) }
        let bar = try #require(recipe.expect.first { $0.name == "accuracy" }?.value)
        #expect(bar > 0.5 && bar < 1)
    }

    @Test("every shipped recipe builds its network and trains a step of each stage", arguments: Recipe.names)
    func trains(_ name: String) throws {
        let recipe = try Recipe.find(name)
        let network = try Network(recipe.network, registry: try Library.registry(), seed: recipe.seed)
        // Events are whole numbers; pixels that spike together make neurons spike where all weights are small.
        let areWhole = ["events", "latency"].contains(recipe.network.coding.name)
        let samples = try TrainedSample.samples(
            features: network.inputCount,
            classes: network.scoreCount,
            count: 4,
            areWhole: areWhole
        )
        let before = TrainedSample.bits(of: network)
        for stage in recipe.stages.filter({ $0.conversion == nil }).map(\.training) {
            let trainer = try stage.trainer(for: network, seed: recipe.seed)
            let labels = Storage<Int32>(4)
            for sample in 0..<4 { labels.base[sample] = samples.label(sample) }
            // Asked for, gradients are kept.
            _ = try trainer.gradients
            let result = try trainer.trainBatch(samples, targets: Targets(.labels(labels.base)), count: 4)
            #expect(result.loss.isFinite && result.loss > 0)
            #expect(try trainer.gradients.allSatisfy { $0.elements.allSatisfy(\.isFinite) })
        }
        let after = TrainedSample.bits(of: network)
        for (tensor, (old, new)) in zip(network.tensors, zip(before, after)) {
            // Nothing arrives behind a layer that is silent on purpose.
            if name.hasPrefix("single-dead"), ["out.weight", "out.beta"].contains(tensor.name) { continue }
            #expect(old != new, "\(tensor.name) learns nothing from a batch of random images")
        }
    }

    @Test("the whole document is read, and kept as it was given")
    func document() throws {
        let text = #"""
            {"name":"n","description":"d","data":{"set":"mnist","preprocessing":{"samples":10,"augment":{"flip":true}}},
             "seed":"18446744073709551615","network":{"input":{"shape":[2]},"steps":3,"layers":[]},
             "stages":[{"kind":"train","epochs":2,"batch":5,"optimizer":"sgd"},{"kind":"train"}],
             "expect":{"accuracy":0.9,"spikes_per_neuron":1}}
            """#
        let recipe = try recipe(text)
        #expect(recipe.name == "n" && recipe.summary == "d" && recipe.seed == .max)
        #expect(recipe.data.set == "mnist" && recipe.data.preprocessing.samples == 10 && recipe.data.preprocessing.flip)
        #expect(recipe.network.steps == 3)
        #expect(recipe.stages.map(\.training.epochs) == [2, 1])
        #expect(recipe.stages.map(\.training.batch) == [5, 128])
        #expect(recipe.stages[0].training.optimizer is GradientDescent)
        #expect(recipe.expect.map(\.name) == ["accuracy", "spikes_per_neuron"])
        #expect(recipe.expect.map(\.value) == [0.9, 1])
        #expect(recipe.json == (try JSONValue(parsing: text)))
        let short = try self.recipe(#"{"data":{"set":"digits"},"stages":[{"kind":"train"}],\#(network)}"#)
        #expect(short.name == "recipe" && short.summary == "" && short.seed == 0 && short.expect.isEmpty)
    }

    @Test("a stage of another kind is refused by its name and place")
    func stageKinds() {
        #expect(
            failure {
                try recipe(#"{"data":{"set":"digits"},"stages":[{"kind":"train"},{"kind":"prune"}],\#(network)}"#)
            }
                == .notSupported(
                    "stages[1]: stage kind 'prune' is not supported by this version; known: convert, fit, train"
                )
        )
    }

    @Test(
        "what is not as documented is refused with its path",
        arguments: [
            ("[]", SNNError.document("the document must be an object, got []")),
            ("{}", .document("data.set must be a string, but it is missing")),
            (
                #"{"dataset":"mnist"}"#,
                .unknownName("unknown key 'dataset'; known: data, description, expect, name, network, seed, stages")
            ),
            (#"{"data":"mnist"}"#, .document(#"data must be an object, got "mnist""#)),
            (#"{"data":{"name":"mnist"}}"#, .unknownName("unknown key in data: 'name'; known: preprocessing, set")),
            (#"{"data":{"set":"mnist"}}"#, .document("network must be an object, but it is missing")),
            (
                #"{"data":{"set":"mnist","preprocessing":{"scal":1}}}"#,
                .unknownName(
                    "unknown key in data.preprocessing: 'scal'; known: augment, events, normalize, samples, scale, validation"
                )
            ),
            (
                #"{"data":{"set":"mnist"},"network":{"input":{"shape":[2]},"layers":[{"stages":[7]}]}}"#,
                .document("network.layers[0].stages[0] must be an object, got 7")
            ),
            (
                #"{"data":{"set":"mnist"},"network":{"input":{"shape":[2]},"layers":[]}}"#,
                .document("stages must be a list, but it is missing")
            ),
            (
                #"{"data":{"set":"mnist"},"network":{"input":{"shape":[2]},"layers":[]},"stages":[]}"#,
                .document("stages must hold at least one stage, got []")
            ),
            (
                #"{"data":{"set":"mnist"},"network":{"input":{"shape":[2]},"layers":[]},"stages":[{"epochs":1}]}"#,
                .document("stages[0].kind must be a string, but it is missing")
            ),
            (
                #"{"data":{"set":"mnist"},"network":{"input":{"shape":[2]},"layers":[]},"stages":[{"kind":"train","lr":1}]}"#,
                .unknownName(
                    "unknown key in stages[0]: 'lr'; known: batch, epochs, kind, loss, memory_budget, optimizer, "
                        + "reload_best, rule, schedule, set"
                )
            ),
            (
                #"{"data":{"set":"mnist"},"network":{"input":{"shape":[2]},"layers":[]},"stages":[{"kind":"train","epochs":0}]}"#,
                .parameter("stages[0].epochs must be >= 1, got 0")
            ),
            (
                #"{"data":{"set":"mnist"},"seed":-1,"network":{"input":{"shape":[2]},"layers":[]},"stages":[]}"#,
                .document("seed must be an integer from 0 to 2^53, or a 64-bit one as a string, got -1")
            ),
            (
                #"{"data":{"set":"mnist"},"network":{"input":{"shape":[2]},"layers":[]},"stages":[{"kind":"train"}],"expect":{"accuracy":"high"}}"#,
                .document(#"expect.accuracy must be a number, got "high""#)
            ),
        ]
    )
    func refused(_ text: String, _ expected: SNNError) {
        #expect(failure { try recipe(text) } == expected)
    }

    @Test("a recipe is found by name, by path and as text")
    func finding() throws {
        let folder = try TemporaryFolder()
        let text = #"{"name":"mine","data":{"set":"digits"},"stages":[{"kind":"train"}],\#(network)}"#
        try folder.write(Array(text.utf8), to: "my.json")
        #expect(try Recipe.find("digits-lif").name == "digits-lif")
        #expect(try Recipe.find(folder["my.json"]).name == "mine")
        #expect(try Recipe.find(text).name == "mine")
        #expect(try Recipe.find("\n  " + text).name == "mine")
    }

    @Test("an unknown name lists the known ones; a bad file is named")
    func notFound() throws {
        #expect(
            failure { try Recipe.find("mnist-lif") }
                == .unknownName(
                    "unknown recipe 'mnist-lif'; known: \(Recipe.names.sorted().joined(separator: ", "))"
                )
        )
        #expect(failure { try Recipe.find("") } != nil)
        let folder = try TemporaryFolder()
        try folder.write(Array("{".utf8), to: "bad.json")
        guard case .document(let sentence)? = failure({ try Recipe.find(folder["bad.json"]) }) else {
            Issue.record("broken JSON must be SNNError.document")
            return
        }
        #expect(sentence.hasPrefix("'\(folder["bad.json"])': "))
        try folder.write(Array("{}".utf8), to: "empty.json")
        #expect(
            failure { try Recipe.find(folder["empty.json"]) }
                == .document("'\(folder["empty.json"])': data.set must be a string, but it is missing")
        )
        // A folder is no recipe.
        guard case .unknownName? = failure({ try Recipe.find(folder.path) }) else {
            Issue.record("a folder must be SNNError.unknownName")
            return
        }
    }
}

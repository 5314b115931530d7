import SNNKernel
import Testing

@testable import SNN

@Suite("checkpoints of training that reloads its best epoch")
struct ReloadBestFileTests {
    private static let training =
        #"{"optimizer":{"kind":"adam","learning_rate":0.5},"schedule":{"kind":"milestones","epochs":[3,5]},"batch":7,"#
        + #""reload_best":true}"#

    private func everything(_ sample: TrainedSample) -> [[UInt32]] {
        sample.bits + (sample.trainer.best?.storages ?? []).map { $0.elements.map(\.bitPattern) }
    }

    @Test("resuming restores the best epoch and what training goes on from, to the bit", arguments: 1...6)
    func resume(_ epochs: Int) throws {
        let folder = try TemporaryFolder()
        let straight = try TrainedSample(training: Self.training, epochs: 7)
        let interrupted = try TrainedSample(training: Self.training, epochs: epochs)
        try NetworkFile.write(interrupted.network, recipe: nil, trainer: interrupted.trainer, to: folder["c"])
        let file = try SafetensorsFile(path: folder["c"])
        let loss = try #require(interrupted.trainer.best?.loss)
        #expect(try NetworkFile.progress(file).bestLoss == loss)
        // A file between epochs is the best network.
        let read = try NetworkFile.read(folder["c"]).network
        #expect(TrainedSample.bits(of: read) == TrainedSample.bits(of: interrupted.network))

        let resumed = try TrainedSample(training: Self.training, seed: 99, epochs: 2)
        try NetworkFile.resume(resumed.trainer, from: file)
        #expect(everything(resumed) == everything(interrupted) && resumed.trainer.best?.loss == loss)
        _ = try resumed.trainer.fit(resumed.data, epochs: 7)
        #expect(everything(resumed) == everything(straight) && resumed.counters == straight.counters)
        #expect(resumed.trainer.best?.loss == straight.trainer.best?.loss)
    }

    @Test("a checkpoint of training with it does not go on without, nor the other way round")
    func mixed() throws {
        let folder = try TemporaryFolder()
        let plainTraining = Self.training.replacing(#","reload_best":true"#, with: "")
        let (with, without) = (
            try TrainedSample(training: Self.training, epochs: 2), try TrainedSample(training: plainTraining, epochs: 2)
        )
        for (sample, other, words) in [
            (with, without, "with reload_best: it cannot go on without it"),
            (without, with, "without reload_best: it cannot go on with it"),
        ] {
            try NetworkFile.write(sample.network, recipe: nil, trainer: sample.trainer, to: folder["c"])
            let before = everything(other)
            let file = try SafetensorsFile(path: folder["c"])
            #expect(throws: SNNError.state("'\(folder["c"])' is a checkpoint of training \(words)")) {
                try NetworkFile.resume(other.trainer, from: file)
            }
            #expect(everything(other) == before)
        }
    }

    @Test("a recipe cut short and resumed writes the bytes of the uninterrupted run")
    func recipe() throws {
        let folder = try TemporaryFolder()
        func run(_ change: (inout RunOptions) -> Void) throws -> RecipeRun.Outcome {
            let recipe = try Recipe.find(
                #"""
                {"name":"points","data":{"set":"yin-yang","preprocessing":{"samples":400}},"seed":4,
                 "network":{"input":{"shape":[4]},"steps":6,"layers":[
                  {"name":"hidden","connection":{"kind":"dense","outputs":24},"neuron":"lif"},
                  {"name":"out","connection":{"kind":"dense","outputs":3},"neuron":"lif"}]},
                 "stages":[{"kind":"train","epochs":6,"batch":32,"optimizer":{"kind":"adam","learning_rate":0.1},
                            "schedule":{"kind":"milestones","epochs":[2,4],"gamma":0.2},"reload_best":true}]}
                """#
            )
            var options = RunOptions()
            options.threads = 1
            change(&options)
            return try RecipeRun(recipe, options).run()
        }
        func bytes(_ name: String) throws -> [UInt8] { try ReadFile.bytes(folder[name]).array }

        let straight = try run { $0.out = folder["straight"] }
        let least = straight.epochs[0].map(\.loss).min()
        #expect(straight.report["best_loss"] == least)
        for epochs in [1, 2, 3, 5] {
            _ = try run {
                $0.epochs = epochs
                $0.out = folder["cut"]
            }
            let resumed = try run {
                $0.resume = folder["cut"]
                $0.out = folder["cut"]
                $0.threads = 2
            }
            #expect(try bytes("cut") == bytes("straight"))
            #expect(resumed.report["accuracy"] == straight.report["accuracy"])
        }
        #expect(try NetworkFile.read(folder["straight"]).network.tensors.count == 4)
    }
}

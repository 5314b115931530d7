import ArgumentParser
import SNN
import SNNKernel
import Testing

@testable import SNNCommand

@Suite("Arguments of the command")
struct ArgumentTests {
    @Test("every subcommand has its own words and help")
    func subcommands() throws {
        let names = Snn.configuration.subcommands.map { $0.configuration.commandName }
        #expect(
            names == [
                "demo", "train", "eval", "predict", "info", "plan", "convert", "fs-fit", "recipes", "plugins",
                "plugin", "new-plugin", "data", "verify", "bench",
            ]
        )
        for command in Snn.configuration.subcommands { #expect(!command.configuration.abstract.isEmpty) }
    }

    @Test("train takes the flags of the interface, negative numbers too")
    func train() throws {
        let words = [
            "train", "digits-lif", "--data", "d", "--epochs", "-2", "--threads", "-1", "--seed", "7", "--out", "o",
            "--resume", "r", "--memory-budget", "9", "--json",
        ]
        let command = try #require(try Snn.parseAsRoot(words) as? TrainCommand)
        #expect(command.recipe == "digits-lif" && command.data.directory == "d" && command.epochs == -2)
        #expect(command.thread.threads == -1 && command.seed == 7 && command.out == "o" && command.resume == "r")
        #expect(command.memoryBudget == 9)
        #expect(command.output.json)
    }

    @Test("plan takes a network and what memory depends on")
    func plan() throws {
        let words = ["plan", "n.json", "--batch", "3", "--threads", "2", "--mode", "inference", "--memory-budget", "9"]
        let command = try #require(try Snn.parseAsRoot(words + ["--optimizer", "sgd"]) as? PlanCommand)
        #expect(command.network == "n.json" && command.batch == 3 && command.thread.threads == 2)
        #expect(command.mode == .inference && command.memoryBudget == 9 && command.optimizer == "sgd")
    }

    @Test("convert takes a file, a target, and what windows and input are fitted by")
    func convert() throws {
        let words = [
            "convert", "f", "--to", "ttfs", "--percentile", "99.9", "--margin", "2", "--low", "-3", "--high", "3",
        ]
        let command = try #require(try Snn.parseAsRoot(words + ["--out", "o", "--json"]) as? ConvertCommand)
        #expect(command.file == "f" && command.to == "ttfs" && command.out == "o" && command.output.json)
        #expect(command.percentile == 99.9 && command.margin == 2 && command.low == -3 && command.high == 3)
        #expect(throws: (any Error).self) { try Snn.parseAsRoot(["convert", "f", "--to", "relu"]) }
    }

    @Test("train needs a recipe, or a file that carries one")
    func recipe() throws {
        #expect(throws: (any Error).self) { try Snn.parseAsRoot(["train"]) }
        #expect(try Snn.parseAsRoot(["train", "--resume", "r"]) is TrainCommand)
    }

    @Test("data without a verb lists; predict takes several samples")
    func others() throws {
        #expect(try Snn.parseAsRoot(["data"]) is DataListCommand)
        let predict = try #require(
            try Snn.parseAsRoot(["predict", "f", "--sample", "3", "--sample", "1"]) as? PredictCommand
        )
        #expect(predict.sample == [3, 1] && predict.split == "test")
    }

    @Test("an unknown flag is refused")
    func unknown() { #expect(throws: (any Error).self) { try Snn.parseAsRoot(["train", "x", "--epoch", "1"]) } }

    @Test("results are read by name, an unknown one lists the known")
    func results() throws {
        #expect(try PredictCommand.read("scores, class") == [.scores, .class])
        #expect(
            throws: SNNError.unknownName(
                "unknown result 'spikes'; known: class, probabilities, scores, spike_counts"
            )
        ) { try PredictCommand.read("spikes") }
    }

    @Test("a component is found by its name, else all of a plugin")
    func plugins() throws {
        let all = try Library.registry().components
        #expect(try PluginsCommand.select("lif", from: all).map(\.name) == ["lif"])
        #expect(try PluginsCommand.select("codings", from: all).count > 3)
        #expect(try PluginsCommand.select(nil, from: all).count == all.count)
        #expect(throws: SNNError.self) { try PluginsCommand.select("lfi", from: all) }
    }
}

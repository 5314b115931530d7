import ArgumentParser
import SNN
import SNNKernel

/// `snn train`: runs a recipe.
struct TrainCommand: UsesPlugins {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network as a recipe says and test it.",
        discussion: """
            Ctrl-C stops after the running batch; the file of --out then holds the last complete epoch, and --resume \
            goes on from it to the bit as if never interrupted.
            """
    )

    @Argument(help: "A shipped recipe by name (see `snn recipes`) or the path of one; with --resume that of the file.")
    var recipe: String?
    @OptionGroup var data: DataOptions
    @Option(parsing: .unconditional, help: "Epochs of the last stage, counting those before a resume.")
    var epochs: Int?
    @OptionGroup var thread: ThreadOptions
    @Option(parsing: .unconditional, help: "Seed of weights, order, dropout and random codings.")
    var seed: UInt64?
    @Option(help: ArgumentHelp("Where to write the network, after every epoch.", valueName: "file"))
    var out: String?
    @Option(help: ArgumentHelp("A file to go on from.", valueName: "file"))
    var resume: String?
    @Option(
        parsing: .unconditional,
        help: "Bytes that training may take; what does not fit is computed again. Results do not depend on it."
    )
    var memoryBudget: Int?
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if recipe == nil, resume == nil { throw ValidationError("Name a recipe, or a file to --resume.") }
    }

    func run() throws {
        let recipe = try chosenRecipe()
        var options = RunOptions()
        (options.data, options.epochs, options.threads) = (data.directory, epochs, thread.threads)
        (options.seed, options.out, options.resume) = (seed, out, resume)
        options.memoryBudget = memoryBudget
        let run = InterruptibleRun(recipe, options)
        let outcome = try run.run { saved in stopped(at: saved, of: recipe) }

        if output.json { return Console.result(outcome.report.json.text()) }
        Console.result("\(recipe.name): \(outcome.report["accuracy", default: .nan].percent) of the test samples right")
        var summary = Summary()
        summary.addResults(outcome.report, samples: outcome.test.count)
        summary.addCourse(outcome.report, training: true)
        if let out { summary.add("written to", out, "") }
        summary.show()
        Console.result(
            out.map { "Next: snn predict \(Shell.quoted($0)), snn info \(Shell.quoted($0))" }
                ?? "Next: snn train \(Shell.quoted(self.recipe ?? recipe.name)) --out FILE keeps the network"
        )
    }

    private func chosenRecipe() throws(SNNError) -> Recipe {
        if let recipe { return try Recipe.find(recipe) }
        let path = resume ?? ""
        let field = try NetworkFile.recipe(try SafetensorsFile(path: path))
        guard field.isPresent else { throw .state("'\(path)' carries no recipe; name one: snn train RECIPE --resume") }
        return try Recipe(field)
    }

    /// The sentence after Ctrl-C: what is left, and how to go on.
    private func stopped(at saved: Int, of recipe: Recipe) -> String {
        // What an epoch of this run did not write may still lie in the file it went on from.
        guard let file = saved > 0 ? out : resume else {
            return out == nil
                ? "interrupted; nothing was saved, as no --out FILE was given"
                : "interrupted before the first epoch was complete; nothing was saved"
        }
        var words = ["snn", "train"]
        if let name = self.recipe { words.append(Shell.quoted(name)) }
        if let directory = data.directory { words += ["--data", Shell.quoted(directory)] }
        if let epochs { words += ["--epochs", String(epochs)] }
        if thread.threads != 0 { words += ["--threads", String(thread.threads)] }
        if let memoryBudget { words += ["--memory-budget", String(memoryBudget)] }
        words += ["--resume", Shell.quoted(file), "--out", Shell.quoted(out ?? file)]
        let holds = saved > 0 ? "'\(file)' holds epoch \(saved)" : "'\(file)' is as it was"
        return "interrupted; \(holds), go on with: \(words.joined(separator: " "))"
    }
}

extension Report {
    /// A number by name, or `fallback`.
    subscript(name: String, default fallback: Double) -> Double { self[name] ?? fallback }
}

/// Words for a shell.
enum Shell {
    /// The word as a shell takes it: in quotes where it needs them.
    static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="):
                true
            default: byte >= 0x80
            }
        }
        guard !plain || word.isEmpty else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

import ArgumentParser
import SNN
import SNNKernel

/// `snn demo`: learns handwritten digits in seconds and draws what happened.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Learn handwritten digits in seconds and draw a picture of it."
    )

    @Option(help: ArgumentHelp("Where to write the picture.", valueName: "file.svg"))
    var out = "build/snn-demo.svg"
    @Option(parsing: .unconditional, help: "Epochs to train.")
    var epochs: Int?
    @OptionGroup var thread: ThreadOptions
    @Option(parsing: .unconditional, help: "Seed of weights and order.")
    var seed: UInt64?

    func run() throws {
        let recipe = try Recipe.find("digits-lif")
        var options = RunOptions()
        (options.epochs, options.threads, options.seed) = (epochs, thread.threads, seed)
        // Before the work rather than after it.
        if let slash = out.lastIndex(of: "/"), slash > out.startIndex {
            try ReadFile.createFolder(String(out[..<slash]))
        }
        Console.log("Training \(recipe.name): \(recipe.summary).")
        let outcome = try InterruptibleRun(recipe, options).run { _ in
            "interrupted; the demo draws its picture only when training is complete"
        }
        let story = try DemoStory(outcome)
        let picture = DemoPicture(story).svg
        try AtomicFile.write(try ByteBuffer(Array(picture.utf8)), to: out)

        Console.result(
            "The network read \(outcome.report["accuracy", default: .nan].percent) of the test digits right."
        )
        var summary = Summary()
        summary.addResults(outcome.report, samples: outcome.test.count)
        summary.addCourse(outcome.report, training: true)
        summary.add("picture", out, "open it in a browser")
        summary.show()
        Console.result("Next: snn train \(recipe.name) --out digits.safetensors, snn plugins, snn recipes")
    }
}

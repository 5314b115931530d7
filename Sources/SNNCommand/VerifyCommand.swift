import ArgumentParser
import SNN
import SNNKernel

/// `snn verify`: trains the shipped recipes and holds each to the bar it carries.
struct VerifyCommand: UsesPlugins {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Train shipped recipes and compare each with the bar it carries.",
        discussion: "Ends with 1 where a bar is missed. Recipes whose data set is not there are skipped by name."
    )

    @Argument(help: "One recipe, by name or path; without it all that are shipped.")
    var recipe: String?
    @OptionGroup var data: DataOptions
    @OptionGroup var thread: ThreadOptions
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        var table = Table(
            ["recipe", "number", "bar", "measured", "time", ""],
            [.left, .left, .right, .right, .right]
        )
        var skipped: [String] = []
        var missed = 0
        var results: [JSONValue] = []
        for name in recipe.map({ [$0] }) ?? Recipe.names {
            let recipe = try Recipe.find(name)
            guard !recipe.expect.isEmpty else {
                skipped.append("\(recipe.name): it carries no bar under 'expect'")
                continue
            }
            let report: Report
            do {
                report = try train(recipe)
            } catch SNNError.dataMissing(let sentence) where self.recipe == nil {
                skipped.append("\(recipe.name): \(sentence)")
                continue
            }
            for bar in try Bar.all(of: recipe, in: report) {
                missed += bar.isReached ? 0 : 1
                table.add([
                    recipe.name, bar.name, Bar.relation(bar.name) + " " + Bar.number(bar.bound, named: bar.name),
                    Bar.number(bar.measured, named: bar.name), ProgressLine.duration(report["seconds", default: 0]),
                    bar.isReached ? "reached" : "MISSED",
                ])
                results.append(
                    .object([
                        "recipe": .string(recipe.name), "number": .string(bar.name), "bar": .number(bar.bound),
                        "measured": .number(bar.measured), "reached": .bool(bar.isReached),
                    ])
                )
            }
        }
        if output.json {
            let summary: JSONValue = .object([
                "results": .array(results), "skipped": .array(skipped.map { .string($0) }),
                "passed": .bool(missed == 0),
            ])
            Console.result(summary.text())
        } else {
            if !table.isEmpty { table.show() }
            for line in skipped { Console.result("skipped \(line)") }
        }
        guard missed == 0 else {
            Console.error("\(Summary.count(missed, "bar")) missed")
            throw Exit.failure
        }
    }

    private func train(_ recipe: Recipe) throws -> Report {
        var options = RunOptions()
        (options.data, options.threads) = (data.directory, thread.threads)
        Console.log("\(recipe.name): \(Bar.text(recipe.expect))")
        return try InterruptibleRun(recipe, options).run { _ in "interrupted while training \(recipe.name)" }.report
    }
}

import ArgumentParser
import SNN
import SNNKernel

/// `snn recipes`: what the library ships to train.
struct RecipesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipes",
        abstract: "List the recipes that come with the library."
    )

    @OptionGroup var output: OutputOptions

    func run() throws {
        let recipes = try Recipe.names.map { try Recipe.find($0) }
        if output.json {
            let list = recipes.map { recipe -> JSONValue in
                .object([
                    "name": .string(recipe.name), "description": .string(recipe.summary),
                    "data": .string(recipe.data.set),
                    "expect": .object(
                        Dictionary(uniqueKeysWithValues: recipe.expect.map { ($0.name, .number($0.value)) })
                    ),
                ])
            }
            return Console.result(JSONValue.object(["recipes": .array(list)]).text())
        }
        var table = Table(["recipe", "data", "bar", "description"])
        for recipe in recipes {
            table.add([recipe.name, recipe.data.set, Bar.text(recipe.expect), recipe.summary])
        }
        table.show()
        Console.result("")
        Console.result("Train one: snn train \(Recipe.names.first ?? "RECIPE") --out FILE")
    }
}

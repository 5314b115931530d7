import SNNKernel

/// An experiment as a document: a data set, a network and a list of stages (docs/recipes.md).
package struct Recipe: Sendable {
    package let name: String
    package let summary: String
    /// The document as it was given, for the file of the trained network.
    package let json: JSONValue
    package let data: DataChoice
    package let network: NetworkDescription
    package let seed: UInt64
    package let stages: [TrainingDocument]
    /// Which stages fit buffers to the training set rather than train: `--epochs` means none of them.
    package let fits: [Bool]
    /// What each stage changes about the network before it trains.
    package let changes: [[NetworkChange]]
    /// The bar a verified run must reach, by report name.
    package let expect: [(name: String, value: Double)]

    /// Which set, and how its samples are prepared.
    package struct DataChoice: Sendable {
        package let set: String
        package let preprocessing: Preprocessing

        init(_ field: JSONField) throws(SNNError) {
            try field.check(keys: ["set", "preprocessing"])
            set = try field["set"].string()
            preprocessing = try Preprocessing(field["preprocessing"])
        }
    }

    /// Reads a recipe document.
    package init(_ field: JSONField) throws(SNNError) {
        _ = try field.object()
        try field.check(keys: ["name", "description", "data", "seed", "network", "stages", "expect"])
        json = field.value ?? .null
        name = try field["name"].optionalString() ?? "recipe"
        summary = try field["description"].optionalString() ?? ""
        data = try DataChoice(field["data"])
        network = try NetworkDocument.read(field["network"])
        seed = try field["seed"].optionalSeed() ?? 0
        var stages: [TrainingDocument] = []
        var changes: [[NetworkChange]] = []
        var fits: [Bool] = []
        for stage in try field["stages"].array() {
            let kind = try stage["kind"].string()
            guard kind == "train" || kind == "fit" else {
                throw .notSupported(
                    "\(stage.path): stage kind '\(kind)' is not supported by this version; known: fit, train"
                )
            }
            fits.append(kind == "fit")
            stages.append(try TrainingDocument(stage, extraKeys: ["kind", "set"]))
            changes.append(try NetworkChange.list(stage["set"]))
        }
        guard !stages.isEmpty else { throw field["stages"].error("must hold at least one stage") }
        self.stages = stages
        self.changes = changes
        self.fits = fits
        var expect: [(String, Double)] = []
        for (name, value) in try field["expect"].optionalObject() ?? [] { expect.append((name, try value.number())) }
        self.expect = expect
    }

    /// Finds a recipe: JSON text, a path, or the name of a shipped one.
    package static func find(_ recipe: String) throws(SNNError) -> Recipe {
        if recipe.drop(while: \.isWhitespace).first == "{" {
            return try Recipe(JSONField(try JSONValue(parsing: recipe)))
        }
        if let shipped = shippedRecipes.first(where: { $0.name == recipe }) {
            return try Recipe(JSONField(try JSONValue(parsing: shipped.text)))
        }
        guard ReadFile.exists(recipe) else {
            throw .unknown("recipe", recipe, known: names)
        }
        do throws(SNNError) {
            return try Recipe(JSONField(try JSONValue(parsing: try ReadFile.text(recipe))))
        } catch { throw error.prefixed(by: "'\(recipe)': ") }
    }

    /// The shipped recipes.
    package static var names: [String] { shippedRecipes.map(\.name) }
}

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
    package let stages: [Stage]
    /// The bar a verified run must reach, by report name.
    package let expect: [(name: String, value: Double)]

    /// One stage: a change of the network, then a pass over the training set.
    package struct Stage: Sendable {
        /// What a stage does.
        package enum Kind: String, CaseIterable, Sendable {
            /// Moves weights.
            case train
            /// Sets buffers by what the training set needs, and moves no weight; `--epochs` does not mean it.
            case fit
            /// Turns the network into one of another kind, then fits it.
            case convert
        }

        package let kind: Kind
        /// How it passes over the training set.
        package let training: TrainingDocument
        /// What it changes about the network before.
        package let changes: [NetworkChange]
        /// What it converts the network to before; nil where it does not.
        package let conversion: ConversionDocument?

        init(_ field: JSONField) throws(SNNError) {
            let word = try field["kind"].string()
            guard let kind = Kind(rawValue: word) else {
                let known = Kind.allCases.map(\.rawValue).sorted().joined(separator: ", ")
                throw .notSupported(
                    "\(field.path): stage kind '\(word)' is not supported by this version; known: \(known)"
                )
            }
            self.kind = kind
            if kind == .convert {
                let conversion = try ConversionDocument(field)
                training = try conversion.training()
                changes = []
                self.conversion = conversion
            } else {
                training = try TrainingDocument(field, extraKeys: ["kind", "set"])
                changes = try NetworkChange.list(field["set"])
                conversion = nil
            }
        }
    }

    /// Which set, and how its samples are prepared.
    package struct DataChoice: Sendable {
        package let set: String
        package let preprocessing: Preprocessing
        /// Steps of the network, which recorded events are binned for.
        package fileprivate(set) var steps: Int?

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
        var data = try DataChoice(field["data"])
        network = try NetworkDocument.read(field["network"])
        data.steps = network.steps
        self.data = data
        seed = try field["seed"].optionalSeed() ?? 0
        var stages: [Stage] = []
        for stage in try field["stages"].array() { stages.append(try Stage(stage)) }
        guard !stages.isEmpty else { throw field["stages"].error("must hold at least one stage") }
        self.stages = stages
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

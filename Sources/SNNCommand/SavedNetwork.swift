import SNN
import SNNKernel

/// A network from a file, with the recipe that made it.
struct SavedNetwork {
    let path: String
    let network: Network
    let file: SafetensorsFile
    /// Nil where the file was not made by a recipe.
    let recipe: Recipe?

    init(_ path: String) throws(SNNError) {
        self.path = path
        (network, file) = try NetworkFile.read(path)
        let field = try NetworkFile.recipe(file)
        recipe = field.isPresent ? try Recipe(field) : nil
    }

    /// A split of the recipe's set, prepared as for a test: all samples, no augmentation.
    ///
    /// Throws ``SNNError/state`` where the file carries no recipe and `directory` is no `.npz`.
    func open(split: String, directory: String?) throws(SNNError) -> Dataset {
        let preprocessing = recipe?.data.preprocessing.forEvaluation ?? Preprocessing()
        if let recipe {
            return try DataCatalogue.open(
                recipe.data.set,
                split: split,
                directory: directory,
                preprocessing: preprocessing,
                steps: network.steps
            )
        }
        guard let directory, directory.hasSuffix(".npz") else {
            throw .state("'\(path)' carries no recipe, so its data set is unknown; name arrays: --data FILE.npz")
        }
        return try DataCatalogue.open(directory, split: split, preprocessing: preprocessing, steps: network.steps)
    }
}

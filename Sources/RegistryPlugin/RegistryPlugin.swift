import Foundation
import PackagePlugin

/// Generates what the library carries: the registry of plugins, the shipped recipes, the embedded digits.
///
/// Adding a plugin therefore means adding its folder and its name in `Package.swift`; adding a recipe, a file.
@main
struct RegistryPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let generator = try context.tool(named: "RegistryGenerator").url
        let folder = context.pluginWorkDirectoryURL
        let root = context.package.directoryURL

        let modules = target.dependencies.compactMap { dependency -> String? in
            guard case .target(let target) = dependency, target.name.hasSuffix("Plugin") else { return nil }
            return target.name
        }
        let recipes = try FileManager.default
            .contentsOfDirectory(at: root.appending(path: "recipes"), includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
        let digits = root.appending(path: "Sources/SNN/Data/digits")
        let images = digits.appending(path: "digits-images-idx3-ubyte.gz")
        let labels = digits.appending(path: "digits-labels-idx1-ubyte.gz")

        func command(_ name: String, _ verb: String, _ arguments: [String], inputs: [URL]) -> Command {
            let output = folder.appending(path: name)
            return .buildCommand(
                displayName: "Generating \(name)",
                executable: generator,
                arguments: [verb, path(output)] + arguments,
                inputFiles: inputs,
                outputFiles: [output]
            )
        }
        return [
            command("BuiltInPlugins.swift", "plugins", modules.sorted(), inputs: []),
            command("ShippedRecipes.swift", "text", ["shippedRecipes"] + recipes.map(path).sorted(), inputs: recipes),
            command(
                "EmbeddedDigits.swift",
                "bytes",
                ["embeddedDigitsImages=\(path(images))", "embeddedDigitsLabels=\(path(labels))"],
                inputs: [images, labels]
            ),
        ]
    }

    private func path(_ url: URL) -> String { url.path(percentEncoded: false) }
}

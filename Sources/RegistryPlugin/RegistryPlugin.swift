import Foundation
import PackagePlugin

/// Generates `BuiltInPlugins.swift` from the plugin modules that the target depends on.
///
/// Adding a plugin therefore means adding its folder and its name in `Package.swift`, nothing else.
@main
struct RegistryPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let modules = target.dependencies.compactMap { dependency -> String? in
            guard case .target(let target) = dependency, target.name.hasSuffix("Plugin") else { return nil }
            return target.name
        }
        let output = context.pluginWorkDirectoryURL.appending(path: "BuiltInPlugins.swift")
        return [
            .buildCommand(
                displayName: "Generating the registry of \(modules.count) plugins",
                executable: try context.tool(named: "RegistryGenerator").url,
                arguments: [output.path(percentEncoded: false)] + modules.sorted(),
                outputFiles: [output])
        ]
    }
}

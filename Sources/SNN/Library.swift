import CProcessor
import EquationsPlugin
import SNNForeign
import SNNKernel

/// What this library is: its version, its plugins, the processor it needs.
package enum Library {
    /// For people.
    package static let version = "0.1.0"

    /// Everything that descriptions can name.
    ///
    /// A value made anew for each caller that asks: plugins that collide are reported to it rather than at load time.
    package static func registry() throws(SNNError) -> Registry {
        try Registry(plugins: builtInPlugins, loaded: LoadedPlugins.all.map(\.plugin))
    }

    /// Loads a plugin from a file for the rest of the process; the same file again changes nothing.
    ///
    /// A file NAME.neuron holds a neuron as text, any other is a shared object. Returns the names of its neurons. Errors:
    /// ``SNNError/file(_:)``, ``SNNError/plugin(_:)`` with the reason, and those of ``define(_:as:)``.
    @discardableResult
    package static func load(plugin path: String) throws(SNNError) -> [String] {
        try checkProcessor()
        let file = try PluginFile.find(path)
        guard file.hasSuffix(PluginFile.textEnding) else {
            let (plugin, address) = try PluginFile.load(file)
            return try LoadedPlugins.add(plugin, origin: .descriptor(address))
        }
        let name = file.dropLast(PluginFile.textEnding.count).split(separator: "/").last.map(String.init) ?? ""
        return try define(name, as: try ReadFile.text(file, limit: EquationNeuron.mostBytes))
    }

    /// Names a neuron that is given as text (docs/equations.md).
    ///
    /// Returns the name. Errors: ``SNNError/plugin(_:)`` for a name that is taken or none,
    /// ``SNNError/document(_:)`` for a text that cannot be read, with its place.
    @discardableResult
    package static func define(_ name: String, as text: String) throws(SNNError) -> [String] {
        guard ForeignPlugin.isIdentifier(name) else {
            throw .plugin("a neuron's name must be lower-case letters, digits and underscores, got '\(name)'")
        }
        let component = try EquationNeuron.component(name: name, text: text)
        return try LoadedPlugins.add(
            LoadedPlugin(identifier: name, neurons: [component]),
            origin: .text(name + "\n" + text)
        )
    }

    /// One line on the build.
    package static let buildInfo = "snn \(version), built for \(String(cString: snn_processor_target()))"

    /// Throws ``SNNError/processor(_:)`` where this processor lacks what the library was built for.
    package static func checkProcessor() throws(SNNError) {
        guard let missing = snn_processor_lacks() else { return }
        throw .processor(
            "the library was built for \(String(cString: snn_processor_target())), but this processor lacks "
                + "\(String(cString: missing)); build it with make build MARCH=x86-64"
        )
    }
}

import CProcessor
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
    /// Returns the names of its neurons. Errors: ``SNNError/file(_:)``, and ``SNNError/plugin(_:)`` with the reason.
    @discardableResult
    package static func load(plugin path: String) throws(SNNError) -> [String] {
        try checkProcessor()
        let (plugin, origin) = try PluginFile.load(path)
        return try LoadedPlugins.add(plugin, origin: origin)
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

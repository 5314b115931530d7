import SNNKernel
import Synchronization

/// The plugins that came at run time, in their order; any thread.
package enum LoadedPlugins {
    /// A plugin, and what it was read from.
    package struct Entry: Sendable {
        package let plugin: LoadedPlugin
        /// What it was read from; the same again is the same plugin.
        let origin: Origin
        /// Its components for callers in C.
        let catalogue: [CatalogueEntry]
    }

    /// What tells a plugin that was loaded twice from two of one name.
    enum Origin: Equatable, Sendable {
        /// The address of a descriptor.
        case descriptor(UInt)
        /// A neuron as text.
        case text(String)
    }

    private static let entries = Mutex<[Entry]>([])
    /// What callers in C may have borrowed from plugins that were removed.
    private static let borrowed = Mutex<[[CatalogueEntry]]>([])

    /// All of them.
    package static var all: [Entry] { entries.withLock { $0 } }

    /// Takes a plugin and returns the names of its neurons; nothing happens where it is there already.
    ///
    /// Errors: ``SNNError/plugin(_:)`` where another has a name of it.
    static func add(_ plugin: LoadedPlugin, origin: Origin) throws(SNNError) -> [String] {
        let known = builtInPlugins.map { $0.identifier } + ["kernel"]
        return try entries.withLock { entries throws(SNNError) in
            if entries.contains(where: { $0.origin == origin }) { return plugin.neurons.map(\.name) }
            guard !known.contains(plugin.identifier),
                !entries.contains(where: { $0.plugin.identifier == plugin.identifier })
            else { throw .plugin("there is a plugin '\(plugin.identifier)' already") }
            let entry = Entry(plugin: plugin, origin: origin, catalogue: plugin.descriptions.map(CatalogueEntry.init))
            do throws(SNNError) {
                _ = try Registry(plugins: builtInPlugins, loaded: (entries + [entry]).map(\.plugin))
            } catch { throw .plugin(error.message) }
            entries.append(entry)
            return plugin.neurons.map(\.name)
        }
    }

    /// Forgets a plugin; networks that have its neurons keep them.
    ///
    /// Errors: ``SNNError/unknownName(_:)``.
    static func remove(_ identifier: String) throws(SNNError) {
        try entries.withLock { entries throws(SNNError) in
            guard let place = entries.firstIndex(where: { $0.plugin.identifier == identifier }) else {
                throw .unknown("loaded plugin", identifier, known: entries.map(\.plugin.identifier))
            }
            let entry = entries.remove(at: place)
            borrowed.withLock { $0.append(entry.catalogue) }
        }
    }
}

import CSNN
import SNNKernel

/// Plugins in other languages: see `snn_plugin.h`.
package enum ForeignPlugin {
    /// Reads a plugin's descriptor.
    ///
    /// Errors: ``SNNError/plugin(_:)`` that names the place.
    package static func read(_ pointer: UnsafePointer<snn_plugin>?) throws(SNNError) -> LoadedPlugin {
        let reader = ForeignReader(place: "the plugin")
        let abi = try reader.value(
            UnsafeRawPointer(pointer).map { ($0 + 4).assumingMemoryBound(to: UInt32.self) },
            "the descriptor"
        )
        guard abi == SNN_PLUGIN_ABI else {
            throw reader.refusal("its ABI number must be \(SNN_PLUGIN_ABI), that of snn_plugin.h, got \(abi)")
        }
        let raw = try reader.sized(pointer)
        let name = try reader.text(raw.name, "name", most: 63)
        guard isIdentifier(name) else {
            throw reader.refusal("its name must be lower-case letters, digits and underscores, got '\(name)'")
        }
        let named = ForeignReader(place: "plugin '\(name)'")
        guard raw.neuron_count != 0 else { throw named.refusal("neuron_count must be 1 ... 256, got 0") }
        let descriptors = try named.array(raw.neurons, raw.neuron_count, "neurons", most: 256) {
            neuron,
            place throws(SNNError) in
            guard let neuron else { throw named.refusal("\(place) must not be NULL") }
            return try ForeignDescriptor(neuron, plugin: name)
        }
        return LoadedPlugin(identifier: name, neurons: descriptors.map(\.component))
    }

    /// Whether a text is a lower-case letter followed by lower-case letters, digits and underscores, at most 63 in all.
    package static func isIdentifier(_ text: some StringProtocol) -> Bool {
        ForeignSignature.isName(text) && text.utf8.allSatisfy { !(0x41...0x5A).contains($0) }
    }
}

extension ForeignDescriptor {
    /// The neuron as descriptions name it: the plugin's parameters, and those of the surrogate where it can learn.
    var component: Component<any NeuronModel> {
        let surrogate = spikes && adjoint != nil ? Surrogate.parameterDescriptions : []
        return Component(name, summary, parameters: parameters + surrogate) { [self] p, dt throws(SNNError) in
            try ForeignNeuron(self, p, dt: dt)
        }
    }
}

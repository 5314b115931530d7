import SNNKernel
import Testing

/// Everything the kernel asks of a plugin, in one call: every parameter of every component, and every law of its neuron
/// models, codings and readouts with their default parameters.
///
/// A model with the choice `output: relaxed` is checked against finite differences too. What is special about a model (a
/// closed form, a golden trace, other options) needs tests of its own.
public func checkPlugin(
    _ plugin: any Plugin.Type,
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    try checkParameters(of: plugin, sourceLocation: sourceLocation)
    let registry = try Registry(plugins: [plugin])
    for part in plugin.neurons where part.hasDefaults {
        let relaxed =
            part.offersRelaxedOutput
            ? try registry.neuron(ComponentChoice(part.name, ["output": .text("relaxed")]), dt: 1) : nil
        checkConformance(
            of: try registry.neuron(ComponentChoice(part.name), dt: 1),
            relaxed: relaxed,
            seed: seed,
            sourceLocation: sourceLocation
        )
    }
    for part in plugin.codings where part.hasDefaults {
        checkConformance(
            of: try registry.coding(ComponentChoice(part.name)),
            seed: seed,
            sourceLocation: sourceLocation
        )
    }
    for part in plugin.readouts where part.hasDefaults {
        let readout = try registry.readout(ComponentChoice(part.name))
        try checkConformance(of: readout, neurons: 20, seed: seed, sourceLocation: sourceLocation)
    }
}

extension Component {
    /// Whether it can be made from its name alone.
    fileprivate var hasDefaults: Bool { parameters.allSatisfy { $0.defaultValue != nil } }

    fileprivate var offersRelaxedOutput: Bool {
        parameters.contains { parameter in
            guard parameter.name == "output", case .choice(let names) = parameter.domain else { return false }
            return names.contains("relaxed")
        }
    }
}

import SNNKernel
import SNNLaws
import Testing

/// Checks the laws that every neuron model obeys; ``Law`` lists them.
///
/// `relaxed` is the same model with a smooth output, nil where `model` is smooth itself. `restIsSilent` says whether
/// the model promises silence without input, `isDetached` whether its gradient leaves a path out, which neither
/// differences nor forward mode can.
public func checkConformance(
    of model: any NeuronModel,
    relaxed: (any NeuronModel)? = nil,
    restIsSilent: Bool = true,
    isDetached: Bool = false,
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let examination = Examination(seed: seed)
    NeuronLaws(of: model, relaxed: relaxed, restIsSilent: restIsSilent, isDetached: isDetached)
        .examine(in: examination)
    IssueLog(subject: "\(type(of: model))", seed: seed, location: sourceLocation).record(examination.findings)
}

/// Checks the laws that every coding obeys.
public func checkConformance(
    of coding: any Coding,
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let examination = Examination(seed: seed)
    CodingLaws(of: coding).examine(in: examination)
    IssueLog(subject: "\(type(of: coding))", seed: seed, location: sourceLocation).record(examination.findings)
}

/// Checks the laws that every readout obeys, for `neurons` of the last node.
public func checkConformance(
    of readout: any Readout,
    neurons: Int,
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let examination = Examination(seed: seed)
    try ReadoutLaws(of: readout, neurons: neurons).examine(in: examination)
    IssueLog(subject: "\(type(of: readout))", seed: seed, location: sourceLocation).record(examination.findings)
}

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
    try check(plugin, seed: seed, laws: Set(Law.allCases), sourceLocation)
}

/// Checks that a plugin says what its parts take and means it: every parameter has words and a legal default, refuses
/// what is outside its range with a message that names law and value, and unknown names are refused listing the known.
public func checkParameters(of plugin: any Plugin.Type, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try check(plugin, seed: 0, laws: [.ranges, .described], sourceLocation)
}

/// The same for one part, whatever makes it.
public func checkParameters<Made>(
    of part: Component<Made>,
    sourceLocation: SourceLocation = #_sourceLocation,
    make: @escaping (ComponentChoice) throws(SNNError) -> Void
) {
    let examination = Examination()
    ParameterLaws(name: part.name, summary: part.summary, parameters: part.parameters, make: make)
        .examine(in: examination)
    IssueLog(subject: part.name, seed: 0, location: sourceLocation).record(examination.findings)
}

private func check(_ plugin: any Plugin.Type, seed: UInt64, laws: Set<Law>, _ location: SourceLocation) throws {
    let registry = try Registry(plugins: [plugin])
    let examiner = PluginLaws(registry: registry, seed: seed)
    for part in registry.components where part.plugin == plugin.identifier {
        let found = try examiner.examine(part, laws: laws)
        IssueLog(subject: part.name, seed: seed, location: location).record(found.findings)
    }
}

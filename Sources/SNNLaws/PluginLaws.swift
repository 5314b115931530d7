import SNNKernel

/// One component of a plugin, and what was found.
public struct ComponentFindings: Sendable {
    /// «neuron», «coding», «readout», «rule», «result».
    public let kind: String
    /// Its name in JSON.
    public let name: String
    /// One a law, in the order of ``Law``.
    public let findings: [Finding]

    /// The laws that do not hold, the one to repair first last.
    public var broken: [Finding] { findings.filter { $0.verdict == .broken } }
}

/// Everything the kernel asks of a plugin: every parameter of every component, and every law of its neuron models,
/// codings and readouts with their default parameters.
///
/// A model with the choice `output: relaxed` is compared with finite differences, too.
public struct PluginLaws {
    let registry: Registry
    let seed: UInt64

    /// The laws of the components of a registry.
    public init(registry: Registry, seed: UInt64 = 1) {
        self.registry = registry
        self.seed = seed
    }

    /// Examines one component, of whatever kind.
    ///
    /// Errors: what making the component throws, other than a refusal that belongs to a law.
    public func examine(
        _ part: ComponentDescription,
        laws: Set<Law> = Set(Law.allCases)
    ) throws(SNNError) -> ComponentFindings {
        let examination = Examination(seed: seed, laws: laws)
        if ["neuron", "coding", "readout", "rule"].contains(part.kind) {
            ParameterLaws(name: part.name, summary: part.summary, parameters: part.parameters) {
                choice throws(SNNError) in try make(part.kind, choice)
            }
            .examine(in: examination)
        }
        if part.hasDefaults {
            switch part.kind {
            case "neuron": try neuron(part).examine(in: examination)
            case "coding": CodingLaws(of: try registry.coding(ComponentChoice(part.name))).examine(in: examination)
            case "readout":
                let readout = try registry.readout(ComponentChoice(part.name))
                try ReadoutLaws(of: readout, neurons: 20).examine(in: examination)
            default: break
            }
        }
        return ComponentFindings(kind: part.kind, name: part.name, findings: examination.findings)
    }

    private func neuron(_ part: ComponentDescription) throws(SNNError) -> NeuronLaws {
        let relaxed =
            part.offersRelaxedOutput
            ? try registry.neuron(ComponentChoice(part.name, ["output": .text("relaxed")]), dt: 1) : nil
        return NeuronLaws(of: try registry.neuron(ComponentChoice(part.name), dt: 1), relaxed: relaxed)
    }

    private func make(_ kind: String, _ choice: ComponentChoice) throws(SNNError) {
        switch kind {
        case "neuron": _ = try registry.neuron(choice, dt: 1)
        case "coding": _ = try registry.coding(choice)
        case "readout": _ = try registry.readout(choice)
        default: _ = try registry.rule(choice)
        }
    }
}

extension ComponentDescription {
    /// Whether it can be made from its name alone.
    var hasDefaults: Bool { parameters.allSatisfy { $0.defaultValue != nil } }

    var offersRelaxedOutput: Bool {
        parameters.contains { parameter in
            guard parameter.name == "output", case .choice(let names) = parameter.domain else { return false }
            return names.contains("relaxed")
        }
    }
}

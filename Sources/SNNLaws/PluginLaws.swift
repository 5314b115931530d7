import SNNKernel

/// One component of a plugin, and what was found.
public struct ComponentFindings: Sendable {
    /// «neuron», «coding», «readout», «rule», «result».
    public let kind: String
    /// Its name in JSON.
    public let name: String
    /// One a law, in the order of ``Law``.
    public let findings: [Finding]
    /// Of neuron models whose laws all hold, if asked for.
    public let speed: NeuronSpeed?

    /// The laws that do not hold, the one to repair first last.
    public var broken: [Finding] { findings.filter { $0.verdict == .broken } }
}

/// Everything the kernel asks of a plugin: every parameter of every component, and every law of its neuron models,
/// codings and readouts with their default parameters, of neuron models at the ends of every range, too.
///
/// A model with the choice `output: relaxed` is compared with finite differences of its relaxed form.
public struct PluginLaws {
    let registry: Registry
    let seed: UInt64
    let isStrict: Bool
    let threadTime: Duration
    /// Kinds of components that there are laws for.
    public static let kinds = ["neuron", "coding", "readout", "rule", "result"]

    /// The laws of the components of a registry.
    ///
    /// `threadTime` is how long several threads are given to meet in the same memory; `isStrict` says whether models
    /// promise what not every neuron does: that a window starts where they stay without input, and that nothing in them
    /// overflows at currents of 1e30.
    public init(
        registry: Registry,
        seed: UInt64 = 1,
        isStrict: Bool = true,
        threadTime: Duration = .milliseconds(10)
    ) {
        self.isStrict = isStrict
        self.threadTime = threadTime
        self.registry = registry
        self.seed = seed
    }

    /// Examines one component, of one of ``kinds``.
    ///
    /// `given` are parameters in place of the defaults. `measuresSpeed` says whether to take the time of a neuron model, `willExamine` is told of each law beforehand.
    /// Errors: what making the component with its defaults, or what is given, throws.
    public func examine(
        _ part: ComponentDescription,
        given: [String: ParameterValue] = [:],
        laws: Set<Law> = Set(Law.allCases),
        measuresSpeed: Bool = false,
        willExamine: @escaping (Law) -> Void = { _ in }
    ) throws(SNNError) -> ComponentFindings {
        let examination = Examination(seed: seed, laws: laws, threadTime: threadTime)
        examination.willExamine = willExamine
        let parameters = ParameterLaws(name: part.name, summary: part.summary, parameters: part.parameters) {
            choice throws(SNNError) in try make(part.kind, choice)
        }
        parameters.examine(in: examination, takesParameters: part.kind != "result")
        let choice = ComponentChoice(part.name, parameters.check.required.merging(given) { $1 })
        var speed: NeuronSpeed?
        // A table that a caller must give has laws of its own: what stands here for it may be refused.
        let canBeMade = part.hasDefaults || !given.isEmpty || (try? make(part.kind, choice)) != nil
        switch part.kind {
        case _ where !canBeMade: break
        case "neuron":
            try neuron(part, choice).examine(in: examination)
            if laws.contains(.ranges) { ranges(of: part, choice, parameters.check, in: examination) }
            if measuresSpeed, !examination.findings.contains(where: { $0.verdict == .broken }) {
                speed = NeuronSpeed(try registry.neuron(choice, dt: 1))
            }
        case "coding": CodingLaws(of: try registry.coding(choice)).examine(in: examination)
        case "readout": try ReadoutLaws(of: try registry.readout(choice), neurons: 20).examine(in: examination)
        default: break
        }
        return ComponentFindings(kind: part.kind, name: part.name, findings: examination.findings, speed: speed)
    }

    private func neuron(_ part: ComponentDescription, _ choice: ComponentChoice) throws(SNNError) -> NeuronLaws {
        var relaxed: (any NeuronModel)?
        if part.offersRelaxedOutput {
            let parameters = choice.parameters.merging(["output": .text("relaxed")]) { $1 }
            // What cannot be relaxed says so.
            relaxed = try? registry.neuron(ComponentChoice(part.name, parameters), dt: 1)
        }
        var laws = NeuronLaws(
            of: try registry.neuron(choice, dt: 1),
            relaxed: relaxed,
            isDetached: choice.parameters["detach_reset"] == .boolean(true)
        )
        laws.isStrict = isStrict
        return laws
    }

    /// The laws that hold with the defaults, with each parameter in turn at each end of its range, or each choice.
    private func ranges(
        of part: ComponentDescription,
        _ choice: ComponentChoice,
        _ check: ParameterCheck,
        in examination: Examination
    ) {
        let held = Set(examination.findings.filter { $0.verdict == .holds }.map(\.law))
        let ofEnds: Set<Law> = [
            .lanes, .batchAlone, .stepSplit, .deterministic, .sends, .runs, .finite, .inputsKept,
        ]
        let ofChoices: Set<Law> = [
            .adjoint, .adjointStrips, .constantCurrent, .parts, .binarySpikes, .neighbours, .batchOrder,
        ]
        examination.examine(.ranges) { evidence in
            var settings = 0
            for parameter in part.parameters {
                for value in check.inside(parameter) + check.near(parameter) {
                    let given = ComponentChoice(part.name, choice.parameters.merging([parameter.name: value]) { $1 })
                    // Refused for what stands beside it: that it is not refused for itself is looked at elsewhere.
                    guard var laws = try? neuron(part, given) else { continue }
                    laws.isAtEnd = true
                    settings += 1
                    let isChoice = if case .number = value { false } else { true }
                    let here = Examination(
                        seed: seed,
                        laws: held.intersection(isChoice ? ofEnds.union(ofChoices) : ofEnds)
                    )
                    laws.examine(in: here)
                    for finding in here.findings where finding.verdict == .broken {
                        let law = finding.law.rawValue
                        evidence.require(
                            false,
                            "at \(parameter.name) = \(value.description) it breaks \(law): \(finding.detail)"
                        )
                    }
                }
            }
            if settings > 0 { evidence.note = "\(settings) settings at the ends of its ranges" }
        }
    }

    private func make(_ kind: String, _ choice: ComponentChoice) throws(SNNError) {
        switch kind {
        case "neuron": _ = try registry.neuron(choice, dt: 1)
        case "coding": _ = try registry.coding(choice)
        case "readout": _ = try registry.readout(choice)
        case "rule": _ = try registry.rule(choice)
        default: _ = try registry.result(choice.name)
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

import SNNKernel
import SNNLaws

/// An examination of every model of a plugin, or of one of them, against the laws that plugins obey.
package struct PluginCheck {
    /// What was asked for.
    package let name: String
    /// The identifier of the plugin.
    package var plugin: String { parts[0].plugin }
    /// What is examined, in the order of the registry.
    package let parts: [ComponentDescription]
    /// Parameters in place of the defaults.
    package let given: [String: ParameterValue]
    private let registry: Registry

    /// The plugin of an identifier or of a file, or the components of a name.
    ///
    /// A name that holds a slash or ends as a shared object does is a file, and loaded.
    /// `settings` are parameters in place of the defaults, `NAME=VALUE`, of every component that has them.
    /// Errors: ``SNNError/unknownName(_:)`` that lists the known ones, and those of ``Library/load(plugin:)`` and of
    /// ``NetworkChange/init(parsing:)``.
    package init(name: String, settings: [String] = []) throws(SNNError) {
        let loaded = Self.isFile(name) ? try Library.load(plugin: name) : nil
        let registry = try Library.registry()
        let candidates = registry.components.filter { PluginLaws.kinds.contains($0.kind) && $0.plugin != "kernel" }
        let ofPlugin = candidates.filter { $0.plugin == name }
        let named = ofPlugin.isEmpty ? candidates.filter { $0.name == name } : ofPlugin
        let parts =
            loaded.map { names in candidates.filter { $0.kind == "neuron" && names.contains($0.name) } } ?? named
        guard !parts.isEmpty else {
            throw .unknown("plugin or component", name, known: Set(candidates.flatMap { [$0.plugin, $0.name] }))
        }
        var given: [String: ParameterValue] = [:]
        for setting in settings {
            let change = try NetworkChange(parsing: setting)
            let known = Set(parts.flatMap(\.parameters).map(\.name))
            guard known.contains(change.path) else {
                throw .unknown("parameter of \(name)", change.path, known: known)
            }
            given[change.path] = change.value
        }
        self.given = given
        self.name = name
        self.parts = parts
        self.registry = registry
    }

    private static func isFile(_ name: String) -> Bool {
        name.contains("/") || [".so", ".dylib", ".neuron"].contains { name.hasSuffix($0) }
    }

    /// Examines one component of ``parts``; `willExamine` is told of each law beforehand.
    package func examine(
        _ part: ComponentDescription,
        willExamine: @escaping (Law) -> Void = { _ in }
    ) throws(SNNError) -> ComponentFindings {
        try PluginLaws(registry: registry, isStrict: false, threadTime: .milliseconds(250))
            .examine(part, given: given(of: part), measuresSpeed: true, willExamine: willExamine)
    }

    private func given(of part: ComponentDescription) -> [String: ParameterValue] {
        given.filter { name, _ in part.parameters.contains { $0.name == name } }
    }

    /// What was found as JSON: `plugin`, `models` with their `laws` and `speed`, and `broken`, the names of the laws that
    /// do not hold, the one to repair first last.
    package func json(_ found: [ComponentFindings]) -> JSONValue {
        let models = found.map { part -> JSONValue in
            let laws = part.findings.map { finding -> JSONValue in
                .object([
                    "law": .string(finding.law.rawValue), "verdict": .string(finding.verdict.rawValue),
                    "sentence": .string(finding.law.sentence), "detail": .string(finding.detail),
                ])
            }
            return .object([
                "kind": .string(part.kind), "name": .string(part.name), "laws": .array(laws),
                "speed": part.speed?.json ?? .null,
            ])
        }
        return .object([
            "plugin": .string(plugin), "models": .array(models),
            "broken": .array(Self.broken(found).map { .string($0.rawValue) }),
        ])
    }

    /// The laws that one of the models breaks, the one to repair first last.
    package static func broken(_ found: [ComponentFindings]) -> [Law] {
        let broken = Set(found.flatMap(\.broken).map(\.law))
        return Law.allCases.filter(broken.contains)
    }
}

extension NeuronSpeed {
    /// Nanoseconds a neuron and step.
    fileprivate var json: JSONValue {
        .object([
            "forward_ns": .number(forward), "backward_ns": backward.map { .number($0) } ?? .null,
            "steps": .number(Double(steps)),
        ])
    }
}

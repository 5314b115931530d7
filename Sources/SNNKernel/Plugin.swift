/// What plugins bring to the kernel.
///
/// A plugin is a folder under `plugins/` with one type that conforms to this.
///
/// A component is data: a name, a sentence, its parameters, and a closure that makes it from checked parameters. The
/// same data validates input, lists the component to C, Python and the shell, and words the errors.
public protocol Plugin: Sendable {
    /// The folder's name in snake case: `lif`, `single_spike`.
    static var identifier: String { get }
    /// Neuron models; the first is the plugin's default and bears the plugin's name alone.
    static var neurons: [Component<any NeuronModel>] { get }
    /// Ways to turn the values of a sample into activity.
    static var codings: [Component<any Coding>] { get }
    /// Ways to turn the activity of the last node into scores.
    static var readouts: [Component<any Readout>] { get }
    /// Ways to find how parameters change.
    static var rules: [Component<any LearningRule>] { get }
    /// What a prediction can give beside scores.
    static var results: [Component<any NetworkResult>] { get }
}

extension Plugin {
    /// No neuron models, unless a plugin says otherwise.
    public static var neurons: [Component<any NeuronModel>] { [] }
    /// No codings, unless a plugin says otherwise.
    public static var codings: [Component<any Coding>] { [] }
    /// No readouts, unless a plugin says otherwise.
    public static var readouts: [Component<any Readout>] { [] }
    /// No learning rules, unless a plugin says otherwise.
    public static var rules: [Component<any LearningRule>] { [] }
    /// No results, unless a plugin says otherwise.
    public static var results: [Component<any NetworkResult>] { [] }
}

/// Something that can be named in a description.
public struct Component<Made>: Sendable {
    /// Its name in JSON.
    public let name: String
    /// One sentence.
    public let summary: String
    /// What can be chosen, in the order that introspection lists it.
    public let parameters: [ParameterDescription]
    /// How the weights before this neuron start where a description does not say; nil leaves it to the connection.
    public let initialiser: Initialiser?
    let make: @Sendable (ParameterSet, _ dt: Double) throws(SNNError) -> Made

    /// A component that `make` makes from checked parameters; `dt` is the length of a step in ms.
    public init(
        _ name: String,
        _ summary: String,
        parameters: [ParameterDescription] = [],
        initialiser: Initialiser? = nil,
        make: @escaping @Sendable (ParameterSet, _ dt: Double) throws(SNNError) -> Made
    ) {
        self.name = name
        self.summary = summary
        self.parameters = parameters
        self.initialiser = initialiser
        self.make = make
    }
}

/// A component as a caller names it, with the parameters given.
public struct ComponentChoice: Sendable, Equatable {
    /// The component's name in JSON: `lif`, `spike_count`.
    public var name: String
    /// The parameters given, by name; the rest take their defaults.
    public var parameters: [String: ParameterValue]

    /// A choice; name and parameters are checked when the component is made.
    public init(_ name: String, _ parameters: [String: ParameterValue] = [:]) {
        self.name = name
        self.parameters = parameters
    }
}

/// A component as introspection lists it.
public struct ComponentDescription: Sendable {
    /// The plugin it comes from; «kernel» for built-in parts.
    public let plugin: String
    /// «neuron», «coding», «readout», «connection», «stage», «rule», «result», «optimizer», «schedule», «loss».
    public let kind: String
    /// Its name in JSON.
    public let name: String
    /// One sentence.
    public let summary: String
    /// What can be chosen, in the order that introspection lists it.
    public let parameters: [ParameterDescription]
}

/// Neurons that came at run time: from a shared object, from the program around the library, from a text.
public struct LoadedPlugin: Sendable {
    /// Its name, unlike that of any other plugin.
    public let identifier: String
    /// What it brings.
    public let neurons: [Component<any NeuronModel>]

    /// A plugin that brings `neurons`.
    public init(identifier: String, neurons: [Component<any NeuronModel>]) {
        self.identifier = identifier
        self.neurons = neurons
    }

    /// What it brings, as introspection lists it.
    package var descriptions: [ComponentDescription] {
        neurons.map { $0.description(plugin: identifier, kind: "neuron") }
    }
}

/// Everything that descriptions can name.
///
/// A value: two registries do not know of each other.
public struct Registry: Sendable {
    let neurons: [String: Component<any NeuronModel>]
    let codings: [String: Component<any Coding>]
    let readouts: [String: Component<any Readout>]
    let rules: [String: Component<any LearningRule>]
    let results: [String: Component<any NetworkResult>]
    /// All components, by plugin in the order given, then the kernel's own, those that came at run time last.
    public let components: [ComponentDescription]

    /// The components of the plugins, of the kernel, and of plugins that came at run time.
    ///
    /// Errors: ``SNNError/argument(_:)`` where two plugins bring a component of one kind and name.
    public init(plugins: [any Plugin.Type], loaded: [LoadedPlugin] = []) throws(SNNError) {
        var list: [ComponentDescription] = []
        func collect<Made>(
            _ kind: String,
            _ components: (any Plugin.Type) -> [Component<Made>],
            _ own: [Component<Made>] = []
        ) throws(SNNError) -> [String: Component<Made>] {
            var table: [String: Component<Made>] = [:]
            for (plugin, parts) in plugins.map({ ($0.identifier, components($0)) }) + [("kernel", own)] {
                for part in parts {
                    guard table[part.name] == nil else {
                        throw .argument("two plugins bring the \(kind) '\(part.name)'; the second is \(plugin)")
                    }
                    table[part.name] = part
                    list.append(part.description(plugin: plugin, kind: kind))
                }
            }
            return table
        }
        var neurons = try collect("neuron") { $0.neurons }
        codings = try collect("coding") { $0.codings }
        readouts = try collect("readout") { $0.readouts }
        rules = try collect("rule", { $0.rules }, [Backpropagation.component])
        results = try collect("result") { $0.results }
        for (kind, part) in BuiltIn.descriptions {
            list.append(
                ComponentDescription(
                    plugin: "kernel",
                    kind: kind,
                    name: part.name,
                    summary: part.summary,
                    parameters: part.parameters
                )
            )
        }
        for plugin in loaded {
            for part in plugin.neurons {
                guard neurons[part.name] == nil else {
                    throw .argument("two plugins bring the neuron '\(part.name)'; the second is \(plugin.identifier)")
                }
                neurons[part.name] = part
            }
            list += plugin.descriptions
        }
        self.neurons = neurons
        components = list
    }

    func find<Made>(
        _ kind: String,
        _ name: String,
        in table: [String: Component<Made>]
    ) throws(SNNError) -> Component<
        Made
    > {
        guard let component = table[name] else { throw .unknown(kind, name, known: table.keys) }
        return component
    }

    /// Makes a neuron model.
    public func neuron(_ choice: ComponentChoice, dt: Double) throws(SNNError) -> any NeuronModel {
        try find("neuron", choice.name, in: neurons).made(choice, dt: dt).0
    }
    /// Makes a coding.
    public func coding(_ choice: ComponentChoice, dt: Double = 1) throws(SNNError) -> any Coding {
        try find("coding", choice.name, in: codings).made(choice, dt: dt).0
    }
    /// Makes a readout.
    public func readout(_ choice: ComponentChoice, dt: Double = 1) throws(SNNError) -> any Readout {
        try find("readout", choice.name, in: readouts).made(choice, dt: dt).0
    }
    /// Makes a learning rule.
    public func rule(_ choice: ComponentChoice) throws(SNNError) -> any LearningRule {
        try find("rule", choice.name, in: rules).made(choice, dt: 1).0
    }
}

extension Registry {
    /// Makes a result.
    public func result(_ name: String) throws(SNNError) -> any NetworkResult {
        try find("result", name, in: results).made(ComponentChoice(name), dt: 1).0
    }

    /// The results that plugins bring.
    public var resultNames: [String] { results.keys.sorted() }
}

extension Component {
    /// The component and its complete parameters.
    func made(_ choice: ComponentChoice, dt: Double) throws(SNNError) -> (Made, ComponentChoice) {
        let set = try ParameterSet(choice.parameters, for: name, descriptions: parameters)
        return (try make(set, dt), ComponentChoice(name, set.values))
    }

    func description(plugin: String, kind: String) -> ComponentDescription {
        ComponentDescription(plugin: plugin, kind: kind, name: name, summary: summary, parameters: parameters)
    }
}

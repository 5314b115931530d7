import CodingsPlugin
import LIFPlugin
import ReLUPlugin
import Testing

@testable import SNNKernel

/// A plugin that brings a name the LIF plugin has.
private enum Copycat: Plugin {
    static let identifier = "copycat"
    static let neurons: [Component<any NeuronModel>] = [
        Component("lif", "Not the real one.") { _, _ throws(SNNError) in throw .notSupported("never made") }
    ]
}

/// A plugin that brings the rule the kernel has.
private enum RuleCopy: Plugin {
    static let identifier = "rule_copy"
    static let rules: [Component<any LearningRule>] = [
        Component("backpropagation", "Not the real one.") { _, _ throws(SNNError) in Backpropagation() }
    ]
}

@Suite("Registry of plugins")
struct PluginTests {
    @Test("two plugins with a component of one kind and name are refused by name")
    func duplicates() {
        #expect(throws: SNNError.argument("two plugins bring the neuron 'lif'; the second is copycat")) {
            try Registry(plugins: [LIFPlugin.PluginEntry.self, Copycat.self])
        }
        #expect(throws: SNNError.argument("two plugins bring the coding 'constant'; the second is codings")) {
            try Registry(plugins: [CodingsPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self])
        }
        #expect(throws: SNNError.argument("two plugins bring the rule 'backpropagation'; the second is kernel")) {
            try Registry(plugins: [RuleCopy.self])
        }
    }

    @Test("components of plugins are listed in the order of the plugins, the kernel's own last")
    func order() throws {
        let plugins = try allPlugins().components.map(\.plugin)
        #expect(plugins.first == "lif" || plugins.first == "codings")
        #expect(plugins.last == "kernel")
        #expect(Set(plugins) == ["codings", "lif", "relu", "kernel"])
    }

    @Test("every component of every kind is there")
    func inventory() throws {
        var names: [String: Set<String>] = [:]
        for component in try allPlugins().components { names[component.kind, default: []].insert(component.name) }
        #expect(
            names == [
                "neuron": ["lif", "lif.synaptic", "lif.adaptive", "lif.integrator", "relu", "relu.identity"],
                "coding": ["constant", "frames", "events", "rate", "latency"],
                "readout": ["spike_count", "membrane", "population"],
                "rule": ["backpropagation"],
                "connection": ["dense", "conv2d", "identity", "batch_norm"],
                "stage": ["flatten", "average_pool", "max_pool", "zero_pad", "dropout"],
                "loss": ["cross_entropy", "mean_squared_error"],
                "optimizer": ["sgd", "adam", "adamw"],
                "schedule": ["constant", "step", "exponential", "cosine", "milestones"],
            ]
        )
    }

    @Test("every component has a sentence, every parameter unit, range, meaning and a name of its own")
    func documented() throws {
        for component in try allPlugins().components {
            #expect(component.summary.hasSuffix("."), "\(component.kind) \(component.name)")
            #expect(Set(component.parameters.map(\.name)).count == component.parameters.count)
            for parameter in component.parameters {
                let label = "\(component.kind) \(component.name).\(parameter.name)"
                #expect(!parameter.unit.isEmpty && !parameter.range.isEmpty && !parameter.meaning.isEmpty, "\(label)")
                #expect(
                    ["number", "integer", "list", "boolean", "choice", "text"].contains(parameter.type),
                    "\(label)"
                )
                #expect(parameter.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }, "\(label)")
            }
        }
    }

    @Test("every default obeys its own law")
    func defaults() throws {
        for component in try allPlugins().components {
            for parameter in component.parameters {
                guard let value = parameter.defaultValue else { continue }
                #expect(try parameter.validated(value, in: component.name) == value)
            }
        }
    }

    @Test("what has a default for everything can be made from its name")
    func makeable() throws {
        let registry = try allPlugins()
        for component in registry.components {
            let choice = ComponentChoice(component.name)
            guard component.parameters.allSatisfy({ $0.defaultValue != nil }) else { continue }
            switch component.kind {
            case "neuron": _ = try registry.neuron(choice, dt: 1)
            case "coding": _ = try registry.coding(choice)
            case "readout": _ = try registry.readout(choice)
            case "rule": _ = try registry.rule(choice)
            case "optimizer": _ = try BuiltIn.optimizer(choice)
            case "schedule": _ = try BuiltIn.schedule(choice)
            case "loss": _ = try BuiltIn.loss(choice)
            default: break
            }
        }
    }

    @Test("an unknown name is refused with the known ones, in order")
    func unknown() throws {
        let registry = try allPlugins()
        #expect(
            throws: SNNError.unknownName(
                "unknown neuron 'lfi'; known: lif, lif.adaptive, lif.integrator, lif.synaptic, relu, relu.identity"
            )
        ) { try registry.neuron(ComponentChoice("lfi"), dt: 1) }
        #expect(throws: SNNError.unknownName("unknown coding ''; known: constant, events, frames, latency, rate")) {
            try registry.coding(ComponentChoice(""))
        }
        #expect(throws: SNNError.unknownName("unknown readout 'lif'; known: membrane, population, spike_count")) {
            try registry.readout(ComponentChoice("lif"))
        }
        #expect(throws: SNNError.unknownName("unknown rule 'stdp'; known: backpropagation")) {
            try registry.rule(ComponentChoice("stdp"))
        }
    }

    @Test("two registries do not know of each other")
    func independent() throws {
        let small = try Registry(plugins: [ReLUPlugin.PluginEntry.self])
        _ = try allPlugins()
        #expect(throws: SNNError.unknownName("unknown neuron 'lif'; known: relu, relu.identity")) {
            try small.neuron(ComponentChoice("lif"), dt: 1)
        }
    }
}

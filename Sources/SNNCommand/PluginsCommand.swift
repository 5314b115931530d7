import ArgumentParser
import SNN
import SNNKernel

/// `snn plugins`: what descriptions and recipes can name.
struct PluginsCommand: UsesPlugins {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List neuron models, codings, readouts and all else that a recipe can name."
    )

    @Argument(help: "A component or a plugin: prints every parameter with unit, default and range.")
    var name: String?
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let components = try Self.select(name, from: try Library.registry().components)
        if output.json {
            return Console.result(JSONValue.object(["components": .array(components.map(Self.json))]).text())
        }
        guard name != nil else { return list(components) }
        for (place, component) in components.enumerated() {
            if place > 0 { Console.result("") }
            Self.describe(component)
        }
    }

    /// Components called `name`, else those of the plugin `name`; all without a name.
    static func select(
        _ name: String?,
        from components: [ComponentDescription]
    ) throws(SNNError) -> [ComponentDescription] {
        guard let name else { return components }
        let named = components.filter { $0.name == name }
        if !named.isEmpty { return named }
        let ofPlugin = components.filter { $0.plugin == name }
        guard ofPlugin.isEmpty else { return ofPlugin }
        throw .unknown("component or plugin", name, known: Set(components.map(\.name) + components.map(\.plugin)))
    }

    private func list(_ components: [ComponentDescription]) {
        var table = Table(["kind", "name", "plugin", "summary"])
        var kinds: [String] = []
        for component in components where !kinds.contains(component.kind) { kinds.append(component.kind) }
        for component in kinds.flatMap({ kind in components.filter { $0.kind == kind } }) {
            table.add([component.kind, component.name, component.plugin, component.summary])
        }
        table.show()
        Console.result("")
        Console.result("Parameters of one: snn plugins lif")
    }

    private static func describe(_ component: ComponentDescription) {
        Console.result("\(component.name) (\(component.kind), plugin \(component.plugin))")
        Console.result("  \(component.summary)")
        var table = Table(["parameter", "unit", "default", "range", "meaning"])
        for parameter in component.parameters {
            table.add([
                parameter.name, parameter.unit, parameter.defaultValue?.plain ?? "required", parameter.range,
                parameter.meaning,
            ])
        }
        if table.isEmpty { Console.result("  no parameters") } else { table.show(indent: 2) }
    }

    private static func json(_ component: ComponentDescription) -> JSONValue {
        let parameters = component.parameters.map { parameter -> JSONValue in
            .object([
                "name": .string(parameter.name), "type": .string(parameter.type), "unit": .string(parameter.unit),
                "default": parameter.defaultValue?.json ?? .null, "range": .string(parameter.range),
                "meaning": .string(parameter.meaning),
            ])
        }
        return .object([
            "plugin": .string(component.plugin), "kind": .string(component.kind), "name": .string(component.name),
            "summary": .string(component.summary), "parameters": .array(parameters),
        ])
    }
}

extension ParameterValue {
    /// As tables show it: text without quotes.
    var plain: String {
        if case .text(let text) = self { return text }
        return description
    }

    /// As JSON.
    var json: JSONValue {
        switch self {
        case .number(let number): .number(number)
        case .boolean(let flag): .bool(flag)
        case .text(let text): .string(text)
        case .numbers(let list): .array(list.map { .number($0) })
        }
    }
}

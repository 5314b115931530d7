import SNNKernel

/// A network description as JSON, the same from C, Python and the shell (docs/network.md).
package enum NetworkDocument {
    /// Reads a description.
    ///
    /// Ranges are checked when the network is built; here only types and keys are.
    package static func read(_ field: JSONField) throws(SNNError) -> NetworkDescription {
        guard field.isPresent else { throw field.error("must be an object") }
        _ = try field.object()
        try field.check(keys: ["name", "input", "steps", "dt", "coding", "layers", "readout"])
        try field["input"].check(keys: ["shape"])
        var nodes: [NodeDescription] = []
        for layer in try field["layers"].array() { nodes.append(try node(layer, number: nodes.count + 1)) }
        return NetworkDescription(
            name: try field["name"].optionalString() ?? "network",
            input: try shape(field["input"]["shape"]),
            steps: try field["steps"].optionalInteger() ?? 1,
            dt: try field["dt"].optionalNumber() ?? 1,
            coding: try choice(field["coding"], key: "kind", default: "constant"),
            nodes: nodes,
            readout: try choice(field["readout"], key: "kind", default: "spike_count")
        )
    }

    /// Reads a description from text.
    package static func read(_ text: String) throws(SNNError) -> NetworkDescription {
        try read(JSONField(try JSONValue(parsing: text)))
    }

    /// The JSON that gives the description again.
    package static func write(_ description: NetworkDescription) -> JSONValue {
        let input = description.input
        let shape = input.isFlat ? [input.channels] : [input.channels, input.height, input.width]
        return .object([
            "name": .string(description.name),
            "input": .object(["shape": .array(shape.map { .number(Double($0)) })]),
            "steps": .number(Double(description.steps)),
            "dt": .number(description.dt),
            "coding": write(description.coding, key: "kind"),
            "layers": .array(description.nodes.map(write)),
            "readout": write(description.readout, key: "kind"),
        ])
    }

    /// `[N]`, or `[C, H, W]` as users write images.
    private static func shape(_ field: JSONField) throws(SNNError) -> Shape {
        var extents: [Int] = []
        for extent in try field.array() { extents.append(try extent.integer()) }
        switch extents.count {
        case 1: return Shape(extents[0])
        case 3: return Shape(height: extents[1], width: extents[2], channels: extents[0])
        default: throw field.error("must be [neurons] or [channels, height, width]")
        }
    }

    private static func node(_ field: JSONField, number: Int) throws(SNNError) -> NodeDescription {
        _ = try field.object()
        try field.check(keys: ["name", "inputs", "stages", "connection", "neuron"])
        var inputs: [String] = []
        for input in try field["inputs"].optionalArray() ?? [] { inputs.append(try input.string()) }
        var stages: [ComponentChoice] = []
        for stage in try field["stages"].optionalArray() ?? [] { stages.append(try choice(stage, key: "kind")) }
        return NodeDescription(
            name: try field["name"].optionalString() ?? "layer\(number)",
            inputs: inputs,
            stages: stages,
            connection: field["connection"].isPresent ? try choice(field["connection"], key: "kind") : nil,
            neuron: field["neuron"].isPresent ? try choice(field["neuron"], key: "model") : nil
        )
    }

    /// A component: its name alone, or an object with the name under `key` and parameters beside it.
    static func choice(
        _ field: JSONField,
        key: String,
        default fallback: String? = nil,
        except: [String] = []
    ) throws(SNNError) -> ComponentChoice {
        if let fallback, !field.isPresent { return ComponentChoice(fallback) }
        if case .string(let name) = field.value { return ComponentChoice(name) }
        var parameters: [String: ParameterValue] = [:]
        for (name, member) in try field.object() where name != key && !except.contains(name) {
            switch member.value {
            case .number(let number): parameters[name] = .number(number)
            case .bool(let flag): parameters[name] = .boolean(flag)
            case .string(let text): parameters[name] = .text(text)
            case .array: parameters[name] = .numbers(try member.numbers())
            default: throw member.error("must be a number, a string, true, false or a list of numbers")
            }
        }
        if let fallback, !field[key].isPresent { return ComponentChoice(fallback, parameters) }
        return ComponentChoice(try field[key].string(), parameters)
    }

    static func write(_ choice: ComponentChoice, key: String) -> JSONValue {
        var members: [String: JSONValue] = [key: .string(choice.name)]
        for (name, value) in choice.parameters {
            members[name] =
                switch value {
                case .number(let number): .number(number)
                case .boolean(let flag): .bool(flag)
                case .text(let text): .string(text)
                case .numbers(let list): .array(list.map { .number($0) })
                }
        }
        return .object(members)
    }

    private static func write(_ node: NodeDescription) -> JSONValue {
        var members: [String: JSONValue] = ["name": .string(node.name)]
        if !node.inputs.isEmpty { members["inputs"] = .array(node.inputs.map { .string($0) }) }
        if !node.stages.isEmpty { members["stages"] = .array(node.stages.map { write($0, key: "kind") }) }
        if let connection = node.connection { members["connection"] = write(connection, key: "kind") }
        if let neuron = node.neuron { members["neuron"] = write(neuron, key: "model") }
        return .object(members)
    }
}

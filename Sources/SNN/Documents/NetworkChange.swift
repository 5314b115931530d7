import SNNKernel

/// A change to a network that exists: `PLACE.PART.PARAMETER = VALUE`, or `LAYER.BUFFER = VALUE`.
///
///     hidden.neuron.time_bits = 3         a parameter of one layer's neuron, connection, or of a stage by its kind
///     *.neuron.jitter = 0.1               of every layer whose neuron has it
///     coding.low = -3, readout.reduce = "sum"
///     hidden.window = 16.7                a buffer of one layer
///     *.window = 16.7                     of every layer that has it
///
/// Weights and buffers stay as they are, so layers must keep their shapes.
package struct NetworkChange: Sendable, Equatable {
    /// What is changed, as it was given.
    package let path: String
    package let value: ParameterValue

    /// One change.
    package init(_ path: String, _ value: ParameterValue) {
        self.path = path
        self.value = value
    }

    /// From `PATH=VALUE`, where VALUE is JSON or a bare word.
    package init(parsing text: String) throws(SNNError) {
        guard let place = text.firstIndex(of: "=") else {
            throw .argument("a change must be PATH=VALUE, as hidden.neuron.time_bits=3, got '\(text)'")
        }
        let value = String(text[text.index(after: place)...])
        path = String(text[..<place])
        let read: JSONValue
        do throws(SNNError) { read = try JSONValue(parsing: value) } catch { read = .string(value) }
        self.value = try Self.value(JSONField(read, path: path))
    }

    /// The members of an object, as a recipe's stage has them.
    package static func list(_ field: JSONField) throws(SNNError) -> [NetworkChange] {
        var changes: [NetworkChange] = []
        for (path, value) in try field.optionalObject() ?? [] {
            changes.append(NetworkChange(path, try Self.value(value)))
        }
        return changes.sorted { $0.path < $1.path }
    }

    private static func value(_ field: JSONField) throws(SNNError) -> ParameterValue {
        switch field.value {
        case .number(let number): .number(number)
        case .bool(let flag): .boolean(flag)
        case .string(let text): .text(text)
        case .array: .numbers(try field.numbers())
        default: throw field.error("must be a number, a string, true, false or a list of numbers")
        }
    }
}

extension Network {
    /// The same weights and buffers behind a changed description.
    ///
    /// Errors: ``SNNError/unknownName(_:)`` for a path that leads nowhere, ``SNNError/shape(_:)`` where a tensor would get
    /// another shape, and those of building a network.
    package func changed(by changes: [NetworkChange], registry: Registry) throws(SNNError) -> Network {
        guard !changes.isEmpty else { return self }
        var description = self.description
        var buffers: [(name: String, value: Float)] = []
        for change in changes {
            if let found = try bufferValues(change) {
                buffers += found
            } else {
                try Self.apply(change, to: &description, registry)
            }
        }
        let network = try Network(description, registry: registry, seed: seed)
        for tensor in network.allTensors {
            guard let old = allTensors.first(where: { $0.name == tensor.name }) else { continue }
            guard old.description.shape == tensor.description.shape else {
                throw .shape(
                    "a change must leave \(tensor.name) its shape \(old.description.shape), it would be "
                        + "\(tensor.description.shape)"
                )
            }
            tensor.storage.base.update(from: old.storage.base, count: old.storage.count)
        }
        for (name, value) in buffers {
            guard let buffer = network.buffers.first(where: { $0.name == name }) else { continue }
            buffer.storage.base.update(repeating: value, count: buffer.storage.count)
        }
        return network
    }

    /// The buffers a change names, nil where it names none.
    private func bufferValues(_ change: NetworkChange) throws(SNNError) -> [(name: String, value: Float)]? {
        let names = buffers.map(\.name).filter { name in
            name == change.path || change.path.hasPrefix("*.") && name.hasSuffix(change.path.dropFirst())
        }
        guard !names.isEmpty else { return nil }
        guard case .number(let number) = change.value, Float(number).isFinite else {
            throw .parameter("\(change.path) must be a number, got \(change.value.description)")
        }
        return names.map { ($0, Float(number)) }
    }

    private static func apply(
        _ change: NetworkChange,
        to description: inout NetworkDescription,
        _ registry: Registry
    ) throws(SNNError) {
        let parts = change.path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        func known(_ choice: ComponentChoice?, _ kind: String, _ parameter: String) -> Bool {
            registry.components.contains {
                $0.kind == kind && $0.name == choice?.name && $0.parameters.contains { $0.name == parameter }
            }
        }
        let nowhere = SNNError.unknownName(
            "unknown place '\(change.path)' in the network; a change is LAYER.neuron.PARAMETER, LAYER.connection.PARAMETER, "
                + "LAYER.STAGE.PARAMETER, coding.PARAMETER, readout.PARAMETER or LAYER.BUFFER, with * for every layer"
        )
        if parts.count == 2, parts[0] == "coding" || parts[0] == "readout" {
            if parts[0] == "coding" {
                guard known(description.coding, "coding", parts[1]) else { throw nowhere }
                description.coding.parameters[parts[1]] = change.value
            } else {
                guard known(description.readout, "readout", parts[1]) else { throw nowhere }
                description.readout.parameters[parts[1]] = change.value
            }
            return
        }
        guard parts.count >= 3 else { throw nowhere }
        // Layer names may hold dots.
        let layer = parts.dropLast(2).joined(separator: ".")
        let (part, parameter) = (parts[parts.count - 2], parts[parts.count - 1])
        var isUsed = false
        for index in description.nodes.indices where layer == "*" || description.nodes[index].name == layer {
            let node = description.nodes[index]
            switch part {
            case "neuron" where known(node.neuron, "neuron", parameter):
                description.nodes[index].neuron?.parameters[parameter] = change.value
                isUsed = true
            case "connection" where known(node.connection, "connection", parameter):
                description.nodes[index].connection?.parameters[parameter] = change.value
                isUsed = true
            default:
                for (place, stage) in node.stages.enumerated()
                where stage.name == part && known(stage, "stage", parameter) {
                    description.nodes[index].stages[place].parameters[parameter] = change.value
                    isUsed = true
                }
            }
        }
        guard isUsed else { throw nowhere }
    }
}

import ArgumentParser
import SNN
import SNNKernel

/// `snn info`: what a file holds.
struct InfoCommand: UsesPlugins {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show the network in a file as a table."
    )

    @Argument(help: "A file that `snn train --out` wrote.")
    var file: String
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let saved = try SavedNetwork(file)
        let progress = try? NetworkFile.progress(saved.file)
        if output.json { return Console.result(json(saved, progress).text()) }
        general(saved, progress)
        Console.result("")
        nodes(saved.network)
        Console.result("")
        neurons(saved.network)
    }

    private func general(_ saved: SavedNetwork, _ progress: NetworkFile.Progress?) {
        let description = saved.network.description
        let input = description.input
        var table = Table(["", ""])
        table.add(["network", "\(description.name), \(saved.network.weightCount.grouped) weights"])
        table.add([
            "input",
            input.isFlat
                ? "[\(input.channels)]"
                : "[\(input.channels), \(input.height), \(input.width)] (channels, rows, columns)",
        ])
        table.add(["window", "\(Summary.count(description.steps, "step")) of \(description.dt.plain) ms"])
        table.add(["coding", Self.text(description.coding)])
        table.add(["readout", "\(Self.text(description.readout)), \(Summary.count(saved.network.scoreCount, "score"))"])
        table.add(["seed", String(saved.network.seed)])
        table.add(["library", saved.file.metadata["snn.version"] ?? "unknown"])
        table.add(["recipe", saved.recipe.map { "\($0.name), data set \($0.data.set)" } ?? "none"])
        if let progress {
            let epochs = Summary.count(progress.epochsDone, "epoch")
            table.add([
                "training",
                "stage \(progress.stage + 1) of \(saved.recipe?.stages.count ?? 1), \(epochs), "
                    + "\(Summary.count(progress.stepCount, "step")), can be resumed",
            ])
        } else {
            table.add(["training", "no state to resume from"])
        }
        table.show()
    }

    private func nodes(_ network: Network) {
        var table = Table(
            ["node", "stages", "connection", "neuron", "sends", "weights"],
            [.left, .left, .left, .left, .left, .right]
        )
        for (node, description) in zip(network.nodes, network.description.nodes) {
            let weights = network.tensors[node.tensors].reduce(0) { $0 + $1.storage.count }
            table.add([
                node.name, description.stages.map(Self.text).joined(separator: ", "),
                description.connection.map(Self.text) ?? "", description.neuron?.name ?? "",
                "\(node.sends.rawValue) \(node.outputShape)", weights.grouped,
            ])
        }
        table.show()
    }

    /// Neuron parameters, once for nodes that have the same.
    private func neurons(_ network: Network) {
        var groups: [(choice: ComponentChoice, nodes: [String])] = []
        for node in network.description.nodes {
            guard let neuron = node.neuron else { continue }
            if let place = groups.firstIndex(where: { $0.choice == neuron }) {
                groups[place].nodes.append(node.name)
            } else {
                groups.append((neuron, [node.name]))
            }
        }
        let components = (try? Library.registry().components) ?? []
        for group in groups {
            Console.result("\(group.choice.name) in \(group.nodes.joined(separator: ", "))")
            let component = components.first { $0.kind == "neuron" && $0.name == group.choice.name }
            var table = Table(["parameter", "value", "unit", "default", "meaning"])
            for parameter in component?.parameters ?? [] {
                guard let value = group.choice.parameters[parameter.name] else { continue }
                table.add([
                    parameter.name, value.plain, parameter.unit,
                    parameter.defaultValue == value ? "" : parameter.defaultValue?.plain ?? "", parameter.meaning,
                ])
            }
            table.show(indent: 2)
        }
    }

    /// «conv2d (channels 12, kernel 5)».
    private static func text(_ choice: ComponentChoice) -> String {
        guard !choice.parameters.isEmpty else { return choice.name }
        let parameters = choice.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.plain)" }
        return "\(choice.name) (\(parameters.joined(separator: ", ")))"
    }

    private func json(_ saved: SavedNetwork, _ progress: NetworkFile.Progress?) -> JSONValue {
        let tensors = saved.network.tensors.map { tensor -> JSONValue in
            .object([
                "name": .string(tensor.name),
                "shape": .array(tensor.description.shape.map { .number(Double($0)) }),
            ])
        }
        var members: [String: JSONValue] = [
            "file": .string(file), "network": NetworkDocument.write(saved.network.description),
            "weights": .number(Double(saved.network.weightCount)), "tensors": .array(tensors),
            "seed": .string(String(saved.network.seed)), "recipe": saved.recipe?.json ?? .null,
            "version": saved.file.metadata["snn.version"].map { .string($0) } ?? .null,
        ]
        if let progress {
            members["training"] = .object([
                "stage": .number(Double(progress.stage)), "epochs": .number(Double(progress.epochsDone)),
                "steps": .number(Double(progress.stepCount)), "seed": .string(String(progress.seed)),
                "samples_seen": .string(String(progress.samplesSeen)),
            ])
        }
        return .object(members)
    }
}

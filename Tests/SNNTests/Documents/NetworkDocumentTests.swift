import SNNKernel
import Testing

@testable import SNN

@Suite("network documents")
struct NetworkDocumentTests {
    private func network(_ text: String) throws -> Network {
        try Network(try NetworkDocument.read(text), registry: try Library.registry(), seed: 1)
    }

    /// A description with something of every type in it.
    private var rich: NetworkDescription {
        NetworkDescription(
            name: "Grüße \"1\"\n",
            input: Shape(height: 9, width: 7, channels: 3),
            steps: 12,
            dt: 0.1,
            coding: ComponentChoice("rate", ["gain": .number(1.0 / 3), "signed": .boolean(true)]),
            nodes: [
                NodeDescription(
                    name: "conv",
                    stages: [ComponentChoice("dropout", ["probability": .number(0.25), "mask": .text("window")])],
                    connection: ComponentChoice("conv2d", ["channels": .number(4), "kernel": .numbers([3, 2])]),
                    neuron: ComponentChoice("lif", ["tau_mem": .number(1e-3 + 7), "reset": .text("hard")])
                ),
                NodeDescription(name: "pool", inputs: ["conv"], stages: [ComponentChoice("flatten")]),
                NodeDescription(
                    name: "out",
                    inputs: ["pool"],
                    connection: ComponentChoice("dense", ["outputs": .number(10), "bias": .boolean(false)]),
                    neuron: ComponentChoice("lif.adaptive")
                ),
            ],
            readout: ComponentChoice("population", ["neurons_per_class": .number(5)])
        )
    }

    @Test("a description survives the way through JSON, compact or indented")
    func roundTrip() throws {
        let json = NetworkDocument.write(rich)
        #expect(try NetworkDocument.read(json.text()) == rich)
        #expect(try NetworkDocument.read(json.text(pretty: true)) == rich)
        // The text is the same each time: saved networks are compared byte by byte.
        #expect(NetworkDocument.write(try NetworkDocument.read(json.text())).text() == json.text())
    }

    @Test("a row of neurons and an image are written as users write them")
    func shapes() throws {
        func written(_ shape: String) throws -> JSONField {
            let text =
                #"{"input":{"shape":\#(shape)},"layers":["#
                + #"{"stages":["flatten"],"connection":{"kind":"dense","outputs":2},"neuron":"lif"}]}"#
            return JSONField(NetworkDocument.write(try network(text).description))["input"]["shape"]
        }
        #expect(try written("[5]").numbers() == [5])
        #expect(try written("[3,4,2]").numbers() == [3, 4, 2])
        #expect(try written("[5,1,1]").numbers() == [5])
        #expect(
            try NetworkDocument.read(#"{"input":{"shape":[3,4,2]},"layers":[]}"#).input
                == Shape(height: 4, width: 2, channels: 3)
        )
    }

    @Test("a name alone is a component without parameters")
    func shorthand() throws {
        let short = #"""
            {"input":{"shape":[1,4,4]},"coding":"latency","readout":"spike_count","layers":[
             {"stages":["flatten"],"connection":{"kind":"dense","outputs":3},"neuron":"lif"}]}
            """#
        let long = #"""
            {"name":"network","input":{"shape":[1,4,4]},"steps":1,"dt":1,"coding":{"kind":"latency"},
             "readout":{"kind":"spike_count"},"layers":[
             {"name":"layer1","stages":[{"kind":"flatten"}],"connection":{"kind":"dense","outputs":3},
              "neuron":{"model":"lif"}}]}
            """#
        #expect(try NetworkDocument.read(short) == NetworkDocument.read(long))
        #expect(
            failure { try network(#"{"input":{"shape":[2]},"layers":[{"connection":"dense","neuron":"lif"}]}"#) }
                == .parameter("layer 'layer1': dense needs the parameter outputs (neurons)")
        )
    }

    @Test("what is absent or null takes its default")
    func absentKeys() throws {
        for nulls in ["", #""name":null,"steps":null,"dt":null,"coding":null,"readout":null,"#] {
            let read = try NetworkDocument.read(
                #"{\#(nulls)"input":{"shape":[2]},"layers":[{"name":null,"inputs":null,"stages":null}]}"#
            )
            #expect(
                read
                    == NetworkDescription(
                        name: "network",
                        input: Shape(2),
                        steps: 1,
                        dt: 1,
                        coding: ComponentChoice("constant"),
                        nodes: [NodeDescription(name: "layer1")],
                        readout: ComponentChoice("spike_count")
                    )
            )
        }
    }

    @Test("the description of a network names every parameter of every component, so that it is on record")
    func defaultsFilledIn() throws {
        let made = try network(
            #"""
            {"input":{"shape":[2,8,8]},"steps":4,"coding":"rate","layers":[
             {"connection":{"kind":"conv2d","channels":3,"kernel":3},"neuron":"lif"},
             {"stages":[{"kind":"average_pool","kernel":2},{"kind":"max_pool","kernel":1},"dropout","flatten"]},
             {"connection":{"kind":"dense","outputs":20},"neuron":"lif.synaptic"}],
             "readout":{"kind":"population"}}
            """#
        )
        let components = try Library.registry().components
        let nodes = made.description.nodes
        let choices: [(String, ComponentChoice?)] =
            [("coding", made.description.coding), ("readout", made.description.readout)]
            + nodes.flatMap { $0.stages.map { ("stage", $0) } } + nodes.map { ("connection", $0.connection) }
            + nodes.map { ("neuron", $0.neuron) }
        for (kind, choice) in choices {
            guard let choice else { continue }
            let component = try #require(components.first { $0.kind == kind && $0.name == choice.name })
            #expect(choice.parameters.keys.sorted() == component.parameters.map(\.name).sorted(), "\(choice.name)")
            for parameter in component.parameters {
                guard let value = parameter.defaultValue else { continue }
                #expect(choice.parameters[parameter.name] == value, "\(choice.name).\(parameter.name)")
            }
        }
        // A complete description is a fixed point.
        let written = NetworkDocument.write(made.description)
        #expect(try network(written.text()).description == made.description)
    }

    @Test("every value of every parameter of every component arrives in the network, and comes back from its JSON")
    func everyParameter() throws {
        let registry = try Library.registry()
        var tried = 0
        for component in registry.components
        where ["coding", "neuron", "connection", "stage", "readout"].contains(component.kind) {
            #expect(component.parameters.allSatisfy { !$0.otherValues.isEmpty }, "\(component.name)")
            for (parameter, value) in component.samples {
                let what = "\(component.kind) \(component.name): \(parameter) = \(value.description)"
                var given = component.required
                given[parameter] = value
                let choice = ComponentChoice(component.name, given)
                let description = description(with: choice, of: component.kind)
                let read = try NetworkDocument.read(NetworkDocument.write(description).text())
                #expect(read == description, "\(what)")
                guard let made = made(from: read, registry, what) else { continue }
                let again = try NetworkDocument.read(NetworkDocument.write(made).text())
                #expect(again == made, "\(what)")
                #expect(component.parameter(parameter, in: again) == value, "\(what)")
                tried += 1
            }
        }
        #expect(tried > 150)
    }

    /// The complete description of the network; nil where a law that ties two parameters refuses it.
    private func made(
        from description: NetworkDescription,
        _ registry: Registry,
        _ what: String
    ) -> NetworkDescription? {
        do {
            return try Network(description, registry: registry, seed: 1).description
        } catch {
            #expect(refusals.contains { error.message.contains($0) }, "\(what): \(error.message)")
            return nil
        }
    }

    /// Laws that one parameter alone breaks.
    private let refusals = [
        "v_threshold must be > v_reset", "next_step with a soft reset",
        "padding must be >= 0 and smaller than the kernel", "high must be > low",
    ]

    /// The last layer of a network of spike times.
    private static let timesOutput = (ComponentChoice("ttfs.membrane"), ComponentChoice("membrane"))

    /// A network around one component.
    private func description(with choice: ComponentChoice, of kind: String) -> NetworkDescription {
        var node = NodeDescription(
            name: "a",
            connection: ComponentChoice("conv2d", ["channels": .number(2), "kernel": .number(1)]),
            neuron: ComponentChoice("lif")
        )
        var result = NetworkDescription(input: Shape(height: 6, width: 6, channels: 1), steps: 3, nodes: [])
        switch kind {
        case "coding":
            result.coding = choice
            if choice.name == "ttfs" { (node.neuron, result.readout) = Self.timesOutput }
        case "readout":
            result.readout = choice
            node.neuron = ComponentChoice("lif.integrator")
        case "neuron":
            node.neuron = choice
            if choice.name.hasPrefix("relu") || choice.name.hasPrefix("analog") || choice.name == "lif.integrator" {
                result.readout = ComponentChoice("membrane")
            }
            if choice.name.hasPrefix("fs") {
                let windows = ["fs": 1, "fs.silu": 16, "fs.sigmoid": 12]
                result.steps = windows[choice.name] ?? 3
                result.readout = ComponentChoice("membrane")
                result.nodes = [node]
                node.name = "b"
                node.neuron = ComponentChoice("relu.identity")
                result.nodes.append(node)
                return result
            }
            if choice.name.hasPrefix("ttfs") {
                result.coding = ComponentChoice("ttfs")
                result.readout = ComponentChoice("membrane")
                if choice.name != "ttfs.membrane" {
                    result.nodes = [node]
                    var output = node
                    (output.neuron, _) = Self.timesOutput
                    output.name = "b"
                    result.nodes.append(output)
                    return result
                }
            }
        case "stage": node.stages = [choice]
        default:
            node.connection = choice
            if choice.name == "dense" { node.stages = [ComponentChoice("flatten")] }
        }
        if kind == "readout", choice.name == "population",
            case .number(let size)? = choice.parameters["neurons_per_class"]
        {
            node.stages = [ComponentChoice("flatten")]
            node.connection = ComponentChoice("dense", ["outputs": .number(2 * size)])
            node.neuron = ComponentChoice("lif")
        }
        result.nodes = [node]
        return result
    }

    @Test(
        "what is not as documented is refused with its path",
        arguments: [
            ("[]", SNNError.document("the document must be an object, got []")),
            ("null", .document("the document must be an object, but it is missing")),
            ("{}", .document("layers must be a list, but it is missing")),
            (#"{"layers":{}}"#, .document("layers must be a list, got {}")),
            (#"{"layers":[]}"#, .document("input.shape must be a list, but it is missing")),
            (#"{"layers":[],"input":7}"#, .document("input must be an object, got 7")),
            (
                #"{"layers":[],"input":{"shape":[2,3]}}"#,
                .document("input.shape must be [neurons] or [channels, height, width], got [2,3]")
            ),
            (#"{"layers":[],"input":{"shape":[2.5]}}"#, .document("input.shape[0] must be an integer, got 2.5")),
            (#"{"layers":[],"input":{"shape":[1,"8",8]}}"#, .document(#"input.shape[1] must be an integer, got "8""#)),
            (
                #"{"layers":[],"input":{"shape":[2],"size":1}}"#,
                .unknownName("unknown key in input: 'size'; known: shape")
            ),
            (
                #"{"layer":[]}"#,
                .unknownName("unknown key 'layer'; known: coding, dt, input, layers, name, readout, steps")
            ),
            (#"{"layers":[],"input":{"shape":[2]},"name":3}"#, .document("name must be a string, got 3")),
            (#"{"layers":[],"input":{"shape":[2]},"steps":"20"}"#, .document(#"steps must be an integer, got "20""#)),
            (#"{"layers":[],"input":{"shape":[2]},"steps":1e300}"#, .document("steps must be an integer, got 1e+300")),
            (#"{"layers":[],"input":{"shape":[2]},"dt":true}"#, .document("dt must be a number, got true")),
            (#"{"layers":[],"input":{"shape":[2]},"coding":3}"#, .document("coding must be an object, got 3")),
            (
                #"{"layers":[],"input":{"shape":[2]},"coding":{"kind":4}}"#,
                .document("coding.kind must be a string, got 4")
            ),
            (
                #"{"layers":[],"input":{"shape":[2]},"readout":{"reduce":{}}}"#,
                .document("readout.reduce must be a number, a string, true, false or a list of numbers, got {}")
            ),
            (
                #"{"layers":[],"input":{"shape":[2]},"readout":{"reduce":["x"]}}"#,
                .document(#"readout.reduce[0] must be a number, got "x""#)
            ),
            (#"{"layers":[3]}"#, .document("layers[0] must be an object, got 3")),
            (#"{"layers":[{},{"name":[]}]}"#, .document("layers[1].name must be a string, got []")),
            (
                #"{"layers":[{"neurons":"lif"}]}"#,
                .unknownName("unknown key in layers[0]: 'neurons'; known: connection, inputs, name, neuron, stages")
            ),
            (#"{"layers":[{"inputs":"a"}]}"#, .document(#"layers[0].inputs must be a list, got "a""#)),
            (#"{"layers":[{"inputs":[1]}]}"#, .document("layers[0].inputs[0] must be a string, got 1")),
            (#"{"layers":[{"stages":"flatten"}]}"#, .document(#"layers[0].stages must be a list, got "flatten""#)),
            (
                #"{"layers":[{"stages":[{"probability":0.5}]}]}"#,
                .document("layers[0].stages[0].kind must be a string, but it is missing")
            ),
            (
                #"{"layers":[{"connection":{"outputs":10}}]}"#,
                .document("layers[0].connection.kind must be a string, but it is missing")
            ),
            (
                #"{"layers":[{"neuron":{"kind":"lif"}}]}"#,
                .document("layers[0].neuron.model must be a string, but it is missing")
            ),
        ]
    )
    func refusedDocuments(_ text: String, _ expected: SNNError) {
        #expect(failure { try NetworkDocument.read(text) } == expected)
    }

    @Test(
        "what no network can be made of is refused by the layer's name",
        arguments: [
            (#""steps":0,"layers":[{}]"#, SNNError.parameter("steps must be 1 ... 1048576, got 0")),
            (#""dt":-1,"layers":[{}]"#, .parameter("dt must be > 0 ms, got -1")),
            (#""layers":[]"#, .document("layers must hold at least one layer")),
            (
                #""coding":"morse","layers":[{}]"#,
                .unknownName("unknown coding 'morse'; known: constant, events, frames, latency, rate, ttfs")
            ),
            (
                #""layers":[{}]"#,
                .document("layer 'layer1': a layer must hold stages or a connection and a neuron")
            ),
            (
                #""layers":[{"name":"h","neuron":"lif"}]"#,
                .document("layer 'h': a connection needs a neuron and a neuron a connection; one of them is missing")
            ),
            (
                #""layers":[{"name":"h","connection":{"kind":"dense","outputs":2},"neuron":{"model":"lif","tau_mem":-3}}]"#,
                .parameter("layer 'h': lif: tau_mem must be > 0 ms, got -3")
            ),
            (
                #""layers":[{"name":"h","connection":{"kind":"dense","outputs":2},"neuron":{"model":"lif","tau_mem":"x"}}]"#,
                .document("layer 'h': lif: tau_mem must be a number, > 0, got 'x'")
            ),
            (
                #""layers":[{"connection":{"kind":"dense","outputs":2},"neuron":"lif"},{"name":"layer1"}]"#,
                .document("layers[1]: the name 'layer1' is taken")
            ),
            (
                #""layers":[{"name":"h","inputs":["x"],"connection":{"kind":"dense","outputs":2},"neuron":"lif"}]"#,
                .unknownName("layer 'h': unknown input 'x'; known: input")
            ),
            (
                #""layers":[{"name":"h","inputs":["input","x"]}]"#,
                .unknownName("layer 'h': unknown input 'x'; known: input")
            ),
        ]
    )
    func refusedNetworks(_ members: String, _ expected: SNNError) {
        #expect(failure { try network(#"{"input":{"shape":[2]},\#(members)}"#) } == expected)
    }

    @Test("any damage to a document gives a network or an error")
    func mutations() throws {
        let text = #"{"input":{"shape":[2]},"layers":[{"connection":{"kind":"dense","outputs":2},"neuron":"lif"}]}"#
        let registry = try Library.registry()
        var read = 0
        forEachMutation(of: Array(text.utf8)) { mutated, _ in
            // That it returns at all is the point: a trap would end the tests.
            let text = String(decoding: mutated, as: UTF8.self)
            guard let description = try? NetworkDocument.read(text) else { return }
            read += 1
            // A digit more makes another size: networks of any size are not what is looked at here.
            guard description.input.count <= 1000, description.steps <= 1000 else { return }
            _ = try? Network(description, registry: registry, seed: 0)
        }
        #expect(read > 10, "some damage leaves a document")
    }
}

extension ComponentDescription {
    /// What a description that holds this component once gives to one of its parameters.
    func parameter(_ parameter: String, in description: NetworkDescription) -> ParameterValue? {
        let node = description.nodes[0]
        let choice: ComponentChoice? =
            switch kind {
            case "coding": description.coding
            case "readout": description.readout
            case "neuron": node.neuron
            case "connection": node.connection
            default: node.stages.first
            }
        return choice?.name == name ? choice?.parameters[parameter] : nil
    }
}

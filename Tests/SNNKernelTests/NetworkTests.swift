import Testing

@testable import SNNKernel

@Suite("Networks")
struct NetworkTests {
    private func made(
        _ nodes: [NodeDescription],
        input: Shape = Shape(4),
        steps: Int = 5,
        dt: Double = 1,
        coding: String = "constant",
        readout: ComponentChoice = ComponentChoice("spike_count")
    ) throws(SNNError) -> Network {
        let registry: Registry
        do { registry = try allPlugins() } catch { throw .state("no registry") }
        return try Network(
            NetworkDescription(
                input: input,
                steps: steps,
                dt: dt,
                coding: ComponentChoice(coding),
                nodes: nodes,
                readout: readout
            ),
            registry: registry,
            seed: 1
        )
    }

    private let image = Shape(height: 6, width: 6, channels: 2)
    private let relu = ComponentChoice("relu")

    @Test("shapes and kinds go through convolution, pooling, flatten and dense")
    func shapes() throws {
        let network = try imageNetwork()
        #expect(network.nodes.map(\.name) == ["conv", "pool", "output"])
        #expect(
            network.nodes.map(\.outputShape) == [
                Shape(height: 6, width: 6, channels: 5), Shape(height: 3, width: 3, channels: 5), Shape(4),
            ]
        )
        #expect(network.nodes.map(\.sends) == [.raster, .raster, .raster])
        #expect(network.nodes.map(\.spikes) == [true, false, true])
        #expect(network.nodes.map(\.tensors) == [0..<2, 2..<2, 2..<4])
        #expect(network.tensors.map(\.name) == ["conv.weight", "conv.bias", "output.weight", "output.bias"])
        #expect(network.tensors.map(\.description.shape) == [[3, 3, 2, 5], [5], [45, 4], [4]])
        #expect(network.scoreCount == 4 && network.inputCount == 72 && network.weightCount == 90 + 5 + 180 + 4)
        // The first node with weights needs no gradient of its input.
        #expect(network.nodes.map(\.needsInputGradient) == [false, true, true])
    }

    @Test("every default is filled in")
    func defaults() throws {
        let network = try made([.dense("", 3)])
        let node = network.description.nodes[0]
        #expect(node.name == "layer1")
        #expect(
            node.connection?.parameters == [
                "outputs": .number(3), "bias": .boolean(true), "init": .text("uniform"), "init_gain": .number(1),
                "init_bound": .number(0), "weight_bits": .number(0), "weight_range": .number(1),
            ]
        )
        #expect(node.neuron?.parameters["tau_mem"] == .number(20))
        #expect(node.neuron?.parameters["reset"] == .text("soft"))
        #expect(network.description.readout.parameters == ["reduce": .text("sum")])
        #expect(network.description.dt == 1 && network.description.coding.parameters.isEmpty)
        let rate = try made([.dense("a", 3)], coding: "rate")
        #expect(rate.description.coding.parameters == ["gain": .number(1), "signed": .boolean(false)])
    }

    @Test("a complete description builds the same network again, and is its own completion")
    func roundTrip() throws {
        for network in [try imageNetwork(), try denseNetwork(dropout: 0.5)] {
            let again = try Network(network.description, registry: allPlugins(), seed: network.seed)
            #expect(again.description == network.description)
            #expect(again.weights == network.weights)
        }
    }

    @Test("frames make a sample T times as long")
    func frames() throws {
        #expect(try made([.dense("a", 3)], steps: 7, coding: "frames").inputCount == 28)
    }

    @Test("layers are named by their place where no name is given, and inputs may name the layer before")
    func names() throws {
        var second = NodeDescription.dense("", 2)
        second.inputs = ["layer1"]
        var first = NodeDescription.dense("", 3)
        first.inputs = ["input"]
        let network = try made([first, second])
        #expect(network.nodes.map(\.name) == ["layer1", "layer2"])
        #expect(try network.nodeIndex("layer2") == 1)
        #expect(throws: SNNError.unknownName("unknown node 'layer3'; known: layer1, layer2")) {
            try network.nodeIndex("layer3")
        }
    }

    @Test("inputs that are unknown, come twice or differ in shape are refused by name")
    func inputs() {
        #expect(throws: SNNError.shape("layer 'b': inputs that add up must have one shape, got [3] and [4]")) {
            try made([.dense("a", 3), .dense("b", 2, inputs: ["a", "input"])])
        }
        #expect(throws: SNNError.document("layer 'b': inputs must name a layer once, got 'a' twice")) {
            try made([.dense("a", 3), .dense("b", 2, inputs: ["a", "a"])])
        }
        #expect(throws: SNNError.unknownName("layer 'b': unknown input 'c'; known: a, input")) {
            try made([.dense("a", 3), .dense("b", 2, inputs: ["c"])])
        }
    }

    @Test("a layer that nobody reads is refused")
    func unread() {
        #expect(
            throws: SNNError.document("layer 'a' sends to no other layer, and only the last one is read out")
        ) { try made([.dense("a", 3), .dense("b", 2, inputs: ["input"])]) }
    }

    @Test("a name that is taken is refused")
    func takenNames() {
        #expect(throws: SNNError.document("layers[1]: the name 'a' is taken")) {
            try made([.dense("a", 3), .dense("a", 2)])
        }
        #expect(throws: SNNError.document("layers[0]: the name 'input' is taken")) { try made([.dense("input", 3)]) }
    }

    @Test("dense on an image is refused with the way out")
    func denseOnImage() {
        #expect(
            throws: SNNError.shape(
                "layer 'a': dense takes a row of neurons, got an image [6, 6, 2]; put the stage flatten before it"
            )
        ) { try made([.dense("a", 3)], input: image) }
    }

    @Test("a connection without a neuron, a neuron without a connection and an empty layer are refused")
    func halves() {
        let half = SNNError.document(
            "layer 'a': a connection needs a neuron and a neuron a connection; one of them is missing"
        )
        var node = NodeDescription.dense("a", 3)
        node.neuron = nil
        #expect(throws: half) { try made([node]) }
        node = .dense("a", 3)
        node.connection = nil
        #expect(throws: half) { try made([node]) }
        #expect(throws: SNNError.document("layer 'a': a layer must hold stages or a connection and a neuron")) {
            try made([NodeDescription(name: "a")])
        }
        #expect(throws: SNNError.document("layers must hold at least one layer")) { try made([]) }
    }

    @Test("an analog unit after spikes is refused")
    func reluAfterSpikes() throws {
        #expect(
            throws: SNNError.notSupported(
                "layer 'b': relu takes one total a window and needs constant input, but spikes arrive"
            )
        ) { try made([.dense("a", 3), .dense("b", 2, neuron: relu)]) }
        let analog = try made(
            [.dense("a", 3, neuron: relu), .dense("b", 2, neuron: ComponentChoice("relu.identity"))],
            readout: ComponentChoice("membrane")
        )
        #expect(analog.nodes.map(\.sends) == [.constantValues, .constantValues])
    }

    @Test("a readout that cannot read the last layer is refused by name")
    func readouts() {
        #expect(
            throws: SNNError.notSupported("readout membrane cannot read spikes, which node 'a' sends")
        ) { try made([.dense("a", 3)], readout: ComponentChoice("membrane")) }
        #expect(
            throws: SNNError.notSupported("readout spike_count cannot read constant values, which node 'a' sends")
        ) { try made([.dense("a", 3, neuron: relu)]) }
        #expect(
            throws: SNNError.shape("neurons_per_class must divide the 3 neurons of the last node, got 2")
        ) {
            try made([.dense("a", 3)], readout: ComponentChoice("population", ["neurons_per_class": .number(2)]))
        }
    }

    @Test("unknown parts are refused by name and layer")
    func unknownParts() {
        #expect(
            throws: SNNError.unknownName(
                "layer 'a': unknown neuron 'lfi'; known: lif, lif.adaptive, lif.integrator, lif.synaptic, relu, "
                    + "relu.identity; one of your own is loaded first: --plugin FILE, snn_plugin_load()"
            )
        ) { try made([.dense("a", 3, neuron: ComponentChoice("lfi"))]) }
        #expect(
            throws: SNNError.unknownName(
                "layer 'a': unknown stage 'pool'; known: average_pool, dropout, flatten, max_pool, zero_pad"
            )
        ) { try made([.stages("a", ComponentChoice("pool"))]) }
        #expect(throws: SNNError.unknownName("unknown coding 'x'; known: constant, events, frames, latency, rate")) {
            try made([.dense("a", 3)], coding: "x")
        }
        #expect(throws: SNNError.parameter("layer 'a': lif: tau_mem must be > 0 ms, got -3")) {
            try made([.dense("a", 3, neuron: ComponentChoice("lif", ["tau_mem": .number(-3)]))])
        }
    }

    @Test("absurd sizes are refused before memory is asked for")
    func absurdSizes() {
        #expect(throws: SNNError.parameter("steps must be 1 ... 1048576, got 0")) {
            try made([.dense("a", 3)], steps: 0)
        }
        #expect(throws: SNNError.parameter("steps must be 1 ... 1048576, got \(Int.max)")) {
            try made([.dense("a", 3)], steps: .max)
        }
        for dt in [0, -1, Double.nan, .infinity] {
            #expect(throws: SNNError.parameter("dt must be > 0 ms, got \(dt.plain)")) {
                try made([.dense("a", 3)], dt: dt)
            }
        }
        #expect(throws: SNNError.shape("input.shape must be >= 1 in every extent, got [0]")) {
            try made([.dense("a", 3)], input: Shape(0))
        }
        #expect(throws: SNNError.shape("input.shape must have <= 2^28 values, got [65536, 65536, 16777216]")) {
            try made([.dense("a", 3)], input: Shape(height: 1 << 16, width: 1 << 16, channels: 1 << 24))
        }
        #expect(throws: SNNError.shape("input.shape must have <= 2^28 values, got [\(Int.max), 1, 1]")) {
            try made([.dense("a", 3)], input: Shape(height: .max, width: 1, channels: 1))
        }
        #expect(
            throws: SNNError.parameter(
                "layer 'a': a connection must have <= 2^31 weights and outputs, got [16777216] to [16777216]"
            )
        ) { try made([.dense("a", 1 << 24)], input: Shape(1 << 24)) }
        #expect(throws: SNNError.parameter("layer 'a': dense: outputs must be 1 ... 16777216, got 1e+300")) {
            try made([
                NodeDescription(
                    name: "a",
                    connection: ComponentChoice("dense", ["outputs": .number(1e300)]),
                    neuron: ComponentChoice("lif")
                )
            ])
        }
        #expect(
            throws: SNNError.shape("steps x widest layer must be <= 67108863, got 1000000 x 100")
        ) { try made([.dense("a", 100)], steps: 1_000_000) }
    }

    @Test("pooled counts that 16 bits cannot hold are refused")
    func pooledCounts() {
        let pools = (0..<3).map { _ in ComponentChoice("average_pool", ["kernel": .number(40), "stride": .number(1)]) }
        #expect(
            throws: SNNError.notSupported("layer 'a': pooled spike counts must be <= 32767, got up to 2560000")
        ) {
            try made(
                [
                    NodeDescription(name: "a", stages: Array(pools[..<2])),
                    .dense("b", 2, stages: [ComponentChoice("flatten")]),
                ],
                input: Shape(height: 79, width: 79, channels: 1),
                coding: "rate"
            )
        }
    }

    @Test("dropout with a mask a step makes per-step values of constant ones")
    func dropoutKind() throws {
        let dropout = ComponentChoice("dropout")
        let network = try made([.dense("a", 3, stages: [dropout])])
        #expect(
            network.description.nodes[0].stages[0].parameters == ["probability": .number(0.5), "mask": .text("step")]
        )
        #expect(throws: SNNError.self) { try made([.dense("a", 3, stages: [dropout], neuron: relu)]) }
    }

    @Test("a forward pass is pure: the same answer again, and from another network of the same seed")
    func pure() throws {
        let network = try imageNetwork()
        let set = TestSet.noise(20, inputs: 72)
        let first = try network.scores(set, count: 20)
        #expect(try network.scores(set, count: 20) == first && first.contains { $0 != 0 })
        #expect(try imageNetwork().scores(set, count: 20) == first)
        #expect(try imageNetwork(seed: 3).scores(set, count: 20) != first)
    }
}

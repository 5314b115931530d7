import SNNKernel

/// A small network drawn from a seed, with input for it: shapes, strides, padding, stages, codings and activity vary.
///
/// Receptive fields lie below, at and above one and two blocks of the law of sums; rows of neurons end inside, at and
/// past the vectors and tiles of the engine.
public struct RandomNetwork: Sendable {
    /// The network.
    public let description: NetworkDescription
    /// `[batch, inputCount]`, channels first.
    public let rows: [Float]
    /// Samples in ``rows``.
    public let batch: Int

    /// Every coding, so that constant values, values per step, bits, counts and signed counts arrive.
    public static let codings = [
        ComponentChoice("constant"), ComponentChoice("frames"), ComponentChoice("latency"), ComponentChoice("rate"),
        ComponentChoice("rate", ["signed": .boolean(true), "gain": .number(0.7)]), ComponentChoice("events"),
        ComponentChoice("events", ["largest_count": .number(5)]),
    ]

    /// Draws a network whose nodes have some of `neurons` and whose input has one of `codings`.
    public init(
        seed: UInt64,
        neurons: [ComponentChoice],
        readout: ComponentChoice = ComponentChoice("spike_count"),
        codings: [ComponentChoice] = RandomNetwork.codings
    ) {
        var draw = NodeDraw(random: Seeded(seed), neurons: neurons)
        let steps = draw.random.integer(1...7)
        let input = draw.random.happens(0.5) ? draw.image() : draw.row()
        var random = draw.random
        let coding = random.pick(codings)
        description = NetworkDescription(
            input: input,
            steps: steps,
            coding: coding,
            nodes: draw.nodes,
            readout: readout
        )
        batch = random.integer(1...4)
        let activity = random.pick([0, 0.02, 0.1, 0.5, 1])
        let drawn = random.numbers(
            batch * input.count * (["frames", "events"].contains(coding.name) ? steps : 1),
            in: -0.5...1.5,
            activity: activity
        )
        guard coding.name == "events" else {
            rows = drawn
            return
        }
        let law = if case .number(let largest)? = coding.parameters["largest_count"] { Int(largest) } else { 1 }
        rows = drawn.map(ValueLaw.whole(law).legal)
    }
}

/// Draws nodes one after another, keeping track of the shape so that each fits.
private struct NodeDraw {
    var random: Seeded
    let neurons: [ComponentChoice]
    var nodes: [NodeDescription] = []
    private var shape = Shape(1)
    /// What the next node adds up, where it is not the node before alone.
    private var joined: [String] = []

    /// Outputs of a layer: within a vector, at its edge, one and several tiles.
    private static let widths = [1, 10, 16, 17, 40, 64, 70]

    init(random: Seeded, neurons: [ComponentChoice]) {
        self.random = random
        self.neurons = neurons
    }

    /// Two dense layers.
    mutating func row() -> Shape {
        let input = Shape(random.pick([1, 3, 40, 255, 256, 257, 300, 512, 513, 700]))
        shape = input
        dense([])
        if random.happens(0.4) {
            branch { $0.dense([], outputs: $0.shape.count) }
        }
        dense(random.happens(0.3) ? [ComponentChoice("dropout", ["mask": .text("window")])] : [])
        return input
    }

    /// One or two convolutions, perhaps with pooling, and a dense layer.
    mutating func image() -> Shape {
        let channels = random.pick([1, 2, 3, 29, 58])
        let input = Shape(height: random.integer(4...7), width: random.integer(4...7), channels: channels)
        shape = input
        convolution([], widths: channels > 3 ? [1, 10, 17] : Self.widths)
        if random.happens(0.4) {
            branch { draw in
                let channels = Double(draw.shape.channels)
                draw.add(
                    [],
                    ComponentChoice(
                        "conv2d",
                        ["channels": .number(channels), "kernel": .number(3), "padding": .number(1)]
                    )
                )
            }
        }
        if random.happens(0.5) { convolution(pooling(), widths: [1, 10, 17]) }
        dense(pooling() + [ComponentChoice("flatten")])
        return input
    }

    /// Goes on from a layer twice: as it is, and through what `path` adds, which keeps the shape.
    private mutating func branch(_ path: (inout NodeDraw) -> Void) {
        let before = nodes[nodes.count - 1].name
        path(&self)
        let parts = [before, nodes[nodes.count - 1].name]
        if random.happens(0.5) {
            add([], ComponentChoice("identity"))
            nodes[nodes.count - 1].inputs = parts
        } else {
            joined = parts
        }
    }

    private mutating func pooling() -> [ComponentChoice] {
        guard random.happens(0.6) else { return [] }
        let rows = random.integer(1...min(3, shape.height))
        let columns = random.integer(1...min(3, shape.width))
        let stride = random.integer(1...3)
        let sides = [rows, columns, rows, columns].map { random.happens(0.3) ? random.integer(0...$0 - 1) : 0 }
        shape = Shape(
            height: (shape.height + sides[0] + sides[2] - rows) / stride + 1,
            width: (shape.width + sides[1] + sides[3] - columns) / stride + 1,
            channels: shape.channels
        )
        return [
            ComponentChoice(
                random.pick(["average_pool", "max_pool"]),
                [
                    "kernel": .numbers([Double(rows), Double(columns)]), "stride": .number(Double(stride)),
                    "padding": .numbers(sides.map { Double($0) }),
                ]
            )
        ]
    }

    private mutating func convolution(_ stages: [ComponentChoice], widths: [Int]) {
        let rows = random.integer(1...min(4, shape.height))
        let columns = random.integer(1...min(4, shape.width))
        let padding = random.integer(0...min(rows, columns) - 1)
        let stride = random.integer(1...3)
        let channels = random.pick(widths)
        shape = Shape(
            height: (shape.height + 2 * padding - rows) / stride + 1,
            width: (shape.width + 2 * padding - columns) / stride + 1,
            channels: channels
        )
        add(
            stages,
            ComponentChoice(
                "conv2d",
                [
                    "channels": .number(Double(channels)), "kernel": .numbers([Double(rows), Double(columns)]),
                    "stride": .number(Double(stride)), "padding": .number(Double(padding)),
                ]
            )
        )
    }

    private mutating func dense(_ stages: [ComponentChoice], outputs: Int? = nil) {
        let outputs = outputs ?? random.pick(Self.widths)
        shape = Shape(outputs)
        add(stages, ComponentChoice("dense", ["outputs": .number(Double(outputs))]))
    }

    private mutating func add(_ stages: [ComponentChoice], _ connection: ComponentChoice) {
        var connection = connection
        if connection.name != "identity" {
            connection.parameters["bias"] = .boolean(random.happens(0.7))
            connection.parameters["init_gain"] = .number(random.number(1...5))
        }
        defer { joined = [] }
        nodes.append(
            NodeDescription(
                name: "node\(nodes.count + 1)",
                inputs: joined,
                stages: stages,
                connection: connection,
                neuron: random.pick(neurons)
            )
        )
    }
}

/// A node as a caller describes it: any stages, then one connection, then one neuron model; or stages alone.
public struct NodeDescription: Sendable, Equatable {
    /// Unique in the network and not «input»; empty becomes «layer» and its position, from 1.
    public var name: String
    /// Names of the nodes, or «input», whose activity arrives; empty means the node before.
    ///
    /// Several add up before the stages, in this order.
    public var inputs: [String]
    /// What activity passes before the connection, in this order.
    public var stages: [ComponentChoice]
    /// Nil, as is ``neuron``, in a node of stages alone.
    public var connection: ComponentChoice?
    /// Nil, as is ``connection``, in a node of stages alone.
    public var neuron: ComponentChoice?

    /// A node; whether its parts are known and fit is checked when the network is built.
    public init(
        name: String,
        inputs: [String] = [],
        stages: [ComponentChoice] = [],
        connection: ComponentChoice? = nil,
        neuron: ComponentChoice? = nil
    ) {
        self.name = name
        self.inputs = inputs
        self.stages = stages
        self.connection = connection
        self.neuron = neuron
    }
}

/// A network as a caller describes it.
public struct NetworkDescription: Sendable, Equatable {
    /// For people.
    public var name: String
    /// Shape of one sample (of one frame, where the coding takes frames).
    public var input: Shape
    /// Steps of a window, T.
    public var steps: Int
    /// Length of a step in ms.
    public var dt: Double
    /// How the values of a sample become activity.
    public var coding: ComponentChoice
    /// The nodes in the order that activity passes them; at least one.
    public var nodes: [NodeDescription]
    /// How the activity of the last node becomes scores.
    public var readout: ComponentChoice

    /// Unless told otherwise: steps of 1 ms, values as constant input, spike counts as scores.
    public init(
        name: String = "network",
        input: Shape,
        steps: Int,
        dt: Double = 1,
        coding: ComponentChoice = ComponentChoice("constant"),
        nodes: [NodeDescription],
        readout: ComponentChoice = ComponentChoice("spike_count")
    ) {
        self.name = name
        self.input = input
        self.steps = steps
        self.dt = dt
        self.coding = coding
        self.nodes = nodes
        self.readout = readout
    }
}

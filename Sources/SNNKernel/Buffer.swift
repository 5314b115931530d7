/// Numbers that a part of a network keeps beside the weights, and that no optimizer moves: the window in which a neuron
/// may fire, say.
///
/// They live with the network, are saved with it, and are listed after its tensors. Only training and the caller change
/// them.
public struct BufferDescription: Sendable, Equatable {
    /// Its name within the node: `window`.
    public let name: String
    /// Row-major extents.
    public let shape: [Int]
    /// What every number starts with.
    public let start: Float

    /// A buffer of row-major extents `shape`.
    public init(name: String, shape: [Int], start: Float) {
        self.name = name
        self.shape = shape
        self.start = start
    }
}

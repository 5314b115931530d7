/// Something more that a network can tell of samples, by name: when a decision was certain, say.
///
/// Plugins bring them; `predict` gives them beside the scores, in the same pass.
public protocol NetworkResult: Sendable {
    /// What reads this result of a network, with the weights that it has now.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` for a network that has no such thing, and ``SNNError/state(_:)`` for one that
    /// is not ready for it.
    func reader(of network: Network) throws(SNNError) -> ResultReader
}

/// Reads a result off what the nodes of a network send.
public struct ResultReader: Sendable {
    /// Numbers a sample.
    public let size: Int
    /// Writes the rows of a passage's samples, `[samples, size]`; it is called on several threads at once.
    public let read: @Sendable (_ passage: Passage, _ rows: UnsafeMutablePointer<Float>) -> Void

    /// A reader of `size` numbers a sample.
    public init(size: Int, read: @escaping @Sendable (Passage, UnsafeMutablePointer<Float>) -> Void) {
        self.size = size
        self.read = read
    }
}

/// Some samples on their way through a network.
public struct Passage {
    /// Their numbers within the call.
    public let samples: Range<Int>
    /// What came out of the coding.
    public let input: Activity
    /// What arrived at each node's connection, after its stages; nil where it has none.
    public let arriving: [Activity?]
    /// The current of each node's neurons; nil where it has none.
    public let currents: [Values?]
    /// What each node sent.
    public let sent: [Activity?]

    init(_ slab: Network.SlabResult) {
        samples = slab.samples
        input = slab.trace.input
        arriving = slab.trace.layers.map(\.connectionInput)
        currents = slab.trace.layers.map(\.current)
        sent = slab.trace.layers.map(\.output)
    }
}

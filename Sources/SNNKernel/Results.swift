/// Something more that a network can tell of samples, by name: when a decision was certain, say.
///
/// Plugins bring them; `predict` gives them beside the scores.
public protocol NetworkResult: Sendable {
    /// Numbers a sample.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` for a network that has no such thing.
    func size(_ network: Network) throws(SNNError) -> Int
    /// Writes `[count, size]`.
    ///
    /// Errors: those of a prediction, and ``SNNError/notSupported(_:)``.
    func write(
        of network: Network,
        _ source: any SampleSource,
        count: Int,
        firstSample: UInt64,
        threads: Int,
        to target: UnsafeMutablePointer<Float>
    ) throws(SNNError)
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
}

extension Network {
    /// Runs samples 0..<count and shows every node's activity, some samples at a time, on several threads at once.
    ///
    /// Errors: those of a prediction.
    public func visit(
        _ source: any SampleSource,
        count: Int,
        firstSample: UInt64 = 0,
        threads: Int = 1,
        _ body: @escaping @Sendable (Passage) -> Void
    ) throws(SNNError) {
        try runBlocks(
            source,
            count: count,
            firstSample: firstSample,
            threads: threads,
            keepsActivity: true,
            take: { slab in
                body(
                    Passage(
                        samples: slab.samples,
                        input: slab.trace.input,
                        arriving: slab.trace.layers.map(\.connectionInput),
                        currents: slab.trace.layers.map(\.current),
                        sent: slab.trace.layers.map(\.output)
                    )
                )
            },
            deliver: { _ in }
        )
    }
}

/// Says how parameters change.
///
/// It asks protocols, never «is this LIF».
public protocol LearningRule: Sendable {
    /// Adds the gradient of every tensor for one block of samples.
    ///
    /// - Parameters:
    ///   - pass: the block's forward pass and all it needs to be walked back.
    ///   - output: gradient of the last node's activity, laid out as it.
    ///   - gradients: one a tensor, summed over the blocks by the caller in a fixed order.
    func addGradients(of pass: ForwardPass, output: Values, to gradients: [Storage<Float>])
    /// Called after each optimizer step: the only writer of a network's buffers.
    func afterStep(_ network: Network)
}

extension LearningRule {
    /// Changes nothing: the rule keeps no buffers.
    public func afterStep(_ network: Network) {}
}

/// A block's forward pass, ready to be walked back.
public struct ForwardPass {
    let network: Network
    let trace: Trace
    let weights: [PreparedWeights?]
    let context: BlockContext
    /// What waits for the whole batch.
    let deferred: DeferredGradients
    /// The place in the batch of the first of these samples.
    let firstSample: Int
}

/// Back-propagation through time: every model's own adjoint, surrogate where a spike is, exact elsewhere.
///
/// Source: Wu, Deng, Li, Zhu, Shi, «Spatio-temporal backpropagation for training high-performance spiking neural
/// networks», Frontiers in Neuroscience 12:331, 2018; Neftci, Mostafa, Zenke, IEEE SPM 36(6), 2019.
public struct Backpropagation: LearningRule {
    /// The rule has no options: the surrogate is the neuron's.
    public init() {}

    /// Walks the nodes back from the last, adding the gradient of every tensor on the way.
    public func addGradients(of pass: ForwardPass, output: Values, to gradients: [Storage<Float>]) {
        pass.network.backward(
            pass.trace,
            gradient: output,
            weights: pass.weights,
            context: pass.context,
            to: gradients,
            later: { pass.deferred.nodes[$0]?.add($1, input: $2, firstSample: pass.firstSample) }
        )
    }

    static let component = Component<any LearningRule>(
        "backpropagation",
        "Back-propagation through time, with the surrogate each neuron names."
    ) { _, _ throws(SNNError) in Backpropagation() }
}

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
    /// Whether ``afterStep(_:largest:)`` wants to know the largest activity of every node.
    var notesLargest: Bool { get }
    /// Called after each optimizer step: the only writer of a network's buffers, but for the statistics of connections.
    ///
    /// `largest` holds, a node, the largest value it sent in the batch; empty unless ``notesLargest``.
    func afterStep(_ network: Network, largest: [Float])
}

extension LearningRule {
    /// False.
    public var notesLargest: Bool { false }
    /// Changes nothing: the rule keeps no buffers.
    public func afterStep(_ network: Network, largest: [Float]) {}
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
    /// What sums over the samples of the batch are divided by.
    let divisor: Double
}

/// Back-propagation through time: every model's own adjoint, surrogate where a spike is, exact elsewhere.
///
///     L = loss + penalty / samples x sum over samples and hidden neurons of |activity|
///
/// The activity of a spiking neuron is its spikes, of an analog one its value, of one that sends a spike time the time that
/// is left to the end of its window. `samples` is 1 where the loss is summed rather than averaged.
///
/// Source: Wu, Deng, Li, Zhu, Shi, «Spatio-temporal backpropagation for training high-performance spiking neural
/// networks», Frontiers in Neuroscience 12:331, 2018; Neftci, Mostafa, Zenke, IEEE SPM 36(6), 2019.
public struct Backpropagation: LearningRule {
    /// The factor on the L1 norm of the activity of all hidden neurons; 0 leaves it out.
    public let activityPenalty: Double

    /// The rule: the surrogate is the neuron's.
    public init(activityPenalty: Double = 0) { self.activityPenalty = activityPenalty }

    /// Walks the nodes back from the last, adding the gradient of every tensor on the way.
    public func addGradients(of pass: ForwardPass, output: Values, to gradients: [Storage<Float>]) {
        pass.network.backward(
            pass.trace,
            gradient: output,
            weights: pass.weights,
            context: pass.context,
            penalty: Float(activityPenalty / pass.divisor),
            to: gradients,
            later: { pass.deferred.nodes[$0]?.add($1, input: $2, firstSample: pass.firstSample) }
        )
    }

    static let component = Component<any LearningRule>(
        "backpropagation",
        "Back-propagation through time, with the surrogate each neuron names.",
        parameters: [activityPenaltyDescription]
    ) { p, _ throws(SNNError) in Backpropagation(activityPenalty: p.number("activity_penalty")) }

    /// The parameter of rules that build on this one.
    public static let activityPenaltyDescription = ParameterDescription.number(
        "activity_penalty",
        default: 0,
        atLeast: 0,
        "factor on the summed activity of hidden neurons in the loss"
    )
}

/// A named array of numbers that training changes.
public struct TensorDescription: Sendable, Equatable {
    /// Its name within the node: `weight`, `bias`.
    public let name: String
    /// Row-major extents.
    public let shape: [Int]
    /// Inputs of one output, which initialisers scale by.
    public let fanIn: Int
    /// Outputs of one input, which the Xavier initialisers scale by too.
    public let fanOut: Int
    /// How it starts where the description does not say.
    public let initialiser: Initialiser
    /// What every number starts with where ``initialiser`` is zero.
    public let start: Float

    /// A tensor of row-major extents `shape`; the fans are those of the connection it belongs to.
    public init(name: String, shape: [Int], fanIn: Int, fanOut: Int, initialiser: Initialiser, start: Float = 0) {
        self.name = name
        self.shape = shape
        self.fanIn = fanIn
        self.fanOut = fanOut
        self.initialiser = initialiser
        self.start = start
    }

    /// Elements in all.
    public var count: Int { shape.reduce(1, *) }

    /// Zeros kept after the weights of `outputs` outputs: a row, and a vector that may be read beyond it.
    static func zeros(outputs: Int) -> Int { outputs + 16 }
}

/// A linear map from activity to synaptic current, with its two adjoints.
///
/// It does not know neurons.
///
///     current[t, b, n] = scale x sum_i weight[i, n] activity[t, b, i] + bias[n]
///
/// **The law of sums.** For every output the sum runs over ascending input index with fused multiply-add, in blocks of
/// ``sumBlock`` inputs whose totals are then added in order; a zero input may be skipped or not; a raster's counts
/// enter the sum, its scale multiplies the total. Every path obeys it, so that no choice of path, batch size or
/// streaming changes a bit of a potential.
public protocol Connection: Sendable {
    /// What arrives.
    var inputShape: Shape { get }
    /// What leaves.
    var outputShape: Shape { get }
    /// The trainable tensors, in the order the functions below take them.
    var tensors: [TensorDescription] { get }
    /// Numbers that it keeps with the network.
    var buffers: [BufferDescription] { get }
    /// Whether the samples of a block meet in it in training: then a block passes in one slab.
    var mixesSamples: Bool { get }
    /// Whether it takes what arrives.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` that names what it does not take.
    func check(_ arriving: ActivityKind) throws(SNNError)
    /// Whether its buffers let it run.
    ///
    /// Errors: ``SNNError/state(_:)`` that states the law and the value.
    func checkReady(_ buffers: [Storage<Float>]) throws(SNNError)
    /// Synaptic operations: one a non-zero input and outgoing connection, over all steps (once where constant).
    func operations(for activity: Activity) -> Int

    /// Brings tensors and buffers into the form the passes want; once per change of the weights.
    ///
    /// `isTraining` says whether gradients will be asked for, `adjoint` whether ``inputGradient(of:input:with:)`` will be
    /// called.
    func prepare(
        _ tensors: [Storage<Float>],
        buffers: [Storage<Float>],
        isTraining: Bool,
        adjoint: Bool
    ) -> PreparedWeights
    /// The current, constant where the activity is.
    func current(of activity: Activity, with weights: PreparedWeights) -> Values
    /// Whether currents of binary spikes in so many rows are made panel by panel, unless most inputs spike.
    func takesPanels(rows: Int) -> Bool
    /// ``current(of:with:)`` panel by panel, in ascending order, where those of all outputs outgrow the cache.
    ///
    /// Returns false, with nothing done, where they had better be made together.
    func forEachPanel(of activity: Activity, with weights: PreparedWeights, body: (Panel) -> Void) -> Bool
    /// Adds the gradient of each tensor, given that of the current (laid out as the current), to `gradients`.
    func addGradients(of current: Values, input: Activity, to gradients: [Storage<Float>])
    /// Adds the gradients as ``addGradients(of:input:to:)`` does, where nobody else wants those of the current: `errors`
    /// writes them, strip by strip.
    ///
    /// Returns false, with nothing done, where the gradients of all outputs had better lie in memory.
    func addGradients(input: Activity, to gradients: [Storage<Float>], errors: (GradientStrip) -> Void) -> Bool
    /// The current of a constant input, and work that writes it: pieces that may run in any order and at once.
    func constantCurrent(
        of input: Values,
        with weights: PreparedWeights
    ) -> (current: Values, pieces: [@Sendable () -> Void])
    /// Whether the gradients for constant input wait for the whole batch: ``batchGradients(samples:)``.
    var defersConstantGradients: Bool { get }
    /// What gathers the gradients for a batch of constant input; nil unless they are deferred.
    func batchGradients(samples: Int) -> BatchGradients?
    /// The gradient of the activity's values (scale included), given that of the current and what arrived.
    func inputGradient(of current: Values, input: Activity, with weights: PreparedWeights) -> Values
    /// What a block of training found, one list a buffer: what the buffers move towards after a step.
    func statistics(of input: Activity) -> [[Double]]
    /// Moves the buffers towards the mean of what the blocks of a batch found.
    func move(_ buffers: [Storage<Float>], towards statistics: [[Double]])
    /// Bytes of each buffer that a pass holds beside its result while it runs, for ``MemoryPlan``.
    func buffers(of pass: ConnectionPass, arriving: PlannedActivity) -> [Int]
    /// Bytes of each buffer that ``forEachPanel(of:with:body:)`` holds beside the panel; nil where it would do nothing.
    func panelBuffers(arriving: PlannedActivity) -> [Int]?
    /// Bytes of each buffer that ``addGradients(input:to:errors:)`` holds, errors among them; nil where it would do nothing.
    func stripBuffers(arriving: PlannedActivity) -> [Int]?
    /// Bytes of each buffer that ``constantCurrent(of:with:)`` holds for all pieces, and that a piece takes.
    func constantBuffers(arriving: PlannedActivity) -> (shared: [Int], piece: [Int])
    /// Bytes into which products pack factors, kept by the thread that multiplies, for ``MemoryPlan``; `goesBack` says
    /// whether ``inputGradient(of:input:with:)`` is called.
    func packedBytes(goesBack: Bool, arriving: PlannedActivity) -> Int
}

/// What a connection computes.
public enum ConnectionPass: Sendable {
    /// ``Connection/current(of:with:)``.
    case current
    /// ``Connection/addGradients(of:input:to:)``.
    case gradients
    /// ``Connection/inputGradient(of:input:with:)``; whether some gradients of the current are zero.
    case inputGradient(someAreZero: Bool)
}

extension Connection {
    /// None, unless a connection says otherwise.
    public var buffers: [BufferDescription] { [] }
    /// False: samples do not know of each other.
    public var mixesSamples: Bool { false }
    /// Everything, unless a connection says otherwise.
    public func check(_ arriving: ActivityKind) throws(SNNError) {}
    /// Always, unless a connection says otherwise.
    public func checkReady(_ buffers: [Storage<Float>]) throws(SNNError) {}
    /// None: there are no buffers.
    public func statistics(of input: Activity) -> [[Double]] { [] }
    /// Nothing: there are no buffers.
    public func move(_ buffers: [Storage<Float>], towards statistics: [[Double]]) {}
    /// None, unless a connection says otherwise.
    public func buffers(of pass: ConnectionPass, arriving: PlannedActivity) -> [Int] { [] }
    /// Nil, unless a connection says otherwise.
    public func panelBuffers(arriving: PlannedActivity) -> [Int]? { nil }
    /// Nil, unless a connection says otherwise.
    public func stripBuffers(arriving: PlannedActivity) -> [Int]? { nil }
    /// None, unless a connection says otherwise.
    public func constantBuffers(arriving: PlannedActivity) -> (shared: [Int], piece: [Int]) { ([], []) }
    /// None, unless a connection says otherwise.
    public func packedBytes(goesBack: Bool, arriving: PlannedActivity) -> Int { 0 }
    /// The current as it is, without further work.
    public func constantCurrent(
        of input: Values,
        with weights: PreparedWeights
    ) -> (current: Values, pieces: [@Sendable () -> Void]) {
        (current(of: .values(input), with: weights), [])
    }
    /// False.
    public func addGradients(
        input: Activity,
        to gradients: [Storage<Float>],
        errors: (GradientStrip) -> Void
    ) -> Bool { false }
    /// False: the currents of all outputs are made together.
    public func takesPanels(rows: Int) -> Bool { false }
    /// False.
    public func forEachPanel(of activity: Activity, with weights: PreparedWeights, body: (Panel) -> Void) -> Bool {
        false
    }
    /// False: gradients are added block by block.
    public var defersConstantGradients: Bool { false }
    /// None, unless a connection says otherwise.
    public func batchGradients(samples: Int) -> BatchGradients? { nil }
}

/// Inputs per block in the law of sums.
public let sumBlock = 256

/// Weights in the layouts the passes want.
public struct PreparedWeights: Sendable {
    /// As stored: `[height, width, in, out]`.
    let weight: Storage<Float>
    let bias: Storage<Float>?
    /// Transposed: `[out, height, width, in]`; only where asked for.
    let adjoint: Storage<Float>?
    /// What is subtracted from every input of a channel, where that is known before any arrives.
    var mean: Storage<Float>?
}

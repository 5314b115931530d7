/// What a network is to do, as far as memory depends on it.
public struct Workload: Sendable {
    /// Training steps or inference.
    public enum Mode: String, CaseIterable, Sendable { case train, inference }

    /// Samples of a call.
    public var batch: Int
    /// Threads that work on it.
    public var threads: Int
    /// What is done.
    public var mode: Mode
    /// How weights move; only its moments matter.
    public var optimizer: any Optimizer
    /// Whether the loss is taken at every step of the window.
    public var isPerStep: Bool
    /// Whether somebody reads the gradients: ``Trainer/gradients``.
    public var keepsGradients: Bool
    /// Share of the neurons that spike in a step, which bounds the event lists.
    public var activity: Double
    /// That of nodes of which more is known, by name.
    public var nodeActivity: [String: Double]
    /// Share of the inputs that are not zero.
    public var inputActivity: Double

    /// The activity at which event lists are counted unless the caller knows better: above that of trained networks.
    public static let defaultActivity = 0.2

    /// Unless told otherwise: training a batch of 128 with Adam on one thread, a fifth of the neurons spiking.
    public init(
        batch: Int = 128,
        threads: Int = 1,
        mode: Mode = .train,
        optimizer: any Optimizer = Adam(learningRate: 1e-3),
        isPerStep: Bool = false,
        keepsGradients: Bool = false,
        activity: Double = defaultActivity,
        nodeActivity: [String: Double] = [:],
        inputActivity: Double? = nil
    ) {
        self.batch = batch
        self.threads = threads
        self.mode = mode
        self.optimizer = optimizer
        self.isPerStep = isPerStep
        self.keepsGradients = keepsGradients
        self.activity = activity
        self.nodeActivity = nodeActivity
        self.inputActivity = inputActivity ?? activity
    }
}

/// Activity of which only the size is known.
public struct PlannedActivity: Sendable {
    /// How it lies in memory.
    public enum Kind: Sendable {
        /// One number a window.
        case constant
        /// One number a step.
        case values
        /// One bit a step.
        case bits
        /// The spikes that there are, of a flat layer.
        case list
        /// One 16-bit count a step.
        case counts

        /// Whether every spike counts 1.
        var isBinary: Bool { self == .bits || self == .list }
    }

    /// How it lies in memory.
    public var kind: Kind
    /// Steps of the window.
    public var steps: Int
    /// Samples, B.
    public var batch: Int
    /// Neurons of one sample.
    public var count: Int
    /// Share of its entries that are not zero.
    public var activity: Double

    /// Samples x slices.
    var rows: Int { (kind == .constant ? 1 : steps) * batch }
    /// Entries that are not zero.
    var events: Int { Int(activity * Double(rows * count)) }
    /// Bytes of the activity itself, buffer by buffer.
    var buffers: [Int] { kind == .list ? SpikeList.bytes(self) : [bytes] }
    /// Bytes of the activity itself.
    var bytes: Int {
        switch kind {
        case .constant, .values: 4 * rows * count
        case .list: buffers.reduce(0, +)
        case .bits: 8 * steps * ((batch * count + 63) >> 6)
        case .counts: 2 * rows * count
        }
    }
}

/// The memory that a network takes for a workload, told before anything runs.
///
/// The passes are walked without numbers: every buffer they take from a ``Workspace`` is entered into the same account
/// that a workspace keeps, in the same order, with the block and slab sizes of the passes. Counted is what gets resident:
/// weights, gradients, moments, transposed weights, gradients of a block for every worker, and the highest of each
/// worker's workspace. Inputs, targets and results are the caller's. Events are counted at the activity of the
/// ``Workload``; where samples come as events, frames are not counted.
public struct MemoryPlan: Sendable {
    /// One node's part, in bytes.
    public struct Node: Sendable {
        /// As in the network.
        public let name: String
        /// Its tensors.
        public let weights: Int
        /// Weights once more, transposed for the backward pass.
        public internal(set) var transposed = 0
        /// Gradients of its tensors, and once more for every worker; none where they wait for the whole batch, unless
        /// somebody reads them.
        public internal(set) var gradients = 0
        /// The optimizer's numbers.
        public internal(set) var moments = 0
        /// What a slab leaves in it until the slab is done: activity and, in training, currents.
        public internal(set) var activity = 0
        /// Whether its currents are computed again on the way back instead of kept.
        public internal(set) var isRecomputed = false
    }

    /// What was planned for.
    public let workload: Workload
    /// One a node of the network.
    public private(set) var nodes: [Node]
    /// Samples that a worker takes at a time.
    public let block: Int
    /// Samples that pass all layers together.
    public let slab: Int
    /// Workers: threads that find a block.
    public let workers: Int
    /// The highest of all workers' workspaces, in bytes.
    public private(set) var workspaces = 0
    /// What is held besides: packed factors of products, and what is gathered for gradients of the whole batch.
    public private(set) var shared = 0
    /// Stacks of the threads, and small things.
    public let overhead: Int
    /// Nodes whose currents are computed again.
    let recomputed: Set<Int>

    /// Bytes of overhead of a call and of every worker, as measured.
    ///
    /// A call touches pages of the program that nothing touched before, more of them on the way back, and the allocator's
    /// heap keeps holes among what is too small for a workspace.
    private static let overheadBytes = (inference: 384 << 10, training: 576 << 10, worker: 128 << 10)

    /// The peak of resident memory above the idle process, in bytes.
    public var total: Int {
        nodes.reduce(workspaces + shared + overhead) { $0 + $1.weights + $1.transposed + $1.gradients + $1.moments }
    }

    /// The plan; with a budget in bytes the one that fits it with the fewest currents computed again.
    ///
    /// Largest layers give up their currents first.
    /// Errors: ``SNNError/parameter(_:)`` for a workload out of range, ``SNNError/unknownName(_:)`` for the activity of a node
    /// that there is not, ``SNNError/memory(_:)`` where the least possible is above the budget.
    public init(_ network: Network, _ workload: Workload, budget: Int? = nil) throws(SNNError) {
        try Self.check(workload, network)
        var plan = MemoryPlan(network, workload, recomputed: [])
        guard let budget, plan.total > budget else {
            self = plan
            return
        }
        var least = plan
        if workload.mode == .train {
            var dropped: Set<Int> = []
            for node in MemoryWalk.candidates(network) {
                dropped.insert(node)
                plan = MemoryPlan(network, workload, recomputed: dropped)
                if plan.total < least.total { least = plan }
                guard plan.total > budget else {
                    self = plan
                    return
                }
            }
        }
        throw .memory(
            "memory_budget must be >= \(least.total) bytes, the least for a batch of \(workload.batch) on "
                + "\(workload.threads) thread\(workload.threads == 1 ? "" : "s"), got \(budget)"
        )
    }

    private static func check(_ workload: Workload, _ network: Network) throws(SNNError) {
        guard workload.batch >= 1, workload.batch <= 1 << 24 else {
            throw .parameter("batch must be 1 ... \(1 << 24), got \(workload.batch)")
        }
        guard workload.threads >= 1 else { throw .parameter("threads must be >= 1, got \(workload.threads)") }
        let known = network.nodes.map(\.name)
        let nodes = workload.nodeActivity.sorted { $0.key < $1.key }
        for (name, _) in nodes where !known.contains(name) { throw .unknown("node in activity:", name, known: known) }
        let shares = [("activity", workload.activity), ("input_activity", workload.inputActivity)]
        for (name, share) in shares + nodes.map({ ("activity.\($0.key)", $0.value) }) {
            guard share >= 0, share <= 1 else { throw .parameter("\(name) must be 0 ... 1, got \(share.plain)") }
        }
    }

    private init(_ network: Network, _ workload: Workload, recomputed: Set<Int>) {
        let isTraining = workload.mode == .train
        self.workload = workload
        self.recomputed = recomputed
        block = min(
            workload.batch,
            isTraining ? network.blockSize(batch: workload.batch) : network.blockSize(isTraining: false)
        )
        slab = min(block, network.slabSize)
        let blocks = (workload.batch + block - 1) / block
        workers = min(max(1, workload.threads), blocks)
        let call = isTraining ? Self.overheadBytes.training : Self.overheadBytes.inference
        overhead = call + workers * Self.overheadBytes.worker
        nodes = []
        for node in network.nodes {
            let tensors = network.tensors[node.tensors].map { 4 * $0.storage.count }
            let weights = tensors.reduce(0, +)
            var part = Node(name: node.name, weights: weights)
            if isTraining {
                part.gradients = weights * (node.defersGradients ? (workload.keepsGradients ? 1 : 0) : 1 + workers)
                part.moments = weights * workload.optimizer.moments.count
                if node.needsInputGradient { part.transposed = tensors.first ?? 0 }
            }
            nodes.append(part)
        }
        for index in recomputed { nodes[index].isRecomputed = true }
        // Every block but the last of the batch is a whole one; what a block leaves for the end of the batch grows evenly.
        let walked = 8
        for worker in 0..<workers {
            let own = (blocks - worker + workers - 1) / workers
            let walk = MemoryWalk(network, workload, recomputed: recomputed, block: block)
            walk.startBatch()
            for _ in 0..<min(own, walked) { walk.runBlock() }
            walk.endBatch()
            workspaces += walk.memory.peak + walk.heldPerBlock * max(0, own - walked)
            if worker == 0 {
                for index in nodes.indices { nodes[index].activity = walk.activity[index] }
                shared += (isTraining ? 1 : workers) * walk.columns + (walk.packed > 0 ? DenseProduct.codeBytes : 0)
            }
            shared += walk.packed
        }
    }
}

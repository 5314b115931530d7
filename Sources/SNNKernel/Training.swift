/// What a training step found.
public struct BatchResult: Sendable {
    /// Loss before the step, reduced as the loss says.
    public let loss: Double
    /// Samples whose winner was their label; 0 where targets are values.
    public let correct: Int
    /// Samples of the batch.
    public let samples: Int
}

/// Trains a network: the rule, the loss, the optimizer with its moments, and the counters that make a run resumable.
///
/// A batch is cut into blocks of samples whose size depends on the network alone; their gradients are added in the order
/// of the blocks. So weights are equal to the bit for any number of threads.
public final class Trainer: @unchecked Sendable {
    /// The network whose weights it moves.
    public let network: Network
    /// Where gradients come from.
    public let rule: any LearningRule
    /// What is made small.
    public let loss: Loss
    /// How gradients move weights.
    public let optimizer: any Optimizer
    /// The factor on the base learning rate in ``fit(_:epochs:threads:progress:epochDone:)``.
    public let schedule: Schedule
    /// Samples of a batch in ``fit(_:epochs:threads:progress:epochDone:)``.
    public let batchSize: Int
    /// The epochs a schedule counts as the whole of training; nil takes what ``fit`` is asked for.
    ///
    /// Fixed, a run that is cut short and resumed has the learning rates of the uninterrupted one.
    public let scheduleEpochs: Int?
    /// Bytes that training may take, as ``MemoryPlan`` counts them; nil sets no bound.
    ///
    /// Where the plan is larger, currents of the largest layers are computed again on the way back instead of kept.
    /// Results have the same bits with any budget.
    public let memoryBudget: Int?
    /// Whether ``fit(_:epochs:threads:progress:epochDone:)`` keeps the weights of the epoch with the lowest mean loss, goes
    /// on from them after every milestone of the schedule with fresh moments, and leaves them in the network.
    public let reloadsBest: Bool
    /// Drives shuffling, dropout, random codings and augmentation.
    public var seed: UInt64
    /// One a tensor, whose numbers change with every batch.
    ///
    /// Until they are asked for, here or by ``computeGradients(_:targets:count:threads:)``, a training step keeps none of
    /// a large layer: its weights move as soon as each gradient is known. Errors: ``SNNError/state(_:)`` right after such
    /// a step.
    public var gradients: [Storage<Float>] {
        get throws(SNNError) {
            if known == .some { throw Self.notKept }
            keepGradients()
            return sums
        }
    }
    /// Per tensor, one a name in ``Optimizer/moments``.
    public let moments: [[Storage<Float>]]
    /// Optimizer steps so far.
    public var stepCount = 0
    /// Samples seen so far: the number of a sample in the random streams.
    public var samplesSeen: UInt64 = 0
    /// Epochs completed so far.
    public var epochsDone = 0
    /// With ``reloadsBest``: the best epoch, once there is one, and what training goes on from.
    public var best: BestEpoch?
    /// The gradients; empty where they wait for the whole batch and nobody asked for them yet.
    private var sums: [Storage<Float>]
    private var keepsGradients = false
    private var known = Known.none
    /// What each node sent at most in the newest batch, where the rule asks.
    private var largest: [Float] = []
    /// What the blocks of the newest batch found for the buffers of connections.
    private var statistics = BlockStatistics()
    private var partials: [[Storage<Float>]] = []
    /// Memory for what serves a whole batch: the allocator's heap would keep holes of it.
    private let workspace = Workspace()
    /// What the budget asked for, by samples of a batch, threads, and whether gradients are kept.
    private var plans: [[Int]: Set<Int>] = [:]

    /// A trainer with zero moments and counters, for a network that stays the caller's.
    ///
    /// Errors: ``SNNError/parameter(_:)`` for `batchSize` outside 1 ... 2^24 and a budget below 1 byte,
    /// ``SNNError/shape(_:)`` where the class weights of the loss are not one a score of the network,
    /// ``SNNError/notSupported(_:)`` for `reloadsBest` with another schedule than milestones or a rule that only measures,
    /// and for neurons without a derivative.
    public init(
        network: Network,
        rule: any LearningRule = Backpropagation(),
        loss: Loss,
        optimizer: any Optimizer,
        schedule: Schedule = Schedule(.constant),
        batchSize: Int = 128,
        scheduleEpochs: Int? = nil,
        memoryBudget: Int? = nil,
        reloadsBest: Bool = false,
        seed: UInt64
    ) throws(SNNError) {
        guard batchSize >= 1, batchSize <= 1 << 24 else {
            throw .parameter("batch must be 1 ... \(1 << 24), got \(batchSize)")
        }
        if let weights = loss.classWeights, weights.count != network.scoreCount {
            throw .shape("class_weights must hold \(network.scoreCount) numbers, one a class, got \(weights.count)")
        }
        if let memoryBudget, memoryBudget < 1 {
            throw .parameter("memory_budget must be >= 1 byte, got \(memoryBudget)")
        }
        guard !reloadsBest || schedule.kind == .milestones else {
            throw .notSupported("reload_best needs the schedule milestones, got \(schedule.kind.rawValue)")
        }
        guard !reloadsBest || !(rule is any CalibrationRule) else {
            throw .notSupported("reload_best needs a rule that moves weights over epochs; this one makes one pass")
        }
        try network.checkTrainable()
        self.network = network
        self.memoryBudget = memoryBudget
        self.reloadsBest = reloadsBest
        self.rule = rule
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.batchSize = batchSize
        self.scheduleEpochs = scheduleEpochs
        self.seed = seed
        let deferred = network.deferredTensors
        sums = network.tensors.enumerated().map { Storage(deferred.contains($0) ? 0 : $1.storage.count) }
        moments = network.tensors.map { tensor in optimizer.moments.map { _ in Storage(tensor.storage.count) } }
    }

    /// Which gradients of the last batch are in memory.
    private enum Known { case none, some, all }

    private static let notKept = SNNError.state("the last step kept no gradients; compute them first")

    private func keepGradients() {
        guard !keepsGradients else { return }
        keepsGradients = true
        for index in network.deferredTensors { sums[index] = Storage(network.tensors[index].storage.count) }
    }

    /// Fills ``gradients`` for one batch; moves nothing.
    ///
    /// Errors: ``SNNError/notFinite(_:)`` for inputs, ``SNNError/notSupported(_:)`` for targets the loss does not take,
    /// ``SNNError/memory(_:)``, before anything runs, where the batch does not fit ``memoryBudget``.
    public func computeGradients(
        _ source: any SampleSource,
        targets: Targets,
        count: Int,
        threads: Int
    ) throws(SNNError) -> BatchResult {
        try workspace.use(retention: Retention.training) { () throws(SNNError) in
            try Crew.with(threads) { crew throws(SNNError) in
                keepGradients()
                return try computeGradients(source, targets: targets, count: count, crew)
            }
        }
    }

    /// Fills all gradients.
    private func computeGradients(
        _ source: any SampleSource,
        targets: Targets,
        count: Int,
        _ crew: Crew
    ) throws(SNNError) -> BatchResult {
        let (result, deferred) = try runBatch(source, targets: targets, count: count, crew)
        let pieces = deferred.tiles(network).map { [sums] gradients, tile, tensor -> @Sendable () -> Void in
            let length = network.tensors[tensor].rowLength
            return {
                let first = tile.rows.lowerBound * length + tile.columns.lowerBound
                gradients.fill(tile, to: sums[tensor].base + first, rowLength: length)
            }
        }
        crew.run(pieces, network.workspaces)
        known = .all
        return result
    }

    /// Sets the gradients that are added block by block, and gathers the others.
    private func runBatch(
        _ source: any SampleSource,
        targets: Targets,
        count: Int,
        _ crew: Crew
    ) throws(SNNError) -> (BatchResult, DeferredGradients) {
        try check(targets, count: count)
        let network = self.network
        let recomputed = try recomputed(count: count, threads: crew.threads)
        let size = network.blockSize(batch: count)
        let blocks = (count + size - 1) / size
        let queue = OrderedQueue(blocks)
        let weights = try network.prepared(forTraining: true)
        let workers = min(crew.threads, blocks)
        while partials.count < workers { partials.append(makePartials()) }
        let deferred = DeferredGradients(network, samples: count)
        known = .none
        let waiting = network.deferredTensors
        for (index, sum) in self.sums.enumerated() where !waiting.contains(index) {
            sum.base.update(repeating: 0, count: sum.count)
        }
        let divisor = loss.divisor(
            targets: targets,
            batch: count,
            steps: network.steps,
            classes: network.scoreCount
        )
        let total = Total()
        let (sums, partials) = (self.sums, self.partials)
        let first = samplesSeen
        let notes = rule.notesLargest
        let arrival = try network.batchArrival(
            source,
            samples: 0..<count,
            context: BlockContext(isTraining: true, seed: seed, samples: (0..<count).map { first &+ UInt64($0) }),
            weights: weights,
            crew: crew
        )
        crew.run(workers) { [self] worker in
            while let block = queue.take() {
                network.workspaces.use(retention: recomputed.isEmpty ? Retention.training : Retention.budget) {
                    let samples = block * size..<min(count, (block + 1) * size)
                    // The sums begin with those of the first block: others wait for it, so it may write where they lie.
                    let gradients = block == 0 ? sums : partials[worker]
                    do throws(SNNError) {
                        if block > 0 {
                            for partial in gradients { partial.base.update(repeating: 0, count: partial.count) }
                        }
                        let context = BlockContext(
                            isTraining: true,
                            seed: seed,
                            samples: samples.map { first &+ UInt64($0) },
                            recomputed: recomputed
                        )
                        let (loss, correct, largest, statistics) = try run(
                            source,
                            targets,
                            samples,
                            context,
                            weights,
                            arrival,
                            divisor,
                            samples: loss.reduction == .mean ? count : 1,
                            to: gradients,
                            deferred
                        )
                        queue.deliver(block) {
                            total.loss += loss
                            total.correct += correct
                            if notes { total.raise(largest) }
                            total.statistics.add(statistics)
                            guard block > 0 else { return }
                            for (sum, partial) in zip(sums, gradients) where partial.count > 0 { sum.add(partial) }
                        }
                    } catch { queue.fail(error) }
                }
            }
        }
        try queue.check()
        for node in network.nodes {
            node.weightMap?.adjoint(
                Array(sums[node.connectionTensors]),
                stored: network.tensors[node.connectionTensors].map(\.storage)
            )
        }
        largest = total.largest
        statistics = total.statistics
        known = .some
        samplesSeen &+= UInt64(count)
        return (BatchResult(loss: total.loss / divisor, correct: total.correct, samples: count), deferred)
    }

    /// The nodes whose currents are not kept, so that a batch fits the budget.
    private func recomputed(count: Int, threads: Int) throws(SNNError) -> Set<Int> {
        guard let memoryBudget else { return [] }
        let key = [count, threads, keepsGradients ? 1 : 0]
        if let known = plans[key] { return known }
        let workload = Workload(
            batch: count,
            threads: threads,
            optimizer: optimizer,
            isPerStep: loss.span == .step,
            keepsGradients: keepsGradients
        )
        let plan = try MemoryPlan(network, workload, budget: memoryBudget)
        plans[key] = plan.recomputed
        return plan.recomputed
    }

    /// Gradients of one worker's block; none for tensors whose gradients wait for the whole batch.
    private func makePartials() -> [Storage<Float>] {
        let deferred = network.deferredTensors
        return sums.enumerated().map { Storage(deferred.contains($0) ? 0 : $1.count) }
    }

    private final class Total: @unchecked Sendable {
        var loss = 0.0
        var correct = 0
        var largest: [Float] = []
        var statistics = BlockStatistics()

        func raise(_ other: [Float]) {
            largest = largest.isEmpty ? other : zip(largest, other).map { max($0, $1) }
        }
    }

    /// One block forward and back, slab by slab.
    private func run(
        _ source: any SampleSource,
        _ targets: Targets,
        _ samples: Range<Int>,
        _ context: BlockContext,
        _ weights: [PreparedWeights?],
        _ arrival: ConstantArrival?,
        _ divisor: Double,
        samples batch: Int,
        to gradients: [Storage<Float>],
        _ deferred: DeferredGradients
    ) throws(SNNError) -> (loss: Double, correct: Int, largest: [Float], statistics: BlockStatistics) {
        var sum = 0.0
        var correct = 0
        var largest = [Float](repeating: 0, count: rule.notesLargest ? network.nodes.count : 0)
        var statistics = BlockStatistics()
        let mixes = network.mixesSamples
        try network.forEachSlab(
            source,
            samples: samples,
            context: context,
            weights: weights,
            arrival: arrival
        ) {
            samples,
            context,
            trace throws(SNNError) in
            let scores = network.readout.decode(trace.output)
            let (loss, output) = slope(of: trace, scores: scores, targets, samples, divisor)
            sum += loss
            rule.addGradients(
                of: ForwardPass(
                    network: network,
                    trace: trace,
                    weights: weights,
                    context: context,
                    deferred: deferred,
                    firstSample: samples.lowerBound,
                    divisor: Double(batch)
                ),
                output: output,
                to: gradients
            )
            for node in largest.indices {
                if let output = trace.layers[node].output { largest[node] = max(largest[node], output.largest) }
            }
            if mixes { statistics.add(trace, network) }
            guard case .labels(let labels) = targets.kind, !targets.perStep else { return }
            for (place, sample) in samples.enumerated() {
                let z = UnsafePointer(scores.base + place * network.scoreCount)
                correct += Softmax.winner(z, network.scoreCount) == Int(labels[sample]) ? 1 : 0
            }
        }
        return (sum, correct, largest, statistics)
    }

    /// The loss of a slab, not yet divided, and the gradient of what its last node sent.
    private func slope(
        of trace: Trace,
        scores: Values,
        _ targets: Targets,
        _ samples: Range<Int>,
        _ divisor: Double
    ) -> (loss: Double, output: Values) {
        let isPerStep = loss.span == .step
        let judged =
            isPerStep
            ? network.readout.decodeSteps(trace.output, scoreCount: network.scoreCount) : scores
        let slope = Values(
            steps: judged.steps,
            batch: judged.batch,
            count: judged.count,
            isConstant: judged.isConstant
        )
        let value = loss.evaluate(
            judged,
            targets: targets,
            first: samples.lowerBound,
            divisor: divisor,
            gradient: slope
        )
        let output =
            isPerStep
            ? network.readout.adjointSteps(of: slope, activity: trace.output)
            : network.readout.adjoint(of: slope, activity: trace.output)
        return (value, output)
    }

    private func check(_ targets: Targets, count: Int) throws(SNNError) {
        guard count >= 1 else { throw .argument("batch must be >= 1, got \(count)") }
        guard !targets.perStep || loss.span == .step else {
            throw .notSupported("targets per step need a loss with per = step")
        }
        let numbers = targets.perStep ? count * network.steps : count
        switch targets.kind {
        case .labels(let labels):
            for index in 0..<numbers where labels[index] < 0 || Int(labels[index]) >= network.scoreCount {
                throw .parameter("labels must be 0 ... \(network.scoreCount - 1), got \(labels[index])")
            }
        case .values(let values):
            guard loss.kind == .meanSquaredError else {
                throw .notSupported("\(loss.kind.rawValue) takes labels; target values need mean_squared_error")
            }
            for index in 0..<numbers * network.scoreCount where !values[index].isFinite {
                throw .notFinite("targets must be finite, got \(values[index]) at \(index)")
            }
        }
    }

    /// One optimizer step with ``gradients`` as they are; `rateFactor` multiplies the base learning rate.
    ///
    /// Errors: ``SNNError/state(_:)`` before the first gradients are computed, ``SNNError/notSupported(_:)`` with
    /// ``reloadsBest``.
    public func apply(rateFactor: Double = 1, threads: Int = 1) throws(SNNError) {
        try checkLoop()
        try Crew.with(threads) { crew throws(SNNError) in try apply(rateFactor: rateFactor, crew) }
    }

    private func apply(rateFactor: Double, _ crew: Crew) throws(SNNError) {
        switch known {
        case .none: throw .state("there are no gradients yet; compute them first")
        case .some: throw Self.notKept
        case .all: try step(rateFactor: rateFactor, nil, crew)
        }
    }

    /// One optimizer step; the gradients that `deferred` gathered are found, and used up, tile by tile.
    private func step(rateFactor: Double, _ deferred: DeferredGradients?, _ crew: Crew) throws(SNNError) {
        stepCount += 1
        let rate = optimizer.learningRate * rateFactor
        var pieces: [@Sendable (OrderedQueue) -> Void] = []
        for (gradients, tile, tensor) in deferred?.tiles(network) ?? [] {
            pieces.append { [self] queue in
                let width = tile.columns.count
                let found = Storage<Float>(overwriting: tile.rows.count * width)
                gradients.fill(tile, to: found.base, rowLength: width)
                let length = network.tensors[tensor].rowLength
                // Whole rows lie together.
                let (runs, run) = width == length ? (1, found.count) : (tile.rows.count, width)
                for row in 0..<runs {
                    let first = (tile.rows.lowerBound + row) * length + tile.columns.lowerBound
                    move(tensor, first..<first + run, UnsafePointer(found.base + row * run), rate, queue)
                }
                withExtendedLifetime(found) {}
            }
        }
        let gathered = deferred == nil ? [] : network.deferredTensors
        // Elementwise work: any cut gives the same bits.
        let chunk = 1 << 13
        for (tensor, sum) in sums.enumerated() where !gathered.contains(tensor) {
            for start in stride(from: 0, to: sum.count, by: chunk) {
                let range = start..<min(start + chunk, sum.count)
                pieces.append { [self] queue in move(tensor, range, UnsafePointer(sum.base + start), rate, queue) }
            }
        }
        // Here rather than in the crew, as the first failure ends the step.
        let (queue, work) = (OrderedQueue(pieces.count, parts: crew.threads), pieces)
        crew.run(pieces.count) { [network] worker in
            network.workspaces.use(retention: Retention.training) {
                while let piece = queue.take(worker) { work[piece](queue) }
            }
        }
        try queue.check()
        statistics.move(network)
        rule.afterStep(network, largest: largest)
    }

    /// Moves elements `range` of a tensor, given their gradients.
    private func move(
        _ tensor: Int,
        _ range: Range<Int>,
        _ gradient: UnsafePointer<Float>,
        _ rate: Double,
        _ queue: OrderedQueue
    ) {
        let weights = network.tensors[tensor].storage
        optimizer.update(
            weights.base + range.lowerBound,
            gradient: gradient,
            moments: moments[tensor].map { $0.base + range.lowerBound },
            range: 0..<range.count,
            rate: rate,
            step: stepCount
        )
        // A network whose potentials are NaN falls silent, and its loss stays finite: look at the weights, while they
        // are in the cache.
        guard !weights.isFinite(range) else { return }
        queue.fail(
            .notFinite(
                "the weights of \(network.tensors[tensor].name) became infinite or NaN in step \(stepCount); "
                    + "lower learning_rate"
            )
        )
    }

    /// Between epochs the network holds the best weights, not those that training goes on from.
    private func checkLoop() throws(SNNError) {
        guard !reloadsBest else {
            throw .notSupported("reload_best acts in fit; single steps with it are not supported")
        }
    }

    /// One training step on a batch.
    ///
    /// Errors: those of ``computeGradients(_:targets:count:threads:)`` and ``apply(rateFactor:threads:)``.
    public func trainBatch(
        _ source: any SampleSource,
        targets: Targets,
        count: Int,
        threads: Int = 1,
        rateFactor: Double = 1
    ) throws(SNNError) -> BatchResult {
        try checkLoop()
        return try Crew.with(threads) { crew throws(SNNError) in
            try trainBatch(source, targets: targets, count: count, rateFactor: rateFactor, crew)
        }
    }

    /// One training step on a batch, by a crew that may have done others.
    func trainBatch(
        _ source: any SampleSource,
        targets: Targets,
        count: Int,
        rateFactor: Double,
        _ crew: Crew
    ) throws(SNNError) -> BatchResult {
        try workspace.use(retention: Retention.training) { () throws(SNNError) in
            var deferred: DeferredGradients?
            let result: BatchResult
            if keepsGradients || network.deferredTensors.isEmpty {
                result = try computeGradients(source, targets: targets, count: count, crew)
            } else {
                (result, deferred) = try runBatch(source, targets: targets, count: count, crew)
            }
            guard result.loss.isFinite else {
                throw .notFinite(
                    "the loss became \(result.loss) after \(stepCount) steps; lower learning_rate or look at the data"
                )
            }
            try step(rateFactor: rateFactor, deferred, crew)
            return result
        }
    }
}

extension Storage where Element == Float {
    /// Whether every number of `range` is finite.
    package func isFinite(_ range: Range<Int>) -> Bool {
        // x - x is 0 for every finite number and NaN for the others.
        var sum = Vector(repeating: 0)
        var index = range.lowerBound
        while index + 16 <= range.upperBound {
            let numbers = (base + index).vector()
            sum += numbers - numbers
            index += 16
        }
        while index < range.upperBound {
            sum[0] += base[index] - base[index]
            index += 1
        }
        return sum.sum() == 0
    }

    /// Adds another storage of the same size.
    func add(_ other: Storage<Float>) {
        for index in 0..<count { base[index] += other.base[index] }
    }
}

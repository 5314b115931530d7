/// Samples pass the network in slabs.
///
/// A block is what a thread takes and what gradients are added up over. Within it samples pass forward and back in slabs,
/// so few that what a layer writes at every step is still in the second-level cache when the next layer reads it: memory
/// follows the slab, not the block. Layers of constant input see a whole block or more at once, since all of their weights
/// would have to come from memory for every slab.
enum Slab {
    /// Bytes of the widest activity of a slab, written out one number a step.
    static let bytes = 1 << 18
    /// The most that becomes of them where weights are larger: a slab reads all weights and adds to all of their gradients,
    /// which is worth few samples no more once these leave the second-level cache.
    static let mostBytes = 1 << 20
    /// The most where the widest layer is walked in panels: its activity leaves the cache anyhow, and gradients that are
    /// far away are added to once a slab.
    static let mostPanelBytes = 1 << 22
}

extension Network {
    /// Samples of a block.
    ///
    /// Weights whose gradients wait for the whole batch cost a block of training nothing. Where samples of a block meet,
    /// their number is no matter of speed.
    func blockSize(isTraining: Bool) -> Int {
        if mixesSamples { return Block.largest }
        let waiting = isTraining ? deferredTensors.reduce(0) { $0 + tensors[$1].storage.count } : 0
        return Block.size(weights: weightCount - waiting, steps: steps)
    }

    /// Samples of a block of a training batch: a small batch makes two blocks, so that two threads have work.
    func blockSize(batch: Int) -> Int {
        let size = blockSize(isTraining: true)
        return mixesSamples ? size : min(size, (batch + 1) / 2)
    }

    /// Samples of an inference that a thread takes at a time: a block, or as many blocks as share one pass over a large
    /// first layer, but no more than leaves work for every thread.
    func shareSize(count: Int, threads: Int) -> Int {
        let block = blockSize(isTraining: false)
        guard sharesArrival else { return block }
        let each = (count + threads - 1) / max(1, threads)
        return min(Block.sharing * block, (each + block - 1) / block * block)
    }

    /// Samples of a slab.
    ///
    /// It depends on the network alone; where samples of a block meet, they are one slab.
    var slabSize: Int {
        if mixesSamples { return Block.largest }
        var widest = nodes.reduce(0) { max($0, $1.outputShape.count) }
        if coding.sends == .values { widest = max(widest, inputShape.count) }
        // Values that hold for the window lie there once.
        let slices = nodes.allSatisfy { $0.joins.isConstant && $0.sends.isConstant } ? 1 : steps
        let heaviest = nodes.lazy.filter { !$0.defersGradients }.flatMap(\.connectionTensors)
            .reduce(0) { max($0, 4 * tensors[$1].storage.count) }
        let isInPanels = nodes.contains {
            $0.outputShape.count == widest && $0.arriving == .raster && $0.takesPanels(rows: steps)
        }
        let bytes = min(max(Slab.bytes, heaviest), isInPanels ? Slab.mostPanelBytes : Slab.mostBytes)
        return max(1, bytes / (4 * slices * max(1, widest)))
    }

    /// Runs the samples of a block slab by slab.
    ///
    /// `arrival` is what ``batchArrival(_:samples:context:weights:crew:)`` found for the whole batch.
    /// Errors: those of ``encode(_:samples:context:steps:)``, of ``checkFailures()`` and of `body`.
    func forEachSlab(
        _ source: any SampleSource,
        samples block: Range<Int>,
        context: BlockContext,
        weights: [PreparedWeights?],
        arrival: ConstantArrival? = nil,
        body: (_ samples: Range<Int>, _ context: BlockContext, _ trace: Trace) throws(SNNError) -> Void
    ) throws(SNNError) {
        let size = slabSize
        var arrival = arrival
        if arrival == nil, block.count > size, coding.sends.isConstant,
            case .values(let input) = try encode(source, samples: block, context: context), input.isConstant
        {
            arrival = ConstantArrival(
                input: input,
                first: constantArrival(of: input, weights: weights, context: context),
                firstSample: block.lowerBound
            )
        }
        for start in stride(from: block.lowerBound, to: block.upperBound, by: size) {
            let samples = start..<min(start + size, block.upperBound)
            let context = context.part(samples.lowerBound - block.lowerBound..<samples.upperBound - block.lowerBound)
            let part = arrival?.part(samples)
            let input: Activity
            if let part {
                input = .values(part.input)
            } else {
                input = try encode(source, samples: samples, context: context)
            }
            let trace = forward(input, weights: weights, context: context, first: part?.first)
            try checkFailures()
            try body(samples, context, trace)
            if context.isTraining { try checkFailures() }
        }
    }

    /// The first node up to its neurons, if a constant input is constant there still.
    private func constantArrival(
        of input: Values,
        weights: [PreparedWeights?],
        context: BlockContext
    ) -> LayerTrace? {
        guard nodes.first?.connection != nil else { return nil }
        var layer = LayerTrace()
        arrive(.values(input), at: 0, weights: weights, context: context, in: &layer)
        return layer.current?.isConstant == true ? layer : nil
    }

    /// Whether a constant input meets a first layer of so many weights that one pass over them should serve many blocks.
    var sharesArrival: Bool { coding.sends.isConstant && nodes.first?.defersGradients == true }

    /// What a constant input leads to in the first layer for the samples of many blocks; nil where blocks had better look
    /// after themselves.
    ///
    /// The crew shares the outputs; without one this thread finds them all, in the workspace that it uses.
    /// Errors: those of ``encode(_:samples:context:steps:)``.
    func batchArrival(
        _ source: any SampleSource,
        samples: Range<Int>,
        context: BlockContext,
        weights: [PreparedWeights?],
        crew: Crew? = nil
    ) throws(SNNError) -> ConstantArrival? {
        guard sharesArrival, let node = nodes.first, let connection = node.connection, let prepared = weights[0],
            case .values(let input) = try encode(source, samples: samples, context: context), input.isConstant
        else { return nil }
        var activity = Activity.values(input)
        for (position, stage) in node.stages.enumerated() {
            activity = stage.forward(activity, context.stage(node: 0, position: position))
        }
        guard case .values(let arriving) = activity, arriving.isConstant else { return nil }
        var layer = LayerTrace()
        layer.connectionInput = activity
        let (current, pieces) = connection.constantCurrent(of: arriving, with: prepared)
        if let crew {
            crew.run(pieces, workspaces)
        } else {
            for piece in pieces { piece() }
        }
        layer.current = current
        return ConstantArrival(input: input, first: layer, firstSample: samples.lowerBound)
    }
}

extension Crew {
    /// Runs all pieces of a training step, each once and in any order, with memory from workspaces.
    func run(_ pieces: [@Sendable () -> Void], _ workspaces: Workspaces) {
        let queue = OrderedQueue(pieces.count, parts: threads)
        run(pieces.count) { worker in
            workspaces.use(retention: Retention.training) { while let piece = queue.take(worker) { pieces[piece]() } }
        }
    }
}

/// A constant input of some samples, and the first node up to its neurons.
struct ConstantArrival: Sendable {
    let input: Values
    let first: LayerTrace?
    /// The number of the first of these samples.
    let firstSample: Int

    /// The part of some of these samples, by their numbers.
    fileprivate func part(_ samples: Range<Int>) -> (input: Values, first: LayerTrace?) {
        let places = samples.lowerBound - firstSample..<samples.upperBound - firstSample
        return (input.samples(places), first?.samples(places))
    }
}

extension LayerTrace {
    /// The part of some samples in what arrives at a node, all of it constant.
    ///
    /// What its stages met is left out: nothing is walked back before the first connection.
    fileprivate func samples(_ range: Range<Int>) -> LayerTrace {
        var part = LayerTrace()
        if case .values(let values) = connectionInput { part.connectionInput = .values(values.samples(range)) }
        part.current = current?.samples(range)
        return part
    }
}

extension BlockContext {
    /// The context of some samples of the block.
    fileprivate func part(_ places: Range<Int>) -> BlockContext {
        BlockContext(
            isTraining: isTraining,
            seed: seed,
            samples: Array(samples[places]),
            firstStep: firstStep,
            keeps: keeps,
            recomputed: recomputed
        )
    }
}

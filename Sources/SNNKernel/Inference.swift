/// Where samples come from: rows of values in NCHW order.
public protocol SampleSource: Sendable {
    /// Writes sample `sample` of the batch or set, `inputCount` values.
    func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>)
}

/// Rows in memory, `[samples, inputCount]`.
///
/// The memory must outlive the call.
public struct RowSource: SampleSource, @unchecked Sendable {
    let rows: UnsafePointer<Float>
    let count: Int

    /// Rows of `inputCount` values each, the first at `rows`.
    public init(_ rows: UnsafePointer<Float>, inputCount: Int) {
        self.rows = rows
        count = inputCount
    }

    /// Copies row `sample`.
    public func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        row.update(from: rows + sample * count, count: count)
    }
}

extension Network {
    /// Reads samples and encodes them, for a window or for some steps of it.
    ///
    /// - Parameters:
    ///   - source: gives the values of a sample, or those of all its frames, in NCHW order.
    ///   - samples: numbers within `source`.
    ///   - context: the number of each sample and the stream, for random codings.
    ///   - steps: which steps of the window; nil means all.
    /// - Returns: the activity of these samples at these steps, with images in (height, width, channel) order.
    /// - Throws: ``SNNError/notFinite(_:)`` for an input that is not a finite number.
    func encode(
        _ source: any SampleSource,
        samples: Range<Int>,
        context: BlockContext,
        steps: Range<Int>? = nil
    ) throws(SNNError) -> Activity {
        let steps = steps ?? 0..<self.steps
        let frames = coding.takesFrames ? steps.count : 1
        let values = Values(
            steps: steps.count,
            batch: samples.count,
            count: inputShape.count,
            isConstant: !coding.takesFrames
        )
        let row = Storage<Float>(frames * inputShape.count)
        for (place, sample) in samples.enumerated() {
            source.fill(sample, into: row.base)
            try checkFinite(row, sample: sample)
            for frame in 0..<frames {
                toChannelsLast(
                    row.base + frame * inputShape.count,
                    values.step(frame) + place * inputShape.count
                )
            }
        }
        return coding.encode(
            values,
            steps: steps,
            window: self.steps,
            samples: context.samples,
            random: context.coding
        )
    }

    private func checkFinite(_ row: Storage<Float>, sample: Int) throws(SNNError) {
        guard !row.isFinite(0..<row.count) else { return }
        for index in 0..<row.count where !row.base[index].isFinite {
            throw .notFinite("inputs must be finite, got \(row.base[index]) in sample \(sample), value \(index)")
        }
    }

    /// `[C, H, W]` to `[H, W, C]`.
    private func toChannelsLast(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>) {
        let shape = inputShape
        guard shape.channels > 1, shape.pixels > 1 else {
            to.update(from: from, count: shape.count)
            return
        }
        for channel in 0..<shape.channels {
            for pixel in 0..<shape.pixels {
                to[pixel * shape.channels + channel] = from[channel * shape.pixels + pixel]
            }
        }
    }

    /// What a block of an inference looks like when it is done.
    struct BlockResult {
        let samples: Range<Int>
        /// `[B, C]`.
        let scores: Values
        let trace: Trace
    }

    /// Runs samples 0..<count in blocks on `threads` threads and delivers the blocks in order, one at a time.
    func runBlocks(
        _ source: any SampleSource,
        count: Int,
        firstSample: UInt64,
        threads: Int,
        keepsActivity: Bool,
        deliver: @escaping @Sendable (BlockResult) throws(SNNError) -> Void
    ) throws(SNNError) {
        let size = Block.size(weights: weightCount)
        let queue = OrderedQueue((count + size - 1) / size)
        let weights = prepared(forTraining: false)
        Workers.run(min(threads, (count + size - 1) / size)) { [self] _ in
            while let block = queue.take() {
                workspaces.use {
                    let samples = block * size..<min(count, (block + 1) * size)
                    do throws(SNNError) {
                        let context = BlockContext(
                            isTraining: false,
                            seed: seed,
                            samples: samples.map { firstSample &+ UInt64($0) },
                            keepsActivity: keepsActivity
                        )
                        let input = try encode(source, samples: samples, context: context)
                        let trace = forward(input, weights: weights, context: context)
                        let result = BlockResult(samples: samples, scores: readout.decode(trace.output), trace: trace)
                        var failure: SNNError?
                        queue.deliver(block) {
                            do throws(SNNError) { try deliver(result) } catch { failure = error }
                        }
                        if let failure { throw failure }
                    } catch { queue.fail(error) }
                }
            }
        }
        try queue.check()
    }

    /// Numbers in all trainable tensors.
    public var weightCount: Int { tensors.reduce(0) { $0 + $1.storage.count } }

    /// Scores `[count, C]` and, where asked for, the spikes that each node sent for each sample `[count, nodes]`.
    ///
    /// Errors: ``SNNError/notFinite(_:)`` for an input that is not a finite number.
    public func predict(
        _ source: any SampleSource,
        count: Int,
        firstSample: UInt64 = 0,
        threads: Int = 1,
        scores: UnsafeMutablePointer<Float>,
        spikeCounts: UnsafeMutablePointer<Float>? = nil
    ) throws(SNNError) {
        let output = SharedRows(scores: scores, spikeCounts: spikeCounts)
        try runBlocks(
            source,
            count: count,
            firstSample: firstSample,
            threads: threads,
            keepsActivity: spikeCounts != nil
        ) { [self] block throws(SNNError) in
            (output.scores + block.samples.lowerBound * scoreCount)
                .update(from: block.scores.base, count: block.samples.count * scoreCount)
            guard let spikeCounts = output.spikeCounts else { return }
            for (place, sample) in block.samples.enumerated() {
                for (index, layer) in block.trace.layers.enumerated() {
                    guard case .raster(let raster) = layer.output else { continue }
                    spikeCounts[sample * nodes.count + index] = Float(raster.spikes(samples: place..<place + 1))
                }
            }
        }
    }

    private struct SharedRows: @unchecked Sendable {
        let scores: UnsafeMutablePointer<Float>
        let spikeCounts: UnsafeMutablePointer<Float>?
    }
}

/// Labelled samples of known number.
public protocol LabelledSource: SampleSource {
    /// Samples of the set.
    var count: Int { get }
    /// Classes; every label is below.
    var classes: Int { get }
    /// Values of a sample.
    var inputCount: Int { get }
    /// The class of sample `sample`, from 0.
    func label(_ sample: Int) -> Int32
    /// Writes sample `sample` as training sees it in `epoch`: with augmentation, where there is any.
    func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>)
}

/// Progress of a long call.
public struct Progress: Sendable {
    /// From 1; 0 during an evaluation.
    public let epoch: Int
    /// The epoch that training ends with; 0 during an evaluation.
    public let epochs: Int
    /// Samples of the epoch that are finished.
    public let done: Int
    /// Samples of the epoch in all.
    public let total: Int
    /// Loss a sample of the epoch so far; during an evaluation the mean cross-entropy.
    public let loss: Double
    /// Fraction 0...1 of the finished samples whose winner was their label.
    public let accuracy: Double
    /// Finished samples over the time since the epoch or the evaluation began.
    public let samplesPerSecond: Double
}

/// Whether to go on.
public typealias ProgressHandler = (Progress) -> Bool

/// What an evaluation found.
public struct Evaluation: Sendable {
    /// Samples evaluated: all of the set.
    public let samples: Int
    /// Fraction 0...1 of samples whose winner is their label.
    public let accuracy: Double
    /// Mean cross-entropy of the scores.
    public let loss: Double
    /// Wall-clock time of the whole evaluation.
    public let seconds: Double
    /// Spikes and synaptic operations of all samples.
    public let statistics: SpikeStatistics
}

extension Network {
    /// Checks that a set fits this network.
    func check(_ data: any LabelledSource) throws(SNNError) {
        guard data.count > 0 else { throw .argument("a data set must hold at least one sample, got 0") }
        guard data.inputCount == inputCount else {
            throw .shape("the network takes \(inputCount) values a sample, the data set has \(data.inputCount)")
        }
        guard data.classes <= scoreCount else {
            throw .shape("the network gives \(scoreCount) scores, the data set has \(data.classes) classes")
        }
    }

    /// Runs every sample of a set.
    public func evaluate(
        _ data: any LabelledSource,
        threads: Int = 1,
        progress: ProgressHandler? = nil
    ) throws(SNNError) -> Evaluation {
        try check(data)
        let start = Clock.seconds
        let tally = Tally(network: self)
        // Chunks let this thread, which may tell a caller, speak between them.
        let chunk = max(Block.largest * threads, 512)
        var first = 0
        while first < data.count {
            let count = min(chunk, data.count - first)
            try runBlocks(
                Offset(source: data, first: first),
                count: count,
                firstSample: UInt64(first),
                threads: threads,
                keepsActivity: true
            ) { [self, first] block throws(SNNError) in
                tally.add(block, network: self, labels: { data.label(first + $0) })
            }
            first += count
            let seconds = Clock.seconds - start
            if let progress,
                !progress(
                    Progress(
                        epoch: 0,
                        epochs: 0,
                        done: first,
                        total: data.count,
                        loss: tally.loss / Double(first),
                        accuracy: Double(tally.correct) / Double(first),
                        samplesPerSecond: Double(first) / seconds
                    )
                )
            {
                throw .cancelled("the evaluation was cancelled after \(first) of \(data.count) samples")
            }
        }
        return Evaluation(
            samples: data.count,
            accuracy: Double(tally.correct) / Double(data.count),
            loss: tally.loss / Double(data.count),
            seconds: Clock.seconds - start,
            statistics: tally.statistics
        )
    }

    private struct Offset: SampleSource {
        let source: any SampleSource
        let first: Int
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { source.fill(first + sample, into: row) }
    }

    /// Sums over the blocks of an evaluation; blocks are delivered one at a time.
    private final class Tally: @unchecked Sendable {
        var correct = 0
        var loss = 0.0
        var statistics: SpikeStatistics

        init(network: Network) { statistics = SpikeStatistics(network: network) }

        func add(_ block: BlockResult, network: Network, labels: (Int) -> Int32) {
            let classes = network.scoreCount
            for (place, sample) in block.samples.enumerated() {
                let z = UnsafePointer(block.scores.base + place * classes)
                let label = Int(labels(sample))
                correct += Softmax.winner(z, classes) == label ? 1 : 0
                loss += Softmax.loss(z, classes, label: label)
            }
            statistics.add(block.trace, network: network)
        }
    }
}

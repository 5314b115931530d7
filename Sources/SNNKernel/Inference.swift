extension Network {
    /// What a slab of an inference looks like when it is done.
    struct SlabResult {
        let samples: Range<Int>
        /// `[B, C]`.
        let scores: Values
        let trace: Trace
    }

    /// Runs samples 0..<count in blocks on `threads` threads.
    ///
    /// `take` makes of a slab what is kept of it; slabs of different blocks come at once. `deliver` gets what was kept of a
    /// block, in the order of the blocks, one at a time. Errors: those of ``encode(_:samples:context:steps:)``.
    func runBlocks<Kept>(
        _ source: any SampleSource,
        count: Int,
        firstSample: UInt64,
        threads: Int,
        keeps: BlockContext.Kept,
        take: @escaping @Sendable (SlabResult) -> Kept,
        deliver: @escaping @Sendable ([Kept]) -> Void
    ) throws(SNNError) {
        let run = InferenceRun(
            network: self,
            source: source,
            firstSample: firstSample,
            keeps: keeps,
            weights: try prepared(forTraining: false),
            take: take,
            deliver: deliver
        )
        try Crew.with(threads) { crew throws(SNNError) in try run.run(count, crew) }
    }

    /// Numbers in all trainable tensors.
    public var weightCount: Int { tensors.reduce(0) { $0 + $1.storage.count } }

    /// Scores `[count, C]` and, where asked for, the spikes that each node sent for each sample `[count, nodes]` and what
    /// readers make of it, `[count, size]` each; all in one pass.
    ///
    /// Errors: those of ``encode(_:samples:context:steps:)``.
    public func predict(
        _ source: any SampleSource,
        count: Int,
        firstSample: UInt64 = 0,
        threads: Int = 1,
        scores: UnsafeMutablePointer<Float>,
        spikeCounts: UnsafeMutablePointer<Float>? = nil,
        results: [(reader: ResultReader, rows: UnsafeMutablePointer<Float>)] = []
    ) throws(SNNError) {
        let output = SharedRows(scores: scores, spikeCounts: spikeCounts, results: results)
        try runBlocks(
            source,
            count: count,
            firstSample: firstSample,
            threads: threads,
            keeps: !results.isEmpty ? .currents : spikeCounts != nil ? .activity : .scores,
            // Every slab has rows of its own.
            take: { [self] slab in output.write(slab, of: self) },
            deliver: { _ in }
        )
    }

    private struct SharedRows: @unchecked Sendable {
        let scores: UnsafeMutablePointer<Float>
        let spikeCounts: UnsafeMutablePointer<Float>?
        let results: [(reader: ResultReader, rows: UnsafeMutablePointer<Float>)]

        func write(_ slab: SlabResult, of network: Network) {
            let classes = network.scoreCount
            let first = slab.samples.lowerBound
            (scores + first * classes).update(from: slab.scores.base, count: slab.samples.count * classes)
            if let spikeCounts { network.countSpikes(slab, to: spikeCounts + first * network.nodes.count) }
            guard !results.isEmpty else { return }
            let passage = Passage(slab)
            for result in results { result.reader.read(passage, result.rows + first * result.reader.size) }
        }
    }

    /// Writes `[samples, nodes]`.
    private func countSpikes(_ slab: SlabResult, to counts: UnsafeMutablePointer<Float>) {
        for place in 0..<slab.samples.count {
            for (index, layer) in slab.trace.layers.enumerated() {
                guard let output = layer.output else { continue }
                counts[place * nodes.count + index] = Float(spikes(of: index, place, in: output))
            }
        }
    }

    /// Spikes that a node sent for the sample at a place of a block.
    private func spikes(of node: Int, _ place: Int, in output: Activity) -> Int {
        switch output {
        case .raster(let raster): return raster.spikes(samples: place..<place + 1)
        case .values(let values):
            guard nodes[node].spikes else { return 0 }
            return UnsafePointer(values.base + place * values.count).countNonZero(values.count)
        }
    }
}

/// One call of ``Network/runBlocks(_:count:firstSample:threads:keeps:take:deliver:)``.
private struct InferenceRun<Kept>: Sendable {
    let network: Network
    let source: any SampleSource
    let firstSample: UInt64
    let keeps: BlockContext.Kept
    let weights: [PreparedWeights?]
    let take: @Sendable (Network.SlabResult) -> Kept
    let deliver: @Sendable ([Kept]) -> Void

    /// Runs samples 0..<count, as many blocks at a time as share a pass over a large first layer.
    func run(_ count: Int, _ crew: Crew) throws(SNNError) {
        let size = network.blockSize(isTraining: false)
        let share = network.shareSize(count: count, threads: crew.threads)
        let shares = (count + share - 1) / share
        let queue = OrderedQueue(shares)
        crew.run(shares) { _ in
            while let place = queue.take() {
                let samples = place * share..<min(count, (place + 1) * share)
                network.workspaces.use {
                    do throws(SNNError) {
                        let arrival = try arrival(samples)
                        var kept: [[Kept]] = []
                        for first in stride(from: samples.lowerBound, to: samples.upperBound, by: size) {
                            kept.append(try runBlock(first..<min(samples.upperBound, first + size), arrival))
                        }
                        queue.deliver(place) { for block in kept { deliver(block) } }
                    } catch { queue.fail(error) }
                }
            }
        }
        try queue.check()
    }

    /// What a large first layer makes of some samples.
    private func arrival(_ samples: Range<Int>) throws(SNNError) -> ConstantArrival? {
        guard samples.count > network.slabSize else { return nil }
        return try network.batchArrival(source, samples: samples, context: context(samples), weights: weights)
    }

    private func runBlock(_ samples: Range<Int>, _ arrival: ConstantArrival?) throws(SNNError) -> [Kept] {
        var kept: [Kept] = []
        try network.forEachSlab(
            source,
            samples: samples,
            context: context(samples),
            weights: weights,
            arrival: arrival
        ) { samples, _, trace throws(SNNError) in
            let scores = network.readout.decode(trace.output)
            kept.append(take(Network.SlabResult(samples: samples, scores: scores, trace: trace)))
        }
        return kept
    }

    private func context(_ samples: Range<Int>) -> BlockContext {
        BlockContext(
            isTraining: false,
            seed: network.seed,
            samples: samples.map { firstSample &+ UInt64($0) },
            keeps: keeps
        )
    }
}

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
    package func check(_ data: any LabelledSource) throws(SNNError) {
        guard data.count > 0 else { throw .argument("a data set must hold at least one sample, got 0") }
        if let window = data.eventWindow {
            _ = try eventCoding()
            guard window.steps == steps, window.neurons == inputShape.count else {
                throw .shape(
                    "the network takes \(steps) steps of \(inputShape.count) neurons, the data set has events in "
                        + "\(window.steps) steps of \(window.neurons)"
                )
            }
        }
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
        let start = Clock.seconds
        let tally = Tally(network: self)
        try runChunks(
            data,
            threads: threads,
            progress: progress,
            of: "evaluation",
            keeps: .activity,
            news: { done, rate in
                Progress(
                    epoch: 0,
                    epochs: 0,
                    done: done,
                    total: data.count,
                    loss: tally.loss / Double(done),
                    accuracy: Double(tally.correct) / Double(done),
                    samplesPerSecond: rate
                )
            },
            take: { [self] slab, first in Tally.Part(slab, network: self, labels: { data.label(first + $0) }) },
            deliver: { parts in for part in parts { tally.add(part) } }
        )
        return Evaluation(
            samples: data.count,
            accuracy: Double(tally.correct) / Double(data.count),
            loss: tally.loss / Double(data.count),
            seconds: Clock.seconds - start,
            statistics: tally.statistics
        )
    }

    /// Runs every sample of a set, a chunk at a time, and tells between two of them how far it is.
    ///
    /// Chunks let this thread, which may tell a caller, speak between them. `take` also gets the number of the chunk's first
    /// sample. Errors: those of ``check(_:)`` and of ``runBlocks(_:count:firstSample:threads:keeps:take:deliver:)``,
    /// and ``SNNError/cancelled(_:)`` where `progress` says so.
    func runChunks<Kept>(
        _ data: any LabelledSource,
        threads: Int,
        progress: ProgressHandler?,
        of name: String,
        keeps: BlockContext.Kept,
        news: (_ done: Int, _ samplesPerSecond: Double) -> Progress,
        take: @escaping @Sendable (_ slab: SlabResult, _ first: Int) -> Kept,
        deliver: @escaping @Sendable ([Kept]) -> Void
    ) throws(SNNError) {
        try check(data)
        let start = Clock.seconds
        // Long windows are slow: shorter chunks, of whole blocks, end as often.
        let chunk = max(Block.largest * max(1, threads), 512 * 32 / max(32, steps) / Block.largest * Block.largest)
        var told = -Double.infinity
        for first in stride(from: 0, to: data.count, by: chunk) {
            let count = min(chunk, data.count - first)
            try runBlocks(
                Offset(source: data, first: first),
                count: count,
                firstSample: UInt64(first),
                threads: threads,
                keeps: keeps,
                take: { take($0, first) },
                deliver: deliver
            )
            let (done, now) = (first + count, Clock.seconds)
            guard let progress, now - told >= 0.1 || done == data.count else { continue }
            told = now
            guard progress(news(done, Double(done) / max(now - start, 1e-9))) else {
                throw .cancelled("the \(name) was cancelled after \(done) of \(data.count) samples")
            }
        }
    }

    private struct Offset: SampleSource {
        let source: any SampleSource
        let first: Int
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { source.fill(first + sample, into: row) }
        func storedRow(_ sample: Int) -> UnsafePointer<Float>? { source.storedRow(first + sample) }
        func events(_ sample: Int) -> SampleEvents? { source.events(first + sample) }
    }

    /// Sums over the blocks of an evaluation; blocks are delivered one at a time.
    private final class Tally: @unchecked Sendable {
        var correct = 0
        var loss = 0.0
        var statistics: SpikeStatistics

        init(network: Network) { statistics = SpikeStatistics(network: network) }

        func add(_ part: Part) {
            correct += part.correct
            loss += part.loss
            statistics.add(part.statistics)
        }

        /// The sums over a slab.
        struct Part {
            var correct = 0
            var loss = 0.0
            var statistics: SpikeStatistics

            init(_ slab: SlabResult, network: Network, labels: (Int) -> Int32) {
                statistics = SpikeStatistics(network: network)
                let classes = network.scoreCount
                for (place, sample) in slab.samples.enumerated() {
                    let z = UnsafePointer(slab.scores.base + place * classes)
                    let label = Int(labels(sample))
                    correct += Softmax.winner(z, classes) == label ? 1 : 0
                    loss += Softmax.loss(z, classes, label: label)
                }
                statistics.add(slab.trace, network: network)
            }
        }
    }
}

import SNNKernel

extension ConversionDocument {
    /// Compares a converted network with the one that it was made of, on the first `samples` samples of calibration data.
    ///
    /// The steps that are enough may lose `allowedLoss` of the accuracy; `progress` is told while layers are compared, other
    /// steps tried and accuracies measured.
    ///
    /// Errors: ``SNNError/argument(_:)`` for samples < 1, ``SNNError/notSupported(_:)`` for a network converted back to
    ///   analog units, and those of evaluations.
    package func report(
        _ original: Network,
        _ converted: Network,
        data: Dataset,
        samples: Int = 1000,
        allowedLoss: Double = 0.001,
        threads: Int,
        progress: ProgressHandler? = nil
    ) throws(SNNError) -> ConversionReport {
        guard target != .relu else { throw .notSupported("a report is of a conversion to spikes, not to relu") }
        guard samples >= 1 else { throw .argument("report samples must be >= 1, got \(samples)") }
        let registry = try Library.registry()
        let analog = try original.folded(registry: registry)
        let part = FirstSamples(data: data, first: 0, count: min(samples, data.count))
        let examination = ConversionExamination(analog: analog, converted: converted, data: part, threads: threads)
        let layers = try examination.layers(progress: progress)
        let ranges = Dictionary(uniqueKeysWithValues: layers.map { ($0.name, $0.range) })
        let clipped = try original.folded(clippedAt: ranges, registry: registry)
        var accuracies: [Double] = []
        for (index, network) in [analog, converted, clipped].enumerated() {
            let told = Progress.during("measuring accuracy", progress, part: index, of: 3)
            accuracies.append(try network.evaluate(part, threads: threads, progress: told).accuracy)
        }
        let curve: [ConversionReport.Point] =
            switch target {
            case .fs: try codeCurve(converted, part, threads: threads, registry, progress)
            case .rate: try rateCurve(converted, part, threads: threads, registry, progress)
            case .relu, .ttfs: []
            }
        return ConversionReport(
            samples: part.count,
            layers: layers,
            accuracyAnalog: accuracies[0],
            accuracyConverted: accuracies[1],
            accuracyClipped: accuracies[2],
            curve: curve,
            allowedLoss: allowedLoss,
            enoughSteps: Self.enough(curve, accuracy: accuracies[0] - allowedLoss)
        )
    }

    /// The fewest steps from which on no longer window is worse.
    private static func enough(_ curve: [ConversionReport.Point], accuracy: Double) -> Int? {
        let bad = curve.lastIndex { $0.accuracy < accuracy }
        guard let bad else { return curve.first?.steps }
        return bad + 1 < curve.count ? curve[bad + 1].steps : nil
    }

    /// Codes of every length; of tables only their own.
    private func codeCurve(
        _ network: Network,
        _ data: FirstSamples,
        threads: Int,
        _ registry: Registry,
        _ progress: ProgressHandler?
    ) throws(SNNError) -> [ConversionReport.Point] {
        let isCounting = network.description.nodes.allSatisfy { node in
            node.neuron.map { ["fs.relu", "relu.identity"].contains($0.name) } ?? true
        }
        guard isCounting else { return [] }
        var curve: [ConversionReport.Point] = []
        for steps in 1...16 {
            let evaluation = try network.withWindow(steps, registry).evaluate(
                data,
                threads: threads,
                progress: Progress.during("trying 1 to 16 steps", progress, part: steps - 1, of: 16)
            )
            curve.append(
                ConversionReport.Point(
                    steps: steps,
                    accuracy: evaluation.accuracy,
                    spikesPerNeuron: evaluation.statistics.spikesPerNeuron
                )
            )
        }
        return curve
    }

    /// Rates read early: every step of one long window.
    private func rateCurve(
        _ network: Network,
        _ data: FirstSamples,
        threads: Int,
        _ registry: Registry,
        _ progress: ProgressHandler?
    ) throws(SNNError) -> [ConversionReport.Point] {
        let long = try network.withWindow(max(steps, 512), registry)
        let tally = EarlyReadings(of: long, samples: data.count)
        // So few that it is told often how far this is: such windows are slow.
        try data.forEachPart(of: 32 * threads, "trying 1 to \(long.steps) steps", progress) {
            part,
            first throws(SNNError) in
            try long.visit(part, count: part.count, threads: threads) { tally.add($0, part, first: first) }
        }
        return tally.points
    }
}

/// What a network would have answered after every step of its window; samples may be added at once.
private final class EarlyReadings: @unchecked Sendable {
    private let samples: Int
    private let steps: Int
    private let classes: Int
    /// The node whose sum over steps is the score.
    private let last: Int
    private let spiking: [Int]
    private let neurons: Int
    /// A sample and step: whether the winner is the label, and spikes.
    private let correct: Storage<Int32>
    private let spikes: Storage<Int32>

    init(of network: Network, samples: Int) {
        let last = network.nodes.count - 1
        let spiking = network.nodes.indices.filter { network.nodes[$0].spikes && $0 < last }
        self.samples = samples
        self.last = last
        self.spiking = spiking
        steps = network.steps
        classes = network.scoreCount
        neurons = spiking.reduce(0) { $0 + network.nodes[$1].outputShape.count }
        correct = Storage(samples * network.steps)
        spikes = Storage(samples * network.steps)
    }

    /// Notes samples of `part`, the first of which is number `first`.
    func add(_ passage: Passage, _ part: FirstSamples, first: Int) {
        guard case .values(let scores)? = passage.sent[last] else { return }
        for (row, sample) in passage.samples.enumerated() {
            let label = Int(part.label(sample))
            let place = (first + sample) * steps
            var sums = [Float](repeating: 0, count: classes)
            for t in 0..<steps {
                let step = scores.step(t) + row * classes
                for c in 0..<classes { sums[c] += step[c] }
                correct.base[place + t] = sums.firstIndex(of: sums.max() ?? 0) == label ? 1 : 0
            }
            for node in spiking {
                guard case .raster(let raster)? = passage.sent[node] else { continue }
                let own = row * raster.count..<(row + 1) * raster.count
                for t in 0..<steps { raster.forEachEvent(step: t, in: own) { spikes.base[place + t] += Int32($1) } }
            }
        }
    }

    /// Accuracy and spikes of every number of steps.
    var points: [ConversionReport.Point] {
        var sent = 0
        return (0..<steps).map { t in
            let right = (0..<samples).reduce(0) { $0 + Int(correct.base[$1 * steps + t]) }
            sent += (0..<samples).reduce(0) { $0 + Int(spikes.base[$1 * steps + t]) }
            return ConversionReport.Point(
                steps: t + 1,
                accuracy: Double(right) / Double(samples),
                spikesPerNeuron: Double(sent) / Double(max(1, neurons) * samples)
            )
        }
    }
}

extension Network {
    /// The same numbers with windows of another length.
    package func withWindow(_ steps: Int, _ registry: Registry) throws(SNNError) -> Network {
        var other = description
        other.steps = steps
        let network = try Network(other, registry: registry, seed: seed)
        for (from, to) in zip(allTensors, network.allTensors) {
            to.storage.base.update(from: from.storage.base, count: from.storage.count)
        }
        return network
    }

    /// The analog network of a conversion with rectified units cut at what their spikes can stand for.
    func folded(clippedAt ranges: [String: Double], registry: Registry) throws(SNNError) -> Network {
        try FoldedNetwork(self, inputMap: nil).built(description, registry: registry) { layer, unit in
            guard unit == .rectified, let range = ranges[layer.description.name], Float(range).isFinite else {
                return unit.analog
            }
            return AnalogUnit.clipped(low: 0, high: range).analog
        }
    }
}
